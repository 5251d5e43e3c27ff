"""What beginners give instead of the right thing, and what each kind of argument is."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import keras
import numpy as np
from builders import evaluation, report, training_data
from matplotlib.figure import Figure

from bloodcell_tut import (
    Audit,
    Box,
    CellFinding,
    RunSettings,
    Split,
    TrainingData,
    audit,
    choose_dataset,
    save_model,
)
from bloodcell_tut.drawing import HOME, Stain, draw_photograph
from bloodcell_tut.inference import OutOfDistributionDetector, SavedModel
from bloodcell_tut.lab import lessons_folder
from bloodcell_tut.pages import PageFigure
from bloodcell_tut.runs.cropping import CropDecision
from bloodcell_tut.training import ARTICLE

NAMES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


@dataclass(frozen=True)
class World:
    """One right thing of each kind, all tiny, below a folder."""

    folder: Path

    @cached_property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(0)

    @cached_property
    def image(self) -> np.ndarray:
        return np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)

    @cached_property
    def data(self) -> TrainingData:
        return training_data(photographs_per_class=3, files=2)

    @cached_property
    def images_folder(self) -> Path:
        """Two pictures of each class, in folders."""
        for name in NAMES:
            for i in range(2):
                path = self.folder / "cells" / name / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = np.random.default_rng(len(name) + i).integers(0, 256, (24, 32, 3))
                cv2.imwrite(str(path), pixels.astype(np.uint8))
        return self.folder / "cells"

    @cached_property
    def file(self) -> Path:
        return self.images_folder / "MONOCYTE" / "0.png"

    @cached_property
    def dataset(self) -> Any:
        return choose_dataset(self.images_folder)

    @cached_property
    def audit(self) -> Audit:
        return audit(self.images_folder)

    @cached_property
    def model(self) -> keras.Model:
        parts = [keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D()]
        last = keras.layers.Dense(4, activation="softmax")
        return keras.Sequential([keras.Input((8, 8, 3)), *parts, last], name="tiny")

    @cached_property
    def saved(self) -> SavedModel:
        return SavedModel(self.model, NAMES, crop=False)

    @cached_property
    def detector(self) -> OutOfDistributionDetector:
        return OutOfDistributionDetector(np.zeros(2), np.eye(2), 1.0)

    @cached_property
    def evaluation(self) -> Any:
        return evaluation()

    @cached_property
    def report(self) -> Any:
        return report(self.evaluation)

    @cached_property
    def files(self) -> dict[str, Path]:
        """One file of each kind that is read, whole."""
        here = self.folder / "read"
        here.mkdir()
        table, labels = here / "photographs.csv", here / "labels.csv"
        table.write_text("class,file,original\nMONOCYTE,0.png,a\n")
        labels.write_text("file,label\nMONOCYTE/0.png,MONOCYTE\n")
        learner = here / "learners" / "ann"
        learner.mkdir(parents=True, exist_ok=True)
        (learner / "progress.json").write_text('{"solved": {}}')
        model, archive = here / "model.keras", here / "cells.zip"
        save_model(self.model, model, NAMES)
        self.model.save(here / "network.keras")
        with zipfile.ZipFile(archive, "w") as opened:
            opened.write(self.file, "cells/MONOCYTE/0.png")
        lesson = lessons_folder() / "04_shuffle.ipynb"
        return {
            "table": table, "labels": labels, "learners": learner.parent, "progress": learner,
            "model": model, "zip": archive, "lesson": lesson, "network": here / "network.keras",
        }  # fmt: skip

    @cached_property
    def findings(self) -> list[CellFinding]:
        return [CellFinding(Box(1, 2, 3, 4), dict.fromkeys(NAMES, 0.25), None)]

    def things(self) -> dict[str, Any]:
        """Return what is given in the wrong place, by its name."""
        floats = self.image.astype(np.float32)
        return {
            "None": None,
            "an empty list": [],
            "a list of numbers": [0, 1, 2],
            "a list of pixels": self.image.tolist(),
            "a tuple": (8, 8),
            "zero": 0,
            "minus one": -1,
            "a fraction": 1.5,
            "nan": float("nan"),
            "True": True,
            "a text": "abc",
            "an empty text": "",
            "a missing file": "no/such.png",
            "a missing path": Path("no/such.png"),
            "a file": self.file,
            "a folder": str(self.images_folder),
            "an empty array": np.zeros(0),
            "a gray image": self.image[:, :, 0],
            "an image": self.image,
            "floats to 1": floats / 255,
            "floats to 255": floats,
            "floats with nan": np.full_like(floats, np.nan),
            "images": self.data.images,
            "no images": self.data.images[:0],
            "images as floats": self.data.images / 255,
            "labels": self.data.labels,
            "labels as text": np.array(NAMES)[self.data.labels],
            "one-hot rows": np.eye(4, dtype=np.float32)[self.data.labels],
            "training data": self.data,
            "a data set": self.dataset,
            "a split": Split(self.data, self.data),
            "an evaluation": self.evaluation,
            "a network": self.model,
            "a saved model": self.saved,
            "a mapping": {"a": 1},
            "a function": len,
        }


@dataclass(frozen=True)
class Kind:
    """What an argument may be: how to make a right one, and which things are right as well."""

    make: Callable[[World], Any]
    right: frozenset[str] = frozenset()


def kind(make: Callable[[World], Any], *right: str) -> Kind:
    return Kind(make, frozenset(right))


_TEXTS = ("a text", "a missing file", "a folder")
_PATHS = (*_TEXTS, "a missing path", "a file")
_LISTS = ("an empty list", "a list of numbers", "a list of pixels", "a tuple")
_ROWS = ("labels", "labels as text")
_NOTHING = ("an empty list", "an empty array")

KINDS = {
    # numbers
    "size": kind(lambda w: 8),
    "seed": kind(lambda w: 2, "zero"),
    "count": kind(lambda w: 2),
    "two": kind(lambda w: 2),
    "classes": kind(lambda w: 4),
    "eight": kind(lambda w: 8),
    "lesson": kind(lambda w: 4, "zero"),
    "share": kind(lambda w: 0.5),
    "probability": kind(lambda w: 0.5, "zero"),
    "number": kind(lambda w: 2.0, "a fraction"),
    "positive": kind(lambda w: 2.0, "a fraction"),
    "real": kind(lambda w: 0.5, "a fraction", "zero", "minus one"),
    "from_zero": kind(lambda w: 1.0, "a fraction", "zero"),
    "part_of_one": kind(lambda w: 0.5, "zero"),
    "magnification": kind(lambda w: 100.0),
    "pixel": kind(lambda w: 18.75),
    "qualities": kind(lambda w: (60, 90), "a tuple"),
    "color": kind(lambda w: (1.0, 0.9, 0.5)),
    "flag": kind(lambda w: False, "True"),
    # words
    "address": kind(lambda w: "127.0.0.1:8476"),
    "text": kind(lambda w: "some text", *_TEXTS),
    "any_text": kind(lambda w: "x = 1", "an empty text", *_TEXTS),
    "bytes": kind(lambda w: b""),
    "class_name": kind(lambda w: "MONOCYTE"),
    "class_names": kind(lambda w: NAMES),
    "exercise": kind(lambda w: "check_put_back"),
    "laboratory_name": kind(lambda w: "rapid"),
    "level": kind(lambda w: "photograph"),
    "metric": kind(lambda w: "loss"),
    "mode": kind(lambda w: "wb"),
    "network": kind(lambda w: "small"),
    "part": kind(lambda w: "TRAIN"),
    "preprocess": kind(lambda w: "[0, 255]", "a function", "a network"),
    "pixel_range": kind(lambda w: "[0, 255]"),
    "crop_word": kind(lambda w: "auto"),
    "split_word": kind(lambda w: "photograph"),
    "template": kind(lambda w: "report.html"),
    "titles": kind(lambda w: ["one"] * 30, "an empty list"),
    "words": kind(lambda w: ["MONOCYTE"]),
    # arrays
    "X": kind(lambda w: w.data.images, "images", "no images", "an image", "a gray image"),
    "correct": kind(lambda w: w.data.labels > 0),
    "groups": kind(lambda w: w.data.photographs, *_ROWS),
    "heat": kind(lambda w: w.image[:, :, 0] / 255, "a gray image", "one-hot rows"),
    "image": kind(lambda w: w.image, "an image"),
    "image_8": kind(lambda w: w.data.images[0]),
    "images": kind(lambda w: w.data.images, "images"),
    "labels": kind(lambda w: w.data.labels, "labels"),
    "y": kind(lambda w: w.data.labels, "labels", "a list of numbers", *_NOTHING),
    "maps": kind(lambda w: {"1 Conv2D": np.zeros((4, 4, 2))}),
    "mask": kind(lambda w: w.image[:, :, 0] > 9, "a gray image"),
    "mean": kind(lambda w: np.zeros(2)),
    "labels_of_files": kind(lambda w: np.zeros(1, int)),
    "photographs": kind(lambda w: w.data.photographs, *_ROWS),
    "pictures": kind(lambda w: [w.image], "images", "images as floats", "floats to 1"),
    "pixels": kind(lambda w: w.data.images, "images"),
    "precision": kind(lambda w: np.eye(2)),
    "probabilities": kind(lambda w: np.full((len(w.data.labels), 4), 0.25), "one-hot rows"),
    "some_images": kind(lambda w: w.data.images, "images", "no images"),
    "weights": kind(lambda w: np.ones(3), "a list of numbers", "labels", "a tuple"),
    # ours
    "audit": kind(lambda w: w.audit),
    "box": kind(lambda w: Box(1, 2, 3, 4)),
    "data": kind(lambda w: w.data, "training data"),
    "dataset": kind(lambda w: w.dataset, "a data set"),
    "detector": kind(lambda w: w.detector),
    "decision": kind(lambda w: CropDecision(True, "")),
    "evaluation": kind(lambda w: w.evaluation, "an evaluation"),
    "figures": kind(lambda w: [PageFigure("a", b"", "a picture")], "an empty list"),
    "findings": kind(lambda w: w.findings, "an empty list"),
    "laboratory": kind(lambda w: HOME),
    "model": kind(lambda w: w.model, "a network"),
    "photograph": kind(lambda w: draw_photograph("MONOCYTE", w.rng)),
    "recipe": kind(lambda w: ARTICLE),
    "report": kind(lambda w: w.report),
    "saved": kind(lambda w: w.saved, "a saved model"),
    "stain": kind(lambda w: Stain((1.0, 2.0, 0.5))),
    "settings": kind(lambda w: RunSettings()),
    # of others
    "axes": kind(lambda w: Figure().add_subplot()),
    "callbacks": kind(lambda w: (), "an empty list"),
    # a network can be called as well
    "function": kind(lambda w: lambda *_: None, "a function", "a network"),
    "functions": kind(lambda w: (), "an empty list"),
    "history": kind(lambda w: {"loss": [1.0, 0.5]}),
    "rng": kind(lambda w: w.rng),
    "rows": kind(lambda w: [{"class": "MONOCYTE", "file": "0.png", "original": "a"}]),
    "shell": kind(lambda w: SimpleNamespace(set_custom_exc=print)),
    # paths, and what is read from them
    "folder": kind(lambda w: w.images_folder, "a folder"),
    "image_file": kind(lambda w: w.file, "a file"),
    "image_list": kind(lambda w: [w.image], "a folder", "images"),
    "label_table": kind(lambda w: w.files["labels"]),
    "learners": kind(lambda w: w.files["learners"]),
    "model_file": kind(lambda w: w.files["model"]),
    "keras_file": kind(lambda w: w.files["network"]),
    "new_model": kind(lambda w: w.folder / "new.keras"),
    "new_path": kind(lambda w: w.folder / "new", *_PATHS),
    "notebook": kind(lambda w: w.files["lesson"]),
    "path": kind(lambda w: w.file, *_PATHS),
    "any_path": kind(lambda w: w.file, "an empty text", *_PATHS),
    "files": kind(lambda w: [w.file], "an empty list"),
    "paths": kind(lambda w: w.data.paths),
    "progress": kind(lambda w: w.files["progress"]),
    "source": kind(lambda w: w.images_folder, "a folder"),
    "source_or_dataset": kind(lambda w: w.images_folder, "a folder", "a data set"),
    "source_word": kind(lambda w: "sample", *_PATHS),
    "table": kind(lambda w: w.files["table"]),
    "zip": kind(lambda w: w.files["zip"]),
}
