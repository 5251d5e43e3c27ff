"""Small data for tests, made in memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bloodcell_tut import Box, Evaluation, TrainingData
from bloodcell_tut.drawing.smear import draw_field
from bloodcell_tut.runs import DataFacts, Report, Step
from bloodcell_tut.runs.report import scores

CLASSES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def training_data(
    photographs_per_class: int = 6, files: int = 4, size: int = 8, known: bool = True
) -> TrainingData:
    """Return images whose pixels, labels, photographs and paths all tell their number."""
    labels = np.repeat(np.arange(4), photographs_per_class * files)
    n = len(labels)
    images = np.zeros((n, size, size, 3), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    photographs = np.char.add("photo", (np.arange(n) // files).astype(str)) if known else None
    paths = tuple(Path(CLASSES[c]) / f"{i}.jpeg" for i, c in enumerate(labels))
    return TrainingData(images, labels, photographs, paths, CLASSES)


def number(data: TrainingData) -> np.ndarray:
    """Return the number that each image of `training_data` was made with."""
    return data.images[:, 0, 0, 0].astype(int) * 256 + data.images[:, 0, 0, 1]


def belong_together(data: TrainingData, made: TrainingData) -> bool:
    """Whether each image still has the label, photograph and path that it was made with."""
    i = number(data)
    return bool(
        (data.labels == made.labels[i]).all()
        and (data.photographs == made.photographs[i]).all()
        and data.paths == tuple(made.paths[k] for k in i)
    )


def touch(folder: Path, *files: str) -> Path:
    """Make empty files, and return their folder."""
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def noise(n: int = 3, size: int = 16) -> np.ndarray:
    """Return images of random pixels."""
    return np.random.default_rng(1).integers(0, 256, (n, size, size, 3), np.uint8)


def field(n: int, seed: int) -> tuple[np.ndarray, list[Box]]:
    """Draw a field with n white cells that don't touch, and their boxes."""
    image, boxes = draw_field(n, np.random.default_rng(seed))
    return image, [Box(*box) for box in boxes]


HISTORY = {
    "accuracy": [0.3, 0.6], "loss": [1.2, 0.7], "val_accuracy": [0.3, 0.5], "val_loss": [1.3, 0.9],
}  # fmt: skip


def evaluation(share_right: float = 0.8, known: bool = True, **changes: Any) -> Evaluation:
    """Return an evaluation of `training_data` in which a share of the answers is right."""
    data = replace(training_data(known=known), **changes)
    right = np.random.default_rng(0).random(len(data)) < share_right
    said = np.where(right, data.labels, (data.labels + 1) % 4)
    return Evaluation(data, np.eye(4, dtype=np.float32)[said] * 0.8 + 0.05)


def report(result: Evaluation, leaked: float | None = 0.0, **changes: Any) -> Report:
    """Return a report of an evaluation, with facts that are made up."""
    facts: dict[str, Any] = {
        "class_names": result.test.class_names, "crop": result.test.crop, "model": "small",
        "recipe": "cells", "split": "photograph", "seed": 0, "parameters": 10,
        "peak_memory_mb": None, "skipped": (),
        "steps": (Step("shuffle", "done", 0.1),), "seconds": {"shuffle": 0.1, "total": 0.2},
        "versions": {"python": "3", "torch": None}, "data": DataFacts("drawn", 96, 24),
        "history": HISTORY,
    }  # fmt: skip
    return Report(**vars(scores(result, leaked)), **facts | changes)


def draw_letter(letter: str, side: int, seed: int) -> np.ndarray:
    """Draw a letter near the middle of a black square."""
    rng, image = np.random.default_rng(seed), np.zeros((side, side, 3), np.uint8)
    scale, thick = side * rng.uniform(0.021, 0.026), max(side // 20, 1)
    (width, height), below = cv2.getTextSize(letter, 0, scale, thick)
    height -= below if letter.islower() else 0
    x, y = (side - width) // 2, (side + height) // 2
    at = (x + int(rng.integers(-1, 2)), y + int(rng.integers(-1, 2)))
    cv2.putText(image, letter, at, 0, scale, (255, 255, 255), thick)
    return image


def draw_cross_or_disc(image: np.ndarray, seed: int) -> None:
    """Draw a cross for an odd number, else a disc, which look the same from all sides."""
    rng, side = np.random.default_rng(seed), len(image)
    x, y = (side // 2 + rng.integers(-1, 2, size=2)).tolist()
    radius = int(side * rng.uniform(0.2, 0.35))
    if seed % 2:
        cv2.drawMarker(image, (x, y), (255, 255, 255), cv2.MARKER_CROSS, 2 * radius, side // 10)
    else:
        cv2.circle(image, (x, y), radius, (255, 255, 255), side // 10)
