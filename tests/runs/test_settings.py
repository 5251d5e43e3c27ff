"""The settings of a run: what no run can do is refused before anything is read."""

from pathlib import Path
from typing import Any

import pytest

import bloodcell_tut as bt
from bloodcell_tut.runs.settings import RECIPE_NAMES


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "large"},
        {"recipe": "cake"},
        {"split": "cell"},
        {"crop": "bird"},
        {"crop": True},
        {"crop": "cell", "model": "article"},
        {"epochs": 0},
        {"seed": -1},
        {"seed": 2**32},
    ],
)
def test_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(bt.ArgumentError, match=f"^{next(iter(wrong))}: found"):
        bt.RunSettings(**wrong)
    assert set(bt.runs.IMAGE_SIZES) == {"small", "wide", "article"}
    assert (
        set(RECIPE_NAMES)
        == set(bt.training.RECIPES)
        == {"cells", "natural", "letters", "anywhere", "article"}
    )


def test_a_report_among_the_images_is_refused(tmp_path: Path) -> None:
    for data, test_data in ((tmp_path, None), ("sample", tmp_path)):
        with pytest.raises(bt.ArgumentError, match=r"out: found .* a folder outside of"):
            bt.RunSettings(data, test_data, out=tmp_path / "runs" / "latest")
