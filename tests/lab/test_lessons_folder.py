"""The learner's copy of the lessons: made, kept, and never overwritten."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bloodcell_tut as bt
from bloodcell_tut.lab import lessons as lab


def notebook(text: str, solution: str = "", check: str = "") -> str:
    cells: list[dict] = [{"cell_type": "markdown", "metadata": {}, "source": text}]
    for source, tags in ((solution, ["solution"]), (check, [])):
        metadata, outputs = {"tags": tags}, [{"output_type": "stream", "text": "said"}]
        cells.append(
            {"cell_type": "code", "metadata": metadata, "source": source, "outputs": outputs}
        )
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def originals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lessons that a test may change."""
    folder = tmp_path / "originals"
    (folder / "files").mkdir(parents=True)
    (folder / "exercises").mkdir()
    (folder / "01_first.ipynb").write_text(
        notebook("first, [tool](files/tool.ipynb)", "the answer", "check_it(1)")
    )
    (folder / "files" / "tool.ipynb").write_text(notebook("tool"))
    (folder / "exercises" / "lesson_01.ipynb").write_text(notebook("judges"))
    monkeypatch.setattr(lab, "lessons_folder", lambda: folder)
    return folder


def test_every_lesson_is_copied_without_its_solutions(tmp_path: Path) -> None:
    originals = bt.lab.lessons_folder()
    copied = [p.relative_to(tmp_path) for p in bt.lab.copy_lessons(tmp_path)]
    lessons = [*originals.glob("[0-9]*.ipynb"), *originals.glob("beyond/*.ipynb")]
    assert len(lessons) > 10 and {p.relative_to(originals) for p in lessons} <= set(copied)
    assert not {"exercises", "how_to", "runs"} & {name.parts[0] for name in copied}
    assert Path("files/tiff.ipynb") not in copied, "no lesson leads there"
    for name in copied:
        copy = json.loads((tmp_path / name).read_text(encoding="utf-8"))["cells"]
        assert copy == json.loads(bt.lab.learners_copy(originals / name))["cells"]


def test_a_copy_tells_no_answers(originals: Path, tmp_path: Path) -> None:
    bt.lab.copy_lessons(tmp_path / "mine")
    text = (tmp_path / "mine" / "01_first.ipynb").read_text()
    expected = json.loads(bt.lab.learners_copy(originals / "01_first.ipynb"))["cells"]
    assert json.loads(text)["cells"] == expected
    assert "the answer" not in text and "said" not in text and "check_it(1)" in text
    assert not (tmp_path / "mine" / "exercises").exists()


def test_work_is_never_overwritten(originals: Path, tmp_path: Path) -> None:
    mine = tmp_path / "a folder with spaces 🩸"
    bt.lab.copy_lessons(mine)
    (mine / "01_first.ipynb").write_text("my work")
    (mine / "notes.txt").write_text("my notes")
    assert bt.lab.copy_lessons(mine) == []
    assert (mine / "01_first.ipynb").read_text() == "my work"
    assert (mine / "notes.txt").read_text() == "my notes"


