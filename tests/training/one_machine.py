"""One of the machines of test_machines.py: a process of its own that does what it is told."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any


class NoTensorFlow:
    """With JAX, Keras loads TensorFlow where it is installed, for seconds and to no use."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "tensorflow":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, NoTensorFlow)

# ruff: noqa: E402
import keras
import numpy as np
from builders import training_data
from keras import layers

from bloodcell_tut import TrainingData, train
from bloodcell_tut.errors import BloodcellError
from bloodcell_tut.training import ARTICLE, CELLS, on_machines, vary_cells

FOLDER, FIRST, N, NUMBER, *TASKS = sys.argv[1:]
n, number = int(N), int(NUMBER)


def data(files: int, seed: int = 0) -> TrainingData:
    """Return images, in a number that no number of machines divides."""
    drawn = training_data(photographs_per_class=3, files=files, size=16)
    noise = np.random.default_rng(seed).integers(0, 100, drawn.images.shape, np.uint8)
    noise += (drawn.labels * 40).astype(np.uint8)[:, None, None, None]
    photographs, paths = drawn.photographs[1:], drawn.paths[1:]
    return TrainingData(noise[1:], drawn.labels[1:], photographs, paths, drawn.class_names)


RECIPE = replace(CELLS, batch_size=6, balanced=False, variation=vary_cells)
"""What may differ: random turns, images varied in the batch, a last batch that is shorter."""


def network() -> keras.Model:
    """Return a network with what else may: it looks at the whole batch, and draws numbers."""
    keras.utils.set_random_seed(number)  # the first machine's weights are everybody's
    body = [*(make() for make in RECIPE.augmentation), layers.Conv2D(4, 3, use_bias=False)]
    body += [layers.BatchNormalization(momentum=0.5), layers.ReLU()]
    end = [layers.GlobalAveragePooling2D(), layers.Dropout(0.3), layers.Dense(4, "softmax")]
    return keras.Sequential([keras.Input((16, 16, 3)), layers.Rescaling(1 / 255), *body, *end])


def learn(**settings: Any) -> dict[str, Any]:
    model, images = network(), data(3)
    history = train(model, images, data(1), recipe=RECIPE, epochs=3, **settings).history
    weights = [float(np.abs(array).sum()) for array in model.get_weights()]
    seen = keras.ops.convert_to_numpy(model(images.images[:5]))  # on this machine alone
    return {"history": history, "weights": weights, "answers": seen.tolist()}


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = epoch == 1


class Tell(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == 3:
            note("training", True)


def note(name: str, found: Any) -> None:
    (Path(FOLDER) / f"{name} {n} {number}.part").write_text(json.dumps(found))
    (Path(FOLDER) / f"{name} {n} {number}.part").rename(Path(FOLDER) / f"{name} {n} {number}.json")


def learned() -> Any:
    return learn()


def resumed() -> Any:
    kept = {"checkpoint": Path(FOLDER) / f"kept by {number} of {n}.npz"}
    stopped = learn(**kept, callbacks=[Stop()])
    found = learn(**kept)
    return found | {"before": stopped["history"], "kept": kept["checkpoint"].exists()}


def other_data() -> Any:
    try:
        train(plain(), data(1, seed=number), recipe=ARTICLE, epochs=3)
    except BloodcellError as error:
        return f"{type(error).__name__}: {error}"


def plain() -> keras.Model:
    last = [layers.Flatten(), layers.Dense(4, "softmax")]
    return keras.Sequential([keras.Input((16, 16, 3)), layers.Rescaling(1 / 255), *last])


def endless() -> Any:
    train(plain(), data(1), recipe=ARTICLE, epochs=100_000, callbacks=[Tell()])


def do_tasks() -> None:
    for task in TASKS:
        note(task, globals()[task]())


try:
    if n == 1:
        do_tasks()
    else:
        with on_machines(FIRST, n, number=number):
            do_tasks()
except KeyboardInterrupt:
    sys.exit(130)
except BloodcellError as error:
    sys.exit(f"{type(error).__name__}: {error}")
