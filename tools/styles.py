"""One style for the site: the theme's styles and ours, without what no page uses."""

import re
from collections.abc import Iterator
from pathlib import Path

# what the theme's scripts put together from pieces
MADE_BY_SCRIPTS = ("bs-", "tooltip", "dropdown", "popover")
PIECE = re.compile(r'"[^"]*"|\'[^\']*\'|url\([^)]*\)|[{};]|[^{};"\']+')
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")


def join(paths: list[Path], names: set[str]) -> str:
    """Return several styles as one.

    Parameters
    ----------
    paths
        The styles, in order.
    names
        The classes and anchors of all pages, and the words of all scripts.
    """
    return "".join(used("".join(map(whole, paths)), names))


def whole(path: Path) -> str:
    """Return a style without comments, those that it imports in their place."""
    text = re.sub(r"/\*[\s\S]*?\*/", "", path.read_text(encoding="utf-8"))
    return re.sub(r'@import "([^"]+)";', lambda found: whole(path.parent / found[1]), text)


def used(style: str, names: set[str]) -> Iterator[str]:
    """Yield the rules of a style that can match something."""
    for head, body in rules(style):
        if head.startswith(("@media", "@supports")):
            inside = "".join(used(body, names))
            if inside:
                yield f"{head}{{{inside}}}"
        elif head.startswith("@font-face"):
            continue  # the icons' fonts; the icons are drawn by our own style
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            heads = [part.strip() for part in parts(head) if is_used(part, names)]
            if heads:
                yield f"{','.join(heads)}{{{tight(body)}}}"


def rules(style: str) -> Iterator[tuple[str, str]]:
    """Yield each rule's head and body."""
    head, body, depth = "", "", 0
    for piece in PIECE.findall(style):
        if piece == "}":
            depth -= 1
        if piece == "}" and depth == 0:
            yield " ".join(head.split()), body
            head, body = "", ""
        elif depth:
            body += piece
        elif piece != "{":
            head += piece
        if piece == "{":
            depth += 1


def parts(head: str) -> list[str]:
    """Return the selectors of a rule's head."""
    return re.findall(r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^]]*\]|[^,])+", head)


def is_used(selector: str, names: set[str]) -> bool:
    """Return whether all classes and anchors that a selector asks for are somewhere."""
    asked = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^]]*\]", "", selector)
    found = (name.replace("\\", "") for name in NAME.findall(asked))
    return all(name in names or name.startswith(MADE_BY_SCRIPTS) for name in found)


def tight(body: str) -> str:
    """Return declarations without blanks around them."""
    return re.sub(r"\s*([;{}])\s*", r"\1", " ".join(body.split())).strip("; ")
