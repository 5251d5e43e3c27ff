"""The report's page: how the score is read, what is said of the images, and files that belong
together."""

import re
import resource
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import evaluation, report, training_data

import bloodcell_tut as bt
from bloodcell_tut.files.lock import REPORT_FILES
from bloodcell_tut.pages import PageFigure
from bloodcell_tut.runs import DataFacts, Fold, Report, Scores, SkippedFile, write_report
from bloodcell_tut.runs.page import at_chance, read_score
from bloodcell_tut.runs.report import scores

HOSTILE = (
    "<script>alert(1)</script>", "a&b", '"><img src=x onerror=alert(2)>', "$\\frac$ $name {{ x }}",
)  # fmt: skip


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a stand-in for the trained network, which takes no time."""
    monkeypatch.setattr(
        "bloodcell_tut.runs.page.save_model",
        lambda model, path, names, crop, _, **__: path.write_text(f"{model} {crop}"),
    )


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no figures, which takes longer than all else."""
    figures = [PageFigure(name, b"", "-") for name in ("learning_curves", "confusion")]
    monkeypatch.setattr("bloodcell_tut.runs.page.draw_figures", lambda *_: figures)


class NoModel(str):
    """Stands for a network that is asked nothing."""

    predict_on_batch = None


def write(out: Path, result: bt.Evaluation, leaked: float | None = 0.0, **changes: Any) -> str:
    examples = [PageFigure("x", b"", "an example")]
    model: Any = NoModel("model")
    write_report(out, report(result, leaked, **changes), result, model, examples)
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


def warnings_of(found: Scores) -> str:
    return " ".join(remark.text for remark in read_score(found) if remark.warning)


def test_what_is_warned_of() -> None:
    good = scores(evaluation(), 0.0)
    assert warnings_of(good) == "" and not at_chance(good)
    assert "sibling in training" in warnings_of(replace(good, leaked_fraction=0.01))
    assert "We don't know" in warnings_of(replace(good, leaked_fraction=None))
    assert "each image as its own photograph" in warnings_of(scores(evaluation(known=False), None))
    blind = scores(evaluation(share_right=0.2), 0.0)
    assert at_chance(blind) and "chance" in warnings_of(blind)


def test_only_what_is_known_is_said_of_training() -> None:
    good = scores(evaluation(), 0.0)
    for leaked, said in ((0.0, True), (0.01, False), (None, False)):
        first = read_score(replace(good, leaked_fraction=leaked))[0].text
        assert ("had not been trained on" in first) is said
        assert ("kept for scoring" in first) is not said


def test_title_says_how_to_take_the_score(tmp_path: Path, no_model: None, no_figures: None) -> None:
    for leaked, said in ((0.0, "never seen"), (1.0, "that it knows"), (None, "if no image")):
        assert said in re.findall("<h1>(.*)</h1>", write(tmp_path, evaluation(), leaked))[0]
    page = write(tmp_path, evaluation(share_right=0.2))
    assert "chance alone" in re.findall("<h1>(.*)</h1>", page)[0]


def test_nearly_all_is_not_all(tmp_path: Path, no_model: None, no_figures: None) -> None:
    data = training_data(photographs_per_class=750, files=1)
    said = data.labels.copy()
    said[1] = 1
    result = bt.Evaluation(data, np.eye(4)[said])
    page = write(tmp_path, result, 1 / 3000)
    text = Page(page).text
    assert "the network named 2999 right" in text and "> 99.9% right" in text
    assert "< 0.1% of these images have a sibling in training" in text
    assert "100.0% right" not in text and "right in 100.0%" not in text
    assert all(
        "<" not in style and ">" not in style for style in re.findall('style="([^"]*)"', page)
    )


def test_perfect_score(tmp_path: Path, no_model: None) -> None:
    (tmp_path / "mistakes.png").write_text("of an earlier run")
    page = write(tmp_path, evaluation(share_right=1.1))
    assert "every image was right" in page and "All images were named right" in page
    assert not (tmp_path / "mistakes.png").exists()


