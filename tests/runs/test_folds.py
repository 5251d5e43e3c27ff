"""Several folds: each photograph is scored once, by a network that hasn't seen it."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from builders import evaluation, training_data

import bloodcell_tut as bt
from bloodcell_tut.runs import Report
from bloodcell_tut.runs.folds import evaluate_together, fold_of
from bloodcell_tut.runs.run import run_steps


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bt.draw_sample(tmp_path_factory.mktemp("data") / "sample", n_photographs=24, n_images=72)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[bt.TrainingData, Path]]]:
    """What each network was trained on, and where it kept its state; nothing is trained."""
    seen: list[tuple[bt.TrainingData, Path]] = []

    def train(model: Any, data: bt.TrainingData, *_: object, checkpoint: Path, **__: object) -> Any:
        seen.append((data, checkpoint))
        checkpoint.write_bytes(b"state")
        names = ("accuracy", "loss", "val_accuracy", "val_loss")
        return SimpleNamespace(history={name: [float(len(seen))] for name in names})

    tiny = keras.Sequential(
        [
            keras.Input((64, 64, 3), dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.AveragePooling2D(64),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    monkeypatch.setattr("bloodcell_tut.runs.steps.train", train)
    monkeypatch.setattr("bloodcell_tut.runs.steps.small_cnn", lambda *_: tiny)
    monkeypatch.setattr("bloodcell_tut.runs.steps.run_detector", lambda *_: None)
    yield seen


def test_each_photograph_is_scored_once(
    sample: Path, tmp_path: Path, learned: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_steps(bt.RunSettings(sample, folds=3, out=tmp_path / "out"))
    whole = bt.choose_dataset(sample)
    assert whole.photographs is not None
    assert len(learned) == len(report.folds) == 3 and len(report.steps) == 9
    held = [set(whole.photographs) - set(data.photographs) for data, _ in learned]
    assert sum(map(len, held)) == len(set.union(*held)) == len(set(whole.photographs))
    assert [fold.n_photographs for fold in report.folds] == list(map(len, held))
    assert sum(fold.n_images for fold in report.folds) == report.n_images == len(whole)
    assert report.n_photographs == len(set(whole.photographs)) and report.leaked_fraction == 0
    right = sum(fold.accuracy * fold.n_images for fold in report.folds)
    assert report.accuracy == pytest.approx(right / len(whole))
    low, high = report.accuracy_interval
    assert low <= report.accuracy <= high
    assert report.history["loss"] == [1.0], "the first network's"
    assert report == Report.read(tmp_path / "out" / "report.json")
    said = capsys.readouterr().out
    assert "step 9/9 evaluate" in said and "fold 2/3 train" in said and "all folds: " in said
    assert len({path for _, path in learned}) == 3
    assert not list((tmp_path / "out").glob("*.npz")), "each fold's state goes when all are done"
    held_by_file = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["folds"]
    assert len(held_by_file) == 3 and "3 networks (" in (tmp_path / "out/report.html").read_text()


def test_ctrl_c_names_the_fold(
    sample: Path, tmp_path: Path, learned: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bt.runs.steps.evaluate
    asked = []

    def stop(*arguments: Any, **options: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return first(*arguments, **options)

    monkeypatch.setattr("bloodcell_tut.runs.steps.evaluate", stop)
    with pytest.raises(KeyboardInterrupt, match="stopped in fold 2/3, evaluate; no report"):
        run_steps(bt.RunSettings(sample, folds=3, out=tmp_path))
    assert sorted(p.name for p in tmp_path.glob("*.npz")) == ["fold-2-training.npz", "training.npz"]


def test_answers_come_to_their_images() -> None:
    whole, scored = training_data(), evaluation()
    order = np.random.default_rng(0).permutation(len(whole))
    parts = [
        bt.Evaluation(whole.take(rows), scored.probabilities[rows])
        for rows in np.array_split(order, 5)
    ]
    together = evaluate_together(whole, parts, 0)
    assert np.array_equal(together.probabilities, scored.probabilities)
    assert together.accuracy_interval == scored.accuracy_interval
    assert fold_of(parts[0]).n_images == len(parts[0].test)


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"split": "image"}, {"test_data": "x"}])
def test_what_does_not_go_with_folds(wrong: dict[str, Any]) -> None:
    with pytest.raises(bt.ArgumentError, match=r"folds: found .; expected .*2 or more"):
        bt.RunSettings(**{"folds": 3, **wrong})


def test_too_many_folds_are_refused(sample: Path, tmp_path: Path, learned: list[Any]) -> None:
    with pytest.raises(bt.DatasetError, match="expected at least 99"):
        run_steps(bt.RunSettings(sample, folds=99, out=tmp_path / "out"))
