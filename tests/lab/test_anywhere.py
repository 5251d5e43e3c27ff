"""A lesson that is opened by a program which knows nothing of the package."""

from pathlib import Path

import nbformat
import pytest
from first_cell import source
from lessons import LESSONS, code, run_lesson

from bloodcell_tut.lab import anywhere, missing_names
from bloodcell_tut.lab.anywhere import add_missing, set_up_lesson


def test_where_all_is_there_pip_is_not_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("subprocess.run", None)
    add_missing()
    assert "beside it nothing was missing; what was there is unchanged" in capsys.readouterr().out


def test_what_pip_adds_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = [{"numpy": "2.0"}, {"numpy": "2.0", "tqdm": "4.66", "typer": "0.19"}]
    monkeypatch.setattr(anywhere, "_installed", lambda: states.pop(0))
    monkeypatch.setattr(anywhere, "missing_requirements", lambda _: ["tqdm>=4", "typer>=0.1"])
    told: list[str] = []

    def pip(command: list[str], check: bool) -> None:
        told.append(Path(command[command.index("--constraint") + 1]).read_text())
        assert command[-2:] == ["tqdm>=4", "typer>=0.1"] and check

    monkeypatch.setattr("subprocess.run", pip)
    add_missing()
    assert told == ["numpy==2.0"]
    assert "added: tqdm 4.66, typer 0.19; " in capsys.readouterr().out


def test_without_a_kernel_nothing_is_hooked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing_names, "help_with_missing_names", None)
    set_up_lesson()


def test_a_kernel_that_is_told_no_path_finds_the_lesson(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in Colab and the classic notebook: the cells that were run say which lesson it is."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    too_early = next(text for text in code(LESSONS[2]) if text.startswith("picked = "))
    cells = [nbformat.v4.new_code_cell(text) for text in (source(), too_early)]
    cells[1].metadata["tags"] = ["raises-exception"]
    ran = run_lesson(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), tmp_path)
    assert ran.cells[0].outputs == []
    error, said = ran.cells[1].outputs
    assert error.ename == "NameError" and said.text.startswith("`np` is made by the cell")
