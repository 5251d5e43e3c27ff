"""The bytes of image files, before anything is decoded."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import bloodcell_tut as bt


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
def test_good_files_come_back_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"größe 😀{suffix}"
    path.write_bytes(cv2.imencode(suffix, np.zeros((5, 7, 3), np.uint8))[1].tobytes())
    assert bt.image_bytes(path) == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "found"), [(b"", "0 bytes"), (b"text", "no image"), (b"\x89PNG\r\n", "no image")]
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(bt.ImageError, match=found) as caught:
        bt.image_bytes(path)
    assert str(bt.unreadable_image(path, "x")).split(";")[1] in str(caught.value)
