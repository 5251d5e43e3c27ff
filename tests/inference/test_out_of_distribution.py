"""What is unlike the training images is told apart, at the rate that is promised."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from builders import field

import bloodcell_tut as bt
from bloodcell_tut import inference
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.inference import out_of_distribution

KINDS = list(CELL_KINDS)
fit = inference.fit_out_of_distribution_detector


@pytest.fixture(scope="module")
def saved() -> bt.SavedModel:
    """A network with random weights, and a detector for drawn cells."""
    cells = np.array([bt.prepare_image(field(1, seed)[0], 32) for seed in range(60)])
    model = bt.small_cnn(4, 32)
    return bt.SavedModel(
        model, tuple(KINDS), True, inference.fit_out_of_distribution_detector(model, cells, cells)
    )


def test_the_detector_alarms_at_its_rate(saved: bt.SavedModel) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (800, 32, 32, 3), np.uint8) // 4 + 90
    detector = inference.fit_out_of_distribution_detector(
        saved.model, images[:200], images[200:500]
    )
    assert (
        isinstance(detector, inference.OutOfDistributionDetector) and inference.FALSE_ALARMS == 0.01
    )
    assert (detector.scores(saved.model, images[500:]) > 1).mean() < 0.05
    cells = np.array([bt.prepare_image(field(1, seed)[0], 32) for seed in range(9)])
    assert (detector.scores(saved.model, cells) > 1).all()
    with pytest.raises(bt.ArgumentError, match="0 held back"):
        inference.fit_out_of_distribution_detector(saved.model, images, images[:0])


@pytest.mark.parametrize(("k", "factor"), [(10, 3.981), (50, 2.862), (100, 2.684), (20, 3.295)])
def test_the_limit_is_the_tolerance_limit_of_the_tables(k: int, factor: float) -> None:
    # one-sided normal tolerance factors, 99 % of the values, confidence 95 %, as in printed tables
    values = np.exp(np.random.default_rng(0).normal(1, 0.2, 500))
    logarithms = np.log(values)
    expected = logarithms.mean() + factor * logarithms.std()
    assert np.log(out_of_distribution._tolerance_limit(values, k)) == pytest.approx(
        expected, abs=2e-4
    )


def test_few_photographs_put_the_limit_further_out(saved: bt.SavedModel) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (200, 32, 32, 3), np.uint8)
    found = [
        inference.fit_out_of_distribution_detector(
            saved.model, images[:100], images[100:], photographs
        )
        for photographs in (None, np.arange(100), np.arange(100) // 4)
    ]
    limits = [detector.limit for detector in found if detector is not None]
    assert len(limits) == 3 and limits[0] == limits[1] < limits[2] < np.inf
    for one in (np.zeros(100), np.arange(100) // 6):
        assert fit(saved.model, images[:100], images[100:], one) is None


def test_what_the_first_layers_saw_counts(saved: bt.SavedModel) -> None:
    """A stain that is off, or none at all, is no cell of the training's kind."""
    cells = np.array([bt.prepare_image(field(1, 200 + seed)[0], 32) for seed in range(30)])
    gray = np.repeat(cells.mean(-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    assert (saved.detector.scores(saved.model, cells) > 1).mean() < 0.2
    for foreign in (gray, 255 - cells, cells[..., ::-1]):
        assert (saved.detector.scores(saved.model, foreign) > 1).mean() > 0.9


def test_a_detector_in_a_file(saved: bt.SavedModel, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    bt.save_model(saved.model, path, saved.class_names, True, saved.detector)
    again = bt.load_model(path)
    for name in ("mean", "precision", "limit"):
        np.testing.assert_array_equal(getattr(again.detector, name), getattr(saved.detector, name))
    bt.save_model(saved.model, path, saved.class_names)
    assert bt.load_model(path).detector is None


@pytest.mark.parametrize("kind", ["pickle", "shape", "rubbish", "text"])
def test_a_detector_that_is_not_ours_is_refused(
    saved: bt.SavedModel, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "model.keras"
    bt.save_model(saved.model, path, saved.class_names)
    with zipfile.ZipFile(path, "a") as archive:
        with archive.open("bloodcell_tut_out_of_distribution.npz", "w") as member:
            wrong = {"pickle": np.array([print]), "text": np.array(["a"]), "shape": np.zeros(3)}
            if kind == "rubbish":
                member.write(b"PK\x05\x06 rubbish")
            else:
                np.savez(member, mean=wrong[kind], precision=np.eye(2), limit=1.0)
    with pytest.raises(bt.ModelError, match=r"model\.keras: found"):
        bt.load_model(path)


def test_no_images_no_scores_and_other_sizes_are_refused(saved: bt.SavedModel) -> None:
    images = np.zeros((2, 32, 32, 3), np.uint8)
    assert saved.detector.scores(saved.model, images[:0]).shape == (0,)
    with pytest.raises(bt.ModelError, match=r"expected \(n, 32, 32, 3\)"):
        saved.detector.scores(saved.model, images[:, :8])


@pytest.mark.parametrize("place", ["mean", "precision", "limit"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_detector_holds_finite_numbers(place: str, value: float) -> None:
    parts = {"mean": np.zeros(2), "precision": np.eye(2), "limit": np.array(1.0)}
    parts[place] = parts[place] + value
    with pytest.raises(bt.ArgumentError, match="found"):
        inference.OutOfDistributionDetector(
            parts["mean"], parts["precision"], float(parts["limit"])
        )


def test_of_the_surest_answers_at_most_an_eighth_is_wrong() -> None:
    rng = np.random.default_rng(0)
    rows = rng.dirichlet([0.5] * 4, 2000)
    labels = np.array([rng.choice(4, p=row) for row in rows])
    least = inference.fit_least_probability(rows, labels)
    wrong = rows.argmax(axis=1) != labels
    answered = rows.max(axis=1) >= least
    assert wrong[answered].mean() <= 0.125 < wrong.mean()
    # one answer more would be too many
    next_one = np.sort(rows.max(axis=1)[~answered])[-1]
    assert wrong[rows.max(axis=1) >= next_one].mean() > 0.125
    with pytest.raises(bt.ArgumentError, match="labels"):
        inference.fit_least_probability(rows, labels[1:])