def test_new_and_changed_lessons_come_beside(originals: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    bt.lab.copy_lessons(mine)
    (mine / "01_first.ipynb").write_text("my work")
    (originals / "01_first.ipynb").write_text(notebook("first, bettered"))
    (originals / "02_second.ipynb").write_text(notebook("second"))
    beside = mine / f"01_first_{bt.__version__}.ipynb"
    assert bt.lab.copy_lessons(mine) == [beside, mine / "02_second.ipynb"]
    assert (mine / "01_first.ipynb").read_text() == "my work"
    assert "first, bettered" in beside.read_text()
    beside.write_text("my work on the new one")
    assert bt.lab.copy_lessons(mine) == []
    (mine / ".bloodcell_lessons.json").unlink()
    assert bt.lab.copy_lessons(mine) == []
    assert beside.read_text() == "my work on the new one"


def test_files_that_were_there_before_the_first_copy_stay(originals: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "01_first.ipynb").write_text("by chance of the same name")
    bt.lab.copy_lessons(mine)
    assert (mine / "01_first.ipynb").read_text() == "by chance of the same name"


@pytest.mark.parametrize("content", ["{", "[1]", ""])
def test_a_broken_record_loses_no_work(originals: Path, tmp_path: Path, content: str) -> None:
    mine = tmp_path / "mine"
    bt.lab.copy_lessons(mine)
    (mine / "01_first.ipynb").write_text("my work")
    (mine / ".bloodcell_lessons.json").write_text(content)
    bt.lab.copy_lessons(mine)
    assert (mine / "01_first.ipynb").read_text() == "my work"


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a file")
    with pytest.raises(bt.BloodcellError, match=r"mine: is a file; expected a folder"):
        bt.lab.copy_lessons(tmp_path / "mine")
    with pytest.raises(bt.BloodcellError, match="can't be written"):
        bt.lab.copy_lessons(tmp_path / "mine" / "deeper")


def test_a_package_without_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bloodcell_tut").mkdir()
    monkeypatch.setattr(bt, "__file__", str(tmp_path / "bloodcell_tut" / "__init__.py"))
    with pytest.raises(bt.BloodcellError, match="found no lessons"):
        bt.lab.lessons_folder()


def test_an_installed_package_brings_its_lessons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bloodcell_tut" / "lessons").mkdir(parents=True)
    (tmp_path / "bloodcell_tut" / "lessons" / "index.ipynb").write_text("{}")
    monkeypatch.setattr(bt, "__file__", str(tmp_path / "bloodcell_tut" / "__init__.py"))
    assert bt.lab.lessons_folder() == tmp_path / "bloodcell_tut" / "lessons"


def test_without_jupyterlab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for needs_it in (bt.lab.require_lab, lambda: bt.lab.open_lab("anywhere")):
        with pytest.raises(bt.BloodcellError, match=r"pip install jupyterlab ipywidgets anywidget"):
            needs_it()


def test_open_lab_opens_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labapp = pytest.importorskip("jupyterlab.labapp")
    opened: list[str] = []
    monkeypatch.setattr(labapp, "main", opened.append)
    monkeypatch.setattr(lab, "_surroundings", lambda: ["--allow-root"])
    for variable in ("JUPYTER_CONFIG_PATH", "PYTHONSTARTUP"):
        monkeypatch.setenv(variable, "mine")
    bt.lab.open_lab(tmp_path, "--port=8890")
    settings = tmp_path / ".jupyterlab"
    workspaces = f"--LabApp.workspaces_dir={settings / 'workspaces'}"
    assert opened == [[str(tmp_path), workspaces, "--allow-root", "--port=8890"]]
    assert os.environ["JUPYTER_CONFIG_PATH"] == f"{settings}{os.pathsep}mine"
    assert os.environ["PYTHONSTARTUP"] == "mine"
    (layout,) = (settings / "workspaces").iterdir()
    assert "00_why_a_cnn.ipynb" in layout.read_text()
    layout.write_text("as the learner left it")
    bt.lab.open_lab(tmp_path)
    assert layout.read_text() == "as the learner left it"


@pytest.mark.parametrize(
    ("user", "mark", "expected"),
    [
        (1000, "", []),
        (0, "", ["--allow-root"]),
        (1000, "/.dockerenv", ["--ip=0.0.0.0"]),
        (0, "/run/.containerenv", ["--allow-root", "--ip=0.0.0.0"]),
    ],
)
def test_lab_works_as_root_and_in_a_container(
    monkeypatch: pytest.MonkeyPatch, user: int, mark: str, expected: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == mark)
    assert lab._surroundings() == expected


def stderr_of(code: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True).stderr


def test_keras_comes_without_tensorflows_greeting() -> None:
    use = "import keras; keras.ops.add(1, 1)"
    assert "Log" in stderr_of(use), "if TensorFlow has learned to be quiet, ours can go"
    assert stderr_of(f"import bloodcell_tut as bt; bt.lab.quiet_tensorflow(); {use}") == ""


def test_what_fails_while_it_is_loaded_is_heard() -> None:
    load = "import os; os.write(2, b'the reason\\n')"
    quiet = f"import bloodcell_tut as bt\nwith bt.lab.quiet_loading():\n    {load}"
    assert stderr_of(quiet) == ""
    assert stderr_of(f"{quiet}; 1 / 0").startswith("the reason\nTraceback")
    assert stderr_of(f"{quiet}\n{load}") == "the reason\n"
