"""The lessons as tests see them: their cells, prose and code."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from queue import Empty
from time import monotonic
from unittest.mock import patch

import nbformat
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NBS = ROOT / "nbs"
LESSONS = sorted(NBS.glob("[0-9]*.ipynb"))
NOTEBOOKS = sorted(NBS.rglob("*.ipynb"))
FIRST = "f1257ce1"
"""The id of the cell that all lessons begin with; see tools/first_cell.py."""
TRAINING = LESSONS[8:]
"""The lessons that train for minutes."""


@cache
def cells(notebook: Path) -> tuple[dict, ...]:
    """A notebook's cells, each with its source as one text."""
    raw = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return tuple(cell | {"source": "".join(cell["source"])} for cell in raw)


def markdown(notebook: Path) -> list[str]:
    return [cell["source"] for cell in cells(notebook) if cell["cell_type"] == "markdown"]


def code(notebook: Path) -> list[str]:
    """The code that is the notebook's own: not the first cell, which all lessons share."""
    own = [cell for cell in cells(notebook) if cell["cell_type"] == "code" and cell["id"] != FIRST]
    return [cell["source"] for cell in own]


def tagged(notebook: Path, tag: str) -> list[str]:
    return [c["source"] for c in cells(notebook) if tag in c["metadata"].get("tags", [])]


def with_checked_stubs(lesson: Path) -> dict:
    """The full lesson, in which each exercise is checked before its solution as well."""
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    for solution in [c for c in cells if "solution" in c["metadata"].get("tags", [])]:
        at = cells.index(solution)
        cells.insert(at, cells[at + 1] | {"id": f"{cells[at + 1]['id']}-stub"})
    return notebook


def is_export(source: str) -> bool:
    return re.match(r"#\| (export|exporti|default_exp)\b", source) is not None


def imports_only(source: str) -> bool:
    body = ast.parse(source).body
    return bool(body) and all(isinstance(node, ast.Import | ast.ImportFrom) for node in body)


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The modules that are imported, and the name that is taken ("" for the module itself)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.module or "", alias.name) for alias in node.names)


def docstrings(source: str) -> list[ast.Constant]:
    """Texts that stand alone: docstrings of functions, classes and values."""
    return [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


def code_lines(source: str) -> int:
    """Lines that are code: not blank, comment, directive or docstring."""
    texts = {n for d in docstrings(source) for n in range(d.lineno, (d.end_lineno or d.lineno) + 1)}
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for n, line in lines if n not in texts and line.strip() and line.strip()[0] != "#")


def words(notebook: Path) -> int:
    """Words of prose: of Markdown cells, without the links' targets, and docstrings."""
    shown = (re.sub(r"\]\([^)]*\)", "]", text) for text in markdown(notebook))
    texts = [*shown, *(d.value for s in code(notebook) for d in docstrings(s))]
    return sum(len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", str(text))) for text in texts)


def words_per_line(notebook: Path) -> float:
    return words(notebook) / sum(code_lines(source) for source in code(notebook))


def output_bytes(notebook: Path) -> int:
    return sum(len(json.dumps(cell.get("outputs", []))) for cell in cells(notebook))


def prose(notebook: Path) -> str:
    """The Markdown without code."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", "\n\n".join(markdown(notebook)), flags=re.S)


get_msg = AsyncZMQSocketChannel.get_msg


async def get_msg_in_slices(
    channel: AsyncZMQSocketChannel, timeout: float | None = None
) -> dict[str, object]:
    """Ask again every second: now and then the news of a message that is there gets lost."""
    end = float("inf") if timeout is None else monotonic() + timeout
    while True:
        try:
            return await get_msg(channel, max(0.0, min(1.0, end - monotonic())))
        except Empty:
            if monotonic() >= end:
                raise


def run_lesson(text: str, folder: Path, kernel: str = "python3") -> nbformat.NotebookNode:
    """Run a notebook in a kernel of its own, in a folder; its first error is raised."""
    notebook = nbformat.reads(text, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, kernel_name=kernel, resources={"metadata": {"path": str(folder)}}
    )
    with patch.object(AsyncZMQSocketChannel, "get_msg", get_msg_in_slices):
        client.execute()
    return notebook


if __name__ == "__main__":
    print("cells  words/line  output kB  lesson")
    for lesson in LESSONS:
        ratio, size = words_per_line(lesson), output_bytes(lesson) / 1000
        print(f"{len(cells(lesson)):5}  {ratio:10.1f}  {size:9.0f}  {lesson.stem}")
