"""Sets of images in which nobody sees a cell are noticed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.files.image_file_shades import darkest_and_brightest, shade_note


@pytest.mark.parametrize(("white", "shade"), [(15, "black"), (255, ""), (-15, "white")])
def test_a_set_that_is_almost_black_or_white_is_told(
    white: int, shade: str, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for k in range(4):
            pixels = (rng.random((16, 16, 3)) * abs(white)).astype(np.uint8)
            pixels = 255 - pixels if white < 0 else pixels
            cv2.imwrite(str(tmp_path / name / f"{k}.png"), pixels)
    data = bt.create_training_data(bt.choose_dataset(tmp_path), size=16)
    assert len(data.images) == 8
    told = [str(warning.message) for warning in recwarn if "almost" in str(warning.message)]
    assert told == ([shade_note(list(map(darkest_and_brightest, data.images)))] if shade else [])
    assert [
        note for note in bt.audit(tmp_path).notes if f"found 8 of 8 almost {shade}" in note
    ] == ([f"{tmp_path}: {told[0]}"] if shade else [])
    assert not shade or f"found 8 of 8 almost {shade}; expected cells" in told[0]


def test_black_images_among_others_are_nothing_to_tell() -> None:
    images = np.full((1000, 4, 4, 3), 120, np.uint8)
    images[::3] = 0
    assert shade_note(list(map(darkest_and_brightest, images))) == ""
    images[::2] = 0
    assert "almost black" in shade_note(list(map(darkest_and_brightest, images)))
