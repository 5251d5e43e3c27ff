"""The lessons' figures with sliders, as the site shows them: a frame for each stop of a knob.

A frame holds what differs from the picture in the notebook, and is laid on it. The frames are drawn
by `tools/draw_frames.py`, which notes what they were made of: the site takes no old ones.
"""

import ast
import base64
import hashlib
import io
import json
import re
from functools import cache
from html import escape
from typing import NotRequired, TypedDict

import contents
import figures
import nbformat
import numpy as np
from nbformat import NotebookNode
from PIL import Image

FACTS = contents.ROOT / "docs" / "frames.json"
FOLDER = contents.ROOT / "docs" / "static" / "frames"
STILL = "still.webp"
SCRIPT = '<script defer src="_static/frames.js"></script>'


class Figure(TypedDict):
    """What is known of a figure's frames.

    `alt` has the knobs' names in braces, `knobs` the texts of their stops, `still` the stops of the
    notebook's picture, and `fixed` the knobs that move in JupyterLab only.
    """

    alt: str
    knobs: dict[str, list[str]]
    still: dict[str, str]
    fixed: dict[str, str]
    made_of: NotRequired[str]


@cache
def drawn() -> dict[str, dict[str, Figure]]:
    """Return the figures that have frames, by lesson and by the function that draws them."""
    return json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}


def file(number: int) -> str:
    """Return the name of a frame's file."""
    return f"{number:02}.webp"


def with_knobs(lesson: str) -> dict[str, str]:
    """Return which cell of a lesson shows which figure with knobs: cells by functions."""
    shown = [(re.search(r"^explore\(\s*(\w+)", c["source"], re.M), c) for c in _code(lesson)]
    return {call[1]: cell["id"] for call, cell in shown if call}


def _code(lesson: str) -> list[dict]:
    return [cell for cell in contents.cells(lesson) if cell["cell_type"] == "code"]


def made_of(lesson: str, figure: str) -> str:
    """Return the fingerprint of a figure's picture in the notebook and of the cells behind it."""
    cells = _code(lesson)
    at = [cell["id"] for cell in cells].index(with_knobs(lesson)[figure])
    sources = [cell["source"] for cell in cells[: at + 1]]
    parts = [_stored(cells[at]), *(sources[i] for i in sorted(_behind(sources)))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stored(cell: dict) -> str:
    """Return the picture that a cell has stored, a PNG file in Base64."""
    found = [o["data"]["image/png"] for o in cell["outputs"] if "image/png" in o.get("data", {})]
    return "".join("".join(found[0]).split())


def still(lesson: str, figure: str) -> Image.Image:
    """Return the picture of a figure that is stored in the notebook."""
    (cell,) = [c for c in _code(lesson) if c["id"] == with_knobs(lesson)[figure]]
    return Image.open(io.BytesIO(base64.b64decode(_stored(cell))))


def _behind(sources: list[str]) -> set[int]:
    """Return which cells the last one needs: those that give the names it reads, and so on."""
    given, read = zip(*map(_names, sources), strict=True)
    found, new = set[int](), {len(sources) - 1}
    while new:
        found |= new
        wanted = set[str]().union(*(read[i] for i in found))
        new = {i for i in range(len(sources)) if given[i] & wanted} - found
    return found


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell gives, imports apart, and those that it reads."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    given = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    given |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return given, {node.id for node in names if isinstance(node.ctx, ast.Load)}


def put_in(notebook: NotebookNode, lesson: str) -> None:
    """Put the frames with their knobs in place of the pictures of a lesson's figures."""
    cells = {cell["id"]: cell for cell in notebook.cells}
    for name, cell in with_knobs(lesson).items():
        figure = drawn().get(lesson, {}).get(name)
        if figure is None or figure["made_of"] != made_of(lesson, name):
            raise ValueError(
                f"{name}: its frames are old; run tools/draw_frames.py nbs/{lesson}.ipynb"
            )
        for output in cells[cell].outputs:
            if "image/png" in output.get("data", {}):
                size = output.metadata["image/png"]
                shown = html(lesson, name, figure, size["width"], size["height"])
                output.data = NotebookNode({"text/html": shown})
    if with_knobs(lesson):
        notebook.cells.append(nbformat.v4.new_markdown_cell(SCRIPT))


def html(lesson: str, name: str, figure: Figure, width: int, height: int) -> str:
    """Return a figure with its knobs as the page shows it."""
    place, alt = f"_static/frames/{lesson}/{name}/", escape(figure["alt"])
    size = f'width="{width}" height="{height}" loading="lazy"'
    picture = f'<img src="{place}{STILL}" alt="{alt.format(**figure["still"])}" {size}>'
    layers = f'<span class="ground">{picture}</span>{_pictures(picture, still(lesson, name))}'
    texts = figure["knobs"].items()
    knobs = "".join(_knob(name, knob, each, figure["still"][knob]) for knob, each in texts)
    return (
        f'<figure class="frames" data-place="{place}" data-alt="{alt}"><div class="layers">'
        f"{layers}</div>{knobs}{_caption(figure['fixed'])}</figure>"
    )


def _pictures(tag: str, still: Image.Image) -> str:
    """Return the photographs in a figure once more: they keep their colors on a dark page."""
    looked_at = figures.look_at(np.asarray(still.convert("RGB")))
    again = tag.replace(">", ' aria-hidden="true">')
    style = f"clip-path:{figures.outline(looked_at)}"
    return f'<span class="pictures" style="{style}">{again}</span>' if looked_at.pictures else ""


def _caption(fixed: dict[str, str]) -> str:
    stays = (f"<code>{knob}</code> stays at {text}" for knob, text in fixed.items())
    words = f"Here {' and '.join(stays)}; in JupyterLab it moves as well."
    return f"<figcaption>{words}</figcaption>" if fixed else ""


def _knob(figure: str, knob: str, texts: list[str], still: str) -> str:
    """Return a slider for numbers, or a list for words; its value is the number of the stop."""
    name, at = f"{figure}-{knob}", texts.index(still)
    facts = f'id="{name}" name="{knob}" autocomplete="off"'
    chosen = ["", " selected"]
    options = "".join(
        f'<option value="{i}"{chosen[i == at]}>{text}</option>' for i, text in enumerate(texts)
    )
    if texts[0][0].isdigit():
        choice = (
            f'<input type="range" {facts} max="{len(texts) - 1}" value="{at}" list="{name}-stops" '
            f'aria-valuetext="{still}"><output for="{name}" aria-hidden="true">{still}</output>'
            f'<datalist id="{name}-stops">{options}</datalist>'
        )
    else:
        choice = f"<select {facts}>{options}</select>"
    return f'<div class="knob"><label for="{name}">{knob}</label>{choice}</div>'
