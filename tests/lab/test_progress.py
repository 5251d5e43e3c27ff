"""Progress: what is kept of a learner's exercises, the start page, a class's table."""

import importlib
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut.cli import app
from bloodcell_tut.exercises.engine import Exercise
from bloodcell_tut.exercises.lesson_00 import check_weights
from bloodcell_tut.lab.lessons import LESSONS_RECORD
from bloodcell_tut.lab.progress import PROGRESS

NAMES = [name for names in bt.lab.exercise_names() for name in names]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, with the current folder inside of it."""
    (tmp_path / "files").mkdir()
    (tmp_path / LESSONS_RECORD).write_text("{}")
    monkeypatch.chdir(tmp_path / "files")
    return tmp_path


def test_each_lesson_has_exercises_and_each_name_is_there_once() -> None:
    assert len(NAMES) == len(set(NAMES)) == 36
    assert all(len(names) >= 2 for names in bt.lab.exercise_names())


def test_the_lessons_ask_for_what_the_modules_hold() -> None:
    held = []
    for number in range(10):
        module = importlib.import_module(f"bloodcell_tut.exercises.lesson_{number:02}")
        checks = [value for value in vars(module).values() if isinstance(value, Exercise)]
        held.append([check.name for check in checks if check.lesson == number])
    assert bt.lab.exercise_names() == held
    bt.lab.exercise_names()[0].clear()  # one's own list
    assert bt.lab.exercise_names() == held


def test_progress_needs_no_exercise() -> None:
    code = (
        "import sys, bloodcell_tut as bt; assert len(bt.lab.exercise_names()) == 10\n"
        "assert not [name for name in sys.modules if name.startswith('bloodcell_tut.exercises')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_only_right_answers_are_kept_and_only_in_a_learners_folder(
    mine: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_weights(3)
    check_weights(...)
    assert not (mine / PROGRESS).exists()
    assert bt.lab.record_solved("check_pool") == "□□■ 1 of 36 exercises solved"
    bt.lab.record_solved("check_weights")
    assert bt.lab.read_progress(mine) == dict.fromkeys(
        ["check_weights", "check_pool"], date.today()
    )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    assert bt.lab.record_solved("check_pool") == ""
    assert list(elsewhere.iterdir()) == []


def test_a_right_answer_says_how_far_you_are(mine: Path) -> None:
    """Also where the open page with the progress stays as it was."""

    def check_weights(answer: object) -> None: ...

    exercise = Exercise(check_weights, 0, "a hint", "it is so")
    assert repr(exercise(1)) == "Right: it is so (■□□ 1 of 36 exercises solved)"


def test_the_first_day_counts_and_what_is_kept_stays(mine: Path) -> None:
    (mine / PROGRESS).write_text('{"solved": {"check_pool": "2026-01-31"}}')
    for name in ("check_pool", "check_weights"):
        bt.lab.record_solved(name)
    assert bt.lab.read_progress(mine)["check_pool"] == date(2026, 1, 31)
    assert "2 of 36 exercises solved" in (mine / "START.md").read_text(encoding="utf-8")
    assert "2 of 36 exercises solved" in bt.lab.progress_text(mine)


def test_a_broken_file_is_never_overwritten_and_stops_no_check(mine: Path) -> None:
    (mine / PROGRESS).write_text("{")
    with pytest.warns(UserWarning, match="your progress can't be kept: .*progress.json"):
        bt.lab.record_solved("check_pool")
    assert (mine / PROGRESS).read_text() == "{"
    (mine / PROGRESS).unlink()
    (mine / PROGRESS).mkdir()
    with pytest.warns(UserWarning, match="your progress can't be kept"):
        bt.lab.record_solved("check_pool")


def test_many_kernels_at_once(mine: Path) -> None:
    code = "import sys, bloodcell_tut as bt; [bt.lab.record_solved(n) for n in sys.argv[1:]]"
    started = [subprocess.Popen([sys.executable, "-c", code, *NAMES[i::6]]) for i in range(6)]
    assert [process.wait() for process in started] == [0] * 6
    assert set(bt.lab.read_progress(mine)) == set(NAMES)


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
        assert all(name.startswith("check_") for name in bt.lab.read_progress(file))
    except bt.BloodcellError as error:
        assert str(error).startswith(f"{file}: found ") and str(error).isprintable()


def test_a_large_or_deep_file_is_refused(tmp_path: Path) -> None:
    for text in (" " * 200_000, '{"solved": ' + "[" * 50_000):
        (tmp_path / PROGRESS).write_text(text)
        with pytest.raises(bt.BloodcellError, match=r"expected the progress\.json"):
            bt.lab.read_progress(tmp_path)


def test_a_class(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    solved = dict.fromkeys(NAMES[:4], "2026-01-31")
    (tmp_path / "ada" / PROGRESS).write_text(json.dumps({"solved": solved}))
    (tmp_path / "\x1b[31mbob.json").write_text('{"solved": {"check_<b>": "2026-01-31"}}')
    head, bob, ada = CliRunner().invoke(app, ["progress", str(tmp_path)]).stdout.splitlines()
    assert head.split() == ["learner", *map(str, range(10)), "all"]
    assert bob.startswith("?[31mbob") and bob.endswith("not readable")
    first = [len(names) for names in bt.lab.exercise_names()]
    assert ada.split()[:3] == ["ada", str(first[0]), str(4 - first[0])]
    assert ada.endswith("4 of 36") and bt.lab.class_table(tmp_path).endswith("4 of 36")


def test_each_learner_of_a_class_has_a_line(tmp_path: Path) -> None:
    solved = json.dumps({"solved": {NAMES[0]: "2026-01-31"}})
    bt.lab.copy_lessons(tmp_path / "new")
    bt.lab.copy_lessons(tmp_path / "deep" / "bloodcell_lessons")
    (tmp_path / "deep" / "bloodcell_lessons" / PROGRESS).write_text(solved)
    (tmp_path / "eve\nada  4 of 36.json").write_text(solved)
    (tmp_path / "photographs").mkdir()
    _, deep, eve, new = bt.lab.class_table(tmp_path).splitlines()
    assert deep.startswith("deep/bloodcell_lessons ") and deep.endswith("1 of 36")
    assert eve.startswith("eve?ada ") and eve.endswith("  1 of 36")
    assert new.startswith("new ") and new.endswith(" 0 of 36")


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    (tmp_path / "lost.json").symlink_to("nowhere")
    rows = bt.lab.class_table(tmp_path).splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["endless", "lost", "pipe"]
    assert all(row.endswith("not readable") for row in rows)
    with pytest.raises(bt.BloodcellError, match="no regular file"):
        bt.lab.read_progress(tmp_path / "pipe.json")


def test_the_command_finds_the_learners_own_folder(mine: Path) -> None:
    os.chdir(mine)
    said = CliRunner().invoke(app, ["progress"])
    assert said.exit_code == 0 and "0 of 36 exercises solved" in said.stdout
    empty = mine / "files"
    said = CliRunner().invoke(app, ["progress", str(empty)])
    assert said.exit_code == 1 and "found no progress files" in said.stderr


def test_where_a_name_is_made(tmp_path: Path) -> None:
    lesson = bt.lab.copy_lessons(tmp_path)[0]
    assert "begins with `import cv2`" in str(bt.lab.where_defined("check_weights", lesson))
    assert bt.lab.where_defined("no_such_name", lesson) is None
    assert bt.lab.bound_names("for i in x:\n    y = i\nz: int = 1") == {"i", "y", "z"}
    (tmp_path / "broken.ipynb").write_text("{")
    assert bt.lab.where_defined("x", tmp_path / "broken.ipynb") is None


def test_the_start_page_leads_to_every_lesson_and_nowhere_else(mine: Path) -> None:
    text, originals = bt.lab.write_start_page(mine).read_text("utf-8"), bt.lab.lessons_folder()
    links = set(re.findall(r"\]\((.+?)\)", text))
    assert {lesson.name for lesson in originals.glob("0*.ipynb")} < links
    assert [link for link in links if not (originals / link).is_file()] == []


def test_a_kernel_says_which_cell_to_run_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    lesson = bt.lab.copy_lessons(tmp_path)[0]
    monkeypatch.setenv("JPY_SESSION_NAME", str(lesson))
    shell = InteractiveShell()
    bt.lab.help_with_missing_names(shell)
    shell.run_cell("check_weights(3)")
    shell.run_cell("unheard_of")
    said = capsys.readouterr().out
    assert said.count("NameError") >= 2
    assert said.count("is made by the cell that begins with `import cv2`") == 1
