"""Scenes: what is painted can be counted, and the list says what is painted."""

import itertools

import cv2
import numpy as np
import pytest

from bloodcell_tut import find_white_cell
from bloodcell_tut.drawing import CELL_KINDS, Scene, SceneCell, draw_scene
from bloodcell_tut.errors import ArgumentError

KINDS = list(CELL_KINDS)
MIXED = [KINDS[i : i + 3] for i in range(2)] + [["MONOCYTE"] * 4, []]


def scene(cell_types: list[str], seed: int, red_cells: int = 9) -> Scene:
    return draw_scene(cell_types, np.random.default_rng(seed), red_cells=red_cells)


@pytest.mark.parametrize("cell_types", MIXED, ids=len)
def test_each_quarter_holds_one_white_cell_at_most(cell_types: list[str]) -> None:
    for seed in range(4):
        cells = scene(cell_types, seed).cells
        assert all(isinstance(cell, SceneCell) for cell in cells)
        assert [c.cell_type for c in cells] == cell_types[: len(cells)]
        quarters = [(c.center[0] > 160, c.center[1] > 120) for c in cells]
        assert len(set(quarters)) == len(quarters)
        for one, other in itertools.combinations(cells, 2):
            assert np.hypot(*np.subtract(one.center, other.center)) > 40
        for cell in cells:
            assert cell.lobes in {lobes for _, lobes in CELL_KINDS[cell.cell_type].forms}


@pytest.mark.parametrize("kind", KINDS)
def test_white_cells_are_whole(kind: str) -> None:
    for seed in range(8):
        box = find_white_cell(scene([kind], seed, red_cells=0).image)
        assert box is not None
        assert 0 < box.x < box.x + box.width < 320 and 0 < box.y < box.y + box.height < 240


def dark_spots(image: np.ndarray) -> int:
    """Count what is darker than the glass and as large as a red cell."""
    green = cv2.GaussianBlur(image[..., 1], (0, 0), 2).astype(float)
    dark = (green < np.median(green) - 18).astype(np.uint8)
    areas = cv2.connectedComponentsWithStats(dark)[2][1:, cv2.CC_STAT_AREA]
    return int((areas > 200).sum())


def test_as_many_red_cells_as_are_counted() -> None:
    for seed, n in enumerate((0, 1, 5, 12)):
        drawn = scene([], seed, red_cells=n)
        assert drawn.red_cells == n == dark_spots(drawn.image)
    crowded = scene(["MONOCYTE"] * 3, 0, red_cells=500)
    assert 12 < crowded.red_cells < 100


def test_the_same_generator_paints_the_same_scene() -> None:
    first, second, other = (scene(KINDS[:2], seed) for seed in (1, 1, 2))
    assert np.array_equal(first.image, second.image) and first.cells == second.cells
    assert not np.array_equal(first.image, other.image)


def test_what_cannot_be_painted_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"cell_types: found 'BASOPHIL'.*EOSINOPHIL"):
        scene(["BASOPHIL"], 0)
    with pytest.raises(ArgumentError, match=r"cell_types: found 5 names; expected at most four"):
        scene(["MONOCYTE"] * 5, 0)
    with pytest.raises(ArgumentError, match=r"red_cells: found -1"):
        scene([], 0, red_cells=-1)
