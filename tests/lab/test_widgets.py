"""Figures with knobs: a picture without a kernel, widgets with one; files from the learner."""

from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
from lessons import run_lesson
from matplotlib.axes import Axes

import bloodcell_tut as bt

CELLS = [
    "import matplotlib.pyplot as plt\nfrom bloodcell_tut.lab.widgets import explore",
    """def bar(height=2, dashed=False):
    ax = plt.subplots()[1]
    ax.bar(["a"], [height])
    return ax
""",
    'explore(bar, alt="A bar {height} high", height=(1, 5), dashed=False)',
]


def test_without_a_kernel_the_default_picture_is_shown(monkeypatch) -> None:
    shown = []
    monkeypatch.setattr("bloodcell_tut.lab.widgets.show", lambda ax, alt: shown.append(alt))

    def draw(height: int = 2) -> Axes:
        assert not plt.isinteractive(), "else any thread of a kernel may show and close the figure"
        ax = plt.subplots()[1]
        plt.close()
        return ax

    plt.ion()
    bt.lab.explore(draw, alt="A bar {height} high", height=(1, 5))
    assert plt.isinteractive() and shown == ["A bar 2 high"]
    plt.ioff()


def test_with_a_kernel_knobs_are_shown(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in CELLS])
    ran = run_lesson(nbformat.writes(notebook), tmp_path)
    (output,) = ran.cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    states = ran.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    sliders = [s["state"] for s in states.values() if s["model_name"] == "IntSliderModel"]
    assert [(s["min"], s["value"], s["max"]) for s in sliders] == [(1, 2, 5)]
    assert "CheckboxModel" in {s["model_name"] for s in states.values()}
    (picture,) = (
        s["state"]["outputs"] for s in states.values() if s["model_name"] == "OutputModel"
    )
    assert picture[0]["metadata"]["image/png"]["alt"] == "A bar 2 high"


def test_files_come_in_pieces_and_a_broken_transfer_is_forgotten() -> None:
    got = []
    zone, _ = bt.lab.drop_zone("Drop:", lambda name, content: got.append((name, content))).children

    def receive(name: str, at: int, piece: bytes, is_last: bool) -> None:
        message = {"name": name, "number": 0, "at": at, "isLast": is_last}
        zone._handle_custom_msg(message, [memoryview(piece)])

    receive("left.png", 0, b"the page was closed", False)
    receive("a.png", 0, b"first ", False)
    receive("a.png", 6, b"second", True)
    receive("empty.png", 0, b"", True)
    assert got == [("a.png", b"first second"), ("empty.png", b"")]
