"""The built site as tests see it: its pages, their links, and a browser to open them in."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]


class HtmlPage(HTMLParser):
    """One page: its anchors, and its elements with their attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: set[str] = set()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        self.ids |= {attributes[key] for key in ("id", "name") if key in attributes}

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


class Site:
    """A folder with the built site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def pages(self) -> dict[str, HtmlPage]:
        """All pages by their path without the ending."""
        paths = [p for p in sorted(self.folder.rglob("*.html")) if "_static" not in p.parts]
        return {p.relative_to(self.folder).with_suffix("").as_posix(): HtmlPage(p) for p in paths}

    def address(self, name: str) -> str:
        """A page as opened from disk."""
        return (self.folder / f"{name}.html").as_uri()


def build(folder: Path) -> Site:
    """Build the site as `make docs` does."""
    script = ROOT / "tools" / "make_site.py"
    places = [str(script), str(folder / "site"), "--work", str(folder / "work")]
    done = subprocess.run([sys.executable, *places], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return Site(folder / "site")


def find_chromium() -> str | None:
    """The path of Debian's Chromium, or of a browser of that kind under another name."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def chromium() -> str:
    found = find_chromium()
    if found is None:
        pytest.skip("NOT TESTED in a browser: there is no Chromium; apt-get install chromium")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser without a window."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
