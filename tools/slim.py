"""A light site: small pages and figures, one style, few scripts, and nothing that no page uses."""

import hashlib
import re
import shutil
from pathlib import Path

import accessible
import figures
import styles

LINKED = re.compile(
    r'\s*<link (?:rel="stylesheet" (?:type="text/css" )?)?href="([^"]*_static/[^"?]+\.css)[^"]*"'
    r'(?: rel="stylesheet")? />'
)
LOADED = re.compile(r'\s*<script (?:defer )?src="([^"]*_static/[^"?]+\.js)[^"]*"></script>')
# what the theme writes and no reader needs: comments, a second list of headings, settings twice
NEEDLESS = re.compile(
    r'<!--.*?-->|<div id="jb-print-docs-body".*?(?=<div id="searchbox">)'
    r'|<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>'
    r'|<link rel="preload" as="script"[^>]*>|<meta name="docsearch:[^>]*>'
    r"|<script>DOCUMENTATION_OPTIONS\.[^<]*</script>"
    r'|(?<=initial-scale=1\.0" />)<meta name="viewport"[^>]*>'
    r'|<meta name="viewport" content="width=device-width, initial-scale=1"/>'
    r'|(?<=class=")docutils (?=literal )|(?<=literal) notranslate(?=")'
    r'| docutils container(?=")| class="reference internal"|(?<=class=")reference internal (?=nav)'
    r'|<div class="sidebar-primary-items__end[^>]*>\s*<div[^>]*>\s*<div id="ethical-ad-placement"'
    r"[^>]*>\s*</div>\s*</div>\s*</div>"
    r'| data-bs-placement="bottom"| data-bs-toggle="tooltip"|<footer class="bd-footer">\s*</footer>'
    r'|<div class="footer-item">\s*</div>|(?<="xref )py py-\w+ docutils (?=literal)'
    r"|<img[^>]*logo__image only-dark[^>]*>|(?<=logo__image) only-light"
    r'|(?<=<summary) aria-label="Toggle hidden content"'
    r'| title="(?:Link to this (?:heading|definition)|bloodcell_tut\.[^"]*)"',
    re.S,
)
AS_IT_IS = re.compile(r"(<(pre|textarea|script|style)\b.*?</\2>)", re.S)
BLOCKS = (
    "html|head|body|meta|link|title|div|ul|ol|li|dl|dt|dd|p|h[1-6]|nav|main|header|footer|aside|"
    "article|section|dialog|form|table|thead|tbody|tr|td|th|details|summary|blockquote|noscript|"
    "colgroup|col"
)
AROUND = re.compile(rf"\s*(</?(?:{BLOCKS})\b[^>]*>)\s*")
# names, numbers, operators and blanks in code have the color of text
PLAIN = re.compile(r'<span class="(?:[nopw]|nb|nn|mi|mf|si|sa|bp|ow)">([^<]*)</span>')
# each word of a name, and the words of a link
WORD = re.compile(r'<span class="(?:pre|std std-doc|std std-ref)">([^<]*)</span>')
# one color from word to word, such as the lines of a docstring
ALIKE = re.compile(r'<span class="(\w+)">[^<]*</span>(?:\s*<span class="\1">[^<]*</span>)+')
SIDEBAR = re.compile(r'<nav class="bd-links.*?</nav>', re.S)
LARGEST = 100_000
# nothing on a page waits for its scripts: they come when it is there, in their order
LOADER = """<script>((page) => {{
const is = page.documentElement.dataset;
if (is.theme === "auto")
is.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
page.addEventListener("DOMContentLoaded", () => {{
for (const src of {scripts})
page.head.append(Object.assign(page.createElement("script"), {{ src, async: false }}));
}});
}})(document);</script>"""
UNUSED = (
    *("locales", "vendor", "styles", "scripts", "images", "searchtools.js", "language_data.js"),
    *("basic.css", "file.png", "plus.png", "minus.png", "*macros.html"),
)


