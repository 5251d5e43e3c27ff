"""What helps to find a page: its description, its address, and a search down to the section."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import contents
from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx

LOST = """<h1>Page not found</h1>
<p>There is no page at this address. It may have moved.</p>
<p><a href="index.html">The front page</a> has all ten lessons; <a href="search.html">the
search</a> finds the rest.</p>"""
ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.S)
# code cells and what they print are not prose
CODE = re.compile(
    r'<div class="(?:highlight-(?:python|ipython3)|output|highlight-myst-ansi)[^"]*">.*?</pre>',
    re.S,
)
OPTION = re.compile(r"<li>(?=<p><code[^>]*>(--[\w-]+))")
# where a section, a name of the reference or an option begins
PLACE = re.compile(
    r"<section(?P<more>[^>]*)>(?:<span[^>]*></span>)*<h\d>(?P<heading>.*?)</h\d>"
    r'|<dt class="sig[^"]*" id="(?P<name>[^"]+)">'
    r'|<li id="(?P<option>[^"]+)">(?=<p><code[^>]*>(?P<shown>--[\w-]+))',
    re.S,
)
LONGEST = 1500


def address() -> str:
    """Return where the site is public, without a slash at the end; nothing if it isn't."""
    return contents.facts().get("doc_host", "").rstrip("/")


def describe(app: Sphinx, name: str, template: str, context: dict, doctree: object) -> None:
    """Give a page its own title and say what it is about, for search engines and social media."""
    if not isinstance(doctree, nodes.document):
        return
    if name.startswith("api/") and name != "api/index":
        context["title"] = f"Reference of {context['title']}"
    up = context["pathto"]("", 1)
    card = f"{address() or up.rstrip('/') or '.'}/_static/social_card.png"
    about = html.escape(about_page(doctree))
    if name.startswith("api/"):
        about = f"Names, parameters and types. {about}"
    context["metatags"] += "\n".join(
        [
            f'<link rel="alternate" type="text/markdown" href="{up}{name}.md">',
            f'<meta name="description" content="{about}">',
            '<meta property="og:type" content="website">',
            f'<meta property="og:title" content="{html.escape(plain(context["title"]))}">',
            f'<meta property="og:site_name" content="{contents.facts()["lib_name"]}">',
            f'<meta property="og:description" content="{about}">',
            f'<meta property="og:image" content="{card}">',
            '<meta name="twitter:card" content="summary_large_image">',
        ]
    )


def about_page(doctree: nodes.document) -> str:
    """Return the line below a page's title, or its first paragraph's beginning."""
    found = (node.astext() for node in doctree.findall(nodes.paragraph))
    text = " ".join(next(found, "").split())
    return text if len(text) <= 200 else text[:200].rpartition(" ")[0] + " ..."


def setup(app: Sphinx) -> None:
    """Let the pages say what they are, and put our own search in place of Sphinx's."""
    app.connect("html-page-context", describe)
    app.connect("builder-inited", leave_search_to_us)
    app.connect("html-collect-pages", more_pages)


def leave_search_to_us(app: Sphinx) -> None:
    app.builder.search = False  # type: ignore[attr-defined]


def more_pages(app: Sphinx) -> list[tuple[str, dict, str]]:
    """Return the page of the search and that of a wrong address."""
    lost = {"title": "Page not found", "body": LOST}
    return [("search", {}, "search.html"), ("404", lost, "page.html")]


def make_findable(out: Path) -> None:
    """Write the index of the search and, if the site is public, the list of its pages."""
    paths = {p.relative_to(out).with_suffix("").as_posix(): p for p in sorted(out.rglob("*.html"))}
    names = [n for n in paths if n not in ("search", "404") and not n.startswith("_")]
    change(
        paths["commands"],
        re.compile(r'<section id="([^"]+)">.*?(?=<section|$)', re.S),
        mark_options,
    )
    found = [entry for name in names for entry in entries(name, paths[name])]
    index = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    (out / "searchindex.js").write_text(f"const PLACES = {index};\n", encoding="utf-8")
    scripts = ("searchindex.js", "_static/search.js")
    load = "".join(f'<script defer src="{script}"></script>' for script in scripts)
    change(paths["search"], re.compile("</head>"), f"{load}</head>")
    if place := address():
        change(paths["404"], re.compile("<head>"), f'<head><base href="{place}/">')
        (out / "sitemap.xml").write_text(sitemap(place, names), encoding="utf-8")


def change(path: Path, old: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> None:
    """Replace what is found in a file."""
    path.write_text(old.sub(new, path.read_text(encoding="utf-8")), encoding="utf-8")


def mark_options(section: re.Match[str]) -> str:
    """Return a command's section with an anchor at each option."""
    return OPTION.sub(rf'<li id="{section[1]}\1">', section[0])


def sitemap(place: str, names: list[str]) -> str:
    """Return the list of all pages that search engines read."""
    urls = "".join(f"<url><loc>{place}/{name}.html</loc></url>\n" for name in names)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{space}">\n{urls}</urlset>\n'


def entries(name: str, path: Path) -> list[list[str]]:
    """Return the places of a page: address, heading, heading of the page, and text of each."""
    article = ARTICLE.search(path.read_text(encoding="utf-8"))
    text = CODE.sub("", article[1] if article else "")
    places = list(PLACE.finditer(text))
    ends = [place.start() for place in places[1:]] + [len(text)]
    title = plain(places[0]["heading"]) if places else ""
    found = []
    for place, end in zip(places, ends, strict=True):
        anchor, heading = whereabouts(place)
        link = f"{name}.html" + (f"#{anchor}" if place is not places[0] else "")
        found.append([link, heading, title, plain(text[place.end() : end])[:LONGEST]])
    return found


def whereabouts(place: re.Match[str]) -> tuple[str, str]:
    """Return the anchor and the heading of a place."""
    if place["name"]:
        return place["name"], place["name"].removeprefix("bloodcell_tut.").partition(".")[2]
    if place["option"]:
        return place["option"], place["shown"]
    anchor = re.search(r'id="([^"]+)"', place["more"])
    return anchor[1] if anchor else "", plain(place["heading"])


def plain(text: str) -> str:
    """Return the words of a piece of a page."""
    text = re.sub(r'<a class="headerlink".*?</a>|<span class="viewcode.*?</span>', "", text)
    text = re.sub(r"</?(?:p|li|td|th|dd|dt|h\d|div|br)\b[^>]*>", " ", text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
