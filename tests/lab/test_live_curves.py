"""Curves that grow while a network learns: in the same place, or once where no kernel is."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from lessons import run_lesson
from PIL import Image

from bloodcell_tut import ArgumentError
from bloodcell_tut.lab import LiveCurves, plot_curves

HISTORY = {"accuracy": [0.2, 0.9], "loss": [1.4, 3.0]}
TRAIN = """
import keras
import numpy as np
from bloodcell_tut.lab import LiveCurves
x, y = np.zeros((8, 2)), np.zeros(8)
line = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="softmax")])
line.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
line.fit(x, y, epochs=3, verbose=0, callbacks=[LiveCurves("three epochs")]);
"""


def network() -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    loss = "sparse_categorical_crossentropy"
    model.compile("sgd", loss, metrics=["accuracy"], jit_compile=False)
    return model


def test_a_guess_is_marked_and_all_losses_can_be_seen() -> None:
    ax = plot_curves(HISTORY, 4)
    loss = ax.figure.axes[1]
    marks = [np.asarray(axes.lines[-1].get_ydata())[0] for axes in (ax, loss)]
    assert marks == pytest.approx([1 / 4, np.log(4)])
    assert loss.get_ylim()[1] > 3.0
    assert len(plot_curves(HISTORY | {"val_loss": [1.0, 2.0]}, 4).figure.axes[1].lines) == 3


def test_without_a_kernel_the_last_picture_is_shown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda picture, **_: shown.append(picture))
    curves, model = LiveCurves("two epochs"), network()
    histories = [
        model.fit(np.zeros((8, 2)), np.zeros(8), epochs=2, verbose=0, callbacks=[curves]).history
        for _ in range(2)
    ]
    assert [picture.alt for picture in shown] == ["two epochs"] * 2
    assert curves.history["loss"] == histories[0]["loss"] + histories[1]["loss"]


def test_a_training_of_no_epoch_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda picture, **_: shown.append(picture))
    LiveCurves("a training that went on after its last epoch").on_train_end()
    assert shown == []


def test_in_a_kernel_one_picture_grows(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": TRAIN, "id": "a"}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    outputs = [o for o in run_lesson(text, tmp_path).cells[0].outputs if "data" in o]
    (picture,) = (output for output in outputs if "image/png" in output["data"])
    assert picture["data"]["text/plain"] == "three epochs"
    drawn = Image.open(io.BytesIO(base64.b64decode(picture["data"]["image/png"])))
    assert drawn.width > 1000


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ArgumentError, match="alt"):
        LiveCurves("")
