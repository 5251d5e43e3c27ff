"""Train the small network that answers in the site's pages, and write it where they find it."""

import argparse
import base64
import csv
import json
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from keras import layers

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import live_page

import bloodcell_tut as bt
from bloodcell_tut.inference.model_file import SavedModel
from bloodcell_tut.runs import RunSettings, run_steps

# what does nothing when a network answers
SILENT = (layers.InputLayer, layers.Dropout, layers.GlobalAveragePooling2D)
PICTURE = "data:image/webp;base64,"
QUALITY = 90


def train(data: Path, folder: Path) -> Path:
    """Go through the nine steps on drawn cells; return the model's file."""
    run_steps(RunSettings(data, out=folder))
    return folder / "model.keras"


def half(numbers: np.ndarray) -> np.ndarray:
    """Return numbers that float16 can hold, as float32."""
    return numbers.astype(np.float16).astype(np.float32)


def rounded(saved: SavedModel) -> SavedModel:
    """Return the same network without its training state, its many numbers rounded to float16."""
    model = keras.models.clone_model(saved.model)
    model.set_weights([half(w) if w.ndim > 1 else w for w in saved.model.get_weights()])
    detector = saved.detector
    if detector is None or not np.isfinite(half(detector.precision)).all():
        raise SystemExit("expected a detector whose numbers fit into float16; train it again")
    return saved._replace(
        model=model, detector=replace(detector, precision=half(detector.precision))
    )


def write_model(saved: SavedModel, path: Path) -> None:
    """Save a network, packed, with no time of day in the file."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model.keras"
        bt.save_model(saved.model, plain, saved.class_names, saved.crop, saved.detector)
        with zipfile.ZipFile(plain) as loose, zipfile.ZipFile(path, "w") as packed:
            for name in loose.namelist():
                packed.writestr(zipfile.ZipInfo(name), loose.read(name), zipfile.ZIP_DEFLATED, 9)


class Numbers:
    """Arrays, one behind the other in a row of bytes."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def add(self, array: Any, bits: int) -> dict[str, int]:
        """Add an array's numbers; return where they are."""
        numbers = np.asarray(array, f"<f{bits // 8}").ravel()
        at = len(self.bytes)
        self.bytes += numbers.tobytes()
        return {"at": at, "length": len(numbers), "bits": bits}


def layer(each: keras.Layer, numbers: Numbers) -> dict[str, Any]:
    """Return what a page must know of a layer."""
    match each:
        case layers.Conv2D(kernel_size=(3, 3), strides=(1, 1), padding="same", use_bias=False):
            kernel = numbers.add(each.kernel, 16)
            return {"kind": "convolve", "filters": each.filters, "kernel": kernel}
        case layers.MaxPooling2D(pool_size=(2, 2), strides=(2, 2)):
            return {"kind": "pool"}
        case layers.BatchNormalization():
            parts = {"mean": each.moving_mean, "variance": each.moving_variance}
            parts |= {"gamma": each.gamma, "beta": each.beta}
            found = {name: numbers.add(part, 32) for name, part in parts.items()}
            return {"kind": "normalize", "epsilon": each.epsilon, **found}
        case layers.ReLU():
            return {"kind": "relu"}
        case layers.Dense():
            parts = {"kernel": numbers.add(each.kernel, 16), "bias": numbers.add(each.bias, 32)}
            return {"kind": "decide", **parts}
    raise SystemExit(f"{each.name}: the page has no such layer")


def network(saved: SavedModel, digest: str) -> dict[str, Any]:
    """Return a network as the page loads it."""
    numbers, found = Numbers(), []
    for each in saved.model.layers:
        match each:
            case layers.Rescaling(offset=0):
                scale = each.scale
            case layers.RandomFlip(mode="horizontal_and_vertical"):
                pass
            case _ if not isinstance(each, SILENT) and "Random" not in type(each).__name__:
                found.append(layer(each, numbers))
    detector = saved.detector
    assert detector is not None
    n = len(detector.mean)
    return {
        "model": digest,
        "classes": saved.class_names,
        "size": saved.model.input_shape[1],
        "scale": scale,
        "layers": found,
        "detector": {
            "mean": numbers.add(detector.mean, 32),
            "precision": numbers.add(detector.precision[np.triu_indices(n)], 16),
            "limit": detector.limit,
        },
        "numbers": base64.b64encode(numbers.bytes).decode(),
    }


def encoded(image: np.ndarray) -> str:
    """Return a picture as an address that holds all of it."""
    options = [cv2.IMWRITE_WEBP_QUALITY, QUALITY]
    data = cv2.imencode(".webp", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1]
    return PICTURE + base64.b64encode(data.tobytes()).decode()


def cells(folder: Path) -> list[dict[str, str]]:
    """Return three drawn cells of each class, none of which the network has learned from."""
    with (folder / "photographs.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "TEST"]
    whole = [row for row in rows if float(row["nucleus_visible"]) == 1]
    found = []
    for name in sorted({row["class"] for row in whole}):
        firsts = {row["original"]: row for row in whole if row["class"] == name}
        for row in list(firsts.values())[:3]:
            image = bt.read_image(folder / "images" / "TEST" / name / row["file"])
            said = f"Drawn cell: {name.lower()}"
            found.append({"name": name, "alt": said, "picture": encoded(image)})
    return found[::3] + found[1::3] + found[2::3]


def others() -> list[dict[str, str]]:
    """Return two pictures that the network should not name."""
    empty, _ = bt.drawing.draw_field(0, np.random.default_rng(0))
    eight, _ = bt.drawing.draw_field(0, np.random.default_rng(1))
    cv2.putText(eight, "8", (140, 150), cv2.FONT_HERSHEY_SIMPLEX, 3, (20, 20, 230), 14, cv2.LINE_AA)
    pictures = {"Drawn red cells, no white cell": empty, "A blue 8 among red cells": eight}
    return [{"name": "", "alt": alt, "picture": encoded(p)} for alt, p in pictures.items()]


def write(path: Path, name: str, value: Any) -> None:
    """Write a value as a script, since a page opened from disk may load nothing else."""
    text = json.dumps(value, separators=(",", ":"))
    path.write_text(f"bloodcells.{name} = {text};\n", encoding="utf-8")


def main(model: Path | None) -> None:
    """Write the model's file and what the pages load."""
    data = bt.draw_sample(n_photographs=1200, n_images=2400)
    with tempfile.TemporaryDirectory() as folder:
        trained = bt.load_model(model or train(data, Path(folder)))
    live_page.MODEL.parent.mkdir(exist_ok=True)
    write_model(rounded(trained), live_page.MODEL)
    saved = bt.load_model(live_page.MODEL)
    write(live_page.NETWORK, "file", network(saved, live_page.digest(live_page.MODEL)))
    write(live_page.STATIC / "cells.js", "cells", [*cells(data), *others()])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a model's file; without it, one is trained")
    main(parser.parse_args().model)
