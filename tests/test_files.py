"""Writing beside and renaming; the ground floor's error types."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bloodcell_tut import (
    IMAGE_SUFFIXES,
    ArchiveError,
    ArgumentError,
    BloodcellError,
    DatasetError,
    ImageError,
    ModelError,
    cache_folder,
    new_folder,
    write_atomically,
)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_write_replaces_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ü 😀 'quoted'.json"
    for text in ("first", "second"):
        with write_atomically(path, "w") as file:
            file.write(text)
    assert path.read_text(encoding="utf-8") == "second"
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_write_that_fails_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), write_atomically(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a.bin"]


def test_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BloodcellError, match=r"a\.bin: can't be written.*free some space"):
        with write_atomically(tmp_path / "a.bin"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(BloodcellError, match="No space left"), new_folder(tmp_path / "b") as new:
        (new / "half").write_bytes(b"x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small])
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        with pytest.raises(BloodcellError, match="No space left"):
            with write_atomically(small / "a.bin") as file:
                file.write(bytes(1 << 20))
        assert names(small) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_new_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(BloodcellError, match="exists already"), new_folder(tmp_path / "a"):
        raise AssertionError("must not get here")


def test_a_killed_writer_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from bloodcell_tut import write_atomically\n"
        "with write_atomically(sys.argv[1]) as f:\n"
        "    f.write(b'half'); f.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "report.json"], check=False)
    assert not (tmp_path / "report.json").exists()


def test_cache_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv("BLOODCELL_TUT_CACHE")
    assert cache_folder().name == "bloodcell_tut"


def test_error_types() -> None:
    for error in (ArchiveError, ArgumentError, DatasetError, ImageError, ModelError):
        assert issubclass(error, BloodcellError)
    assert issubclass(ArgumentError, ValueError)
    assert all(s == s.lower() and s.startswith(".") for s in IMAGE_SUFFIXES)
