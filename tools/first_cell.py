"""Begin each lesson with the same cell, which makes the lesson run wherever it is opened."""

import json
from pathlib import Path

from contents import facts, notebook_text, with_exercises
from contents import source as source_of

ROOT = Path(__file__).parent.parent
LESSONS = [source_of(name) for name in (*with_exercises(), "article_repaired")]
ID = "f1257ce1"
_CELL = """\
# @title Install bloodcell_tut where it is missing, and change nothing that is there
try:
    from bloodcell_tut.lab.anywhere import set_up_lesson
except ImportError:
    from importlib.util import find_spec
    from pathlib import Path
    from runpy import run_path
    from subprocess import run
    from sys import executable

    address = "{address}"
    files = [*Path().glob("bloodcell_tut-*"), *Path("/kaggle/input").rglob("bloodcell_tut-*")]
    assert address or files, "put bloodcell_tut-*.whl beside this notebook and run this cell again"
    pip = [executable, "-m", "pip", "install", "-qq", "--no-deps"]
    run([*pip, address or str(max(files))], check=True)
    (folder,) = find_spec("bloodcell_tut").submodule_search_locations
    run_path(f"{{folder}}/lab/anywhere.py")["add_missing"]()
    from bloodcell_tut.lab.anywhere import set_up_lesson
set_up_lesson()"""


def source(settings: Path = ROOT / "settings.ini") -> str:
    """Return the cell, with the address that the settings name, if they do."""
    repository = facts(settings).get("git_url", "")
    return _CELL.format(address=repository and f"git+{repository}")


def begun(notebook: str) -> str:
    """Return a lesson's text with the cell below its title."""
    lesson = json.loads(notebook)
    # collapsed in JupyterLab, Colab and Kaggle, and not on the site
    metadata = {
        "_kg_hide-input": True,
        "cellView": "form",
        "jupyter": {"source_hidden": True},
        "tags": ["remove-cell"],
    }
    cell = {"cell_type": "code", "execution_count": None, "id": ID, "metadata": metadata}
    cell |= {"outputs": [], "source": source().splitlines(keepends=True)}
    title, *others = [cell for cell in lesson["cells"] if cell["id"] != ID]
    lesson["cells"] = [title, cell, *others]
    return notebook_text(lesson)


if __name__ == "__main__":
    for path in LESSONS:
        path.write_text(begun(path.read_text(encoding="utf-8")), encoding="utf-8")
