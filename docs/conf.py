"""The site: the notebooks, rendered as they are."""

import os
import re
import sys
from configparser import ConfigParser
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent))
_facts = ConfigParser(interpolation=None)
_facts.read(ROOT / "settings.ini", encoding="utf-8")

project = _facts["DEFAULT"]["lib_name"]
author = copyright = _facts["DEFAULT"]["author"]
release = version = _facts["DEFAULT"]["version"]

extensions = ["myst_nb"]
root_doc = "index"
exclude_patterns = ["**/.*", "_*"]
html_theme = "sphinx_book_theme"
html_title = project
html_theme_options = {"show_toc_level": 2, "use_download_button": True}

nb_custom_formats = {".ipynb": "conf.read_notebook"}
nb_execution_mode = "force" if os.environ.get("EXECUTE") else "off"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# what nbdev's directives mean for a page
TAGS = {"hide": "remove-cell", "echo: false": "remove-input", "code-fold: true": "hide-input"}


def read_notebook(text: str) -> nbformat.NotebookNode:
    """Turn nbdev's directives into cell tags and take their lines out."""
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        directives = re.findall(r"^#\| *(.+?) *$\n?", cell.source, re.M)
        tags = [TAGS[d] for d in directives if d in TAGS]
        if cell.cell_type == "code" and directives:
            cell.source = re.sub(r"^#\|.*$\n?", "", cell.source, flags=re.M).lstrip("\n")
            if not cell.source:
                tags = ["remove-cell"]
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), *tags]
    if notebook.cells[0].source.startswith(f"# {project}"):
        notebook.cells.append(nbformat.v4.new_markdown_cell(contents()))
    return notebook


def contents() -> str:
    """Return the list of pages, in the order of the files' names."""
    nbs = ROOT / "nbs"
    chapters = {
        "Nine steps": nbs.glob("[0-9]*.ipynb"),
        "Beside the lessons": (nbs / f"{name}.ipynb" for name in ("errata", "glossary", "results")),
        "Toolbox": (nbs / "toolbox").glob("*.ipynb"),
        "Checks of the exercises": (nbs / "exercises").glob("*.ipynb"),
    }
    return "\n\n".join(
        "\n".join(
            [
                "```{toctree}",
                ":hidden:",
                f":caption: {caption}",
                "",
                *(page.relative_to(nbs).with_suffix("").as_posix() for page in sorted(pages)),
                "```",
            ]
        )
        for caption, pages in chapters.items()
    )
