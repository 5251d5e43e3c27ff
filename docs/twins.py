"""A twin of each page in plain Markdown, and llms.txt, the list of them for language models."""

import re
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
    for path in site.glob("*.md"):
        write(out / path.name, path.read_text(encoding="utf-8"))
    write(out / "toolbox" / "index.md", (site / "toolbox" / "index.md").read_text("utf-8"))
    for module in reference.modules():
        write(out / "api" / f"{module}.md", reference.plain(module))
    write(out / "api" / "index.md", api_index())
    write(out / "llms.txt", overview())


def write(path: Path, text: str) -> None:
    text = re.sub(r"```\{toctree\}[\s\S]*?```\n?", "", text)
    path.write_text(re.sub(r"(\]\([\w/.-]+)\.ipynb", r"\1.md", text), encoding="utf-8")


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
    unseen = {"remove_cell_tags": {"remove-cell"}, "remove_input_tags": {"remove-input"}}
    exporter = MarkdownExporter(config=Config(TagRemovePreprocessor={"enabled": True, **unseen}))
    text, resources = exporter.from_notebook_node(notebook)
    return tidy(text), resources["outputs"]


def tidy(text: str) -> str:
    """Take out the blank lines that nbconvert puts around outputs."""
    return re.sub(r"\n{4,}", "\n\n", re.sub(r"^ +$", "", text, flags=re.M)).strip() + "\n"


def describe_picture(output: NotebookNode) -> None:
    if "image/png" in output.get("data", {}):
        alt = output.metadata.get("image/png", {}).get("alt", "")
        output.data = NotebookNode({"text/markdown": f"*Figure: {alt}*"})


def api_index() -> str:
    """Return the list of the reference's pages."""
    lines = [f"- [{m}]({m}.md): {reference.summary(m)}" for m in reference.modules()]
    return "# Reference\n\n" + "\n".join(lines) + "\n"


def overview() -> str:
    """Return llms.txt, as llmstxt.org describes it."""
    pages = contents.chapters() | {"Toolbox": [n for ns in contents.toolbox().values() for n in ns]}
    parts = [f"# {contents.title('index')}", f"> {contents.summary('index')}"]
    for chapter, names in pages.items():
        lines = [
            f"- [{contents.title(n)}]({n}.md): {contents.summary(n)}"
            if contents.source(n).exists()
            else f"- [{n.split('/')[0]}]({n}.md)"
            for n in names
        ]
        parts += [f"## {chapter}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"
