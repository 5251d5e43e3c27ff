"""The report: its numbers agree, and what was written is read back or refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import evaluation, report, training_data
from hypothesis import given
from hypothesis import strategies as st

import bloodcell_tut as bt
from bloodcell_tut.runs import (
    SCHEMA,
    ClassScores,
    DataFacts,
    Fold,
    Report,
    Scores,
    SkippedFile,
    Step,
)
from bloodcell_tut.runs.report import scores

FULL = report(
    evaluation(class_names=("<b>", "größe 🩸", "\udcff", "$x {{ y }}")),
    leaked=None,
    crop=False,
    split=None,
    skipped=(SkippedFile("\udcfe.jpeg", "no picture"),),
    data=DataFacts("drawn", 96, 24, ("1 left out",)),
    test_data=DataFacts("elsewhere", 96, None),
    steps=(Step("shuffle", "done", 0.0), Step("split", "done", 1.5)),
    peak_memory_mb=12.5,
    folds=(Fold(48, None, 0.5, (0.25, 0.75)), Fold(48, 12, 1.0, (0.9, 1.0))),
)


@given(st.lists(st.integers(0, 3), min_size=96, max_size=96))
def test_scores_agree_with_each_other(said: list[int]) -> None:
    found = scores(bt.Evaluation(training_data(), np.eye(4, dtype=np.float32)[said]), None)
    confusion = np.array(found.confusion)
    assert confusion.sum() == found.n_images == 96
    assert found.accuracy == pytest.approx(np.trace(confusion) / 96)
    per_class = list(found.per_class.values())
    assert found.balanced_accuracy == pytest.approx(
        np.mean([values.recall for values in per_class])
    )
    assert sum(values.n_images for values in per_class) == 96
    low, high = found.accuracy_interval
    assert 0 <= low <= found.accuracy <= high <= 1
    assert found.chance == 0.25 and isinstance(per_class[0], ClassScores)


def test_a_photograph_of_several_classes_is_not_right_or_wrong() -> None:
    assert scores(evaluation(), 0.0).photograph_accuracy is not None
    mixed = evaluation(photographs=np.array([f"p{i % 24}" for i in range(96)]))
    assert scores(mixed, 0.0).photograph_accuracy is None
    assert scores(mixed, 0.0).n_photographs == 24


@pytest.mark.parametrize("written", [FULL, report(evaluation(known=False), None)])
def test_round_trip(tmp_path: Path, written: Report) -> None:
    written.write(tmp_path / "report.json")
    again = Report.read(tmp_path / "report.json")
    assert again == written and again.as_json() == written.as_json()
    assert json.loads((tmp_path / "report.json").read_text("utf-8")) == written.as_json()
    assert [type(again), *map(type, again.steps)] == [Report] + [Step] * len(written.steps)


KEYS = {
    "schema", "accuracy", "accuracy_interval", "balanced_accuracy", "balanced_accuracy_interval",
    "photograph_accuracy", "chance", "n_images", "n_photographs", "leaked_fraction", "per_class",
    "confusion", "class_names", "crop", "parameters", "seconds", "peak_memory_mb", "seed", "model",
    "recipe",
    "split", "versions", "steps", "data", "skipped", "history", "folds",
}  # fmt: skip


def test_what_the_file_holds() -> None:
    held, alone = FULL.as_json(), report(evaluation()).as_json()
    assert (held["schema"], held["crop"], alone["crop"]) == (SCHEMA, False, True)
    assert set(alone) == KEYS and set(held) == KEYS | {"test", "test_data"}, "or a new schema"
    assert set(held["test"]) == set(Scores.__dataclass_fields__)
    assert held["test"].items() <= held.items()
    data = {"source": "drawn", "n_images": 96, "n_photographs": 24, "notes": ["1 left out"]}
    assert held["data"] == data and held["test_data"]["notes"] == []
    assert held["skipped"] == [{"path": "\udcfe.jpeg", "reason": "no picture"}]


def wrong(tmp_path: Path, text: str) -> str:
    path = tmp_path / "report.json"
    path.write_text(text, "utf-8")
    with pytest.raises(bt.BloodcellError, match=r"run it again, or name another file$") as error:
        Report.read(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    return said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 1}, "schema: found 1; expected 2"),
        ({"schema": "1"}, "schema: found '1'; expected 2"),
        ({"accuracy": "0.5"}, "report.accuracy: found '0.5'; expected a number"),
        ({"crop": 1}, "report.crop: found 1; expected true or false"),
        ({"crop": None}, "report.crop: found None; expected true or false"),
        ({"accuracy_interval": [0.1]}, "report.accuracy_interval: found 1 entries; expected 2"),
        ({"confusion": [[1, 0.5]]}, "report.confusion[0][1]: found 0.5; expected a whole number"),
        ({"folds": [{"accuracy": 1}]}, "report.folds[0]: found no n_images; expected"),
        ({"steps": [{"name": "a"}]}, "report.steps[0]: found no result; expected one"),
        ({"history": {"loss": 1}}, "report.history.loss: found 1; expected a list"),
        ({"peak_memory_mb": 10**400}, "int too large"),
        ({"strange": 1}, "report: found strange; expected no field of that name"),
        ({"test": {}}, "report.test: found other scores; expected the report's own"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in wrong(tmp_path, json.dumps(FULL.as_json() | changes))


@pytest.mark.parametrize("name", sorted(set(FULL.as_json()) - {"test_data", "test", "folds"}))
def test_each_field_is_needed(tmp_path: Path, name: str) -> None:
    values = FULL.as_json()
    del values[name]
    expected = "schema: found None" if name == "schema" else f"report: found no {name}; expected"
    assert expected in wrong(tmp_path, json.dumps(values))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"schema": 1,}', '"\\ud800'])
def test_broken_json(tmp_path: Path, text: str) -> None:
    assert "found no JSON" in wrong(tmp_path, text)


@pytest.mark.parametrize("text", ["null", "[]", "{}", '"report"', "1"])
def test_another_json(tmp_path: Path, text: str) -> None:
    assert "schema: found None; expected 2" in wrong(tmp_path, text)


def test_what_is_no_text_or_no_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(b"\xff\xfe")
    with pytest.raises(bt.BloodcellError, match="found no JSON"):
        Report.read(tmp_path / "report.json")
    with pytest.raises(bt.BloodcellError, match=r"can't be read \(No such file"):
        Report.read(tmp_path / "missing.json")
    with pytest.raises(bt.BloodcellError, match=r"can't be read \(Is a directory"):
        Report.read(tmp_path)


def test_a_report_stays_as_it_is() -> None:
    with pytest.raises(AttributeError):
        FULL.crop = True  # type: ignore[misc]
    assert replace(FULL, crop=True) != FULL
