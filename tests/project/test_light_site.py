"""What makes the site light: small figures, one style without needless rules, tight pages."""

from pathlib import Path

import glossary
import numpy as np
import pytest
from figures import Figure, is_photograph, outline, show, shrink
from findable import entries
from PIL import Image
from slim import tight
from styles import join


def figure(photograph: bool) -> np.ndarray:
    """Draw a white figure with a bar, and a square of many shades if wanted."""
    rgb = np.full((120, 300, 3), 255, np.uint8)
    rgb[20:100, 20:60] = (0, 90, 160)
    if photograph:
        rgb[20:100, 200:280] = np.random.default_rng(0).integers(0, 250, (80, 80, 1))
    return rgb


def test_photographs_in_figures_are_found_and_charts_have_none(tmp_path: Path) -> None:
    for name in ("chart", "cells"):
        Image.fromarray(figure(name == "cells")).save(tmp_path / f"{name}.png")
    found = shrink(tmp_path)
    assert found["chart"] == Figure(300, 120, [])
    assert (slice(20, 100), slice(200, 280)) in found["cells"].pictures
    stored = np.asarray(Image.open(tmp_path / "chart.webp").convert("RGB"))
    assert (stored == figure(photograph=False)).all(), "a chart loses nothing"


def test_a_photograph_with_much_even_ground_is_no_chart() -> None:
    ground = np.full((100, 100, 3), 200, np.uint8)
    ground[30:65, 30:65] = np.random.default_rng(0).integers(0, 250, (35, 35, 1))
    assert not is_photograph(ground), "a drawing in gray"
    ground[30:65, 30:65, 0] //= 2
    ground[30:48, 30:65, 1] //= 3
    assert is_photograph(ground)


def test_a_figure_on_a_page_has_its_size_and_shows_its_pictures_twice() -> None:
    page = '<img alt="A cell" class="figure" src="../_images/a.png" style="width: 150px;" />'
    assert show(page, {}) == page
    one = show(page, {"a": Figure(300, 120, [])})
    assert 'width="150" height="60"' in one and 'src="../_images/a.webp"' in one
    assert one.count("<img") == 1 and "style" not in one
    two = show(page, {"a": Figure(300, 120, [(slice(30, 60), slice(0, 150))])})
    assert two.count("<img") == 2 and two.count("aria-hidden") == 1
    assert outline(Figure(300, 120, [(slice(30, 60), slice(0, 150))])) == (
        "polygon(0% 0%,0% 25%,50% 25%,50% 50%,0% 50%,0% 25%,0% 0%)"
    )


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (".a .b, .gone { color: red }", ".a .b{color: red}"),
        (".gone, #gone { color: red }", ""),
        ("@media print { .gone { top: 0 } }", ""),
        ("@media print { .a { top: 0 } .gone { top: 1 } }", "@media print{.a{top: 0}}"),
        (".a:not(.gone)::after { content: '}' }", ".a:not(.gone)::after{content: '}'}"),
        (r".a .x\.5 { top: 0 } /* .b { } */", ""),
        ("p { color: url(data:a;b,x) }", "p{color: url(data:a;b,x)}"),
        (".bs-tooltip-top { top: 0 }", ".bs-tooltip-top{top: 0}"),
    ],
)
def test_a_style_keeps_what_pages_use(tmp_path: Path, style: str, expected: str) -> None:
    (tmp_path / "imported.css").write_text(style)
    (tmp_path / "site.css").write_text('@import "imported.css";')
    assert join([tmp_path / "site.css"], {"a", "b"}) == expected


def test_pages_lose_blanks_but_not_in_listings() -> None:
    page = "<div>\n  <p>two  <b>words</b> <i>here</i></p>\n</div>\n<pre>a\n  b</pre>"
    assert tight(page) == ("<div><p>two <b>words</b> <i>here</i></p></div><pre>a\n  b</pre>")
    assert tight('<pre><span class="n">x</span> <span class="k">in</span></pre>') == (
        '<pre>x <span class="k">in</span></pre>'
    )
    assert tight('<code><span class="pre">a</span> <span class="pre">b</span></code>') == (
        "<code>a b</code>"
    )
    alike = '<span class="k">not</span>\n<span class="k">in</span>'
    assert tight(f"<pre>{alike}</pre>") == '<pre><span class="k">not\nin</span></pre>'


def test_the_search_knows_sections_names_and_options(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        """<article class="bd-article"><section id="top"><h1>Top</h1><p>First &amp; last.</p>
        <div class="highlight-python"><div><pre>secret = 1</pre></div></div>
        <section id="part"><span id="old"></span><h2>Part</h2>
        <dl><dt class="sig sig-object py" id="bloodcell_tut.split.halve">halve</dt></dl>
        <li id="run-seed"><p><code>--seed</code>: fixed</p></li>
        </section></section></article>"""
    )
    found = entries("a", tmp_path / "a.html")
    assert [entry[:3] for entry in found] == [
        ["a.html", "Top", "Top"],
        ["a.html#part", "Part", "Top"],
        ["a.html#bloodcell_tut.split.halve", "halve", "Top"],
        ["a.html#run-seed", "--seed", "Top"],
    ]
    assert found[0][3] == "First & last." and found[3][3] == "--seed: fixed"


@pytest.mark.parametrize(
    "text",
    [
        "The kernel runs each cell; restart the notebook's kernel.",
        "Otsu parts them into two groups.",
        "Refuse when it is below a threshold.",
        "Layer normalization is another thing.",
    ],
)
def test_a_word_in_another_sense_is_no_term(text: str) -> None:
    assert glossary.link(text, glossary.terms(), set()) == text


def test_the_longest_term_is_linked() -> None:
    linked = glossary.link("Batch normalization, and a kernel.", glossary.terms(), set())
    assert linked == (
        "[Batch normalization](glossary.ipynb#batch-normalization), "
        "and a [kernel](glossary.ipynb#filter)."
    )
