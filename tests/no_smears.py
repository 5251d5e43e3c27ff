"""Pictures of smears, and of other things that have something as blue as a nucleus."""

from collections.abc import Callable

import cv2
import numpy as np

from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.drawing.smear import draw_photograph

Color = tuple[float, float, float]


def _finish(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    blurred = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 1.2)
    return (blurred + rng.normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8)


def _spots(
    image: np.ndarray, rng: np.random.Generator, n: int, radii: tuple[int, int], color: Color
) -> None:
    for _ in range(n):
        middle = [int(v) for v in rng.integers((40, 40), (280, 200))]
        axes = [int(v) for v in rng.uniform(*radii, 2)]
        cv2.ellipse(image, middle, axes, float(rng.uniform(0, 180)), 0, 360, color, -1)


def smear(seed: int) -> np.ndarray:
    kind = list(CELL_KINDS)[seed % len(CELL_KINDS)]
    return draw_photograph(kind, np.random.default_rng(seed + 100)).image


def tissue(seed: int) -> np.ndarray:
    """Pink with holes of fat, and many nuclei."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), (235, 190, 215), np.float32)
    _spots(image, rng, 12, (10, 25), (243, 240, 244))
    _spots(image, rng, 60, (5, 9), (110, 60, 150))
    return _finish(image, rng)


def one_nucleus(seed: int) -> np.ndarray:
    """A single nucleus in pink tissue."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), (235, 190, 215), np.float32)
    _spots(image, rng, 1, (20, 30), (110, 60, 150))
    return _finish(image, rng)


def purple(seed: int) -> np.ndarray:
    """Tissue that is stained all over."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), (165, 110, 185), np.float32)
    _spots(image, rng, 60, (5, 9), (80, 45, 130))
    return _finish(image, rng)


def fluorescence(seed: int) -> np.ndarray:
    """Bright nuclei in the dark, blue in one picture, violet in another."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), (4, 4, 8), np.float32)
    color = (30, 60, 230) if seed % 2 else (150, 40, 220)
    _spots(image, rng, 1 + seed % 3, (18, 28), color)
    return _finish(image, rng)


def bird(seed: int, color: Color = (50, 90, 190), sky: Color = (235, 238, 240)) -> np.ndarray:
    """A blue bird with a red breast on a branch, before a pale sky."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), sky, np.float32)
    x, y = (int(v) for v in rng.integers((80, 80), (240, 160)))
    cv2.line(image, (0, y + 24), (320, y + 30), (90, 65, 45), 5)
    cv2.ellipse(image, (x, y), (32, 19), 15, 0, 360, color, -1)
    cv2.circle(image, (x + 28, y - 16), 12, color, -1)
    cv2.ellipse(image, (x + 6, y + 8), (15, 9), 10, 0, 360, (215, 120, 70), -1)
    return _finish(image, rng)


def violet_bird(seed: int) -> np.ndarray:
    return bird(seed, (100, 60, 190))


def cut_cell(seed: int) -> np.ndarray:
    """A white cell that fills its picture, as other collections have it."""
    from bloodcell_tut.images import crop_white_cell

    return crop_white_cell(smear(seed), 96)


NO_SMEARS: dict[str, Callable[[int], np.ndarray]] = {
    "tissue": tissue,
    "one nucleus in tissue": one_nucleus,
    "purple everywhere": purple,
    "fluorescence": fluorescence,
    "blue birds": bird,
    "violet birds": violet_bird,
    "cells that fill their picture": cut_cell,
}
