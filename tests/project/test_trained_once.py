"""What notebooks and tests share is what each would have trained by itself."""

from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pytest
import trained_once
from builders import training_data

import bloodcell_tut as bt
from bloodcell_tut import model as step

DATA = training_data(files=2)


def network(seed: int = 0) -> Any:
    """A tiny network with a dropout, whose draws go on from batch to batch."""
    import keras

    keras.utils.set_random_seed(seed)
    rest = [keras.layers.Flatten(), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(4)]
    return keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255), *rest, keras.layers.Softmax()],
        name="tiny",
    )


def learned(train: Any, epochs: int = 2, seed: int = 0) -> tuple[int, Any, list[Any]]:
    """How many epochs were trained, the history, and the weights."""
    import keras

    seen: list[int] = []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: seen.append(epoch))
    one = network(seed)
    history = train(one, DATA, epochs=epochs, callbacks=[watch]).history
    return len(seen), history, one.get_weights()


def test_the_second_takes_over_what_the_first_has_trained(tmp_path: Path) -> None:
    once = trained_once.train_once(step.train, tmp_path)
    alone, first, second = (learned(train) for train in (step.train, once, once))
    assert (alone[0], first[0], second[0]) == (2, 2, 0)
    assert alone[1] == first[1] == second[1]
    for one, other, third in zip(alone[2], first[2], second[2], strict=True):
        assert np.array_equal(one, other) and np.array_equal(one, third)
    assert learned(once, seed=1)[0] == learned(once, epochs=1)[0] * 2 == 2, "others begin anew"


def test_nobody_waits_for_long_and_a_checkpoint_of_its_own_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, Any]] = []
    once = trained_once.train_once(lambda *_, **settings: given.append(settings), tmp_path)
    tiny = network()
    once(tiny, DATA, checkpoint=tmp_path / "mine.npz", epochs=1)
    once(tiny, DATA, epochs=1)
    monkeypatch.setattr(trained_once, "PATIENCE", 0)
    with filelock.FileLock(given[1]["checkpoint"].with_suffix(".lock")):
        once(tiny, DATA, epochs=1)
    mine, shared, alone = given
    assert mine["checkpoint"].name == "mine.npz"
    assert shared["checkpoint"].name == "tiny-48-8-cut-1.npz"
    assert alone == {"epochs": 1}


def test_notebooks_share(notebooks: Any, trainings: Path, tmp_path: Path) -> None:
    code = "from bloodcell_tut.model import train; print(train.__module__)\n"
    code += f"assert train.__module__ == {trained_once.__name__!r}"
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    notebooks.run(tmp_path / "a.ipynb")
    assert bt.train.__module__ == "bloodcell_tut.model" and trainings.is_dir()
