"""What is in the site, and in which order."""

import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
NBS = ROOT / "nbs"

# the notebooks of nbs/toolbox by theme; one that no theme names comes last, under "More"
THEMES = {
    "Reading data sets": ("sources", "archives", "layout", "image_file", "array_cache", "files"),
    "Photographs behind the images": (
        "photographs", "local_features", "grouping", "photograph_table", "known_table",
    ),
    "Auditing a data set": ("audit", "audit_report", "file_facts"),
    "Training and scores": (
        "experiments", "drawn_cells", "checkpoint", "model_file", "measures", "intervals",
    ),
    "Looking into a network": ("explain", "own_images", "novelty"),
    "Running all nine steps": ("run", "cli", "report", "page", "lock"),
    "In JupyterLab": ("lab", "progress", "missing_names", "quiet", "interactive"),
    "Drawing blood smears": ("sample", "smear", "cells", "kinds", "nuclei", "brush"),
    "Figures and errors": ("plots", "environment", "errors"),
}  # fmt: skip

# pages whose source stands at the top of the repository
TOP_PAGES = {
    "contributing": "CONTRIBUTING.md",
    "security": "SECURITY.md",
    "changelog": "CHANGELOG.md",
}


def lessons() -> list[str]:
    """Return the names of the lessons, in order."""
    return sorted(path.stem for path in NBS.glob("[0-9]*.ipynb"))


def toolbox() -> dict[str, list[str]]:
    """Return the pages of the toolbox that are there, by theme."""
    there = sorted(path.stem for path in (NBS / "toolbox").glob("*.ipynb"))
    themes = {theme: [n for n in names if n in there] for theme, names in THEMES.items()}
    more = sorted(set(there) - {name for names in themes.values() for name in names})
    themes |= {"More": more} if more else {}
    return {theme: [f"toolbox/{n}" for n in names] for theme, names in themes.items()}


def chapters() -> dict[str, list[str]]:
    """Return the pages of the sidebar by heading; what is not written yet is left out."""
    beside = [name for name in ("errata", "results", "glossary") if source(name).exists()]
    return {
        "Lessons": lessons(),
        "Beside the lessons": beside,
        "Package": ["toolbox/index", "api/index"],
        "Project": ["contributing", "security", "citing", "credits", "changelog"],
    }


def source(name: str) -> Path:
    """Return the notebook of a page."""
    return NBS / f"{name}.ipynb"


@cache
def cells(name: str) -> list[dict]:
    """Return a notebook's cells, each with its source as one text."""
    raw = json.loads(source(name).read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in raw]


def title(name: str) -> str:
    """Return a page's heading."""
    return cells(name)[0]["source"].splitlines()[0].removeprefix("# ")


def summary(name: str) -> str:
    """Return the line that says what a page is about."""
    found = re.search(r"^> (.+)", cells(name)[0]["source"], re.M)
    return found[1] if found else ""


def toctree(pages: list[str], caption: str = "", hidden: bool = True) -> str:
    """Return the list of pages that Sphinx orders its navigation by."""
    options = [":hidden:"] * hidden + [f":caption: {caption}"] * bool(caption)
    return "\n".join(["```{toctree}", *options, "", *pages, "```"])
