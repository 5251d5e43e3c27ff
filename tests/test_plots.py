"""What all figures share."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from bloodcell_tut import ArgumentError, show_images
from bloodcell_tut.plots import CLASS_COLORS, STEPS, class_color, nine_steps, show


def luminance(color: Any) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return float(np.dot(channels, (0.2126, 0.7152, 0.0722)))


def test_class_colors_come_round() -> None:
    assert [class_color(i) for i in range(7)] == list(CLASS_COLORS)
    assert class_color(9) == CLASS_COLORS[2]


def test_nine_steps_lights_one() -> None:
    assert len(STEPS) == 9
    for step in range(10):
        faces = [patch.get_facecolor() for patch in nine_steps(step).patches]
        lit = [i for i, face in enumerate(faces) if faces.count(face) == 1]
        assert lit == ([step - 1] if step else [])


def test_nine_steps_can_be_read() -> None:
    for text, patch in zip(nine_steps(3).texts[:1], nine_steps(3).patches[:1], strict=True):
        light, dark = sorted((luminance(patch.get_facecolor()), luminance(text.get_color())))
        assert (dark + 0.05) / (light + 0.05) >= 4.5


def test_show_carries_the_alternative_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    show(nine_steps(1), alt="nine steps")
    data, metadata = shown[0]._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == "nine steps"
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    shown_at = metadata["image/png"]["width"], metadata["image/png"]["height"]
    assert shown_at == (picture.width // 2, picture.height // 2)
    assert 600 < shown_at[0] < 900, "nine inches at 96 pixels, less what is empty"
    with pytest.raises(ArgumentError, match="alt"):
        show(nine_steps(1), alt="")


def test_show_images_makes_a_grid() -> None:
    pictures = [np.zeros((4, 6, 3), np.uint8)] * 5
    ax = show_images(pictures, list("abcde"), columns=3)
    axes = ax.figure.axes
    assert [a.get_title() for a in axes] == ["a", "b", "c", "d", "e", ""]
    assert [len(a.images) for a in axes] == [1, 1, 1, 1, 1, 0]
