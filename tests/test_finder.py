"""All white cells of a field, and of a wider view."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from builders import field

import bloodcell_tut as bt
from bloodcell_tut.finder import field_width


def matched(found: list[bt.Box], true: list[bt.Box]) -> int:
    return sum(any(box.overlap(cell) >= 0.5 for box in found) for cell in true)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_all_cells_of_a_field_are_found(n: int) -> None:
    fields = [field(n, seed) for seed in range(10)]
    found = [bt.find_white_cells(image) for image, _ in fields]
    right = sum(matched(boxes, cells) for boxes, (_, cells) in zip(found, fields, strict=True))
    assert right >= 0.95 * 10 * n
    assert sum(map(len, found)) <= 10 * n + (n > 0)


def test_a_larger_file_of_one_field_gives_the_same_cells() -> None:
    image, cells = field(2, 0)
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    assert field_width(large) == 1280
    scaled = [bt.Box(4 * c.x, 4 * c.y, 4 * c.width, 4 * c.height) for c in cells]
    assert matched(bt.find_white_cells(large), scaled) == len(bt.find_white_cells(large)) == 2


def test_a_wide_view_is_known_by_its_red_cells() -> None:
    fields = [field(1 + i % 2, i) for i in range(16)]
    view = np.vstack([np.hstack([f[0] for f in fields[4 * r : 4 * r + 4]]) for r in range(4)])
    cells = [
        replace(cell, x=cell.x + 320 * (i % 4), y=cell.y + 240 * (i // 4))
        for i, (_, boxes) in enumerate(fields)
        for cell in boxes
    ]
    assert 240 < field_width(view) < 480
    found = bt.find_white_cells(view)
    assert matched(found, cells) >= 0.9 * len(cells) and len(found) <= 1.1 * len(cells)


def test_the_first_cell_is_that_of_lesson_2() -> None:
    for seed in range(5):
        image, _ = field(1, 100 + seed)
        assert bt.find_white_cells(image)[0] == bt.find_white_cell(image)


def test_lobes_of_one_nucleus_are_one_cell_and_platelets_are_none() -> None:
    image = np.full((240, 320, 3), (230, 215, 210), np.uint8)
    cv2.circle(image, (150, 120), 34, (200, 170, 205), -1)
    for x, y in ((135, 105), (168, 112), (146, 142)):
        cv2.circle(image, (x, y), 13, (90, 50, 150), -1)
    for x in range(40, 300, 60):
        cv2.circle(image, (x, 25), 5, (120, 90, 170), -1)
    (cell,) = bt.find_white_cells(image)
    assert cell.overlap(bt.Box(116, 86, 68, 68)) > 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 3), (2, 2), (2000, 3000)])
def test_no_picture_is_too_odd(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    found = bt.find_white_cells(rng.integers(0, 256, (*shape, 3), np.uint8))
    assert len(found) <= (min(shape) < 10), "enlarged to a single patch, or none"
    assert bt.find_white_cells(np.full((*shape, 3), 255, np.uint8)) == []
