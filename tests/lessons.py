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
from first_cell import ID as FIRST
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NBS = ROOT / "nbs"
LESSONS = sorted(NBS.glob("[0-9]*.ipynb"))
BEYOND = sorted(NBS.glob("beyond/*.ipynb"))
NOTEBOOKS = sorted(NBS.rglob("*.ipynb"))
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
