"""The report: its numbers agree, its page is safe, and its files belong together."""

import json
import re
import resource
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import training_data
from hypothesis import given
from hypothesis import strategies as st

import bloodcell_tut as bt
from bloodcell_tut.lock import REPORT_FILES
from bloodcell_tut.page import PageFigure, Remark, percent, render_page
from bloodcell_tut.report import at_chance, draw_figures, encode_png, read_score, scores

HOSTILE = ("<script>alert(1)</script>", "a&b", '"><img src=x onerror=alert(2)>', "$\\frac$ $name")
HISTORY = {"accuracy": [0.3, 0.6], "loss": [1.2, 0.7]}
HISTORY |= {"val_accuracy": [0.3, 0.5], "val_loss": [1.3, 0.9]}


def evaluation(share_right: float = 0.8, known: bool = True, **changes: Any) -> bt.Evaluation:
    data = replace(training_data(known=known), **changes)
    rng = np.random.default_rng(0)
    right = rng.random(len(data)) < share_right
    said = np.where(right, data.labels, (data.labels + 1) % 4)
    return bt.Evaluation(data, np.eye(4, dtype=np.float32)[said] * 0.8 + 0.05)


def facts(**changes: Any) -> dict[str, Any]:
    data = {"source": "drawn", "n_images": 96, "n_photographs": 24}
    steps = [{"name": "shuffle", "result": "done", "seconds": 0.1}]
    return {
        "data": data, "split": "photograph", "skipped": [], "model": "small", "parameters": 10,
        "seed": 0, "seconds": {"shuffle": 0.1, "total": 0.2}, "steps": steps, "versions": {},
        "peak_memory_mb": None, "history": HISTORY, **changes,
    }  # fmt: skip


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a stand-in for the trained network, which takes no time."""
    monkeypatch.setattr(
        "bloodcell_tut.report.save_model",
        lambda model, path, names, crop, _: path.write_text(f"{model} {crop}"),
    )


def write(out: Path, result: bt.Evaluation, leaked: float | None = 0.0, **changes: Any) -> str:
    report = scores(result, leaked) | facts(**changes)
    examples = [PageFigure("x", b"", "an example")]
    bt.write_report(out, report, result, "model", examples)
    return (out / "report.html").read_text(encoding="utf-8")


class Page(HTMLParser):
    """Everything in a page that could load, run or be looked at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.links += [str(values[k]) for k in ("src", "href", "srcset", "action") if k in values]
        assert not any(name.startswith("on") for name in values), values
        if tag == "img":
            self.images.append(values)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(st.integers(0, 3), min_size=96, max_size=96))
