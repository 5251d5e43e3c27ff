"""The benches: what they keep names no machine, and each way trains."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import bench_tools
import pytest
from bench_tools import ROOT, in_new_process, machine, middle, save, table
from conftest import TinyArchive
from lessons import cells


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


def test_the_command_offers_all_benches() -> None:
    script = Path(bench_tools.__file__).with_name("bench.py")
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    what = "ways,runs,experiments,photographs,laboratories,labels,pictures,big,audit_scale,cluster"
    assert f"{{{what},profile,installs}}" in done.stdout
