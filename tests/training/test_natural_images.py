"""Which changes keep the class of an image, found from the images; and shifting."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import draw_cross_or_disc, draw_letter

from bloodcell_tut.training import Symmetry, find_symmetry, shift_images
from bloodcell_tut.training.natural_images import MOST_IMAGES

CIFAR10 = Path(__file__).parents[2].parent / "shared" / "data" / "cifar10.zip"


def letters(words: str, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Draw letters here and there, white on black."""
    images = np.stack([draw_letter(words[i % len(words)], 32, seed=i) for i in range(n)])
    return images, np.arange(n) % len(words)


def test_a_mirrored_letter_that_is_another_letter_is_noticed() -> None:
    found = find_symmetry(*letters("bd"))
    assert found.plain > 0.9 and found.mirrored < 0.2
    assert not found.mirror and not found.turn


def test_what_is_its_own_mirror_image_may_be_mirrored_and_not_turned() -> None:
    found = find_symmetry(*letters("AMTV"))
    assert found.mirror and not found.turn


def test_what_looks_the_same_from_all_sides_may_be_turned() -> None:
    images = np.zeros((600, 32, 32, 3), np.uint8)
    for i, image in enumerate(images):
        draw_cross_or_disc(image, i)
    found = find_symmetry(images, np.arange(600) % 2)
    assert found.mirror and found.turn and found.n == 300


def test_what_nobody_can_tell_is_not_turned() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2400, 8, 8, 3), dtype=np.uint8)
    found = find_symmetry(noise, np.arange(2400) % 2)
    assert found.mirror and not found.turn and found.n == MOST_IMAGES // 2
    assert found == find_symmetry(noise, np.arange(2400) % 2) and isinstance(found, Symmetry)


def test_photographs_may_be_mirrored_and_not_turned() -> None:
    if not CIFAR10.is_file():
        pytest.skip(f"NOT TESTED on photographs of things: {CIFAR10} is not there")
    images, labels = [], []
    with zipfile.ZipFile(CIFAR10) as archive:
        names = sorted(n for n in archive.namelist() if n.startswith("train/") and "." in n)
        for name in names[:: len(names) // MOST_IMAGES]:
            data = np.frombuffer(archive.read(name), np.uint8)
            images.append(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB))
            labels.append(name.split("/")[1])
    found = find_symmetry(np.stack(images), np.unique(labels, return_inverse=True)[1])
    assert found.mirror and not found.turn
    assert found.plain > 0.2 > found.turned


def test_shifted_images_are_the_same_elsewhere() -> None:
    images = np.random.default_rng(1).integers(0, 256, (50, 16, 24, 3), dtype=np.uint8)
    varied = shift_images(images, np.random.default_rng(0))
    assert varied.shape == images.shape and varied.dtype == np.uint8
    moves = set()
    for image, shifted in zip(images, varied, strict=True):
        middle = shifted[4:12, 6:18]
        found = [
            (y, x)
            for y in range(-2, 3)
            for x in range(-3, 4)
            if (image[4 + y : 12 + y, 6 + x : 18 + x] == middle).all()
        ]
        assert len(found) == 1
        moves.add(found[0])
    assert {y for y, _ in moves} == {-2, -1, 0, 1, 2} and len({x for _, x in moves}) == 7
    np.testing.assert_array_equal(varied, shift_images(images, np.random.default_rng(0)))
