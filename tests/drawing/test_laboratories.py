"""Blood drawn as another laboratory stains and photographs it; home's stays to the byte."""

import csv
import hashlib
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from bloodcell_tut.drawing import (
    CELL_KINDS,
    HOME,
    LABORATORIES,
    PLASMA,
    Laboratory,
    Stain,
    draw_field,
    draw_photograph,
    draw_sample,
    random_laboratory,
)
from bloodcell_tut.drawing.laboratories import restain
from bloodcell_tut.drawing.sample import _drawing_stamp
from bloodcell_tut.errors import ArgumentError, DatasetError

OTHERS = [name for name in LABORATORIES if name != "home"]
# nothing but what a test changes
CLEAN = replace(HOME, name="clean", noise=0.0, blur=0.02)


def drawn(laboratory, cell_type="NEUTROPHIL", seed=0):
    return draw_photograph(cell_type, np.random.default_rng(seed), laboratory=laboratory)


def pixels(laboratory, cell_type="NEUTROPHIL", seed=0):
    return drawn(laboratory, cell_type, seed).image.astype(float)


def digest(*arrays):
    found = hashlib.sha256()
    for array in arrays:
        found.update(array.tobytes())
    return found.hexdigest()[:16]


def test_home_is_unchanged_to_the_byte():
    four = [
        draw_photograph(name, np.random.default_rng(i), laboratory=LABORATORIES["home"])
        for i, name in enumerate(CELL_KINDS)
    ]
    assert digest(*(part for p in four for part in (p.image, p.mask))) == "dd78e848e1985366"
    bare = draw_photograph("EOSINOPHIL", np.random.default_rng(0))
    assert np.array_equal(bare.image, four[0].image)
    assert digest(draw_field(3, np.random.default_rng(3))[0]) == "d3840098bf5bed4b"


def test_home_under_another_name_looks_the_same():
    for name in CELL_KINDS:
        cell, twin = drawn(HOME, name), drawn(replace(HOME, name="twin"), name)
        assert np.array_equal(cell.mask, twin.mask)
        off = np.abs(cell.image.astype(float) - twin.image)
        assert off.mean() < 1 and off[cell.mask > 0].mean() < 6


def test_four_are_named_and_clearly_different():
    assert next(iter(LABORATORIES)) == "home" and len(LABORATORIES) == 4
    assert all(name == one.name for name, one in LABORATORIES.items())
    grounds = np.array([one.ground for one in LABORATORIES.values()])
    nuclei = np.array(
        [np.median(pixels(one)[drawn(one).mask == 2], axis=0) for one in LABORATORIES.values()]
    )
    for looks in (grounds, nuclei):
        apart = np.linalg.norm(looks[:, None] - looks[None], axis=2)
        assert apart[~np.eye(4, dtype=bool)].min() > 20


@pytest.mark.parametrize("name", LABORATORIES)
def test_the_empty_glass_has_the_lights_color(name):
    one = LABORATORIES[name]
    tops = [np.percentile(pixels(one, seed=s).reshape(-1, 3), 85, axis=0) for s in range(12)]
    assert np.allclose(np.mean(tops, axis=0), one.ground, atol=6)


def test_the_ground_is_exposure_times_light_with_its_tint_taken_out():
    yellow = replace(HOME, name="a", light=(1.0, 0.8, 0.5), exposure=0.6)
    assert np.allclose(yellow.ground, (153, 122.4, 76.5), atol=0.1)
    assert np.allclose(replace(yellow, white_balance=1.0).ground, (153, 153, 153), atol=0.1)
    half = replace(yellow, white_balance=0.5).ground
    assert np.allclose(half, np.sqrt([153 * 153, 122.4 * 153, 76.5 * 153]), atol=0.1)
    assert replace(yellow, exposure=2.0).ground == (255, 255, 255)
    assert np.allclose(HOME.ground, PLASMA)


