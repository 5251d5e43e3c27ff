"""The site: whole, offline, and usable in a real browser."""

import gzip
import json
import re
import runpy
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import command_page
import findable
import frames
import numpy as np
import pytest
from alone import alone
from axe_playwright_python.sync_playwright import Axe
from lesson_table import FOLDED
from lessons import BEYOND, LESSONS, NBS, markdown, tagged
from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from site_pages import ROOT, Site, browser, build
from test_repository import PACKAGE, PUBLIC
from typer.testing import CliRunner

import bloodcell_tut
from bloodcell_tut.cli import app
from bloodcell_tut.lab import learners_copy

WINGS = sorted(path.parent.name for path in PACKAGE.glob("[a-z]*/__init__.py"))
WIDTHS = (390, 768, 1440)
# pages without a text of their own
UNLISTED = ("search", "404")
# what a reader types, and the place that should come first
QUERIES = {
    "split_by_photograph": "api/split.html#bloodcell_tut.split.split_by_photograph",
    "choose_dataset": "api/dataset.html#bloodcell_tut.dataset.choose_dataset",
    "extract_archive": "api/files.html#bloodcell_tut.files.extract_archive",
    "shuffle": "api/shuffling.html#bloodcell_tut.shuffling.shuffle",
    "convolution": "glossary.html#convolution",
    "one-hot": "glossary.html#one-hot",
    "learning rate": "glossary.html#learning-rate",
    "photograph": "glossary.html#photograph",
    "two commands": "index.html#two-commands",
    "how to cite": "citing.html",
    "--epochs": "commands.html#bloodcell-tut-run--epochs",
}
# what a reader types, and the pages of which one that answers should be among the first two
ANSWERS = {
    "colab": ("how_to/colab_kaggle", "index", "03_training_data", "results"),
    "my photo": ("how_to/predict", "index", "09_evaluate"),
    "accuracy": ("how_to/which_accuracy", "glossary", "09_evaluate"),
    "install": ("index",),
    "img_array": ("how_to/stuck_at_img_array", "errata", "02_prepare_images"),
    "my own folder": ("how_to/own_folder", "index", "01_choose_dataset"),
    "exit codes": ("commands",),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(color_scheme="light", viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def dead_links(site: Site) -> list[str]:
    """Links and sources that lead nowhere inside the site."""
    known = {page.path: page.ids for page in site.pages.values()}
    dead = []
    for name, page in site.pages.items():
        for _, attributes in page.elements:
            for key in attributes.keys() & {"href", "src", "srcset"}:
                link = urlsplit(attributes[key])
                if link.scheme or link.netloc:
                    continue
                path = (page.path.parent / unquote(link.path)).resolve() if link.path else page.path
                anchor = unquote(link.fragment)
                if not path.exists() or (anchor and anchor not in known.get(path, set())):
                    dead.append(f"{name}: {attributes[key]}")
    return dead


def test_every_link_and_anchor_leads_somewhere(site: Site) -> None:
    assert len(site.pages) > 75
    assert dead_links(site) == []


def test_a_dead_link_is_found(site: Site, tmp_path: Path) -> None:
    shutil.copy(site.folder / "glossary.html", tmp_path)
    dead = " ".join(dead_links(Site(tmp_path)))
    assert "08_train_cnn.html" in dead and "#convolution" not in dead


def test_nothing_is_loaded_from_elsewhere(site: Site) -> None:
    loads = {"script": "src", "img": "src", "iframe": "src", "source": "srcset"}
    for name, page in site.pages.items():
        found = [attrs.get(key, "") for tag, key in loads.items() for attrs in page.all(tag)]
        found += [a.get("href", "") for a in page.all("link") if a.get("rel") != "alternate"]
        assert [link for link in found if urlsplit(link).netloc] == [], name
    for path in site.folder.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text), path.name


def test_the_page_of_commands_is_whole(site: Site) -> None:
    text = site.pages["commands"].path.with_suffix(".md").read_text(encoding="utf-8")
    for command in re.findall(r"^## `bloodcell-tut (\w+)`", text, re.M):
        told = CliRunner().invoke(app, [command, "--help"]).stdout
        assert all(option in text for option in re.findall(r"--[a-z-]+", told))
    commands = [info.name or info.callback.__name__ for info in app.registered_commands]
    assert all(f"## `bloodcell-tut {command}`" in text for command in commands)
    read = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"environ\S*\(\"([A-Z_]+)\"", path.read_text(encoding="utf-8"))
    }
    told_by_jupyter = {"JPY_SESSION_NAME", "JUPYTER_CONFIG_PATH", "PYTHONSTARTUP"}
    assert read - told_by_jupyter <= set(command_page.VARIABLES)
    assert all(f"`{name}`" in text for name in command_page.VARIABLES)
    examples = re.findall(r"^```sh\nbloodcell-tut (\w+)", text, re.M)
    assert {*examples} == {*commands}


