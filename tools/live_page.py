"""Put the network that answers into pages, and say when its file is not the model's any more."""

import hashlib
import re
import sys
from pathlib import Path

from contents import ROOT
from nbformat import NotebookNode
from pictures import cell

STATIC = ROOT / "docs" / "static" / "live"
NETWORK = STATIC / "network_file.js"
MODEL = ROOT / "docs" / "live" / "model.keras"
PLAYGROUND = "playground"
SIDE, PAPER = 24, 235

# which box stands before which words
BOXES = {
    "index": [("box", "A widely read tutorial")],
    "00_why_a_cnn": [
        ("box", "## What the article says"),
        (PLAYGROUND, "### Going deeper: the same with OpenCV and with Keras"),
    ],
    "08_train_cnn": [("box", "## Break it")],
    "09_evaluate": [("box", "## Break it")],
}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check() -> None:
    """End with a sentence when the pages' network was made from another model's file."""
    made_from = re.search(r'"model":"(\w+)"', NETWORK.read_text(encoding="utf-8")[:200])
    if made_from is None or made_from[1] != digest(MODEL):
        sys.exit(
            f"{NETWORK}: found a network that was not made from {MODEL.name} as it is now; "
            f"make it anew: python tools/live_network.py --model {MODEL}"
        )


def add_boxes(notebook: NotebookNode, name: str) -> None:
    """Put a page's boxes into its cells."""
    for box, words in BOXES.get(name, []):
        for one in notebook.cells:
            found = re.search(f"^{re.escape(words)}", one.source, re.M)
            if found and one.cell_type == "markdown":
                before, after = one.source[: found.start()], one.source[found.start() :]
                one.source = f"{before}\n{html(box)}\n\n{after}"
                break
        else:
            sys.exit(f"{name}: found no place for the {box}; expected a line that begins {words!r}")


def html(box: str) -> str:
    """Return a box as HTML without an empty line, which would end it in Markdown."""
    text, style = (
        (ROOT / "docs" / "live" / name).read_text(encoding="utf-8")
        for name in (f"{box}.html", "live.css")
    )
    text = text.replace("PIXELS", pixels()) if "PIXELS" in text else text
    return re.sub(r"\n{2,}", "\n", text.replace("STYLE", style))


def pixels() -> str:
    """Return the gray levels of a small drawn cell, row by row, two hexadecimal digits each."""
    rgba = cell("NEUTROPHIL", SIDE).astype(float)
    cover = rgba[..., 3:] / 255
    gray = (rgba[..., :3] * cover + PAPER * (1 - cover)).mean(axis=2).round().astype(int)
    return "".join(f"{level:02x}" for level in gray.ravel())
