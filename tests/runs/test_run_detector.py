"""By which photographs a run fits its limit, and what it says where there are too few."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import evaluation, report, training_data

import bloodcell_tut as bt
from bloodcell_tut.runs import detector
from bloodcell_tut.runs.page import report_page

Fitted = list[tuple[int, int]]


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> Fitted:
    """How many held-back images, of how many photographs, each limit is fitted by."""
    seen: Fitted = []

    def fit(_: object, __: object, held: np.ndarray, photographs: np.ndarray) -> None:
        seen.append((len(held), len(set(photographs))))

    monkeypatch.setattr(detector, "fit_out_of_distribution_detector", fit)
    return seen


def data(known: bool = True) -> bt.TrainingData:
    """400 images, no two alike, four of each of 100 photographs."""
    return training_data(photographs_per_class=25, files=4, known=known)


def test_a_split_by_photograph_counts_photographs(fitted: Fitted) -> None:
    split = bt.split_by_photograph(data())
    detector.detector_of(None, split)
    assert fitted == [(len(split.test), len(split.test) // 4)]


def test_siblings_of_training_images_do_not_count(fitted: Fitted) -> None:
    split = bt.split_by_image(data())
    fresh = set(split.test.photographs) - set(split.train.photographs)
    detector.detector_of(None, split)
    assert len(split.test) == 80 and len(fresh) < 3
    assert fitted == [(4 * len(fresh), len(fresh))] * bool(fresh)
    said = detector.why_not_known("small", split)
    assert f"trained on: {len(fresh)} photographs held back are not in training, 19 are" in said


def test_test_data_counts_its_own_photographs(fitted: Fitted) -> None:
    train, test = data(known=False), data()
    test = replace(test, images=test.images + np.uint8(100))
    detector.detector_of(None, bt.Split(train, test))
    assert fitted == [(400, 100)]


def test_other_reasons_are_said() -> None:
    split = bt.split_by_photograph(data())
    assert "article's network" in detector.why_not_known("article", split)
    assert "too unlike the held-back ones" in detector.why_not_known("small", split)


def test_the_page_says_not_known() -> None:
    made = report(evaluation())
    figures = {n: bt.pages.PageFigure(n, b"", "-") for n in ("learning_curves", "confusion")}
    for known in (True, False):
        page = report_page(made, figures, [], [], Path("out"), has_detector=known)
        assert ('"not known" beside it' in page) is not known