def test_the_sidebar_shows_the_house_and_modules_only_inside_their_wing(site: Site) -> None:
    def entries(name: str, kind: str) -> int:
        html = site.pages[name].path.read_text(encoding="utf-8")
        (sidebar,) = re.findall(r'<nav class="bd-links.*?</nav>', html, re.S)
        return sidebar.count(kind)

    html = site.pages["07_split"].path.read_text(encoding="utf-8")
    headings = re.findall(r'class="caption-text">([^<]+)', html)
    assert headings == ["Lessons", "Beyond the nine steps", "How-to", "Reference", "About"]
    assert 30 < max(entries(name, "<li") for name in site.pages) < 80
    assert entries("07_split", "toctree-l2") == 0
    modules = [*(NBS / "drawing").glob("*.ipynb"), "its public names"]
    inside = [entries(name, "toctree-l2") for name in ("drawing/cells", "api/drawing")]
    assert inside == [len(modules)] * 2


def test_no_source_map_is_published(site: Site) -> None:
    assert list(site.pages["index"].path.parent.rglob("*.map")) == []


def test_icons_need_no_script(site: Site, page: Page) -> None:
    """Each has a drawing, in both themes; the theme's script of 1.6 MB is gone."""
    assert not list(site.folder.rglob("fontawesome.js*"))
    page.goto(site.address("07_split"))
    drawn = page.evaluate(
        """() => [...document.querySelectorAll(".fa-solid")].map(e => {
            const style = getComputedStyle(e, "::before");
            return [e.className, style.maskImage.slice(0, 24), parseFloat(style.width) > 5];
        })"""
    )
    shown = [is_shown for *_, is_shown in drawn]
    assert len(drawn) > 10 and sum(shown) >= 5
    assert {mask for _, mask, _ in drawn} == {'url("data:image/svg+xml,'}, drawn
    sun = page.locator(".theme-switch.fa-sun").first
    assert not sun.is_visible(), "the mode is auto"


def test_pages_that_readers_need_are_there(site: Site) -> None:
    checks = set(NBS.glob("exercises/lesson_*.ipynb"))
    notebooks = [p for p in NBS.rglob("*.ipynb") if p not in checks]
    names = {p.relative_to(NBS).with_suffix("").as_posix() for p in notebooks}
    names |= {"house", "api/index", "contributing", "security", "citing", "credits", "changelog"}
    names |= {page for wing in WINGS for page in (f"{wing}/index", f"api/{wing}")}
    assert names <= site.pages.keys() and "drawing/index" in names
    assert not any("/lesson_" in name for name in site.pages), "a check would give answers away"


def test_the_reference_lists_the_names_at_the_top_and_all_wings(site: Site) -> None:
    index = site.pages["api/index"].path.read_text(encoding="utf-8")
    listed = re.findall(r'href="\w+\.html#bloodcell_tut\.\w+\.(\w+)"', index)
    assert sorted(listed) == sorted(set(bloodcell_tut.__all__) - {"__version__"})
    links = {a.get("href", "") for a in site.pages["api/index"].all("a")}
    assert {f"{wing}.html" for wing in WINGS} <= links
    house = {a.get("href", "") for a in site.pages["house"].all("a")}
    assert {f"{wing}/index.html" for wing in WINGS} <= house