def slim(out: Path) -> None:
    """Make a site light that Sphinx has written into `out`."""
    drawn = figures.shrink(out / "_images")
    paths = [p for p in out.rglob("*.html") if "_static" not in p.parts]
    pages = {p: NEEDLESS.sub("", p.read_text(encoding="utf-8")) for p in paths}
    pages = {p: figures.show(SIDEBAR.sub(short, page), drawn) for p, page in pages.items()}
    style_files, script_files = on_every_page(pages, LINKED), on_every_page(pages, LOADED)
    style = write(out, "css", styles.join(style_files, names(out, pages)))
    scripts = [write(out, "js", text) for text in join_scripts(texts(script_files))]
    joined = {*style_files, *script_files}
    for path, page in pages.items():
        up = "../" * (len(path.relative_to(out).parts) - 1)
        page = without(page, path, joined)
        own = LOADED.findall(page)
        head = LOADER.format(scripts=[*(f"{up}{script}" for script in scripts), *own])
        head += f'<link rel="stylesheet" href="{up}{style}">'
        page = LOADED.sub("", page).replace("</head>", f"{head}</head>", 1)
        path.write_text(tight(accessible.mend(page)), encoding="utf-8")
    remove_unused(out, drawn, joined)


def write(out: Path, kind: str, text: str) -> str:
    """Write a style or a script, named after what is in it, so that none is kept too long."""
    name = f"_static/site-{hashlib.sha256(text.encode()).hexdigest()[:8]}.{kind}"
    (out / name).write_text(text, encoding="utf-8")
    return name


def on_every_page(pages: dict[Path, str], links: re.Pattern[str]) -> list[Path]:
    """Return the files that all pages load, in order."""
    lists = [[target(path, link) for link in links.findall(text)] for path, text in pages.items()]
    return [path for path in lists[0] if all(path in others for others in lists)]


def short(sidebar: re.Match[str]) -> str:
    """Return a sidebar whose links and entries don't say that they are such."""
    return re.sub(' class="(?:reference internal|toctree-l1)"', "", sidebar[0])


def without(page: str, path: Path, joined: set[Path]) -> str:
    """Return a page that no longer loads what was joined."""
    for links in (LINKED, LOADED):
        for found in list(links.finditer(page)):
            if target(path, found[1]) in joined:
                page = page.replace(found[0], "", 1)
    return page


def target(page: Path, link: str) -> Path:
    """Return the file that a page's link leads to."""
    return (page.parent / link).resolve()


def texts(paths: list[Path]) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in paths]


def names(out: Path, pages: dict[Path, str]) -> set[str]:
    """Return the classes and anchors of all pages, and the words of all scripts."""
    found: set[str] = set()
    for page in pages.values():
        for words in set(re.findall(r'\b(?:class|id)="([^"]*)"', page)):
            found |= set(words.split())
    for text in texts(list(out.rglob("*.js"))):
        found |= set(re.findall(r"[\w-]+", text))
    return found


def join_scripts(scripts: list[str]) -> list[str]:
    """Return the pages' scripts as few, none of which is large."""
    joined = [""]
    for text in scripts:
        if len(joined[-1]) + len(text) > LARGEST:
            joined.append("")
        joined[-1] += text + "\n"
    return joined


def tight(page: str) -> str:
    """Return a page without the blanks that a browser doesn't show."""
    kept = AS_IT_IS.split(page)
    for i in range(0, len(kept), 3):
        shown = PLAIN.sub(r"\1", WORD.sub(r"\1", kept[i]))
        kept[i] = AROUND.sub(r"\1", re.sub(r"\s+", " ", shown))
    for i in range(1, len(kept), 3):
        kept[i] = ALIKE.sub(as_one, PLAIN.sub(r"\1", kept[i]))
    return "".join(part for i, part in enumerate(kept) if i % 3 != 2)


def as_one(alike: re.Match[str]) -> str:
    """Return spans of one class as one."""
    return f'<span class="{alike[1]}">{re.sub("<[^>]*>", "", alike[0])}</span>'


def remove_unused(out: Path, drawn: dict[str, figures.Figure], joined: set[Path]) -> None:
    """Remove the files whose contents are elsewhere now, and those that no page loads."""
    for path in [*joined, *(out / "_images" / f"{name}.png" for name in drawn)]:
        path.unlink()
    for path in (path for name in UNUSED for path in (out / "_static").glob(name)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