@pytest.mark.parametrize("name", LABORATORIES)
@pytest.mark.parametrize("cell_type", CELL_KINDS)
def test_nuclei_are_darker_than_cytoplasm_than_ground(name, cell_type):
    one = LABORATORIES[name]
    for seed in range(4):
        photograph = drawn(one, cell_type, seed)
        gray = photograph.image.mean(axis=2)
        nucleus, cytoplasm = (np.median(gray[photograph.mask == k]) for k in (2, 1))
        assert nucleus + 10 < cytoplasm < np.mean(one.ground) - 5


def test_light_that_passes_a_stain_falls_exponentially():
    green = replace(HOME, name="a", nucleus=Stain((0.0, 1.0, 0.0)))
    home = np.array(PLASMA) * np.exp(-HOME.nucleus.density)
    expected = np.array(PLASMA) * np.exp([0, -1, 0])
    assert np.allclose(restain(home, green), expected, atol=0.05)
    twice = replace(green, nucleus=Stain((0.0, 1.0, 0.0), 2))
    assert np.allclose(restain(home, twice), np.array(PLASMA) * np.exp([0, -2, 0]), atol=0.05)
    assert np.allclose(restain(PLASMA, green), PLASMA)


def test_red_cells_without_color_vanish():
    bare = replace(CLEAN, red_cells=Stain(HOME.red_cells.color, 0.0))
    for seed in range(3):
        dense, empty = drawn(CLEAN, seed=seed), drawn(bare, seed=seed)
        assert dense.red_cells == empty.red_cells > 0
        far = cv2.dilate((dense.mask > 0).astype(np.uint8), np.ones((25, 25))) == 0
        # platelets stay, a few small spots
        spread = [np.percentile(p.image[far].mean(axis=1), 95) -
                  np.percentile(p.image[far].mean(axis=1), 10) for p in (dense, empty)]  # fmt: skip
        assert spread[0] > 50 and spread[1] < 20


@pytest.mark.parametrize("times", [0.7, 1.6, 2.0])
def test_magnification_makes_cells_as_many_times_as_large(times):
    larger = replace(HOME, name="a", pixel=HOME.pixel / times)
    assert larger.scale == pytest.approx(times)
    lens = replace(larger, magnification=50, pixel=HOME.pixel / times / 2)
    assert lens.scale == pytest.approx(times)
    ratios = [
        np.sqrt(drawn(larger, name, seed).nucleus_area / drawn(HOME, name, seed).nucleus_area)
        for name in CELL_KINDS
        for seed in range(5)
    ]
    assert np.median(ratios) == pytest.approx(times, rel=0.04)


def noise_of(image):
    # what is left when neighbors are taken out, in the flattest part
    left = image - cv2.medianBlur(image.astype(np.float32), 3)
    blocks = left[:240, :320].reshape(12, 20, 16, 20, 3).std(axis=(1, 3))
    return float(np.percentile(blocks, 10))


def test_noise_is_measurable():
    levels = [noise_of(pixels(replace(HOME, name="a", noise=noise))) for noise in (0.1, 2, 6)]
    assert levels[0] < 1 and levels[1] > 2 * levels[0] and levels[2] > 2 * levels[1]


def edges(image):
    return float(np.percentile(np.abs(np.diff(image, axis=1)), 99.5))


def test_blur_softens_and_sharpening_makes_edges_steeper():
    one = replace(CLEAN, blur=0.15)
    sharp, soft, sharpened = (
        edges(pixels(other))
        for other in (one, replace(one, blur=0.5), replace(one, sharpening=1.5))
    )
    assert soft < 0.7 * sharp and sharpened > 1.3 * sharp


def test_contrast_and_saturation_stretch():
    flat = pixels(replace(CLEAN, contrast=0.5))
    assert np.allclose(flat, 127.5 + 0.5 * (pixels(replace(CLEAN, contrast=1.0)) - 127.5), atol=1.5)
    gray = pixels(replace(CLEAN, saturation=0.0))
    assert np.ptp(gray, axis=2).max() <= 1


