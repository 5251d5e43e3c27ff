"""The benches: what they keep names no machine, and each way trains."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import bench_peers
import bench_tools
import bench_whole
import cv2
import numpy as np
import pytest
from bench_peers import across, flagged, found_and_false, judged, up_to
from bench_tools import ROOT, in_new_process, machine, middle, save, table
from bench_whole import in_rows, measured
from conftest import TinyArchive
from lessons import cells

from bloodcell_tut.drawing.smear import draw_photograph


def test_median_and_range() -> None:
    assert middle([3.0, 1.0, 2.0]) == "2.0 (1.0 to 3.0)"
    assert middle([0.123]) == "0.12" and middle([1234.5]) == "1,234"
    assert middle([None]) == "unknown"


def test_table() -> None:
    rows = [{"way": "a", "s": [1.0, 3.0]}, {"way": "b", "s": [2.0]}]
    assert table(rows) == "\n".join(
        ["| way | s |", "| --- | --- |", "| a | 2.0 (1.0 to 3.0) |", "| b | 2.0 |"]
    )


def test_what_is_kept(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(bench_tools, "RESULTS", tmp_path / "results")
    save("some", "drawn", [{"a": [1.0]}])
    kept = json.loads((tmp_path / "results" / "some.json").read_text())
    assert set(kept) == {"date", "machine", "versions", "data", "table", "rows"}
    assert set(kept["machine"]) == {"cpu", "cores", "memory_gb", "os"} == set(machine())
    assert capsys.readouterr().out == "| a |\n| --- |\n| 1.0 |\n"


@pytest.mark.parametrize("file", sorted((ROOT / "nbs" / "results").glob("*.json")), ids=str)
def test_results_name_no_machine_and_no_path(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    facts = json.loads(text)
    assert set(facts["machine"]) == {"cpu", "cores", "memory_gb", "os"}
    assert platform.node() not in text and not re.search(r"(?<!\w)/\w+", text)


def test_the_page_shows_what_was_kept() -> None:
    page = json.dumps(cells(ROOT / "nbs" / "results.ipynb"))
    for file in (ROOT / "nbs" / "results").glob("*.json"):
        facts = json.loads(file.read_text(encoding="utf-8"))
        assert facts["date"] in page, f"run nbs/results.ipynb again for {file.name}"


@pytest.mark.parametrize("way", ["article", "keras_folder", "ours"])
def test_each_way_trains(way: str, tiny_archive: TinyArchive, empty_cache: Path) -> None:
    found = in_new_process("bench_ways.py", way, tiny_archive.folder, 12)
    assert set(found) == {"load", "step", "whole", "MB"}
    assert 0 < found["load"] < found["whole"] and found["step"] > 0 and found["MB"] > 100


def test_a_user_of_keras_trains_and_asks(tiny_archive: TinyArchive, tmp_path: Path) -> None:
    script = str(Path(bench_whole.__file__))
    cost = measured(sys.executable, script, "keras_user", tiny_archive.folder, 2, tmp_path)
    assert set(cost) == {"seconds", "CPU s", "MB"} and cost["MB"] > 100 and cost["CPU s"] > 1
    assert 0 <= json.loads((tmp_path / "report.json").read_text())["accuracy"] <= 1
    picture = next(tiny_archive.folder.rglob("*.jpeg"))
    measured(sys.executable, script, "keras_user_asks", tmp_path / "model.keras", picture)
    with pytest.raises(AssertionError):
        measured(sys.executable, script, "keras_user_asks", tmp_path / "none.keras", picture)


def test_whole_commands_in_rows() -> None:
    costs = [{"seconds": s, "CPU s": 2 * s, "MB": 100.0} for s in (6.0, 4.0)]
    rows = in_rows([{"asked": {"ours": costs[0], "theirs": costs[1]}}])
    assert rows[0]["seconds, times Keras"] == [1.5] and rows[0]["CPU s, Keras"] == [8.0]
    assert "| 1.5 |" in table(rows) and "unknown" in table(rows)


def test_pairs_against_the_truth() -> None:
    truth = {"a": "1", "b": "1", "c": "1", "d": "2"}
    assert found_and_false([("a", "b"), ("a", "d")], truth) == (1 / 3, 1 / 2)
    assert found_and_false([], truth) == (0, 0)
    assert up_to(2, [("a", "b"), ("a", "c")], np.array([3, 2])) == [("a", "c")]


def test_only_pairs_across_the_split_count() -> None:
    pairs = [("train/x", "test/y"), ("test/y", "train/z"), ("test/v", "test/y")]
    assert across([*pairs, ("train/x", "train/z")]) == {"test/y": ["train/x", "train/z"]}


def test_pairs_not_looked_at_are_not_counted(tmp_path, monkeypatch) -> None:
    known = tmp_path / "judged.csv"
    known.write_text("test,train,judgment\ntest/a,train/a,same\ntest/b,train/b,unsure\n")
    monkeypatch.setattr(bench_peers, "JUDGED", known)
    pairs = [(f"test/{x}", f"train/{x}") for x in "abc"]
    assert judged(pairs) == "1 of 2 (1 unsure)" and judged(pairs[2:]) == "-"


def test_a_worker_keeps_the_pairs_it_flags(tmp_path) -> None:
    for i, name in enumerate(("one.png", "two.png")):
        drawn = draw_photograph("NEUTROPHIL", np.random.default_rng(i)).image
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / name), drawn)
    cost, pairs, far = flagged(tmp_path / "kept.npz", "find_photographs", tmp_path)
    assert set(cost) == {"seconds", "processor", "MB"} and min(cost.values()) > 0
    assert pairs == [("a/one.png", "b/one.png"), ("a/two.png", "b/two.png")] and list(far) == [0, 0]


def test_the_command_offers_all_benches() -> None:
    script = Path(bench_tools.__file__).with_name("bench.py")
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    what = "ways,runs,experiments,photographs,laboratories,labels,whole,pictures,big,audit_scale"
    assert f"{{{what},cluster,peers,profile,installs}}" in done.stdout
