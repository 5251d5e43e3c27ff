"""`make bench`: four ways from files to a trained network, side by side.

Each run is a process of its own. Loading is measured in full. Of the training some steps are
measured, and "all" is what loading and all steps of a whole training would take at that pace.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from bench_tools import REAL, in_new_process, save
from sklearn.model_selection import train_test_split

import bloodcell_tut as bt
from bloodcell_tut.runs.environment import peak_memory_mb

SIZES = (5_000, 2_500, 1_000)
WARM_UP, STEPS = 3, 12
EPOCHS, BATCH, SIDE = 5, 16, 200  # the article's


class Pace(keras.callbacks.Callback):
    """Notes when each step ends, and stops after some."""

    def on_train_begin(self, logs: object = None) -> None:
        self.all_steps, self.ends = self.params["epochs"] * self.params["steps"], list[float]()

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.ends.append(time.perf_counter())
        self.model.stop_training = len(self.ends) >= WARM_UP + STEPS

    def seconds(self) -> float:
        return statistics.median(np.diff(self.ends[WARM_UP - 1 :]))


def article(dataset: bt.ImageDataset, pace: Pace) -> float:
    """The article, repaired"""
    started = time.perf_counter()
    data = []
    for path, label in zip(dataset.paths, dataset.labels, strict=True):
        data.append([cv2.resize(cv2.imread(str(path)), (SIDE, SIDE)), label])
    random.shuffle(data)
    X = np.array([image for image, _ in data]).reshape(-1, SIDE, SIDE, 3)
    y = np.array([label for _, label in data])
    X = X.astype("float32") / 255
    X_train, _, y_train, _ = train_test_split(X, y, test_size=0.2)
    seconds = time.perf_counter() - started
    layers = bt.article_cnn(len(dataset.class_names)).layers[1:]  # it has divided already
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers])
    fit(model, X_train, y_train, batch_size=BATCH, callbacks=[pace])
    return seconds


def keras_folder(dataset: bt.ImageDataset, pace: Pace) -> float:
    """Keras' image_dataset_from_directory, the same network"""
    with tempfile.TemporaryDirectory() as folder:
        for path, label in zip(dataset.paths, dataset.labels, strict=True):
            link = Path(folder) / dataset.class_names[label] / path.name
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(path)
        started = time.perf_counter()
        batches = keras.utils.image_dataset_from_directory(
            folder, image_size=(SIDE, SIDE), batch_size=BATCH, seed=0, verbose=False,
            validation_split=0.2, subset="training",
        )  # fmt: skip
        seconds = time.perf_counter() - started
        layers = bt.article_cnn(len(dataset.class_names)).layers
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers])
        fit(model, batches, shuffle=False, callbacks=[pace])
    return seconds


def fit(model: keras.Model, *data: object, **options: Any) -> None:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*data, epochs=EPOCHS, verbose=0, **options)


def ours(dataset: bt.ImageDataset, pace: Pace) -> float:
    """Ours"""
    started = time.perf_counter()
    data = bt.create_training_data(dataset, cache=True)
    split = bt.split_by_image(bt.shuffle(data))
    seconds = time.perf_counter() - started
    bt.train(bt.small_cnn(len(dataset.class_names)), split.train, callbacks=[pace])
    return seconds


def some_of(dataset: bt.ImageDataset, n: int) -> bt.ImageDataset:
    return dataset.take(np.sort(np.random.default_rng(5).permutation(len(dataset))[:n]))


def work(way: str, data: str, n: str) -> None:
    """Go one way and print what it took: this is the new process."""
    pace, run = Pace(), {f.__name__: f for f in (article, keras_folder, ours)}[way]
    load = run(some_of(bt.choose_dataset(data), int(n)), pace)
    step = pace.seconds()
    whole = load + step * pace.all_steps
    print(json.dumps({"load": load, "step": step, "whole": whole, "MB": peak_memory_mb()}))


def one_round(data: Path, n: int) -> dict[str, dict]:
    """Go each way once, one after the other, so that a busy moment hits no way alone."""
    with tempfile.TemporaryDirectory() as cache:
        ways = {"Ours, first time": ours, "Ours, from the cache": ours}
        ways = {str(way.__doc__): way for way in (article, keras_folder)} | ways
        return {
            name: in_new_process("bench_ways.py", way.__name__, data, n, BLOODCELL_TUT_CACHE=cache)
            for name, way in ways.items()
        }


def in_rows(rounds: list[dict[str, dict]], n: int) -> list[dict[str, object]]:
    """Return a row for each way; ratios are those of the medians."""
    values = {w: {k: [r[w][k] for r in rounds] for k in rounds[0][w]} for w in rounds[0]}
    middle = {w: {k: statistics.median(v) for k, v in of.items()} for w, of in values.items()}
    base = middle[str(article.__doc__)]
    return [
        {
            "way": way,
            "files": n,
            "loading, s": of["load"],
            "a step, ms": [1000 * step for step in of["step"]],
            "all, s": of["whole"],
            "peak, MB": of["MB"],
            "loading, times the article": f"{base['load'] / middle[way]['load']:.1f}",
            "all, times the article": f"{base['whole'] / middle[way]['whole']:.1f}",
            "memory, part of the article's": f"{middle[way]['MB'] / base['MB']:.2f}",
        }
        for way, of in values.items()
    ]


def main(real: Path = REAL, runs: int = 3, files: int | None = None) -> None:
    name = "real TRAIN" if real.exists() else "drawn TRAIN"
    data = real if real.exists() else bt.draw_sample(n_images=12_500)
    data = Path(next(p for p in bt.choose_dataset(data).paths[0].parents if p.name == "images"))
    everything = min(len(bt.choose_dataset(data)), files or sys.maxsize)
    rows: list[dict[str, object]] = []
    for n in (everything, *(size for size in SIZES if size < everything)):
        rounds = [one_round(data, n) for _ in range(runs if n == everything else 1)]
        rows += in_rows(rounds, n)
        print(json.dumps(rows[-4:]), flush=True)
    save("bench", name, rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