@pytest.mark.parametrize("name", LABORATORIES)
def test_the_same_seed_gives_the_same_bytes(name):
    one = LABORATORIES[name]
    assert np.array_equal(drawn(one, seed=3).image, drawn(one, seed=3).image)
    assert not np.array_equal(drawn(one, seed=3).image, drawn(one, seed=4).image)
    image, boxes = draw_field(2, np.random.default_rng(5), laboratory=one)
    again, same = draw_field(2, np.random.default_rng(5), laboratory=one)
    assert np.array_equal(image, again) and boxes == same and len(boxes) == 2


@pytest.mark.parametrize("name", OTHERS)
def test_only_the_white_cell_tells_the_class(name):
    first, *others = (drawn(LABORATORIES[name], kind, 12) for kind in CELL_KINDS)
    y, x = np.mgrid[:240, :320]
    far = np.hypot(x - first.center[0], y - first.center[1]) > 150
    assert far.any()
    assert all(np.array_equal(other.image[far], first.image[far]) for other in others)


def test_a_field_that_is_full_takes_no_more_cells():
    large = replace(HOME, name="a", pixel=HOME.pixel / 3)
    _, boxes = draw_field(9, np.random.default_rng(0), laboratory=large)
    assert 0 < len(boxes) < 9


def test_random_laboratories_are_wide():
    many = [random_laboratory(np.random.default_rng(seed)) for seed in range(300)]
    assert many[7] == random_laboratory(np.random.default_rng(7)) != many[8]
    scales, lenses = [one.scale for one in many], [one.magnification for one in many]
    assert 0.7 <= min(scales) < 0.75 and 2.1 < max(scales) <= 2.2
    assert 40 <= min(lenses) < 43 and 97 < max(lenses) <= 100
    red, green, blue = np.array([one.ground for one in many]).T
    white, gray = blue > 250, (np.ptp([red, green, blue], axis=0) < 15) & (green < 200)
    yellow, lilac = blue + 60 < np.minimum(red, green), green + 15 < np.minimum(red, blue)
    pink = (green + 20 < red) & (blue + 5 < red) & (green + 5 < blue)
    assert all(kind.sum() >= 5 for kind in (white, gray, yellow, lilac, pink))
    invisible = [max(one.red_cells.density) < 0.06 for one in many]
    dense = [max(one.red_cells.density) > 0.5 for one in many]
    assert sum(invisible) >= 5 and sum(dense) >= 5
    depths = [one.nucleus.density[1] for one in many]
    assert min(depths) < 0.45 and max(depths) > 2.1


def test_the_nucleus_is_the_darkest_nearly_everywhere():
    right = []
    for seed in range(40):
        rng = np.random.default_rng([5, seed])
        photograph = draw_photograph("LYMPHOCYTE", rng, laboratory=random_laboratory(rng))
        gray = photograph.image.mean(axis=2)
        nucleus, cytoplasm = (np.median(gray[photograph.mask == k]) for k in (2, 1))
        right.append(nucleus < cytoplasm)
    assert np.mean(right) > 0.95


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "name: found ''; expected a name"),
        ({"exposure": 9}, "exposure: found 9; expected a number from 0.2 to 2"),
        ({"white_balance": True}, "white_balance: found True; expected a number from 0 to 1"),
        ({"noise": -1}, "noise: found -1; expected a number from 0 to 20"),
        ({"nucleus": (1, 2, 3)}, r"nucleus: found \(1, 2, 3\); expected a Stain"),
        ({"light": (1, 1)}, r"light: found \(1, 1\); expected three numbers in brackets"),
        ({"light": (1, 1, 0)}, "light: found 0; expected a number from 0.05 to 1"),
        ({"jpeg_quality": 90}, "jpeg_quality: found 90; expected two whole numbers"),
        ({"jpeg_quality": (90, 60)}, "jpeg_quality: found 60; expected a whole number, 90 to 100"),
        ({"pixel": 60.0}, r"pixel: found 60.0; expected 6.25 to 46.9 µm at magnification=100"),
    ],
)
def test_what_no_laboratory_has_is_refused(change, said):
    with pytest.raises(ArgumentError, match=said):
        replace(HOME, **change)


