"""Write README.md: nbs/index.ipynb as Markdown, its links and its picture seen from the top."""

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
from notebook_page import read_directives
from twins import as_markdown

PICTURE = "docs/static/nine_steps.png"


def readme(picture: Path) -> str:
    """Return the text of README.md, and write the front page's picture."""
    notebook = nbformat.read(ROOT / "nbs" / "index.ipynb", as_version=4)
    read_directives(notebook)
    text, pictures = as_markdown(notebook)
    ((name, content),) = pictures.items()
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(content)
    (alt,) = (o.metadata["image/png"]["alt"] for o in outputs(notebook) if "image/png" in o.data)
    text = re.sub(rf"!\[\w+\]\({name}\)", f"![{alt}]({PICTURE})", text)
    return re.sub(r"\]\(([\w/]+\.ipynb)", r"](nbs/\1", text)


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    found = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [output for output in found if "data" in output]


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "README.md"
    target.write_text(readme(target.parent / PICTURE), encoding="utf-8")
