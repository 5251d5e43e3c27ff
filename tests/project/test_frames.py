"""The lessons' sliders on the site: their frames are there, are new, and show what they should."""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import combinations
from math import prod
from pathlib import Path

import contents
import draw_frames
import frames
import nbformat
import numpy as np
import pytest
from lessons import LESSONS, code
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from PIL import Image
from playwright.sync_api import Page
from site_pages import ROOT, browser

from bloodcell_tut import plots

FIGURES = [(x, name) for x in contents.lessons() for name in frames.with_knobs(x)]
each_figure = pytest.mark.parametrize(("lesson", "name"), FIGURES)
# it has five stops, and a frame for each
FEW = "draw_depth"


def layers(lesson: str, name: str) -> list[np.ndarray]:
    """What is laid on a figure's picture at each stop, RGBA."""
    count = prod(map(len, frames.drawn()[lesson][name]["knobs"].values()))
    folder = frames.FOLDER / lesson / name
    return [np.array(Image.open(folder / frames.file(i)).convert("RGBA")) for i in range(count)]


def test_no_slider_is_left_out() -> None:
    calls = [
        call for p in LESSONS for text in code(p) for call in re.findall(r"^explore\(", text, re.M)
    ]
    assert len(calls) == len(FIGURES) == 15
    assert sorted((x, y) for x, each in frames.drawn().items() for y in each) == sorted(FIGURES)
    places = {path.parent for path in frames.FOLDER.rglob("*.*")} & {*frames.FOLDER.glob("*/*")}
    assert places == {frames.FOLDER / lesson / name for lesson, name in FIGURES}


def test_all_frames_together_are_small() -> None:
    assert sum(path.stat().st_size for path in frames.FOLDER.rglob("*.webp")) < 1_500_000


@each_figure
def test_a_figure_has_a_frame_for_each_stop_and_all_differ(lesson: str, name: str) -> None:
    found = layers(lesson, name)
    assert 8 <= len(found) <= 12 or (name == FEW and len(found) == 5)
    assert len({layer.tobytes() for layer in found}) == len(found)


@each_figure
def test_at_first_it_looks_as_in_the_notebook(lesson: str, name: str) -> None:
    stored = np.array(frames.still(lesson, name).convert("RGB"))
    still = np.array(Image.open(frames.FOLDER / lesson / name / frames.STILL).convert("RGB"))
    assert (still == stored).all()
    figure = frames.drawn()[lesson][name]
    at = [texts.index(figure["still"][knob]) for knob, texts in figure["knobs"].items()]
    number = int(np.ravel_multi_index(at, [len(texts) for texts in figure["knobs"].values()]))
    found = layers(lesson, name)
    assert not found.pop(number)[..., 3].any()
    assert all(layer[..., 3].any() and layer.shape[:2] == still.shape[:2] for layer in found)


@each_figure
def test_the_frames_are_new(lesson: str, name: str) -> None:
    assert frames.drawn()[lesson][name]["made_of"] == frames.made_of(lesson, name)


def test_old_frames_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.read(contents.source("07_split"), as_version=4)
    frames.put_in(notebook, "07_split")
    cells = [
        cell | {"source": cell["source"].replace("leaks.sum()", "leaks.mean()")}
        for cell in contents.cells("07_split")
    ]
    monkeypatch.setattr(contents, "cells", lambda name: cells)
    with pytest.raises(ValueError, match=r"draw_dealing.*draw_frames.py nbs/07_split.ipynb"):
        frames.put_in(notebook, "07_split")


def test_a_fingerprint_follows_the_code_behind_a_figure_alone() -> None:
    made = ["a = 1", "b = 2", "def f(x=1): return g(x)", "def g(x): return a * x", "explore(f)"]
    assert frames._behind(made) == {0, 2, 3, 4}


def wave(count: int = 3, height: float = 1.0) -> Axes:
    ax = plt.subplots(figsize=(4, 2))[1]
    ax.plot(height * np.sin(count * np.linspace(0, 6, 50)))
    ax.set(ylim=(-2, 2), title=f"{count} waves")
    return ax


