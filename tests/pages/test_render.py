"""Pages: whatever is put into one stays text, and nothing is missing without a word."""

from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bloodcell_tut as bt
from bloodcell_tut.pages import PageFigure, Remark, percent, render_page
from bloodcell_tut.pages.render import _PAGES

HOSTILE = (
    "<script>alert(1)</script>", "a&b", '"><img src=x onerror=alert(2)>', "' onload='x",
    "$name ${name} %s {0}", "{{ 7 * 7 }} {% raw %} {# x #}", "lone \udcff surrogate", "größe 🩸",
)  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def audit(text: str, image: bytes = b"image") -> str:
    """A page that has a text wherever a value goes."""
    figures = [PageFigure(text, image, alt=text, caption=text)]
    section = {"heading": text, "said": text, "why": text, "rows": [(text, figures)]}
    return render_page(
        "audit.html", title=text, kicker=text, audit_facts={text: text}, columns=[text],
        balance=[(text, text)], sections=[section], absent=[text],
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_is_text_wherever_it_stands(text: str) -> None:
    hostile, plain = Page(audit(text)), Page(audit("plain"))
    assert hostile.tags == plain.tags
    assert sum(text in said for said in hostile.texts) == sum("plain" in s for s in plain.texts)
    assert text in hostile.values, "the alternative text"


@given(st.text(min_size=1, alphabet=st.characters(exclude_characters="\0\r")))
def test_any_text_makes_the_same_page(text: str) -> None:
    if text.strip():
        assert Page(audit(text)).tags == Page(audit("plain")).tags


def test_a_template_looks_the_same_in_every_wing() -> None:
    assert {"audit.html", "base.html", "report.html"} <= set(_PAGES.list_templates())
    page = audit("plain")
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert "default-src 'none'" in page and "width=device-width" in page
    assert "@media print" in page and "prefers-color-scheme:dark" in page
    assert "url(" not in page and "@import" not in page and "<script" not in page


def test_what_is_missing_is_said() -> None:
    with pytest.raises(bt.ArgumentError, match=r"^audit.html: found that 'title' is undefined; ex"):
        render_page("audit.html")
    with pytest.raises(bt.ArgumentError, match=r"^template: found 'x'; expected one of audit.html"):
        render_page("x")


def test_a_fact_that_nobody_knows() -> None:
    page = render_page(
        "audit.html", title="-", kicker="-", audit_facts={"a": None, "b": 0}, columns=[],
        balance=[], sections=[], absent=[],
    )  # fmt: skip
    assert "<dt>a</dt><dd>unknown</dd>" in page and "<dt>b</dt><dd>0</dd>" in page
    assert "None: each kind was found." in page


def test_a_picture_is_in_the_page_itself() -> None:
    assert 'src="data:image/png;base64,' in audit("plain", b"\x89PNG")
    assert 'src="data:image/jpeg;base64,' in audit("plain", b"\xff\xd8\xff")
    assert "<img" not in audit("plain", b""), "of a file that can't be read"


def test_figure_needs_alternative_text() -> None:
    with pytest.raises(
        bt.ArgumentError, match="alt: found '  '; expected what the picture confusion shows"
    ):
        PageFigure("confusion", b"", "  ")


def test_percent() -> None:
    said = [percent(x) for x in (None, 0, 0.12345, 1.0)]
    assert said == ["unknown", "0.0%", "12.3%", "100.0%"] and percent(0.5, 0) == "50%"


def test_a_remark_is_no_warning_by_itself() -> None:
    assert not Remark("Well.").warning


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (1, 1, "100.0%"), (1.0, 0, "100%"), (0, 1, "0.0%"), (0.0, 0, "0%"), (0.5, 0, "50%"),
        (2999 / 3000, 1, "> 99.9%"), (2999 / 3000, 0, "> 99%"), (1 / 3000, 1, "< 0.1%"),
        (1 / 3000, 0, "< 1%"), (0.9994, 1, "99.9%"), (0.0006, 1, "0.1%"), (0.9996, 2, "99.96%"),
        (1e-300, 2, "< 0.01%"), (1 - 1e-16, 1, "> 99.9%"), (None, 1, "unknown"),
        (float("nan"), 1, "unknown"), (np.float32(0.9999), 1, "> 99.9%"),
        (np.float32(1), 1, "100.0%"),
    ],
)  # fmt: skip
def test_all_and_nothing_are_said_of_nothing_else(
    share: float | None, digits: int, said: str
) -> None:
    assert percent(share, digits) == said


@given(st.fractions(0, 1, max_denominator=100_000), st.integers(0, 3))
def test_a_percentage_is_right_to_its_last_digit(share: Fraction, digits: int) -> None:
    said = percent(float(share), digits)
    number = float(said.strip("<>% "))
    assert (
        abs(number - 100 * float(share)) <= 10.0**-digits * (0.5 + 0.5 * (said[0] in "<>")) + 1e-9
    )
    assert (number == 100) is (share == 1) and (number == 0) is (share == 0)
