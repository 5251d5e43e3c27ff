"""A twin of each page in plain Markdown, and llms.txt, the list of them for language models."""

import re
from functools import cache
from pathlib import Path

import contents
import nbformat
import reference
from nbconvert import MarkdownExporter
from nbformat import NotebookNode
from notebook_page import read_directives
from traitlets.config import Config


def write_all(site: Path, out: Path) -> None:
    """Write the twins beside the pages."""
    for path in sorted(site.rglob("*.ipynb")):
        if "_files" not in path.parts:
            write(out / path.relative_to(site).with_suffix(".md"), twin(path))
    for path in site.rglob("*.md"):
        if path.parent.name != "api":
            write(out / path.relative_to(site), path.read_text(encoding="utf-8"))
    for name in reference.pages():
        write(out / "api" / f"{name}.md", reference.plain(name))
    write(out / "api" / "index.md", api_index())
    write(out / "llms.txt", overview())


def write(path: Path, text: str) -> None:
    text = re.sub(r"```\{toctree\}[\s\S]*?```\n?", "", text)
    parts = re.split(r"(^```[\s\S]*?^```)", text, flags=re.M)  # every second one is code
    parts[::2] = [re.sub(r"(\]\([\w/.-]+)\.ipynb", r"\1.md", part) for part in parts[::2]]
    path.write_text("".join(parts), encoding="utf-8")


def twin(path: Path) -> str:
    """Return a notebook as Markdown, with the texts of its pictures in place of them."""
    notebook = nbformat.read(path, as_version=4)
    read_directives(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            describe_picture(output)
    return as_markdown(notebook)[0]


def as_markdown(notebook: NotebookNode) -> tuple[str, dict]:
    """Return what a reader sees of a notebook as Markdown, and its pictures by name."""
    notebook.metadata["language_info"] = {"name": "python"}  # nbdev-clean takes it out
    text, resources = exporter().from_notebook_node(notebook)
    return tidy(text), resources["outputs"]


@cache
def exporter() -> MarkdownExporter:
    """Return what writes Markdown, made once, since it reads its templates anew each time."""
    unseen = {"remove_cell_tags": {"remove-cell"}, "remove_input_tags": {"remove-input"}}
    return MarkdownExporter(config=Config(TagRemovePreprocessor={"enabled": True, **unseen}))


def tidy(text: str) -> str:
    """Take out the blank lines that nbconvert puts around outputs."""
    return re.sub(r"\n{4,}", "\n\n", re.sub(r"^ +$", "", text, flags=re.M)).strip() + "\n"


def describe_picture(output: NotebookNode) -> None:
    if "image/png" in output.get("data", {}):
        alt = output.metadata.get("image/png", {}).get("alt", "")
        output.data = NotebookNode({"text/markdown": f"*Figure: {alt}*"})


def api_index() -> str:
    """Return the list of the reference's pages."""
    lines = [f"- [{name}]({name}.md): {reference.summary(name)}" for name in reference.pages()]
    return "# Reference\n\n" + "\n".join(lines) + "\n"


def overview() -> str:
    """Return llms.txt, as llmstxt.org describes it."""
    parts = [f"# {contents.title('index')}", f"> {contents.summary('index')}"]
    for chapter, names in contents.chapters().items():
        parts += [f"## {chapter}", "\n".join(map(_line, names))]
    rooms = [("Beside the steps", contents.rooms()), *contents.wings().items()]
    for heading, names in rooms:
        parts += [f"## {heading}", "\n".join(map(_line, names))]
    return "\n\n".join(parts) + "\n"


def _line(page: str) -> str:
    """Return a page's line in llms.txt; `page` may have its title before it, as in a toctree."""
    if contents.source(page).exists():
        return f"- [{contents.title(page)}]({page}.md): {contents.summary(page)}"
    titled = re.fullmatch(r"(.+) <(.+)>", page)
    shown, target = titled.groups() if titled else (page.split("/")[0], page)
    return f"- [{shown}]({target}.md)"