def test_scores_agree_with_each_other(said: list[int]) -> None:
    data = training_data()
    report = scores(bt.Evaluation(data, np.eye(4, dtype=np.float32)[said]), None)
    confusion = np.array(report["confusion"])
    assert confusion.sum() == report["n_images"] == 96
    assert report["accuracy"] == pytest.approx(np.trace(confusion) / 96)
    recalls = [values["recall"] for values in report["per_class"].values()]
    assert report["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert sum(values["n_images"] for values in report["per_class"].values()) == 96
    low, high = report["accuracy_interval"]
    assert 0 <= low <= report["accuracy"] <= high <= 1
    assert report["chance"] == 0.25
    assert json.loads(json.dumps(report)) == report


def warnings_of(report: dict[str, Any]) -> str:
    return " ".join(remark.text for remark in read_score(report) if remark.warning)


def test_what_is_warned_of() -> None:
    good = scores(evaluation(), 0.0)
    assert warnings_of(good) == "" and not at_chance(good)
    assert "sibling in training" in warnings_of(good | {"leaked_fraction": 0.01})
    assert "Nobody told" in warnings_of(good | {"leaked_fraction": None})
    assert "photograph of its own" in warnings_of(scores(evaluation(known=False), None))
    blind = scores(evaluation(share_right=0.2), 0.0)
    assert at_chance(blind) and "chance" in warnings_of(blind)


def test_title_says_how_to_take_the_score(
    tmp_path: Path, no_model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = [PageFigure(name, b"", "-") for name in ("learning_curves", "confusion")]
    monkeypatch.setattr("bloodcell_tut.report.draw_figures", lambda *_: figures)
    for leaked, said in ((0.0, "never seen"), (1.0, "that it knows"), (None, "if no image")):
        assert said in re.findall("<h1>(.*)</h1>", write(tmp_path, evaluation(), leaked))[0]
    page = write(tmp_path, evaluation(share_right=0.2))
    assert "chance alone" in re.findall("<h1>(.*)</h1>", page)[0]


def test_perfect_score(tmp_path: Path, no_model: None) -> None:
    (tmp_path / "mistakes.png").write_text("of an earlier run")
    page = write(tmp_path, evaluation(share_right=1.1))
    assert "every image was right" in page and "without a miss" in page
    assert not (tmp_path / "mistakes.png").exists()


def test_hostile_names_are_text(tmp_path: Path, no_model: None) -> None:
    paths = tuple(Path(f"<b onclick=x>{i}\udcff 🩸.jpeg") for i in range(96))
    result = evaluation(class_names=HOSTILE, paths=paths)
    skipped = [{"path": "/x/<script>.jpeg", "reason": "<img src=http://x>"}]
    page = write(tmp_path, result, skipped=skipped, data=facts()["data"] | {"source": HOSTILE[0]})
    parsed = Page(page)
    assert "script" not in parsed.tags and "b onclick" not in parsed.tags
    for name in HOSTILE:
        assert name in parsed.text
    assert "<script>.jpeg" in parsed.text


def test_page_needs_nothing_else(tmp_path: Path, no_model: None) -> None:
    page = write(tmp_path, evaluation())
    parsed = Page(page)
    assert all(link.startswith("data:") for link in parsed.links), parsed.links
    assert "url(" not in page and "@import" not in page
    assert "default-src 'none'" in page and "width=device-width" in page
    assert "@media print" in page and "prefers-color-scheme:dark" in page
    assert len(parsed.images) > 3 and all(image["alt"] for image in parsed.images)


def test_figures_are_files_too(tmp_path: Path, no_model: None) -> None:
    write(tmp_path, evaluation())
    names = {path.name for path in tmp_path.iterdir()}
    assert names == set(REPORT_FILES) - {"model-interrupted.keras"}
    for name in ("confusion.png", "learning_curves.png", "mistakes.png"):
        assert bt.read_image(tmp_path / name).size


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()], ids=repr)
def test_all_or_nothing(
    tmp_path: Path, no_model: None, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write(tmp_path, evaluation())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("bloodcell_tut.report.json.dump", fail)
    with pytest.raises((bt.BloodcellError, KeyboardInterrupt), match=r"No space left|^$"):
        write(tmp_path, evaluation(share_right=0.5))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_full_disk(tmp_path: Path, no_model: None) -> None:
    """A limit on the size of files is to the program what a full disk is."""
    write(tmp_path, evaluation())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(bt.BloodcellError, match=r"can't be written \(File too large\)"):
            write(tmp_path, evaluation(share_right=0.5))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_missing_folder(tmp_path: Path, no_model: None) -> None:
    with pytest.raises(bt.BloodcellError, match="can't be written"):
        write(tmp_path / "missing", evaluation())


def test_figure_needs_alternative_text() -> None:
    with pytest.raises(ValueError, match="empty alt"):
        PageFigure("confusion", b"", "  ")
    for figure in draw_figures(evaluation(), HISTORY):
        assert len(figure.alt) > 20


def test_learning_curves_without_a_watched_part() -> None:
    ax = bt.plot_learning_curves({"accuracy": [0.5], "loss": [1.0]})
    assert len(ax.figure.axes) == 2 and len(ax.lines) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (240, 320)])
def test_encode_png_keeps_the_proportions(tmp_path: Path, shape: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(np.zeros((*shape, 3), np.uint8), 50))
    height, width, _ = bt.read_image(tmp_path / "a.png").shape
    assert (height, width) == (50, max(1, round(50 * shape[1] / shape[0])))


def test_percent() -> None:
    assert [percent(x) for x in (None, 0, 0.12345, 1.0)] == [
        "unknown",
        "0.0%",
        "12.3%",
        "100.0%",
    ]


def test_render_page_escapes_remarks() -> None:
    figure = PageFigure("any", b"", "nothing")
    texts = dict.fromkeys(("title", "kicker", "seen", "model_file"), "<i>&")
    page = render_page(
        scores(evaluation(), 0.0) | facts(),
        texts | {"learning": ["<u>"], "facts": {"<s>": "<em>"}},
        [Remark("<h6>", warning=True)],
        {"learning_curves": figure, "confusion": figure},
    )
    assert not {"u", "s", "em", "h6"} & set(Page(page).tags)
    assert page.count("&lt;i&gt;&amp;") == 5 and "&lt;h6&gt;" in page