def test_a_frame_on_its_picture_is_the_figure_drawn_anew(tmp_path: Path) -> None:
    counts = [1, 3, 9]
    draw_frames.draw_figure(wave, {"count": counts}, tmp_path / "wave")
    still = plots.picture_of(wave(), "three waves").picture.convert("RGB")
    for number, count in enumerate(counts):
        laid = Image.open(tmp_path / "wave" / frames.file(number)).convert("RGBA")
        seen = Image.alpha_composite(still.convert("RGBA"), laid).convert("RGB")
        drawn = plots.picture_of(wave(count), "waves").picture.convert("RGB")
        assert np.abs(np.array(seen).astype(int) - np.array(drawn)).max() < 24
        assert np.array(laid)[..., 3].any() == (count != 3)


def test_the_stops_are_spread_with_the_first_shown_among_them() -> None:
    values = draw_frames.offered(0.1, 2.5, 0.1)
    found = draw_frames.spread(values, 0.4)
    assert len(found) == 12 and {0.1, 0.4, 2.5} <= {*found} <= {*values}
    assert found == sorted(found)
    assert draw_frames.spread(draw_frames.offered(1, 5), 4) == [1, 2, 3, 4, 5]


def test_what_a_figure_tells_is_written_as_in_its_text() -> None:
    known = draw_frames.facts(
        "{count} waves, {height:.2f} high", {"count": 3, "height": 1.0}, {"height": [0.5, 1.0]}
    )
    assert known["alt"] == "3 waves, {height} high"
    assert known["knobs"] == {"height": ["0.50", "1.00"]} and known["still"] == {"height": "1.00"}
    assert known["fixed"] == {"count": "3"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with a figure that has a slider and one that has a list and a slider as well."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "_static").symlink_to(ROOT / "docs" / "static")
    shown = [("06_normalize", "draw_gain"), ("00_why_a_cnn", "filtered")]
    figures = [frames.html(x, name, frames.drawn()[x][name], 600, 200) for x, name in shown]
    style, script = "_static/site.css", "_static/frames.js"
    text = f'<link rel="stylesheet" href="{style}"><body class="bd-article">{"".join(figures)}'
    (folder / "a.html").write_text(f'<!doctype html>{text}<script src="{script}"></script>')
    with browser() as started:
        opened = started.new_page()
        opened.goto((folder / "a.html").as_uri())
        yield opened


def look(page: Page, name: str) -> np.ndarray:
    """What is to be seen of a figure, its knobs apart; RGB."""
    place = page.locator(f"[data-place$='/{name}/'] .layers")
    page.wait_for_function("[...document.images].every(i => i.complete)")
    return np.array(Image.open(BytesIO(place.screenshot())).convert("RGB")).astype(int)


def test_a_slider_changes_the_picture_and_the_words(page: Page) -> None:
    figure = page.locator("[data-place$='/draw_gain/']")
    slider, shown = figure.get_by_label("gain"), figure.locator("output")
    before, described = look(page, "draw_gain"), figure.get_by_role("img").first
    assert slider.get_attribute("aria-valuetext") == shown.inner_text() == "1.0"
    assert "A cell, 1.0 times as bright" in described.get_attribute("alt")
    slider.press("End")
    assert np.abs(look(page, "draw_gain") - before).max() > 100
    assert slider.get_attribute("aria-valuetext") == shown.inner_text() == "2.5"
    assert "A cell, 2.5 times as bright" in described.get_attribute("alt")
    for _ in range(8):
        slider.press("ArrowLeft")
    assert shown.inner_text() == "1.0"
    assert np.abs(look(page, "draw_gain") - before).max() < 3


def test_a_list_and_a_slider_move_the_same_figure(page: Page) -> None:
    figure = page.locator("[data-place$='/filtered/']")
    looks = [look(page, "filtered")]
    figure.get_by_label("kind").select_option(label="blur")
    looks.append(look(page, "filtered"))
    figure.get_by_label("size").press("End")
    looks.append(look(page, "filtered"))
    assert all(np.abs(a - b).max() > 50 for a, b in combinations(looks, 2))
    assert "(blur, 15 wide)" in figure.get_by_role("img").first.get_attribute("alt")
    assert figure.locator("img").nth(1).get_attribute("src").endswith("/filtered/02.webp")
