"""Run a lesson, keep its outputs, and draw the frames of its figures with sliders for the site.

`python tools/draw_frames.py nbs/05_features_labels.ipynb`, then `nbdev-clean`; `make notebooks`
does so with all lessons. It prints the seconds that the frames took.
"""

import inspect
import json
import os
import shutil
import string
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import contents
import cv2
import frames
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from nbdev.config import get_config
from nbdev.test import test_nb as run_notebook
from PIL import Image

from bloodcell_tut import plots
from bloodcell_tut.lab import widgets

Draw = Callable[..., Axes]

MOST = 12
COLORS = 64
# both pictures are shrunk on the way to the screen; nothing below may shine through at an edge
RIM = 8

# where a figure's knobs stop; a single knob's stops are spread evenly if they are not here, and
# another knob that is not here doesn't move on the site
STOPS: dict[str, dict[str, list[Any]]] = {
    "slide": {"row": [0, 1, 2], "column": [0, 1, 2]},
    "filtered": {
        "kind": ["blur", "sharpen", "edges left to right", "edges top to bottom"],
        "size": [3, 5, 15],
    },
    "pool_moved": {"size": [1, 2, 4, 8], "move": [1, 2, 4]},
    "draw_network": {"size": [64, 200], "rounds": [0, 1, 2, 3, 4, 5]},
    "draw_memory": {"side": [100, 200, 400], "memory": [4, 8, 12.7, 16]},
    "draw_batch": {"batch": [0, 29, 58, 87], "seed": [0, 1, 2]},
    "draw_split": {"test_share": [0.1, 0.2, 0.4, 0.6, 0.8, 0.9], "by": ["image", "photograph"]},
    "draw_refusals": {
        "refuse_below": [0.25, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99]
    },
}


def stops(draw: Draw, choices: dict[str, Any]) -> dict[str, list[Any]]:
    """Return where the knobs of a figure stop."""
    if draw.__name__ in STOPS:
        return STOPS[draw.__name__]
    ((knob, choice),) = choices.items()
    return {knob: spread(offered(*choice), start(draw)[knob])}


def offered(low: float, high: float, step: float = 1) -> list[float]:
    """Return the values that a slider offers."""
    # rounded since 0.1 + 0.1 + 0.1 isn't 0.3
    return [round(low + i * step, 6) for i in range(round((high - low) / step) + 1)]


def spread(values: list[float], among: float) -> list[float]:
    """Return some of the values, spread evenly; the ends and `among` are among them."""
    last = min(MOST, len(values)) - 1
    places = [round(i * (len(values) - 1) / last) for i in range(last + 1)]
    at = values.index(among)
    nearest = min(range(last + 1), key=lambda i: abs(places[i] - at))
    places[nearest] = at
    return [values[place] for place in places]


def start(draw: Draw) -> dict[str, Any]:
    """Return the values at which a notebook shows a figure."""
    return {name: knob.default for name, knob in inspect.signature(draw).parameters.items()}


def draw_figure(draw: Draw, moves: dict[str, list[Any]], folder: Path) -> None:
    """Draw a figure at all stops of its knobs."""
    folder.mkdir(parents=True)
    with cut_alike():
        still = picture(draw, start(draw))
        for number, values in enumerate(product(*moves.values())):
            now = picture(draw, start(draw) | dict(zip(moves, values, strict=True)))
            save(change(still, now), folder / frames.file(number))


def picture(draw: Draw, values: dict[str, Any]) -> Image.Image:
    """Return a figure in all its colors, as a notebook shows it whose kernel listens."""
    with patch.object(plots, "has_kernel", lambda: True):
        return plots.picture_of(draw(**values), "a frame").picture


@contextmanager
def cut_alike() -> Iterator[None]:
    """Cut all figures where the first one is cut, whatever sticks out of its Axes."""
    find, found = Figure.get_tightbbox, []

    def first(*args: Any, **options: Any) -> Any:
        found.append(find(*args, **options))
        return found[0]

    with patch.object(Figure, "get_tightbbox", first):
        yield


def change(still: Image.Image, now: Image.Image) -> Image.Image:
    """Return what has to be laid on one picture to see the other; the rest is transparent."""
    differs = (np.array(now) != np.array(still)).any(axis=2)
    around = np.ones((2 * RIM + 1, 2 * RIM + 1))
    alpha = 255 * cv2.dilate(differs.astype(np.uint8), around)
    laid = np.array(now.quantize(COLORS, Image.Quantize.MAXCOVERAGE, kmeans=1).convert("RGB"))
    laid[(np.array(now) == 255).all(axis=2)] = 255
    return Image.fromarray(np.dstack([laid, alpha]))


def save(picture: Image.Image, path: Path) -> None:
    picture.save(path, lossless=True, method=6, quality=100)


def facts(alt: str, values: dict[str, Any], moves: dict[str, list[Any]]) -> frames.Figure:
    """Return what the site tells of a figure, its values written as in the alternative text."""
    parts = list(string.Formatter().parse(alt))
    forms = {name: form or "" for _, name, form, _ in parts if name}
    still = {knob: format(value, forms.get(knob, "")) for knob, value in values.items()}
    named = still | {knob: f"{{{knob}}}" for knob in moves}
    return {
        "alt": "".join(text + named.get(name or "", "") for text, name, *_ in parts),
        "knobs": {k: [format(v, forms.get(k, "")) for v in moves[k]] for k in moves},
        "still": {knob: still[knob] for knob in moves},
        "fixed": {knob: text for knob, text in still.items() if knob not in moves},
    }


def run(lesson: Path) -> float:
    """Run a lesson, keep its outputs and frames; return the seconds that the frames took."""
    known, seconds = dict[str, frames.Figure](), list[float]()
    folder = frames.FOLDER / lesson.stem
    shutil.rmtree(folder, ignore_errors=True)
    show = widgets.explore

    def explore(draw: Draw, alt: str, **choices: Any) -> None:
        show(draw, alt, **choices)
        begin = time.perf_counter()
        moves = stops(draw, choices)
        draw_figure(draw, moves, folder / draw.__name__)
        known[draw.__name__] = facts(alt, start(draw), moves)
        seconds.append(time.perf_counter() - begin)

    with patch.object(widgets, "explore", explore):
        run_and_save(lesson)
    note(lesson.stem, known)
    return sum(seconds)


def run_and_save(notebook: Path) -> None:
    """Do what `nbdev-test --save` does, in this process."""
    os.environ["TQDM_DISABLE"] = "1"
    settings = get_config(contents.ROOT)
    passed, _ = run_notebook(
        notebook.resolve(),
        skip_flags=settings.tst_flags.split(),
        basepath=contents.ROOT,
        save=True,
        cell_timeout=settings.cell_timeout,
    )
    if not passed:
        sys.exit(f"{notebook.name} failed")


def note(lesson: str, known: dict[str, frames.Figure]) -> None:
    """Note what is known of a lesson's figures, and what they were made of."""
    for name, figure in known.items():
        figure["made_of"] = frames.made_of(lesson, name)
        still = frames.still(lesson, name).convert("RGB")
        save(still, frames.FOLDER / lesson / name / frames.STILL)
    noted = dict(sorted((frames.drawn() | {lesson: known}).items()))
    text = json.dumps(noted, indent=1, ensure_ascii=False)
    frames.FACTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    print(run(Path(sys.argv[1])))
