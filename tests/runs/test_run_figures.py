"""The figures of a report: each can be read by who doesn't see it, and keeps its proportions."""

from pathlib import Path

import numpy as np
import pytest
from builders import HISTORY, evaluation

import bloodcell_tut as bt
from bloodcell_tut.runs import plot_learning_curves
from bloodcell_tut.runs.figures import draw_examples, draw_figures, draw_mistakes, encode_png


def test_each_figure_says_what_it_shows() -> None:
    figures = draw_figures(evaluation(), HISTORY)
    assert [figure.name for figure in figures] == ["learning_curves", "confusion", "mistakes"]
    for figure in figures:
        assert len(figure.alt) > 20 and figure.dark and figure.dark != figure.image


def test_learning_curves_without_a_watched_part() -> None:
    ax = plot_learning_curves({"accuracy": [0.5], "loss": [1.0]})
    assert len(ax.figure.axes) == 2 and len(ax.lines) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (240, 320)])
def test_encode_png_keeps_the_proportions(tmp_path: Path, shape: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(np.zeros((*shape, 3), np.uint8), 50))
    height, width, _ = bt.read_image(tmp_path / "a.png").shape
    assert (height, width) == (50, max(1, round(50 * shape[1] / shape[0])))


@pytest.mark.parametrize(("crop", "shown"), [(True, "A cell of"), (False, "An image of")])
def test_only_what_was_cut_out_is_called_a_cell(crop: bool, shown: str) -> None:
    mistakes = draw_mistakes(evaluation(crop=crop))
    assert mistakes and all(figure.alt.startswith(shown) for figure in mistakes)


def test_an_example_of_each_class(tmp_path: Path) -> None:
    for name, value in (("a", 100), ("b", 200)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(b"no picture")
        image = encode_png(np.full((30, 40, 3), value, np.uint8))
        (tmp_path / name / "1.png").write_bytes(image)
    examples = draw_examples(bt.choose_dataset(tmp_path), 64, crop=False)
    assert [figure.name for figure in examples] == ["a", "b"]
    assert [figure.alt.split(",")[0] for figure in examples] == [
        "An image of class a",
        "An image of class b",
    ]
