"""What Windows and macOS do otherwise, simulated: these tests run, and must hold, on each."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.files import archives, array_cache, layout, writing
from bloodcell_tut.files.annotations import _note_files
from bloodcell_tut.files.writing import new_folder, remove_folder, write_atomically


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_ON_WINDOWS", True)
    monkeypatch.setattr(writing, "_ON_WINDOWS", True)
    monkeypatch.setattr(writing, "_PAUSES", (0, 0, 0))


class Busy:
    """Renames fail, as Windows's do, while a file is looked at: so often, then they work."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.times = times
        for name in ("rename", "replace"):
            monkeypatch.setattr(Path, name, self.of(getattr(Path, name)))

    def of(self, real: Any) -> Any:
        def rename(source: Path, target: Path) -> Path:
            self.times -= 1
            if self.times >= 0:
                raise PermissionError(13, "The process cannot access the file", str(source))
            return real(source, target)

        return rename


@pytest.mark.parametrize("times", [1, 3])
def test_a_file_that_is_looked_at_is_waited_for(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    (tmp_path / "a").write_text("old")
    Busy(monkeypatch, times)
    with write_atomically(tmp_path / "a", "w") as file:
        file.write("new")
    assert (tmp_path / "a").read_text() == "new"
    Busy(monkeypatch, times)
    with new_folder(tmp_path / "folder") as unfinished:
        (unfinished / "b").touch()
    assert (tmp_path / "folder" / "b").exists()


def test_a_file_that_stays_open_ends_in_an_error_of_ours(
    windows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old")
    Busy(monkeypatch, 99)
    with pytest.raises(bt.BloodcellError, match=r"a: can't be written \(The process"):
        with write_atomically(tmp_path / "a", "w") as file:
            file.write("new")
    assert (tmp_path / "a").read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_an_array_that_is_mapped_elsewhere_is_left_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_cache, "_KEPT", 1)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "images.npy").touch()
        (tmp_path / name / "facts.json").touch()
    os.utime(tmp_path / "old", (1, 1))
    with monkeypatch.context() as patch:
        Busy(patch, 99)
        array_cache._remove_oldest(tmp_path)
        remove_folder(tmp_path / "old")
        assert len(list((tmp_path / "old").iterdir())) == 2
    array_cache._remove_oldest(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_no_folder_is_renamed_while_an_array_in_it_is_mapped(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows would refuse that; here the system tells what is mapped."""
    if not Path("/proc/self/maps").exists():
        pytest.skip("this system doesn't tell")
    rename, mapped = writing._rename, list[str]()

    def looked_at(source: Path, target: Path) -> Path:
        mapped.extend(
            x for x in Path("/proc/self/maps").read_text().splitlines() if str(source) in x
        )
        return rename(source, target)

    monkeypatch.setattr(writing, "_rename", looked_at)
    data = bt.draw_sample(empty_cache / "data", n_photographs=8, n_images=8)
    kept = bt.create_training_data(bt.choose_dataset(data), 8, crop=False, cache=True)
    assert isinstance(kept.images, np.memmap) and mapped == []


NOT_ON_WINDOWS = [
    "CON", "nul.jpeg", "TRAIN/aux/a.jpeg", "Com1.tar.gz", "lpt¹", "con .jpeg", "a./b.jpeg",
    "a.jpeg ", "img12:30.jpeg", "what?.jpeg", "a|b", "x<y>.png",
]  # fmt: skip


@pytest.mark.parametrize("name", NOT_ON_WINDOWS)
def test_names_that_windows_keeps_for_itself(windows: None, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"content")
    with pytest.raises(bt.ArchiveError, match="a name that Windows doesn't take"):
        bt.files.extract_archive(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["console.jpeg", "com10.png", "a.b.c", "auxiliary/x", ".hidden"])
def test_names_that_only_look_like_those(windows: None, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"content")
    assert (bt.files.extract_archive(tmp_path / "a.zip", tmp_path / "out") / name).exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows takes no such names")
@pytest.mark.parametrize("name", NOT_ON_WINDOWS)
def test_elsewhere_they_are_names_like_any_other(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"content")
    folder = bt.files.extract_archive(tmp_path / "a.zip", tmp_path / "out")
    assert sum(path.is_file() for path in folder.rglob("*")) == 1


def test_a_path_that_is_too_long_is_told(windows: None, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 200) / ("e" * 100)
    with pytest.raises(bt.BloodcellError, match="shorter path, or let Windows take long ones"):
        with write_atomically(deep / "a"):
            raise FileNotFoundError(2, "No such file or directory", str(deep / "a"))
    with pytest.raises(bt.BloodcellError, match=r"choose another$"):
        with write_atomically(tmp_path / "a"):
            raise FileNotFoundError(2, "No such file or directory", "a")


def test_a_junction_is_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leads back up, and Python before 3.12 calls it a folder like any other."""
    (tmp_path / "a" / "up").mkdir(parents=True)
    for place in ("a", "a/up"):
        (tmp_path / place / "x.jpeg").touch()
        (tmp_path / place / "x.xml").touch()
    lstat = Path.lstat

    def told(path: Path) -> Any:
        facts = lstat(path)
        tag = layout._JUNCTION if path.name == "up" else 0
        return SimpleNamespace(st_mode=facts.st_mode, st_reparse_tag=tag)

    assert len(layout.images_below(tmp_path)) == 2 == len(list(_note_files(tmp_path, ".xml")))
    monkeypatch.setattr(Path, "lstat", told)
    assert len(layout.images_below(tmp_path)) == 1 == len(list(_note_files(tmp_path, ".xml")))


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"], ["audit", "--help"], ["wrong"]])
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_with_few_letters(
    command: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bloodcell_tut.cli import app

    streams = {n: io.TextIOWrapper(io.BytesIO(), encoding) for n in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    with pytest.raises(SystemExit):
        app(command)
    for stream in streams.values():
        stream.flush()
    assert any(stream.buffer.getvalue() for stream in streams.values())


def test_what_an_audit_says_fits_any_console(tmp_path: Path) -> None:
    data = bt.draw_sample(tmp_path / "Blut-Čeština-血 🩸", n_photographs=8, n_images=16)
    code = "from bloodcell_tut.cli import app; app()"
    done = subprocess.run(
        [sys.executable, "-c", code, "audit", data],
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert rb"\u8840" in done.stdout and b"Traceback" not in done.stderr