def test_hostile_names_are_text(tmp_path: Path, no_model: None) -> None:
    paths = tuple(Path(f"<b onclick=x>{i}\udcff 🩸.jpeg") for i in range(96))
    result = evaluation(class_names=HOSTILE, paths=paths)
    skipped = (SkippedFile("/x/<script>.jpeg", "<img src=http://x>"),)
    data = DataFacts(HOSTILE[0], 96, 24)
    (out := tmp_path / "<i>&").mkdir()
    page = write(out, result, skipped=skipped, data=data)
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
    assert Report.read(tmp_path / "report.json") == report(evaluation())
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

    monkeypatch.setattr("bloodcell_tut.runs.report.json.dump", fail)
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


@pytest.mark.parametrize(
    ("crop", "model", "said"),
    [
        (True, "small", "The white cell, cut out of each photograph."),
        (False, "small", "Each whole image, squeezed into a square.</p>"),
        (False, "article", "Each whole photograph, squeezed into a square as the article does it."),
    ],
)
def test_the_page_says_what_the_network_sees(
    tmp_path: Path, no_model: None, no_figures: None, crop: bool, model: str, said: str
) -> None:
    page = write(tmp_path, evaluation(crop=crop), crop=crop, model=model)
    assert f"<h2>What the network sees</h2><p>{said}" in page
    for words in (
        "cut out of each photograph",
        "Rows are what the cells are",
        'alt="A cell of class',
    ):
        assert (words in page) is crop
    assert (tmp_path / "model.keras").read_text() == f"model {crop}"


def test_remarks_are_text(tmp_path: Path, no_model: None, no_figures: None) -> None:
    page = write(tmp_path, evaluation(class_names=("<h6>", "<u>", "<s>", "<em>")))
    assert not {"h6", "u", "s", "em"} & set(Page(page).tags)
    assert re.search(r'<li class="">Hardest is &lt;', page)


def test_a_class_without_an_image_has_no_score(
    tmp_path: Path, no_model: None, no_figures: None
) -> None:
    whole = evaluation()
    there = whole.test.labels != 2
    some = bt.Evaluation(whole.test.take(there), whole.probabilities[there])
    said = [remark.text for remark in read_score(scores(some, 0.0))]
    assert said[3].startswith("Hardest is ") and "MONOCYTE:" not in said[3]
    assert said[4].startswith("There is no image of MONOCYTE: so the score doesn't say")
    assert "MONOCYTE" in warnings_of(scores(some, 0.0))
    page = write(tmp_path, some)
    (row,) = re.findall(r">MONOCYTE</th>(.*?)</tr>", page, re.S)
    assert re.findall("<td>(.*?)</td>", row) == ["–", "–", "–", "0"]
    perfect = bt.Evaluation(some.test, np.eye(4, dtype=np.float32)[some.test.labels])
    assert "All images were named right" in read_score(scores(perfect, 0.0))[3].text


def test_the_page_tells_of_folds(tmp_path: Path, no_model: None, no_figures: None) -> None:
    folds = (Fold(48, 12, 0.5, (0.25, 0.75)), Fold(48, 12, 0.875, (0.7, 1.0)))
    text = Page(write(tmp_path, evaluation(), folds=folds)).text
    assert "the answers of 2 networks (50.0%, 87.5% right)" in text
    assert "2 folds, by photograph" in text
    assert "networks (" not in Page(write(tmp_path, evaluation())).text


def test_the_page_says_what_was_left_out(tmp_path: Path, no_model: None, no_figures: None) -> None:
    data = DataFacts("drawn", 96, 24, ("<3> pictures left out", "and more"))
    text = Page(write(tmp_path, evaluation(), data=data)).text
    assert "notes on the data" in text and "<3> pictures left out; and more" in text
    assert "notes on" not in Page(write(tmp_path, evaluation())).text
