"""A white cell in standard light, size and stain, and varied as elsewhere it might look."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import StrangeCell

import bloodcell_tut as bt
from bloodcell_tut.drawing.laboratories import LABORATORIES
from bloodcell_tut.drawing.smear import draw_photograph
from bloodcell_tut.standardization import StandardCell, standard_cell
from bloodcell_tut.training.variation import vary_cells


def disk(
    ground: tuple[int, int, int], cytoplasm: float, nucleus: float, *, scale: float = 1
) -> np.ndarray:
    """Return a cell of two disks that let these shares of the light through, in all colors."""
    side = round(120 * scale)
    image = np.full((side, side, 3), ground, np.float32)
    for share, radius in ((cytoplasm, 40), (nucleus, 32)):
        cover = np.zeros((side, side), np.uint8)
        cv2.circle(cover, (side // 2, side // 2), round(radius * scale), 1, -1)
        purple = share ** np.array([1, 1.2, 0.4])  # a stain takes most from green
        image[cover > 0] = np.array(ground) * purple
    return image.astype(np.uint8)


def test_the_ground_becomes_white_whatever_the_light() -> None:
    for ground in ((200, 205, 198), (255, 255, 150), (120, 110, 140)):
        cell = standard_cell(disk(ground, 0.7, 0.3))
        assert cell.light == pytest.approx(ground, abs=1)
        assert cell.image[0, 0] == pytest.approx([230, 230, 230], abs=3)


def test_nuclei_are_equally_dark_whatever_the_strength_of_the_stain() -> None:
    density = []
    for nucleus in (0.55, 0.4, 0.25):
        cell = standard_cell(disk((230, 230, 230), 0.8, nucleus))
        middle = cell.image[28:36, 28:36, :2].mean(axis=(0, 1))
        density.append(-np.log(middle / 230).sum())
    assert density == pytest.approx([1.6] * 3, rel=0.06)


def test_a_cell_has_one_size_whatever_the_lens() -> None:
    sides = [standard_cell(disk((210, 214, 208), 0.7, 0.3, scale=k)).square.width for k in (1, 3)]
    assert sides[1] == pytest.approx(3 * sides[0], rel=0.05)


def test_the_factor_stays_in_its_limits() -> None:
    assert standard_cell(np.full((40, 40, 3), 200, np.uint8)).factor == 3.5
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert 0.3 <= standard_cell(noise).factor <= 3.5
    assert isinstance(standard_cell(noise), StandardCell)
    assert standard_cell(noise).image.dtype == np.uint8


def test_the_black_fill_of_a_turned_picture_becomes_white() -> None:
    image = disk((210, 214, 208), 0.7, 0.3)
    image[:25] = 0
    assert standard_cell(image).image[0].min() > 200


def test_what_is_beyond_the_edge_is_white() -> None:
    image = disk((210, 214, 208), 0.7, 0.3)[:, 40:]
    assert standard_cell(image, box=bt.Box(-15, 20, 80, 80)).image[:, 0].min() > 215


def test_training_data_holds_standard_cells_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for i in range(2):
            image = disk((255, 255, 150), 0.7, 0.3 + 0.05 * i)
            cv2.imwrite(str(folder / name / f"{i}.png"), image[..., ::-1])
    dataset = bt.choose_dataset(folder)
    data = bt.create_training_data(dataset, 32, crop=True, standardize=True)
    assert data.standardized and data.take(np.array([0])).standardized
    expected = standard_cell(bt.read_image(dataset.paths[0]), 32).image
    assert (data.images[0] == expected).all()
    cached = bt.create_training_data(dataset, 32, crop=True, standardize=True, cache=True)
    plain = bt.create_training_data(dataset, 32, crop=True, cache=True)
    assert (cached.images == data.images).all() and not plain.standardized
    assert (plain.images != data.images).any()
    assert not bt.create_training_data(dataset, 32, crop=False, standardize=True).standardized


def test_other_laboratories_are_nearer_to_home_afterwards() -> None:
    """The mean color of a cell's middle, of the same cells in four laboratories."""

    def spread(prepare: Callable[[np.ndarray], np.ndarray]) -> float:
        means = []
        for laboratory in LABORATORIES.values():
            drawn = [
                draw_photograph("MONOCYTE", np.random.default_rng(seed), laboratory=laboratory)
                for seed in range(6)
            ]
            means.append(np.mean([prepare(d.image)[16:48, 16:48] for d in drawn], axis=(0, 1, 2)))
        return float(np.std(means, axis=0).mean())

    assert spread(lambda image: standard_cell(image).image) < 0.5 * spread(bt.prepare_image)


def test_all_cells_of_another_laboratory_have_a_standard(
    other_laboratory: list[StrangeCell],
) -> None:
    cells = [standard_cell(cell.image) for cell in other_laboratory[::10]]
    grounds = np.array([np.percentile(cell.image[..., 1], 95) for cell in cells])
    assert (grounds > 215).all()
    assert all(cell.square.width > 50 for cell in cells)


# -- varied --------------------------------------------------------------------------------------


def some_cells(n: int) -> np.ndarray:
    return np.stack([standard_cell(disk((230, 230, 230), 0.75, 0.35)).image] * n)


def test_the_same_seed_varies_alike_and_another_does_not() -> None:
    cells = some_cells(3)
    first, again, other = (vary_cells(cells, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    assert (cells == some_cells(3)).all(), "what was given stays as it is"


def test_hues_vary_around_the_given_one_and_half_of_the_cells_stay_near() -> None:
    cells = some_cells(300)
    varied = vary_cells(cells, np.random.default_rng(0))
    middles = varied[:, 28:36, 28:36].mean(axis=(1, 2))
    given = cells[0, 28:36, 28:36].mean(axis=(0, 1))
    assert np.median(middles, axis=0) == pytest.approx(given, abs=20)
    assert (np.std(middles, axis=0) > 15).all()
    near = np.abs(middles - given).mean(axis=1) < 30
    assert 0.3 < near.mean() < 0.9


def test_a_cell_on_red_ground_is_alone_in_half_of_the_images() -> None:
    image = some_cells(1)[0]
    y, x = np.ogrid[:64, :64]
    image[np.hypot(y - 31.5, x - 31.5) > 28] = (190, 90, 90)
    varied = vary_cells(np.stack([image] * 200), np.random.default_rng(0)).astype(int)
    rims = varied[:, 30:34, 1:4].mean(axis=(1, 2))  # left, where the turned ground was
    white = (rims[:, 1] > 0.75 * rims.max(axis=1)).mean()
    assert 0.35 < white < 0.75


@pytest.mark.parametrize("images", [np.zeros((64, 64, 3), np.uint8), np.zeros((2, 8, 8), np.uint8)])
def test_only_a_batch_of_color_images_can_be_varied(images: np.ndarray) -> None:
    with pytest.raises(bt.ArgumentError, match="images: found"):
        vary_cells(images, np.random.default_rng(0))
