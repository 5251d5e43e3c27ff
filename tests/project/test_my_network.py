"""Lesson 9 scores the network that lesson 8 has saved, on photographs that it never saw."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from builders import CLASSES, training_data
from lessons import LESSONS, code

from bloodcell_tut import ImageDataset, TrainingData, choose_dataset, save_model, small_cnn
from bloodcell_tut.inference.model_file import load_model
from bloodcell_tut.split import split_by_photograph


def cell(lesson: Path, part: str) -> str:
    (source,) = (source for source in code(lesson) if part in source)
    return source


def without_pixels(dataset: ImageDataset, size: int) -> TrainingData:
    images = np.zeros((len(dataset), size, size, 3), np.uint8)
    return TrainingData(
        images, dataset.labels, dataset.photographs, dataset.paths, dataset.class_names
    )


def test_lessons_8_and_9_hold_the_same_photographs_back() -> None:
    parts = []
    for lesson in LESSONS[8:]:
        names: dict[str, Any] = {
            "SOURCE": "sample",
            "np": np,
            "choose_dataset": choose_dataset,
            "create_training_data": without_pixels,
            "split_by_photograph": split_by_photograph,
        }
        exec(cell(lesson, "inner = split_by_photograph("), names)
        data = names["split"].test, names["inner"].train, names["inner"].test
        parts.append([(set(part.photographs), part.images.shape) for part in data])
    assert parts[0] == parts[1]
    test, learned, watched = (photographs for photographs, _ in parts[1])
    assert not test & learned and not test & watched and not learned & watched


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the cell that chooses the network; return it, and whether it was trained there."""
    monkeypatch.chdir(tmp_path)
    split = split_by_photograph(training_data(size=16))
    inner = split_by_photograph(split.train)

    def run() -> tuple[Any, bool]:
        trained: list[object] = []
        names: dict[str, Any] = {
            "Path": Path,
            "load_model": load_model,
            "small_cnn": lambda n, size: SimpleNamespace(made_for=(n, size)),
            "train": lambda model, data, epochs, seed: trained.append(data),
            "split": split,
            "inner": inner,
            "n_classes": 4,
            "SIZE": 16,
        }
        exec(cell(LESSONS[9], "my_network.keras"), names)
        assert trained in ([], [inner.train])
        return names["model"], bool(trained)

    return run


def test_the_network_of_lesson_8_is_taken(taken: Any) -> None:
    saved = small_cnn(4, size=16, seed=4)
    save_model(saved, "my_network.keras", CLASSES, True)
    model, was_trained = taken()
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    assert not was_trained
    assert np.allclose(model.predict(images, verbose=0), saved.predict(images, verbose=0))


@pytest.mark.parametrize(
    ("size", "names", "crop"),
    [
        (None, CLASSES, True),
        (24, CLASSES, True),
        (16, ("A", "B", "C", "D"), True),
        (16, CLASSES, False),
    ],
)
def test_where_none_fits_one_is_trained(
    size: int | None, names: tuple[str, ...], crop: bool, taken: Any
) -> None:
    if size:
        save_model(small_cnn(4, size=size), "my_network.keras", names, crop)
    model, was_trained = taken()
    assert was_trained and model.made_for == (4, 16)
