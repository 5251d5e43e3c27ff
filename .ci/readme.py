"""Write README.md: nbs/index.ipynb as Markdown, its links seen from the top folder."""

import re
import sys
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parent.parent

if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "README.md"
    notebook = nbformat.read(ROOT / "nbs" / "index.ipynb", as_version=4)
    notebook.metadata["language_info"] = {"name": "python"}  # nbdev-clean takes it out
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    text = re.sub(r"\]\(([\w/]+\.ipynb)", r"](nbs/\1", text)
    target.write_text(text.strip() + "\n", encoding="utf-8")