@pytest.mark.parametrize("module", sorted({module for module, _ in PUBLIC}))
def test_reference_and_notebook_link_each_other(site: Site, module: str) -> None:
    source = (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    (notebook,) = re.findall(r"File to edit: [./]*/nbs/(.+)\.ipynb", source)
    place = module.partition(".")[0]
    names = [f"bloodcell_tut.{place}.{name}" for m, name in PUBLIC if m == module]
    reference = site.pages[f"api/{place}"]
    assert set(names) <= reference.ids
    html = reference.path.read_text(encoding="utf-8")
    assert html.count(f'Explained in <a href="../{notebook}.html') == len(names)
    links = {a.get("href", "") for a in site.pages[notebook].all("a")}
    up = "../" * notebook.count("/")
    assert {f"{up}api/{place}.html#{name}" for name in names} <= links
    for _, name in (public for public in PUBLIC if public[0] == module):
        way = name if name in bloodcell_tut.__all__ else f"{place}.{name}"
        assert f">bt.{way}<" in html


def test_pictures_have_an_alternative_text(site: Site) -> None:
    for name, page in site.pages.items():
        for image in page.all("img"):
            decoration = "logo" in image.get("class", "")
            assert decoration or len(image.get("alt", "")) > 10, f"{name}: {image}"
            assert not image.get("alt", "").endswith(".png"), f"{name}: {image}"


@pytest.mark.parametrize("lesson", [*LESSONS, *BEYOND], ids=lambda p: p.stem)
def test_a_lesson_can_be_downloaded_and_keeps_its_solutions_folded(
    site: Site, lesson: Path
) -> None:
    page = site.pages[lesson.relative_to(NBS).with_suffix("").as_posix()]
    files = [page.path.parent / a["href"] for a in page.all("a") if "download" in a]
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert texts == [alone(lesson.read_text(encoding="utf-8")), alone(learners_copy(lesson))]
    html = page.path.read_text(encoding="utf-8")
    folded = re.findall(r'<div class="[^"]*tag_solution[^"]*">\s*<details ([^>]*)>', html)
    assert len(folded) == len(tagged(lesson, "solution")) > 0
    assert not any("open" in attributes for attributes in folded)
    assert "#|" not in re.sub(r"<[^>]+>", "", html), "a directive of nbdev's"
    assert "Measured: " in html


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda p: p.stem)
def test_what_goes_deeper_is_closed_and_the_map_leads_to_the_others(
    site: Site, lesson: Path
) -> None:
    html = site.pages[lesson.stem].path.read_text(encoding="utf-8")
    headings = [text for text in markdown(lesson) if re.match(f"#+ {FOLDED}", text)]
    assert html.count('<details class="deeper">') == len(headings) > 0
    (steps,) = re.findall(r'<table class="[^"]*\bmap\b.*?</table>', html, re.S)
    others = {f"{other.stem}.html" for other in LESSONS if other != lesson}
    assert set(re.findall(r'href="([^"#]+)', steps)) == others
    assert re.findall(r"<strong>(\d)</strong>", steps) == [lesson.stem[1]]


def test_every_page_has_a_plain_twin(site: Site) -> None:
    for name, page in site.pages.items():
        if name in UNLISTED:
            continue
        (twin,) = [a["href"] for a in page.all("link") if a.get("type") == "text/markdown"]
        text = (page.path.parent / twin).read_text(encoding="utf-8")
        assert text.startswith("# ") and "{toctree}" not in text and "](data:" not in text
        for target in re.findall(r"\]\(([\w/.-]+\.md)", text):
            assert (page.path.parent / target).exists(), f"{name}: {target}"
    overview = (site.folder / "llms.txt").read_text(encoding="utf-8")
    listed = re.findall(r"\]\((.+?)\)", overview)
    assert len(listed) > 45 and all((site.folder / link).exists() for link in listed)


def conf(folder: Path, fact: str) -> dict:
    """The site's options where the settings have one more fact."""
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", folder / "docs")
    settings = (ROOT / "settings.ini").read_text(encoding="utf-8")
    (folder / "settings.ini").write_text(settings.replace("[DEFAULT]", f"[DEFAULT]\n{fact}"))
    return runpy.run_path(str(folder / "docs" / "conf.py"))


def test_no_launch_button_without_a_public_address(site: Site, tmp_path: Path) -> None:
    text = "".join(p.path.read_text(encoding="utf-8") for p in site.pages.values())
    assert "colab.research" not in text and "mybinder" not in text
    options = conf(tmp_path, "git_url = https://example.org/me/cells")["html_theme_options"]
    assert options["repository_url"] == "https://example.org/me/cells"
    assert {"colab_url", "binderhub_url"} == options["launch_buttons"].keys()


def watch(page: Page, here: str = "file:") -> list[str]:
    """Note what goes wrong while pages are opened, and every request to elsewhere."""
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda r: None if r.url.startswith((here, "data:", "blob:")) else wrong.append(r.url),
    )
    return wrong


