"""Drawn cells beside real ones, measures of a cell, and learners compared by cross-validation."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import training_data
from hypothesis import given
from hypothesis import strategies as st

import bloodcell_tut as bt
from bloodcell_tut import baselines
from bloodcell_tut.baselines.classifiers import Classifier, Learner

DATA = training_data(photographs_per_class=6, files=4)
LILAC, VIOLET = (230, 200, 200), (90, 50, 160)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))


CLASSIFIERS = "bloodcell_tut.baselines.classifiers"


def named(image: np.ndarray) -> dict[str, float]:
    return dict(zip(baselines.HAND_CRAFTED_FEATURES, baselines.measure_cell(image), strict=True))


@given(radius=st.integers(8, 30), x=st.integers(32, 48), y=st.integers(32, 48))
def test_a_disk_is_measured(radius: int, x: int, y: int) -> None:
    picture = np.full((80, 80, 3), LILAC, np.uint8)
    found = named(cv2.circle(picture, (x, y), radius, VIOLET, -1))
    assert found["nucleus_area"] == pytest.approx(np.pi * radius**2 / 80**2, rel=0.2)
    assert found["lobes"] == 1 and found["solidity"] > 0.9
    assert 0 < found["nucleus_share"] <= 1 and found["nucleus_blue"] > found["nucleus_green"]


def test_lobes_are_counted() -> None:
    picture = np.full((100, 100, 3), LILAC, np.uint8)
    for n, center in enumerate([(24, 50), (50, 50), (76, 50)], start=1):
        cv2.circle(picture, center, 14, VIOLET, -1)
        assert named(picture)["lobes"] == n


def test_without_a_nucleus_all_is_zero() -> None:
    assert not baselines.measure_cell(np.full((40, 40, 3), 200, np.uint8)).any()
    with pytest.raises(bt.ArgumentError, match="image"):
        baselines.measure_cell(np.zeros((40, 40)))


def test_drawn_cells_are_balanced_and_kept() -> None:
    drawn = baselines.drawn_cells(16, n_photographs=20)
    assert drawn.images.shape == (32, 16, 16, 3) and drawn.images.dtype == np.uint8
    assert np.bincount(drawn.labels).tolist() == [8] * 4
    np.testing.assert_array_equal(baselines.drawn_cells(16, n_photographs=20).images, drawn.images)
    other = baselines.drawn_cells(16, seed=1, n_photographs=20).images
    assert not np.array_equal(other, drawn.images)


def test_drawn_cells_help_real_ones_of_the_same_classes() -> None:
    names = DATA.class_names
    assert baselines.drawn_cells_help(names, np.array(["a", "b"])) and baselines.drawn_cells_help(
        names, None
    )
    assert not baselines.drawn_cells_help(names, np.array(["Drawn_00001", "Drawn_00002"]))
    assert not baselines.drawn_cells_help(names[:3], None)


def test_each_image_is_named_by_one_that_never_saw_its_photograph() -> None:
    seen: list[set[str]] = []

    def learn(data: bt.TrainingData, seed: int) -> Classifier:
        known = set(data.photographs.tolist())
        seen.append(known)
        in_training = {image.tobytes() for image in data.images}

        def classify(images: np.ndarray) -> np.ndarray:
            assert not any(image.tobytes() in in_training for image in images)
            return np.eye(4)[np.full(len(images), len(seen) % 4)]

        return classify

    learner: Learner = learn
    found = baselines.cross_validated(DATA, learner, n_folds=3, level="photograph")
    assert len(seen) == 3 and len(found.probabilities) == len(DATA)
    held_back = [set(DATA.photographs.tolist()) - known for known in seen]
    assert sum(map(len, held_back)) == len(set(DATA.photographs.tolist()))
    for fold, photographs in enumerate(held_back, start=1):
        of_fold = np.isin(DATA.photographs, list(photographs))
        assert (found.predictions[of_fold] == fold % 4).all(), "answers are in the data's order"


def test_learners() -> None:
    for learn in (
        baselines.majority,
        baselines.nearest_colors,
        baselines.decision_tree,
        baselines.random_forest,
    ):
        probabilities = learn(DATA, 0)(DATA.images)
        assert probabilities.shape == (len(DATA), 4)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert bt.Evaluation(DATA, baselines.majority(DATA)(DATA.images)).accuracy == 0.25
    gray = np.broadcast_to(60 * DATA.labels[:, None, None, None] + 10, DATA.images.shape)
    colored = replace(DATA, images=gray.astype(np.uint8))
    assert bt.Evaluation(colored, baselines.nearest_colors(colored)(colored.images)).accuracy == 1


def test_networks_learn_and_drawn_cells_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, drawn = [], DATA.take(np.arange(4))
    monkeypatch.setattr(f"{CLASSIFIERS}.train", lambda *a, **k: calls.append(k))
    monkeypatch.setattr(
        f"{CLASSIFIERS}.drawn_cells", lambda size, seed: {(8, 5): drawn}[size, seed]
    )
    with_drawn = (baselines.small_network_with_drawn, baselines.small_network_asked_once)
    said = [
        learn(DATA, 5)
        for learn in (baselines.article_network, baselines.small_network, *with_drawn)
    ]
    given = [call["additional"] for call in calls]
    assert given[:2] == [None, None] and given[2] is given[3] is drawn
    assert [call["recipe"].name for call in calls] == ["article", *["cells"] * 3]
    four, once = (classify(DATA.images) for classify in said[2:])
    assert four.shape == once.shape == (len(DATA), 4) and np.abs(four - once).max() > 1e-6
    np.testing.assert_allclose(said[2](DATA.images[:, ::-1]), four, atol=1e-5)
    assert all(call["seed"] == 5 for call in calls)