def test_a_stain_is_three_densities_and_a_strength():
    assert np.allclose(Stain((1.0, 2.0, 0.5), 0.5).density, (0.5, 1, 0.25))
    with pytest.raises(ArgumentError, match="strength: found -1; expected a number from 0 to 10"):
        Stain((1.0, 2.0, 0.5), -1)
    with pytest.raises(ArgumentError, match="color: found 9; expected a number from -1 to 5"):
        Stain((9, 2.0, 0.5))


@pytest.fixture(scope="module")
def rapid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "rapid"
    return draw_sample(folder, n_photographs=8, n_images=16, seed=5, laboratory="rapid")


def table(folder):
    with (folder / "photographs.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_sample_of_another_laboratory_has_the_layout_and_true_boxes(rapid):
    assert len(table(rapid)) == len(list(rapid.glob("images/*/*/_*_*.jpeg"))) == 16
    for row in table(rapid):
        path = rapid / "images" / row["split"] / row["class"] / row["file"]
        image = cv2.imread(str(path))
        assert image.shape == (240, 320, 3)
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        # nuclei are dark, and all else is bright or black fill
        green = cv2.medianBlur(image[..., 1], 7)
        dark = (green < 90) & (cv2.medianBlur(image[..., 2], 7) > 60)
        inside = np.zeros_like(dark)
        inside[y : y + height, x : x + width] = True
        if float(row["nucleus_visible"]) > 0.5:
            assert dark[inside].sum() > 100 and dark[inside].sum() > 0.85 * dark.sum()


def test_a_sample_is_saved_with_the_laboratorys_quality(tmp_path):
    sizes = {}
    for quality in (20, 95):
        one = replace(HOME, name="a", jpeg_quality=(quality, quality))
        folder = draw_sample(tmp_path / str(quality), n_photographs=8, n_images=8, laboratory=one)
        sizes[quality] = sum(path.stat().st_size for path in folder.rglob("*.jpeg"))
    assert sizes[95] > 3 * sizes[20]


def test_each_laboratory_has_its_own_place_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path))
    draw = partial(draw_sample, n_photographs=8, n_images=8, seed=9)
    home, other = draw(), draw(laboratory="giemsa")
    assert home.name == f"sample-{_drawing_stamp()}-9-8-8"
    assert other.name.startswith(f"{home.name}-")
    assert draw(laboratory=HOME) == home
    assert draw(laboratory=LABORATORIES["giemsa"]) == other
    both = (home, other)
    plans, files = ([[row[k] for row in table(f)] for f in both] for k in ("original", "sha256_16"))
    assert plans[0] == plans[1] and not set(files[0]) & set(files[1])


def test_another_laboratorys_sample_is_something_else(rapid):
    with pytest.raises(DatasetError, match="holds something else"):
        draw_sample(rapid, n_photographs=8, n_images=16, seed=5)


def test_an_unknown_laboratory_is_refused(tmp_path):
    names = "home, giemsa, rapid, leishman"
    with pytest.raises(ArgumentError, match=f"laboratory: found 'lab'; expected one of {names}"):
        draw_sample(tmp_path / "none", n_photographs=8, n_images=8, laboratory="lab")
    with pytest.raises(ArgumentError, match="laboratory: found 'rapid'; expected a Laboratory"):
        draw_photograph("MONOCYTE", np.random.default_rng(0), laboratory="rapid")  # type: ignore[arg-type]
    assert isinstance(HOME, Laboratory)