def sideways(page: Page) -> list[int]:
    """The widths at which the page has to be scrolled sideways."""
    too_wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        extra = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if page.evaluate(extra) > 0:
            too_wide.append(width)
    return too_wide


SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const { value } of list.getEntries()) sum += value;
  }).observe({ type: "layout-shift", buffered: true });
  // a frame for what moves, another until it is told
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 20)));
})"""


def shifts(page: Page) -> list[str]:
    """Whether what was in sight moved while the page came up."""
    moved = page.evaluate(SHIFTS)
    return [f"moved by {moved:.3f}"] if moved > 0.05 else []


# of what is on every page or in every line of code, the first of its kind is enough
THIN = """() => {
  document.querySelector(".bd-sidebar-primary nav").remove();
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span:not(:has(*))")) {
    if (seen.has(token.className)) token.replaceWith(token.textContent);
    seen.add(token.className);
  }
}"""
# text has a look: its own colors and size, and what lies behind it; the first of a look is marked
MARK_NEW_LOOKS = """known => {
  const looks = new Set(known), behind = new Map();
  const ground = e => {
    if (e && !behind.has(e)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(e);
      behind.set(e, [backgroundColor, backgroundImage, opacity, ground(e.parentElement)].join());
    }
    return behind.get(e);
  };
  const letters = e => e.matches("input, textarea, select") ||
    [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
  for (const e of document.body.querySelectorAll("*")) {
    delete e.dataset.new;
    const {color, fontSize, fontWeight, textShadow} = getComputedStyle(e);
    const look = [color, fontSize, fontWeight, textShadow, ground(e)].join(";");
    if (!looks.has(look) && letters(e) && e.checkVisibility()) {
      looks.add(look);
      e.dataset.new = "";
    }
  }
  return [...looks];
}"""
AXE = Axe().axe_script
CONTRAST = "color-contrast"


def barriers(page: Page) -> list[str]:
    """Violations of the accessibility guidelines, but for contrast."""
    return violations(page, "document", {"rules": {CONTRAST: {"enabled": False}}})


def faint(page: Page, looks: list[str]) -> list[str]:
    """Text that stands out too little, of each look that is not yet among `looks`."""
    before = len(looks)
    looks[:] = page.evaluate(MARK_NEW_LOOKS, looks)
    new = "{include: [['[data-new]']]}"
    return violations(page, new, {"runOnly": [CONTRAST]}) if len(looks) > before else []


def violations(page: Page, where: str, options: dict) -> list[str]:
    options |= {"resultTypes": ["violations"]}
    found = page.evaluate(f"async o => (await axe.run({where}, o)).violations", options)
    return [
        f"{v['id']}: {node['html'][:150]} {node.get('failureSummary', '')[:300]}"
        for v in found
        for node in v["nodes"][:2]
    ]


class Visit(NamedTuple):
    """What is wrong with a page: when it opens, and for whom it is a barrier."""

    opening: list[str]
    light: list[str]
    dark: list[str]


class Looks(NamedTuple):
    """The looks of text that were tried already, light and dark."""

    light: list[str]
    dark: list[str]


def visit(page: Page, address: str, wrong: list[str], whole: bool, looks: Looks) -> Visit:
    """Open a page once and look at it in all widths, then light, then, for its colors, dark."""
    wrong.clear()
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(address)
    opening = [*wrong, *shifts(page), *(f"sideways at {width}" for width in sideways(page))]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.add_style_tag(content="* { transition: none !important }")
    if not whole:
        page.evaluate(THIN)
    page.evaluate(AXE)
    light = [*barriers(page), *faint(page, looks.light)]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    return Visit(opening, light, faint(page, looks.dark))


@pytest.fixture(scope="module")
def visits(site: Site, chrome: Browser) -> dict[str, Visit]:
    context = chrome.new_context()
    page = context.new_page()
    wrong = watch(page)
    looks = Looks([], [])
    found = {n: visit(page, site.address(n), wrong, n == "index", looks) for n in site.pages}
    context.close()
    return found


@pytest.mark.parametrize("kind", Visit._fields)
def test_every_page_opens_from_disk_and_is_accessible(visits: dict[str, Visit], kind: str) -> None:
    faults = {name: found for name, each in visits.items() if (found := getattr(each, kind))}
    assert faults == {}, json.dumps(faults, indent=1)


def test_what_is_wrong_with_a_page_is_noticed(page: Page, tmp_path: Path) -> None:
    """Letters that fade in the dark, a picture without a text, a wide line, a lost script."""
    (tmp_path / "a.html").write_text(
        """<!doctype html><html lang="en"><title>A page</title><script src="lost.js"></script>
        <style>p { color: #000; background: #fff } [data-theme=dark] p { background: #222 }
        i { color: #aaa; background: #fff }</style>
        <main><h1>A</h1><p>text</p><p>more <i>faint</i> text</p><img src="data:,">
        <pre style="width: 1000px">wide</pre></main>
        <script>matchMedia("(prefers-color-scheme: dark)").onchange = e =>
            document.documentElement.dataset.theme = e.matches ? "dark" : "light"</script>"""
    )
    address, looks = (tmp_path / "a.html").as_uri(), Looks([], [])
    found = visit(page, address, watch(page), whole=True, looks=looks)
    assert "sideways at 390" in found.opening and "lost.js" in " ".join(found.opening)
    assert [text.split(":")[0] for text in found.light] == ["image-alt", CONTRAST]
    assert [text.split(":")[0] for text in found.dark] == [CONTRAST] * 2, (
        "the paragraphs' and the faint"
    )
    assert len(looks.light) == 4, "heading, text, faint text and code: each once"


def test_a_page_that_moves_under_the_reader_is_noticed(page: Page) -> None:
    page.set_content("<h1>A</h1><p style='height: 500px'>text</p>")
    assert shifts(page) == []
    page.evaluate("document.querySelector('h1').style.marginTop = '300px'")
    assert len(shifts(page)) == 1


@pytest.mark.parametrize("query", QUERIES)
def test_search_finds_the_right_page_first(site: Site, page: Page, query: str) -> None:
    wrong = watch(page)
    page.goto(f"{site.address('search')}?q={query}")
    first = page.locator("ul.search > li > a").first
    first.wait_for()
    assert first.get_attribute("href") == QUERIES[query]
    first.click()
    page.locator(".bd-article h1").wait_for()
    assert wrong == []


@pytest.mark.parametrize("query", ANSWERS)
def test_search_finds_an_answer_among_the_first_two(site: Site, page: Page, query: str) -> None:
    page.goto(f"{site.address('search')}?q={query}")
    page.locator("ul.search > li > a").first.wait_for()
    links = page.eval_on_selector_all(
        "ul.search > li > a", "all => all.slice(0, 2).map(a => a.getAttribute('href'))"
    )
    assert {link.partition(".html")[0] for link in links} & {*ANSWERS[query]}, links
    assert page.locator("ul.search p.context").count() > 0, "results with their surroundings"


def test_a_search_without_results_says_so(site: Site, page: Page) -> None:
    page.goto(f"{site.address('search')}?q=<b>zyzzyva</b>")
    assert "<b>zyzzyva</b>" in page.get_by_role("status").inner_text()
    assert page.locator("ul.search > li").count() == 0


def test_search_begins_in_the_sidebar(site: Site, page: Page) -> None:
    page.goto(site.address("07_split"))
    page.keyboard.press("Control+k")
    page.keyboard.type("softmax")
    page.keyboard.press("Enter")
    page.locator("ul.search > li > a").first.wait_for()
    assert "softmax" in page.url


def test_pages_work_over_http(site: Site, page: Page) -> None:
    handler = partial(QuietHandler, directory=str(site.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        wrong = watch(page, here)
        for name in ("index.html", "07_split.html", "api/split.html", "search.html?q=softmax"):
            page.goto(f"{here}/{name}", wait_until="networkidle")
        server.shutdown()
    assert wrong == []


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.mark.parametrize("name", ["index", "00_why_a_cnn", "08_train_cnn", "09_evaluate"])
def test_the_network_answers_in_the_page(site: Site, page: Page, name: str) -> None:
    page.context.set_offline(True)
    wrong = watch(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.address(name))
    if name != "index":
        page.locator("#live").scroll_into_view_if_needed()
    page.get_by_text("That is what was drawn.").wait_for()
    page.get_by_text("Look into its layers").click()
    assert page.locator(".live-maps canvas").count() == 40
    assert sideways(page) == [] and wrong == []
    page.evaluate(AXE)
    assert barriers(page) == [] and faint(page, []) == []


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_theme_can_be_switched_and_is_kept(site: Site, page: Page) -> None:
    page.goto(site.address("index"))
    light = background(page)
    page.get_by_label("Color mode").locator("visible=true").click()
    page.get_by_role("button", name="Dark").locator("visible=true").click()
    page.wait_for_function(f"getComputedStyle(document.body).backgroundColor != '{light}'")
    page.reload()
    dark = background(page)
    assert dark != light
    page.goto(site.address("07_split"))
    assert background(page) == dark


def test_the_keyboard_alone_reaches_everything(site: Site, page: Page) -> None:
    page.goto(site.address("07_split"))
    reachable = "a[href], button, summary, input:not([type=hidden]), [tabindex='0']"
    seen = page.evaluate(
        """wanted => [...document.querySelectorAll(wanted)]
        .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled
                     && e.tabIndex >= 0).map((e, i) => (e.dataset.reach = i, i))""",
        reachable,
    )
    reached = set()
    for _ in range(len(seen) + 20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("Number(document.activeElement.dataset.reach ?? -1)"))
    missing = set(seen) - reached
    names = [page.locator(f"[data-reach='{i}']").evaluate("e => e.outerHTML") for i in missing]
    assert len(seen) > 60 and names == []


def test_the_keyboard_opens_a_solution(site: Site, page: Page) -> None:
    page.goto(site.address("07_split"))
    solution = page.locator(".tag_solution details").first
    solution.locator("summary").focus()
    page.keyboard.press("Enter")
    assert solution.locator("pre").is_visible()


def test_print_shows_the_page_and_nothing_around_it(site: Site, page: Page) -> None:
    page.goto(site.address("07_split"))
    page.emulate_media(media="print")
    assert page.locator(".bd-article h1").is_visible()
    for around in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
        assert not page.locator(around).first.is_visible(), around


def pixels(page: Page, place: Locator) -> np.ndarray:
    """What is to be seen of a part of the page, RGB."""
    place.scroll_into_view_if_needed()
    place.evaluate("e => e.decode()")
    return np.asarray(Image.open(BytesIO(place.screenshot())).convert("RGB")).astype(int)


def test_a_dark_page_has_no_white_plates_and_the_cells_keep_their_colors(
    site: Site, page: Page
) -> None:
    page.goto(site.address("02_prepare_images"))
    chart = page.locator("img.figure:only-child").first
    cells = page.locator(".with-pictures img:first-child").first
    light = pixels(page, chart), pixels(page, cells)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    dark = pixels(page, chart), pixels(page, cells)
    for before, after in zip(light, dark, strict=True):
        assert before[2, 2].min() > 250 and after[2, 2].max() < 40
    y, x = light[1].shape[0] // 2, light[1].shape[1] // 8
    assert abs(light[1][y, x] - dark[1][y, x]).max() < 4 < 255 - light[1][y, x].min()


def test_figures_have_a_size_and_wait_until_they_are_in_sight(site: Site) -> None:
    figures = [image for page in site.pages.values() for image in page.all("img")]
    figures = [image for image in figures if "figure" in image.get("class", "")]
    assert len(figures) > 100
    for image in figures:
        assert int(image["width"]) > 50 and int(image["height"]) > 50, image
        assert image["loading"] == "lazy" and image["src"].endswith(".webp"), image


def test_the_site_is_light(site: Site) -> None:
    files = {path: path.stat().st_size for path in site.folder.rglob("*") if path.is_file()}
    assert sum(files.values()) < 15_000_000
    for name, page in site.pages.items():
        scripts = [script for script in page.all("script") if "src" in script]
        assert all("defer" in script or "async" in script for script in scripts), name
        sizes = {s["src"]: files[(page.path.parent / s["src"]).resolve()] for s in scripts}
        large = [source for source, size in sizes.items() if size > 100_000]
        assert large == (["searchindex.js"] if name == "search" else []), name


def test_a_lesson_needs_few_and_small_files_before_it_is_there(site: Site, page: Page) -> None:
    asked: list[Path] = []
    page.on("request", lambda request: asked.append(Path(unquote(urlsplit(request.url).path))))
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => console.log('there'), {once: true})"
    )
    with page.expect_console_message(lambda message: message.text == "there"):
        page.goto(site.address("02_prepare_images"), wait_until="commit")
    needed = [path for path in asked if path.suffix in (".html", ".css", ".js")]
    scripts = [path for path in needed if path.suffix == ".js"]
    assert sum(len(gzip.compress(path.read_bytes())) for path in needed) < 120_000
    assert len(needed) - len(scripts) == 2 and len(scripts) <= 2
    page.wait_for_load_state()
    assert page.locator(".copy").count() > 10, "the scripts came"
    assert all(path.stat().st_size < 100_000 for path in asked if path.suffix == ".js")


def test_every_page_has_a_title_and_a_description_of_its_own(site: Site) -> None:
    titles, told = [], []
    for name, page in site.pages.items():
        titles += re.findall("<title>(.+?)</title>", page.path.read_text(encoding="utf-8"))
        found = [m["content"] for m in page.all("meta") if m.get("name") == "description"]
        assert name in UNLISTED or found, name
        told += found
    assert len(titles) == len(site.pages) == len(set(titles))
    assert len(told) == len(set(told)) and all(20 < len(text) < 260 for text in told)


def test_search_engines_are_led_once_there_is_an_address(site: Site, tmp_path: Path) -> None:
    assert not (site.folder / "sitemap.xml").exists()
    assert not any(
        "canonical" in a.get("rel", "") for p in site.pages.values() for a in p.all("link")
    )
    listed = findable.sitemap("https://example.org/cells", ["index", "api/split"])
    places = ElementTree.fromstring(listed.encode()).iterfind(".//{*}loc")
    assert [place.text for place in places] == [
        "https://example.org/cells/index.html",
        "https://example.org/cells/api/split.html",
    ]
    options = conf(tmp_path, "doc_host = https://example.org/cells")
    assert options["html_baseurl"] == "https://example.org/cells/"


def test_a_listing_can_be_copied(site: Site, page: Page) -> None:
    page.goto(site.address("index"))
    page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text }")
    button = page.get_by_role("button", name="Copy").first
    code = button.evaluate("e => e.parentElement.querySelector('pre').textContent")
    button.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("window.copied") == code.rstrip() != ""


def test_a_listing_of_88_columns_fits(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(site.address("02_prepare_images"))
    listing = page.locator(".cell_input pre").locator("visible=true").first
    listing.evaluate("e => { e.textContent = 'x'.repeat(88) }")
    assert listing.evaluate("e => e.scrollWidth <= e.clientWidth")
    listing.evaluate("e => { e.textContent = 'x'.repeat(120) }")
    assert listing.evaluate("e => e.scrollWidth > e.clientWidth"), "a longer one scrolls"


def test_long_listings_are_folded(site: Site) -> None:
    long = 0
    for name, page in site.pages.items():
        html = page.path.read_text(encoding="utf-8")
        for found in re.finditer(r'<div class="cell_input[^"]*">.*?<pre>(.*?)</pre>', html, re.S):
            if found[1].count("\n") > 40:
                long += 1
                before = html[: found.start()]
                assert before.rfind("<details") > before.rfind("</details>"), name
    assert long > 5


def test_a_link_to_the_glossary_opens_its_entry(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(site.address("08_train_cnn"))
    link = page.locator('.bd-article a[href*="glossary.html#"]').last
    anchor = link.get_attribute("href").partition("#")[2]
    link.click()
    entry = page.locator(f"section#{anchor} h2")
    entry.wait_for()
    assert 0 <= entry.bounding_box()["y"] < 400


def test_sliders_move_on_the_pages_of_their_lessons_alone(site: Site, page: Page) -> None:
    lessons = {lesson.stem for lesson in LESSONS}
    for name, each in site.pages.items():
        wanted = frames.with_knobs(name) if name in lessons else {}
        places = [f["data-place"] for f in each.all("figure") if "data-place" in f]
        assert places == [f"_static/frames/{name}/{figure}/" for figure in wanted]
        is_loaded = "'_static/frames.js'" in each.path.read_text(encoding="utf-8")
        assert is_loaded == bool(wanted), name
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.address("07_split"))
    slider = page.get_by_label("dealt")
    layers = page.locator(".layers", has=page.locator("[src*='/draw_dealing/']"))
    before = pixels(page, layers.locator("img").first)
    assert not any(re.search(r"/\d+\.webp", url) for url in asked), (
        "a frame comes when it is wanted"
    )
    slider.press("End")
    assert np.abs(pixels(page, layers.locator("img").nth(1)) - before).max() > 100
    assert "76 squares are on the test side" in (layers.locator("img").first.get_attribute("alt"))
