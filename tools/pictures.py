"""The site's own pictures, drawn by the package: favicon, logo and the card for social media."""

from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from PIL import Image

from bloodcell_tut.drawing.cells import draw_cell
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.plots import nine_steps

SEEDS = dict(zip(sorted(CELL_KINDS), (4, 1, 3, 11), strict=True))


def cell(kind: str, size: int) -> np.ndarray:
    """Return one drawn white cell on a transparent ground, RGBA, uint8."""
    drawn = draw_cell(kind, 3.0, np.random.default_rng(SEEDS[kind]))
    alpha = 255 * np.clip(drawn.cell, 0, 1)[..., None]
    picture = np.concatenate([np.clip(drawn.color, 0, 255), alpha], axis=2).astype(np.uint8)
    ys, xs = np.nonzero(drawn.cell > 0.5)
    picture = picture[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    side = max(picture.shape[:2])
    square = np.zeros((side, side, 4), np.uint8)
    y, x = (side - picture.shape[0]) // 2, (side - picture.shape[1]) // 2
    square[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)


def card() -> plt.Figure:
    """Draw the card: the four kinds of cells, the name, and the nine steps; 1200x630 pixels."""
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 12), ylim=(0, 6.3))
    ax.set_axis_off()
    for i, kind in enumerate(sorted(CELL_KINDS)):
        picture = OffsetImage(cell(kind, 180), zoom=0.72)
        ax.add_artist(AnnotationBbox(picture, (1.75 + 2.83 * i, 4.85), frameon=False))
    ax.text(0.85, 2.95, "bloodcell_tut", fontsize=50, weight="bold", color="#2b1640")
    subtitle = "Image classification with a CNN in nine steps,\non blood cells, scored honestly"
    ax.text(0.88, 1.75, subtitle, fontsize=22, color="#444", linespacing=1.35)
    nine_steps(ax=figure.add_axes((0.06, 0.06, 0.88, 0.15)))
    return figure


def save(path: Path, rgba: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))[1].tobytes())


def draw(folder: Path) -> None:
    """Write the pictures into a folder."""
    folder.mkdir(parents=True)
    save(folder / "favicon.png", cell("NEUTROPHIL", 64))
    save(folder / "logo.png", cell("NEUTROPHIL", 128))
    figure, path = card(), folder / "social_card.png"
    figure.savefig(path)
    plt.close(figure)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
