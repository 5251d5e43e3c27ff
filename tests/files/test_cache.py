"""Where things are kept, and what stands in where that can't be written to."""

import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import bloodcell_tut as bt
from bloodcell_tut.files import cache
from bloodcell_tut.files.cache import cache_folder, can_be_written, require_cache, spare_folder
from bloodcell_tut.runs.settings import usual_out

AT_HOME = (
    "MPLCONFIGDIR", "KERAS_HOME", "KAGGLEHUB_CACHE", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR",
    "IPYTHONDIR",
)  # fmt: skip
NAMED = ("BLOODCELL_TUT_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")


@pytest.fixture
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that nobody, root included, can write into: a file. Returns the temporary folder."""
    home, temporary = tmp_path / "home", tmp_path / "temporary files"
    home.touch()
    temporary.mkdir()
    for name in (*AT_HOME, *NAMED):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    cache._usual_or_spare.cache_clear()
    cache._another_spare.cache_clear()
    yield temporary
    cache._usual_or_spare.cache_clear()
    cache._another_spare.cache_clear()


def test_the_cache_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv("BLOODCELL_TUT_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().name == "bloodcell_tut"
    assert list(tmp_path.iterdir()) == [], "looking leaves no trace"


def test_without_a_home_a_temporary_folder_stands_in_with_one_note(no_home: Path) -> None:
    with pytest.warns(UserWarning, match="set BLOODCELL_TUT_CACHE") as notes:
        found = {cache_folder() for _ in range(3)}
    (folder,) = found
    assert len(notes) == 1 and str(folder) in str(notes[0].message)
    assert folder.parent == no_home and can_be_written(folder)
    require_cache()
    cache._usual_or_spare.cache_clear()
    with pytest.warns(UserWarning):
        assert cache_folder() == folder, "the next program finds it again"


def test_without_a_home_the_sample_is_drawn_and_found_again(no_home: Path) -> None:
    with pytest.warns(UserWarning):
        drawn = bt.draw_sample(n_photographs=8, n_images=8)
    with warnings.catch_warnings(action="error"):
        assert bt.draw_sample(n_photographs=8, n_images=8) == drawn
    assert drawn.is_relative_to(no_home)


def test_a_path_without_a_home_is_none(no_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: Path("~/.cache/bloodcell_tut"))
    with pytest.warns(UserWarning):
        assert cache_folder().is_relative_to(no_home)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="temporary folders are each user's own")
@pytest.mark.parametrize("laid", ["link", "open", "file"])
def test_a_folder_that_others_can_write_into_is_not_used(
    no_home: Path, tmp_path: Path, laid: str
) -> None:
    theirs = no_home / f"bloodcell_tut-{os.getuid()}"
    if laid == "link":
        (tmp_path / "theirs").mkdir()
        theirs.symlink_to(tmp_path / "theirs")
    elif laid == "open":
        theirs.mkdir()
        theirs.chmod(0o777)
    else:
        theirs.touch()
    assert spare_folder() == spare_folder() != theirs
    assert spare_folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="temporary folders are each user's own")
def test_a_folder_of_another_user_is_not_used(
    no_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = spare_folder()
    another = mine.stat().st_uid + 1
    monkeypatch.setattr(os, "getuid", lambda: another)
    theirs = mine.rename(no_home / f"bloodcell_tut-{another}")
    assert theirs != spare_folder() and not list(theirs.iterdir())


def test_a_run_looks_at_the_cache_before_step_1(
    no_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(no_home.parent / "home" / "cache"))
    with pytest.raises(bt.BloodcellError, match=r"cache: can't be written to.*another folder"):
        bt.run_steps(bt.RunSettings(out=no_home / "out"))
    assert "step 1" not in capsys.readouterr().out


def test_a_report_goes_into_the_cache_where_nothing_can_be_written(
    no_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert usual_out() == bt.RunSettings().out == Path("runs", "latest")
    Path("runs").touch()
    with pytest.warns(UserWarning, match="latest: can't be written to.*--out"):
        out = bt.RunSettings().out
    assert out == tmp_path / "cache" / "runs" / "latest"
    (out / "model.keras").parent.mkdir(parents=True)
    (out / "model.keras").touch()
    assert bt.lab.newest_model() == out / "model.keras"


def test_other_libraries_get_a_place_as_well(no_home: Path) -> None:
    code = (
        "import os, bloodcell_tut, matplotlib.pyplot\n"
        f"print([os.environ[name] for name in {AT_HOME}])\n"
        "print(matplotlib.get_configdir())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.count(str(no_home)) == len(AT_HOME) + 1


def test_who_has_named_a_place_keeps_it(no_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", "mine")
    cache.spare_home()
    assert os.environ["MPLCONFIGDIR"] == "mine"
    assert Path(os.environ["KERAS_HOME"]).is_relative_to(no_home)
    for name in AT_HOME:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(no_home))
    cache.spare_home()
    assert not {*AT_HOME} & {*os.environ}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_user_whose_home_is_closed(tmp_path: Path) -> None:
    """Root may write anywhere, so the child becomes somebody else once all is imported."""
    code = """
import os, sys, tempfile
from pathlib import Path
import numpy, bloodcell_tut as bt
from bloodcell_tut.files.cache import cache_folder, can_be_written
os.setgid(65534), os.setuid(65534)
print(*(can_be_written(Path(path)) for path in sys.argv[1:]), cache_folder())
"""
    with tempfile.TemporaryDirectory() as folder:
        closed, opened = Path(folder, "closed"), Path(folder, "opened")
        for path, mode in ((Path(folder), 0o755), (closed, 0o755), (opened, 0o777)):
            path.mkdir(exist_ok=True)
            path.chmod(mode)
        surroundings = {n: v for n, v in os.environ.items() if n not in NAMED}
        done = subprocess.run(
            [sys.executable, "-c", code, closed, closed / "new", opened, opened / "new" / "er"],
            env=surroundings | {"HOME": str(closed), "TMPDIR": str(opened)},
            capture_output=True,
            text=True,
        )
    assert done.stdout.split() == [
        "False",
        "False",
        "True",
        "True",
        f"{opened}/bloodcell_tut-65534",
    ]
    assert done.stderr.count("BLOODCELL_TUT_CACHE") == 1
