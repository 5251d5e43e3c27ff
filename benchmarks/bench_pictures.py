"""`make bench ARGS=pictures`: CIFAR-10 through the nine steps, and each choice of its recipe.

`../shared/data` holds CIFAR-10 as JPEG files and ciFAIR's list of test images that are also among
the training images. A run of the command line and a beginner's network have the same processor
time, one after the other. Each row is a process of its own.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from bench_runs import run_into
from bench_tools import in_new_process, save
from cifar10 import listed, unpacked
from keras import layers

import bloodcell_tut as bt
from bloodcell_tut.intervals import accuracy_interval
from bloodcell_tut.pages import percent
from bloodcell_tut.training import CELLS, LETTERS, NATURAL

RUNS = {
    "recipe natural": (),
    "and twice as wide, 24 epochs": ("--model", "wide", "--epochs", 24),
    "and twice as wide, 54 epochs": ("--model", "wide", "--epochs", 54),
}
FEW = 10_000
CHOICES = {
    "as they are": (replace(LETTERS, name="plain", variation=None), 32),
    "shifted": (LETTERS, 32),
    "shifted and mirrored": (NATURAL, 32),
    "turned and mirrored, as for cells": (CELLS, 32),
    "the same, enlarged to 64 pixels": (CELLS, 64),
}


def right_and_leaked(folder: Path, rows: np.ndarray, test: bt.TrainingData) -> dict[str, str]:
    """Return the score of all test images, of those not in ciFAIR's list, and of the others."""
    known = {folder / path for path in listed()}
    right = rows.argmax(axis=1) == test.labels
    leaked = np.array([path in known for path in test.paths])
    assert leaked.sum() == len(known)
    shares = {"test images right": right, "without listed ones": right[~leaked]}
    found = {what: with_interval(part) for what, part in shares.items()}
    return found | {"listed ones alone": with_interval(right[leaked])}


def with_interval(right: np.ndarray) -> str:
    low, high = accuracy_interval(right, np.arange(len(right)))
    return f"{percent(right.mean())} ({percent(low)} to {percent(high)})"


def our_run(folder: Path, options: Sequence[object]) -> dict[str, Any]:
    train, test = folder / "train", folder / "test"
    with tempfile.TemporaryDirectory() as out:
        report = run_into(out, "--data", train, "--test-data", test, *options)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        model = bt.load_model(Path(out) / "model.keras").model
    data = bt.create_training_data(bt.choose_dataset(test), 32, crop=False)
    seconds = {"seconds": report.seconds["total"], "CPU s": used.ru_utime + used.ru_stime}
    rows = bt.predict_probabilities(model, data.images)
    found = {"MB": f"{report.peak_memory_mb or 0:.0f}"} | right_and_leaked(folder, rows, data)
    return {name: round(number) for name, number in seconds.items()} | found


def beginner(folder: Path, cpu_seconds: float) -> dict[str, Any]:
    """Train what Keras' guides for beginners show, until as much processor time is used."""
    keras.utils.set_random_seed(0)
    files = keras.utils.image_dataset_from_directory(
        folder / "train", image_size=(32, 32), batch_size=32, seed=0
    ).cache()
    body = [
        *(layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()),
        *(layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()),
        *(layers.Conv2D(64, 3, activation="relu"), layers.Flatten()),
        *(layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")),
    ]
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), *body])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    epochs = 0
    while time.process_time() < cpu_seconds:
        model.fit(files, verbose=0)
        epochs += 1
    data = bt.create_training_data(bt.choose_dataset(folder / "test"), 32, crop=False)
    rows = model.predict(data.images, verbose=0)
    return right_and_leaked(folder, rows, data) | {"epochs": epochs}


def choice(folder: Path, name: str) -> dict[str, Any]:
    """Train on some of the images with one choice, and score on the test images."""
    recipe, size = CHOICES[name]
    few = np.random.default_rng(0).permutation(50_000)[:FEW]
    train = bt.create_training_data(bt.choose_dataset(folder / "train").take(few), size, crop=False)
    test = bt.create_training_data(bt.choose_dataset(folder / "test"), size, crop=False)
    model = bt.small_cnn(10, size, recipe=recipe)
    started = time.process_time()
    bt.train(model, train, recipe=recipe, epochs=20)
    seconds = time.process_time() - started
    right = bt.predict_probabilities(model, test.images).argmax(axis=1) == test.labels
    return {"test images right": with_interval(right), "training, CPU s": f"{seconds:.0f}"}


def work(folder: str, what: str, more: str) -> None:
    path = Path(folder)
    if what == "run":
        found = our_run(path, RUNS[more])
    elif what == "beginner":
        found = beginner(path, float(more))
    else:
        found = choice(path, more)
    print(json.dumps(found))


def main() -> None:
    with unpacked() as folder:
        each_choice(folder)
        each_run(folder)


def each_choice(folder: Path) -> None:
    rows = []
    for name in CHOICES:
        found = in_new_process("bench_pictures.py", folder, "choice", name)
        rows.append({"while learning": name} | found)
        save(
            "picture_choices", f"CIFAR-10, {FEW:,} of its training images, 20 epochs, seed 0", rows
        )


def each_run(folder: Path) -> None:
    rows = []
    for name in RUNS:
        ours = in_new_process("bench_pictures.py", folder, "run", name)
        rows += [{"network": name} | ours]
        keep(rows)
        theirs = in_new_process("bench_pictures.py", folder, "beginner", ours["CPU s"])
        said = f"a beginner's network, as much processor time, {theirs.pop('epochs')} epochs"
        rows += [{"network": said, "seconds": "", "CPU s": ours["CPU s"], "MB": ""} | theirs]
        keep(rows)


def keep(rows: list[dict[str, Any]]) -> None:
    """Save what is measured so far: the next row may take an hour."""
    save("pictures", "CIFAR-10, scored on its test images, seed 0", rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
