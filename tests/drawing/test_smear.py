"""The painted photographs: nothing but the white cell depends on the class."""

import numpy as np
import pytest

from bloodcell_tut import Box, find_white_cells
from bloodcell_tut.drawing import Augmented, CellKind, Photograph, WhiteCell, augment, draw_field
from bloodcell_tut.drawing.cells import draw_cell
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.drawing.smear import draw_photograph
from bloodcell_tut.errors import ArgumentError


def photographs(seed):
    return {name: draw_photograph(name, np.random.default_rng(seed)) for name in CELL_KINDS}


@pytest.mark.parametrize("seed", range(6))
def test_another_class_changes_nothing_outside_the_cell(seed):
    four = list(photographs(seed).values())
    # the camera's blur reaches some pixels beyond the cell
    y, x = np.mgrid[:240, :320]
    far = np.hypot(x - four[0].center[0], y - four[0].center[1]) > 105
    for other in four[1:]:
        assert other.center == four[0].center
        assert other.red_cells == four[0].red_cells
        assert np.array_equal(other.image[far], four[0].image[far])
        assert not np.array_equal(other.image, four[0].image)


@pytest.mark.parametrize("name", CELL_KINDS)
def test_same_generator_same_bytes(name):
    first, second = (draw_photograph(name, np.random.default_rng([3, 1])) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.mask, second.mask)
    other = draw_photograph(name, np.random.default_rng([3, 2]))
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("name", CELL_KINDS)
def test_the_truth_fits_the_picture(name):
    known = {lobes for _, lobes in CELL_KINDS[name].forms}
    for seed in range(8):
        photograph = draw_photograph(name, np.random.default_rng(seed))
        mask, image = photograph.mask, photograph.image.astype(float)
        assert photograph.lobes in known
        assert 0 < (mask == 2).sum() <= photograph.nucleus_area
        # blue exceeds green in a nucleus, and hardly anywhere else
        blueness = image[..., 2] - image[..., 1]
        assert blueness[mask == 2].mean() > blueness[mask == 0].mean() + 30
        y, x = np.nonzero(mask)
        if x.min() > 0 and x.max() < 319 and y.min() > 0 and y.max() < 239:
            middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
            assert np.hypot(*np.subtract(middle, photograph.center)) < 12


def test_sizes_overlap_between_the_classes():
    rng = np.random.default_rng(0)
    size = {
        name: np.sqrt([draw_cell(name, 1, rng).cell.sum() for _ in range(40)])
        for name in CELL_KINDS
    }
    small, large = size["LYMPHOCYTE"], size["MONOCYTE"]
    assert np.median(small) < np.median(size["NEUTROPHIL"]) < np.median(large)
    for one in ("EOSINOPHIL", "NEUTROPHIL"):
        assert size[one].min() < small.max()
        assert size[one].max() > large.min()


def test_an_unknown_cell_type_is_refused():
    with pytest.raises(ArgumentError, match=r"BASOPHIL.*EOSINOPHIL"):
        draw_photograph("BASOPHIL", np.random.default_rng(0))


@pytest.mark.parametrize("name", CELL_KINDS)
def test_augmented_pictures_keep_the_cell_and_its_truth(name):
    photograph = draw_photograph(name, np.random.default_rng(5))
    assert isinstance(photograph, Photograph)
    for seed in range(5):
        copy = augment(photograph, np.random.default_rng(seed))
        assert isinstance(copy, Augmented) and copy.image.shape == photograph.image.shape
        x, y, width, height = copy.box
        assert 0 <= x < x + width <= 320 and 0 <= y < y + height <= 240
        assert 0 < copy.nucleus_visible <= 1
        assert not np.array_equal(copy.image, photograph.image)
    twin = augment(photograph, np.random.default_rng(4))
    assert np.array_equal(twin.image, copy.image) and twin.box == copy.box


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_field_has_as_many_cells_as_asked_for(n: int) -> None:
    image, boxes = draw_field(n, np.random.default_rng(n))
    assert image.shape == (240, 320, 3) and image.dtype == np.uint8 and len(boxes) == n
    again, same = draw_field(n, np.random.default_rng(n))
    assert np.array_equal(image, again) and boxes == same
    found = find_white_cells(image)
    assert len(found) == n
    assert all(max(box.overlap(Box(*truth)) for box in found) > 0.3 for truth in boxes)


def test_what_is_painted_is_described() -> None:
    for name, kind in CELL_KINDS.items():
        assert isinstance(kind, CellKind)
        cell = draw_cell(name, 1.0, np.random.default_rng(0))
        assert isinstance(cell, WhiteCell) and cell.lobes >= 1
        assert cell.color.shape == (*cell.cell.shape, 3)
