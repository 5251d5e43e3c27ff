"""Progress: what is kept of a learner's exercises, the start page, a class's table."""

import json
import os
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut.cli import app
from bloodcell_tut.exercises.lesson_00 import check_weights
from bloodcell_tut.lab import LESSONS_RECORD
from bloodcell_tut.progress import PROGRESS

NAMES = [name for names in bt.exercise_names() for name in names]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, with the current folder inside of it."""
    (tmp_path / "toolbox").mkdir()
    (tmp_path / LESSONS_RECORD).write_text("{}")
    monkeypatch.chdir(tmp_path / "toolbox")
    return tmp_path


def test_each_lesson_has_exercises_and_each_name_is_there_once() -> None:
    assert len(NAMES) == len(set(NAMES)) == 30
    assert all(len(names) >= 2 for names in bt.exercise_names())


def test_only_right_answers_are_kept_and_only_in_a_learners_folder(
    mine: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_weights(3)
    check_weights(...)
    assert not (mine / PROGRESS).exists()
    bt.record_solved("check_pool")
    bt.record_solved("check_weights")
    assert bt.read_progress(mine) == dict.fromkeys(["check_weights", "check_pool"], date.today())
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    bt.record_solved("check_pool")
    assert list(elsewhere.iterdir()) == []


def test_the_first_day_counts_and_what_is_kept_stays(mine: Path) -> None:
    (mine / PROGRESS).write_text('{"solved": {"check_pool": "2026-01-31"}}')
    for name in ("check_pool", "check_weights"):
        bt.record_solved(name)
    assert bt.read_progress(mine)["check_pool"] == date(2026, 1, 31)
    assert "2 of 30 exercises solved" in (mine / "START.md").read_text(encoding="utf-8")
    assert "2 of 30 exercises solved" in bt.progress_text(mine)


def test_a_broken_file_is_never_overwritten_and_stops_no_check(mine: Path) -> None:
    (mine / PROGRESS).write_text("{")
    with pytest.warns(UserWarning, match="your progress can't be kept: .*progress.json"):
        bt.record_solved("check_pool")
    assert (mine / PROGRESS).read_text() == "{"
    (mine / PROGRESS).unlink()
    (mine / PROGRESS).mkdir()
    with pytest.warns(UserWarning, match="your progress can't be kept"):
        bt.record_solved("check_pool")


def test_many_kernels_at_once(mine: Path) -> None:
    code = "import sys, bloodcell_tut as bt; [bt.record_solved(n) for n in sys.argv[1:]]"
    import subprocess

    started = [subprocess.Popen([sys.executable, "-c", code, *NAMES[i::6]]) for i in range(6)]
    assert [process.wait() for process in started] == [0] * 6
    assert set(bt.read_progress(mine)) == set(NAMES)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("solved"), inner),
        ).map(lambda value: json.dumps({"solved": value}).encode()),
    )
)
def test_strange_files_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("strange") / PROGRESS
    file.write_bytes(data)
    try:
        assert all(name.startswith("check_") for name in bt.read_progress(file))
    except bt.BloodcellError as error:
        assert str(error).startswith(f"{file}: found ") and str(error).isprintable()


def test_a_large_or_deep_file_is_refused(tmp_path: Path) -> None:
    for text in (" " * 200_000, '{"solved": ' + "[" * 50_000):
        (tmp_path / PROGRESS).write_text(text)
        with pytest.raises(bt.BloodcellError, match=r"expected the progress\.json"):
            bt.read_progress(tmp_path)


def test_a_class(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    solved = dict.fromkeys(NAMES[:4], "2026-01-31")
    (tmp_path / "ada" / PROGRESS).write_text(json.dumps({"solved": solved}))
    (tmp_path / "\x1b[31mbob.json").write_text('{"solved": {"check_<b>": "2026-01-31"}}')
    head, bob, ada = CliRunner().invoke(app, ["progress", str(tmp_path)]).stdout.splitlines()
    assert head.split() == ["learner", *map(str, range(10)), "all"]
    assert bob.startswith("?[31mbob") and bob.endswith("not readable")
    first = [len(names) for names in bt.exercise_names()]
    assert ada.split()[:3] == ["ada", str(first[0]), str(4 - first[0])]
    assert ada.endswith("4 of 30") and bt.class_table(tmp_path).endswith("4 of 30")


def test_the_command_finds_the_learners_own_folder(mine: Path) -> None:
    os.chdir(mine)
    said = CliRunner().invoke(app, ["progress"])
    assert said.exit_code == 0 and "0 of 30 exercises solved" in said.stdout
    empty = mine / "toolbox"
    said = CliRunner().invoke(app, ["progress", str(empty)])
    assert said.exit_code == 1 and "found no progress files" in said.stderr


def test_where_a_name_is_made(tmp_path: Path) -> None:
    lesson = bt.copy_lessons(tmp_path)[0]
    assert "begins with `import cv2`" in str(bt.where_defined("check_weights", lesson))
    assert bt.where_defined("no_such_name", lesson) is None
    assert bt.bound_names("for i in x:\n    y = i\nz: int = 1") == {"i", "y", "z"}
    (tmp_path / "broken.ipynb").write_text("{")
    assert bt.where_defined("x", tmp_path / "broken.ipynb") is None


def test_the_start_page_leads_to_every_lesson(mine: Path) -> None:
    text = bt.write_start_page(mine).read_text(encoding="utf-8")
    for lesson in bt.lessons_folder().glob("0*.ipynb"):
        assert f"]({lesson.name})" in text


def test_a_kernel_says_which_cell_to_run_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    lesson = bt.copy_lessons(tmp_path)[0]
    monkeypatch.setenv("JPY_SESSION_NAME", str(lesson))
    shell = InteractiveShell()
    bt.help_with_missing_names(shell)
    shell.run_cell("check_weights(3)")
    shell.run_cell("unheard_of")
    said = capsys.readouterr().out
    assert said.count("NameError") >= 2
    assert said.count("is made by the cell that begins with `import cv2`") == 1
