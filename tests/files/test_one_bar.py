"""One progress bar for an audit, from its beginning to its end."""

from pathlib import Path

import pytest
from tqdm.std import tqdm

import bloodcell_tut as bt
from bloodcell_tut.files import one_bar as module
from bloodcell_tut.files.one_bar import one_bar, progress


class Noted(tqdm):
    """A bar that keeps where it was."""

    made: list["Noted"]

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options | {"disable": False})
        self.places, self.stages = [0.0], list[str]()
        self.made.append(self)

    def update(self, n: float | None = 1) -> bool | None:
        shown = super().update(n)
        self.places.append(self.n)
        return shown

    def set_description(self, desc: str | None = None, refresh: bool | None = True) -> None:
        self.stages.append(desc or "")
        super().set_description(desc, refresh)


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Noted]:
    monkeypatch.setattr(module, "tqdm", Noted)
    monkeypatch.setattr(module, "_DELAY", 0)
    Noted.made = []
    return Noted.made


@pytest.fixture
def cells(tmp_path: Path, empty_cache: Path) -> Path:
    drawn = bt.draw_sample(tmp_path / "drawn", n_photographs=8, n_images=24, seed=3)
    return (drawn / "images" / "TRAIN").rename(tmp_path / "cells")


def test_an_audit_has_one(
    cells: Path, bars: list[Noted], capsys: pytest.CaptureFixture[str]
) -> None:
    bt.audit(cells)
    (bar,) = bars
    stages = ["fingerprints", "reading", "describing", "neighbors", "comparing", "words", "joining"]
    assert (
        [s for s in dict.fromkeys(bar.stages) if s in stages]
        == stages
        == [*dict.fromkeys(bar.stages)]
    )
    assert bar.places == sorted(bar.places) and bar.places[-1] == pytest.approx(1)
    assert capsys.readouterr().err.count("100%") == 1


def test_siblings_have_one(cells: Path, bars: list[Noted]) -> None:
    bt.find_photographs(cells, cache=False)
    (bar,) = bars
    assert bar.places[-1] == pytest.approx(1)


def test_the_estimate_is_that_of_the_whole(bars: list[Noted]) -> None:
    """After a stage of a quarter of the time, three times as much is left."""
    with one_bar({"a": 1, "b": 3}):
        list(progress(range(5), "a", 5, "file"))
        bars[0].start_t -= 100 - bars[0].format_dict["elapsed"]
        assert str(bars[0]).startswith("a:  25%|") and "01:40<05:00" in str(bars[0])


def test_a_stage_that_is_not_planned_moves_nothing(bars: list[Noted]) -> None:
    with one_bar({"a": 1}):
        assert list(progress("xy", "unknown", 2, "file")) == ["x", "y"]
        assert bars[0].n == 0


def test_ctrl_c_leaves_no_bar_behind(bars: list[Noted]) -> None:
    with pytest.raises(KeyboardInterrupt), one_bar({"a": 1}):
        raise KeyboardInterrupt
    assert bars[0].places[-1] == 0
    list(progress("xy", "a", 2, "file"))
    assert len(bars) == 2 and bars[1].total == 2
