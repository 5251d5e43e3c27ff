"""From a notebook to a page: nbdev's directives become cell tags, names become links."""

import ast
import re

import contents
import frames
import lesson_map
import live_page
import nbformat
import reference
from nbformat import NotebookNode

# what nbdev's directives mean for a page
TAGS = {"hide": "remove-cell", "echo: false": "remove-input", "code-fold: true": "hide-input"}
# where no name is linked: code, headings, links; nor is a plain word such as `train`
NO_PROSE = r"```[\s\S]*?```|^#[^\n]*|!?\[[^\]]*\]\([^)]*\)"
# a listing of more lines is folded
LONG = 40
NAME = r"`(?P<name>(?:bt\.)?(?:\w+\.)?\w*[_A-Z]\w*)(?:\(\))?`"


def read_directives(notebook: NotebookNode) -> None:
    """Turn nbdev's directives into cell tags and take their lines out."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        directives = re.findall(r"^#\| *(.+?) *$\n?", cell.source, re.M)
        tags = cell.metadata.get("tags", []) + [TAGS[d] for d in directives if d in TAGS]
        cell.source = re.sub(r"^#\|.*$\n?", "", cell.source, flags=re.M).lstrip("\n")
        what = "solution" if "solution" in tags else "code"
        if not cell.source:
            tags = ["remove-cell"]
        elif not tags and only_imports(cell.source):
            tags, what = ["hide-input"], "imports"
        elif not tags and cell.source.count("\n") >= LONG:
            tags = ["hide-input"]
        cell.metadata["tags"] = tags
        prompts = {"code_prompt_show": f"Show the {what}", "code_prompt_hide": f"Hide the {what}"}
        cell.metadata["mystnb"] = prompts | picture_options(cell)


def picture_options(cell: NotebookNode) -> dict:
    """Return what MyST-NB is to know of a cell's picture: the alternative text it has already."""
    for output in cell.get("outputs", []):
        shown = output.get("metadata", {}).get("image/png", {})
        if alt := shown.get("alt"):
            kind = "map" if alt.startswith("The nine steps in a row") else "figure"
            size = {"width": f"{shown['width']}px"} if "width" in shown else {}
            return {"image": {"alt": alt, "classes": kind} | size}
    return {}


def only_imports(code: str) -> bool:
    """Return whether several lines do nothing but import; a single one may stay in sight."""
    lines = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.stmt)]
    wanted = ast.Import | ast.ImportFrom
    others = [n for n in lines if not isinstance(n, wanted | ast.If)]
    return len(lines) > 2 and not others


def page(text: str, name: str) -> str:
    """Return a notebook as the site shows it.

    Parameters
    ----------
    text
        The notebook, JSON.
    name
        The page's name, such as ``"drawing/cells"``.
    """
    notebook = nbformat.reads(text, as_version=4)
    read_directives(notebook)
    top = notebook.cells[0]
    top.source = re.sub(r"^> [a-z]", lambda m: m[0].upper(), top.source, count=1, flags=re.M)
    link_names(notebook, name)
    link_exports(notebook, name)
    if name in contents.with_exercises():
        add_downloads(notebook, name)
    if name in contents.lessons():
        mark_map(notebook)
        frames.put_in(notebook, name)
    if name == "index":
        add_front(notebook)
    live_page.add_boxes(notebook, name)
    return nbformat.writes(notebook)


def link_names(notebook: NotebookNode, name: str) -> None:
    """Link each public name to the reference where it first stands in the prose."""
    seen: set[str] = set()

    def linked(match: re.Match[str]) -> str:
        entry = reference.named(match["name"] or "", name)
        if entry is None or entry.target in seen:
            return match[0]
        seen.add(entry.target)
        return entry.role(match["name"])

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(f"{NO_PROSE}|{NAME}", linked, cell.source, flags=re.M)


def link_exports(notebook: NotebookNode, name: str) -> None:
    """Put below each exported cell a line that links its public names to the reference."""
    made: dict[str, list[str]] = {}
    for entry in reference.entries():
        if entry.notebook == name:
            made.setdefault(entry.cell, []).append(entry.role())
    for i in reversed(range(len(notebook.cells))):
        if roles := made.get(notebook.cells[i].get("id")):
            line = "{.explained}\nIn the reference: " + ", ".join(roles)
            notebook.cells.insert(i + 1, nbformat.v4.new_markdown_cell(line))


def add_downloads(notebook: NotebookNode, name: str) -> None:
    """Offer the notebook below the lines that say how long it takes."""
    line = (
        f"{{.explained}}\nDownload: {{download}}`this notebook </_files/full/{name}.ipynb>`, or "
        f"{{download}}`a copy without the solutions </_files/learner/{name}.ipynb>` to work in."
    )
    for cell in notebook.cells:
        cell.source = re.sub(
            r"^(\*Measured: .+\*)\n\n(\*Reading: .+\*)$",
            rf"{{.explained}}\n\1\n\n{{.explained}}\n\2\n\n{line}",
            cell.source,
            flags=re.M,
        )


def mark_map(notebook: NotebookNode) -> None:
    """Give the map of the steps its look."""
    for cell in notebook.cells:
        if cell.id == lesson_map.ID:
            cell.source = f"{{.map}}\n{cell.source}"


def add_front(notebook: NotebookNode) -> None:
    """Give the front page its cards, the way into the reference and the list of all pages."""
    for cell in notebook.cells:
        cell.source = re.sub(r"^(- \*\*\[Learn)", r"{.entrances}\n\1", cell.source, flags=re.M)
    more = "Every public name, with its parameters and types: [the reference](api/index.md)."
    last = max(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(last + 1, nbformat.v4.new_markdown_cell(more))
    lists = [contents.toctree(pages, caption) for caption, pages in contents.chapters().items()]
    notebook.cells.append(nbformat.v4.new_markdown_cell("\n\n".join(lists)))
