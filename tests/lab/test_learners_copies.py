"""A learner's copy: what goes, what becomes an import, and that all it uses is there."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lessons import LESSONS, NOTEBOOKS

import bloodcell_tut as bt
from bloodcell_tut import _modidx
from bloodcell_tut.lab import learners_copy


def code(text: str) -> list[str]:
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def copied(tmp_path: Path, *sources: str) -> list[dict]:
    """The cells of the copy of a notebook of code; a source that begins with # is Markdown."""
    cells = [
        {
            "cell_type": "markdown" if source.startswith("# ") else "code",
            "id": str(number),
            "metadata": {"tags": ["solution"] if "solved" in source else []},
            "source": source,
            "outputs": [{"output_type": "stream"}],
        }
        for number, source in enumerate(sources)
    ]
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    copy = json.loads(learners_copy(path))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in copy]


def test_source_becomes_an_import_with_the_source_beneath(tmp_path: Path) -> None:
    source = "#| export\ndef a():\n    return _b()\n\n\ndef _b():\n    return 1"
    module = "#| default_exp features"
    imported, folded, use = copied(tmp_path, module, source, "a()")
    assert imported["source"] == "from bloodcell_tut.features import a"
    assert folded["cell_type"] == "markdown" and source.partition("\n")[2] in folded["source"]
    assert "`bloodcell_tut/features.py`" in folded["source"] and "](" not in folded["source"]
    assert [imported["id"], folded["id"], use["id"]] == ["1", "1-source", "2"]
    assert copied(tmp_path, module, source, "_b()")[0]["source"].endswith("import _b, a")


def test_a_helper_alone_is_not_imported(tmp_path: Path) -> None:
    (folded,) = copied(tmp_path, "#| default_exp features", "#| exporti\n_A = 1")
    assert "The source</summary>" in folded["source"]


def test_the_page_is_linked_where_the_site_is_public(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"settings": {"doc_host": "https://docs.example/"}}
    monkeypatch.setattr(_modidx, "d", settings)
    source = "#| export\ndef one_hot(): ..."
    _, folded = copied(tmp_path, "#| default_exp normalization", source)
    assert "(https://docs.example/api/normalization.html)" in folded["source"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("test_eq(1, 1)", None),
        ("x = 2\ntest_eq(x, 2)", None),
        ("used = 2\ntest_eq(used, 2)", "used = 2"),
        ("print(1)\ntest_fail(\n    f,\n)\nprint(2)", "print(1)\nprint(2)"),
        ("path.write_text('')\ntest_fail(path)", None),
        ("test_score = 3", "test_score = 3"),
        ("%time test_eq(1, 1)", "%time test_eq(1, 1)"),
    ],
)
def test_tests_go_with_what_serves_them_alone(
    tmp_path: Path, source: str, expected: str | None
) -> None:
    *found, _ = copied(tmp_path, source, "print(used)")
    assert [cell["source"] for cell in found] == ([] if expected is None else [expected])


def test_imports_that_are_needed_stay_and_stand_in_one_cell(tmp_path: Path) -> None:
    first = "#| export\nimport ast\nimport numpy as np"
    names = ", ".join(f"a_rather_long_name_{n}" for n in range(9))
    uses = f"print({names})"
    imports, *rest = copied(
        tmp_path,
        first,
        f"from os import path, sep\nfrom long import {names}",
        uses,
        "np.solved(sep)",
    )
    assert [cell["source"] for cell in rest] == [uses]
    assert "ast" not in imports["source"] and "path" not in imports["source"]
    assert "import numpy as np\nfrom os import sep\nfrom long import (" in imports["source"]
    assert max(map(len, imports["source"].splitlines())) < 100 and ast.parse(imports["source"])


def test_no_directive_solution_or_output_stays(tmp_path: Path) -> None:
    cells = copied(tmp_path, "# Title", "#| hide\nprint(1)", "solved = 1", "#| default_exp x")
    assert [cell["source"] for cell in cells] == ["# Title", "print(1)"]
    assert cells[1]["outputs"] == [] and cells[1]["execution_count"] is None


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lessons_copy_holds_neither_source_nor_tests(lesson: Path) -> None:
    full, copy = (code(text) for text in (lesson.read_text("utf-8"), learners_copy(lesson)))
    package = {s.partition("\n")[2].strip() for s in full if s.startswith("#| export\ndef")}
    assert not package & set(copy)
    called = {
        node.func.id
        for source in copy
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not {name for name in called if name.startswith("test_")}


def test_all_that_copies_use_is_there(tmp_path: Path) -> None:
    for notebook in NOTEBOOKS:
        if notebook.parent.name != "exercises":
            copy = tmp_path / f"{notebook.parent.name}-{notebook.name}"
            copy.write_text(learners_copy(notebook), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", str(tmp_path)]
    checked = subprocess.run(ruff, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(bt.BloodcellError, match=r"nothing\.ipynb: found that it can't be read"):
        learners_copy(tmp_path / "nothing.ipynb")
