"""Doubtful labels: the rule against cleanlab, exchanged labels found, the report, the option."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import training_data
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut import auditing
from bloodcell_tut.auditing.doubtful_labels import (
    DoubtfulLabel,
    find_doubtful_labels,
    rank_doubtful_labels,
)
from bloodcell_tut.baselines import cross_validated, random_forest
from bloodcell_tut.baselines.classifiers import Classifier
from bloodcell_tut.cli import app

PAIR = ("BloodImage_00206", "BloodImage_00278")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels") / "sample"
    return bt.draw_sample(folder, n_photographs=48, n_images=96, seed=3)


@pytest.fixture
def small(drawn: Path, empty_cache: Path) -> bt.ImageDataset:
    return bt.choose_dataset(drawn)


def exchanged(dataset: bt.ImageDataset, share: float, seed: int) -> tuple[Any, np.ndarray]:
    """Exchange the labels of a share of the photographs; return also which files have a new one."""
    assert dataset.photographs is not None
    rng, n_classes = np.random.default_rng(seed), len(dataset.class_names)
    names, index = np.unique(dataset.photographs, return_inverse=True)
    shift = np.zeros(len(names), int)
    some = rng.choice(len(names), round(share * len(names)), replace=False)
    shift[some] = rng.integers(1, n_classes, len(some))
    changed = replace(dataset, labels=(dataset.labels + shift[index]) % n_classes)
    return changed, shift[index] > 0


def knows(right: dict[Path, int], asked: list[set[str]]) -> Any:
    """Return a learner that knows the right classes, and notes which photographs it learns from."""

    def learn(data: bt.TrainingData, seed: int) -> Classifier:
        assert data.photographs is not None
        asked.append(set(data.photographs.tolist()))
        held_back = [path for path in right if path not in set(data.paths)]
        held_back.sort(key=order.__getitem__)
        rows = np.eye(len(data.class_names))[[right[path] for path in held_back]]
        return lambda images: 0.9 * rows + 0.1 / rows.shape[1]

    order = {path: i for i, path in enumerate(right)}
    return learn


def noisy(n: int = 60, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    labels = rng.integers(0, n_classes, n)
    truth = np.where(rng.random(n) < 0.2, (labels + 1) % n_classes, labels)
    rows = rng.dirichlet(np.ones(n_classes), n) + 0.8 * np.eye(n_classes)[truth]
    return rows / rows.sum(axis=1, keepdims=True), labels


def test_the_same_as_cleanlab() -> None:
    """Which cleanlab 2.9.0 said of these numbers, with pandas 3.1.1:

    find_label_issues(labels, rows, filter_by="low_self_confidence",
                      return_indices_ranked_by="self_confidence")
    """
    rows, labels = noisy()
    doubts = rank_doubtful_labels(rows, labels)
    assert [doubt.files[0] for doubt in doubts if doubt.is_counted] == CLEANLAB
    assert len(doubts) > len(CLEANLAB) and all(
        doubt.is_counted for doubt in doubts[: len(CLEANLAB)]
    )


CLEANLAB = [2, 49, 25, 44, 7, 9, 53, 22, 37, 16]


def test_a_photograph_is_asked_once() -> None:
    rows = np.array([[0.1, 0.9], [0.3, 0.7], [0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    first, second = rank_doubtful_labels(
        rows, np.array([0, 0, 1, 0, 1]), photographs=np.array(list("aabbc"))
    )
    # its second file says otherwise, and has no say in what the first one's label is worth
    assert first == DoubtfulLabel((2,), 1, 0, 0.1, 0.9, is_counted=True)
    assert second.files == (0, 1) and second.probability == pytest.approx(0.2)
    assert second.likelier_probability == pytest.approx(0.8)


def test_one_column_is_the_second_class() -> None:
    (doubt,) = rank_doubtful_labels(np.array([[0.9], [0.1]]), np.array([1, 1]))
    assert doubt.files == (1,) and doubt.likelier == 0


def test_no_label_in_doubt() -> None:
    assert rank_doubtful_labels(np.eye(3), np.arange(3)) == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probabilities": np.ones((4, 2))}, "probabilities: found rows"),
        ({"probabilities": np.ones(4)}, r"probabilities: .* expected shape \(n, classes\)"),
        ({"labels": np.array([0, 1, 2, 0])}, "labels: found 0 to 2; expected 0 to 1"),
        ({"labels": np.array([0, 1])}, "labels: found 2 for 4 images"),
        ({"photographs": ["a"]}, "photographs: found 1 for 4 images"),
    ],
)
def test_wrong_arguments(changes: dict[str, Any], message: str) -> None:
    good = {"probabilities": np.full((4, 2), 0.5), "labels": np.zeros(4, int)}
    with pytest.raises(bt.ArgumentError, match=message):
        rank_doubtful_labels(**{**good, **changes})


def test_what_cannot_be_asked(small: bt.ImageDataset) -> None:
    alone = bt.audit(small.take(np.flatnonzero(small.labels == 0)))
    with pytest.raises(bt.DatasetError, match="found one class, EOSINOPHIL; expected two or more"):
        find_doubtful_labels(alone)
    few = np.flatnonzero((small.labels == 1) | (small.photographs == small.photographs[0]))
    with pytest.raises(bt.DatasetError, match="EOSINOPHIL: found 1 cell; expected at least 5"):
        find_doubtful_labels(bt.audit(small.take(few)))
    with pytest.raises(bt.ArgumentError, match="audit: found TrainingData"):
        find_doubtful_labels(training_data())  # type: ignore[arg-type]


def test_known_wrong_labels_are_found(small: bt.ImageDataset) -> None:
    changed, is_new = exchanged(small, 0.1, seed=1)
    right = dict(zip(small.paths, small.labels.tolist(), strict=True))
    before = bt.audit(changed)
    found = find_doubtful_labels(before, knows(right, []))
    doubts = found.of_kind("doubtful labels")
    assert {i for doubt in doubts for i in doubt.files} == set(np.flatnonzero(is_new))
    assert len(doubts) == len(set(changed.photographs[is_new]))
    assert found.findings[: len(before.findings)] == before.findings
    assert f"{len(doubts)} labels in doubt" in found.doubts and not before.doubts
    again = find_doubtful_labels(found, knows(right, []))
    assert again.findings == found.findings


def test_photographs_of_one_cell_stay_together(small: bt.ImageDataset) -> None:
    assert small.photographs is not None
    names = np.unique(small.photographs[small.labels == 2])[:4].tolist()
    one_cell = replace(small, groups={"cell": dict.fromkeys(names, "one")})
    asked: list[set[str]] = []
    found = bt.audit(one_cell)
    numbers = {str(n) for n in found.photographs[np.isin(small.photographs, names)]}
    right = dict(zip(small.paths, small.labels.tolist(), strict=True))
    find_doubtful_labels(found, knows(right, asked))
    assert sorted(len(numbers & seen) for seen in asked) == [0, 4, 4, 4, 4]


def test_the_report(small: bt.ImageDataset) -> None:
    changed, is_new = exchanged(small, 0.1, seed=1)
    right = dict(zip(small.paths, small.labels.tolist(), strict=True))
    before = bt.audit(changed)
    found = find_doubtful_labels(before, knows(right, []))
    n = len(found.of_kind("doubtful labels"))
    text, data = auditing.audit_text(found), auditing.audit_json(found)
    assert "A doubtful label isn't a wrong one" in text and f"{n}  Labels in doubt" in text
    assert data["n_findings"]["doubtful labels"] == n and data["doubts"] == found.doubts
    files = {file for finding in data["findings"]["doubtful labels"] for file in finding["files"]}
    assert files == {str(changed.paths[i]) for i in np.flatnonzero(is_new)}
    page, page_before = auditing.audit_page(found), auditing.audit_page(before)
    assert page.count("<img ") == page_before.count("<img ") + n
    assert "look at the cell" in page and f"{n} found, in {is_new.sum()} files" in page
    assert " 3%, " in page and " 93%" in page  # how probable the right class is
    for said in (auditing.audit_text(before), page_before, json.dumps(auditing.audit_json(before))):
        assert "in doubt" not in said and "doubtful" not in said


def test_the_option(small: bt.ImageDataset, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "bloodcell_tut.auditing.doubtful_labels"
    known = partial(find_doubtful_labels, learn=random_forest, seed=1)
    monkeypatch.setattr(f"{module}.find_doubtful_labels", known)
    folder = drawn / "images" / "TRAIN"
    asked = CliRunner().invoke(app, ["audit", str(folder), "--doubtful-labels", "--json"])
    assert asked.exit_code == 0, asked.output
    assert "loading Keras" in asked.stderr and "5 classifiers" in json.loads(asked.stdout)["doubts"]
    assert "doubts" not in json.loads(
        CliRunner().invoke(app, ["audit", str(folder), "--json"]).stdout
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_exchanged_labels_of_drawn_cells(sample_folder: Path, seed: int) -> None:
    """A twentieth is exchanged; the forest, the weakest learner here, finds 12 to 13."""
    changed, is_new = exchanged(bt.choose_dataset(sample_folder), 0.05, seed)
    assert changed.photographs is not None
    data = replace(bt.create_training_data(changed, cache=True), labels=changed.labels)
    said = cross_validated(data, random_forest, seed=seed, level="photograph")
    doubts = rank_doubtful_labels(
        said.probabilities, changed.labels, photographs=changed.photographs
    )
    is_wrong = [is_new[doubt.files[0]] for doubt in doubts]
    n = len(set(changed.photographs[is_new]))
    assert n == 18 and sum(is_wrong[:n]) >= 9  # precision and recall of one half
    assert sum(is_wrong) >= 14  # of all in doubt
