"""The house on the site: a page of its rooms and wings, and a page for each wing."""

from pathlib import Path

import contents


def page() -> str:
    """Return the page of the house: the steps, the rooms beside them, and the wings."""
    parts = [
        "# The house",
        "> Where each thing stands: the nine steps, the rooms beside them, and the wings behind",
        "Each page is a notebook that explains, tests and exports one module of the package. "
        "`nbs/files/archives.ipynb` exports `bloodcell_tut/files/archives.py`; a lesson exports "
        "the module of its step.",
        "## The nine steps",
        _list(contents.lessons(), ""),
        "## Beside the steps",
        _list(contents.rooms(), ""),
    ]
    for wing, names in contents.wings().items():
        parts += [f"## [{wing}]({wing}/index.md)", contents.purpose(wing), _list(names, "")]
    return "\n\n".join([*parts, contents.toctree(contents.rooms())]) + "\n"


def wing_page(wing: str) -> str:
    """Return the first page of a wing: its notebooks, and where its names are listed."""
    names = contents.wings()[wing]
    pages = [Path(name).name for name in names if name.startswith(f"{wing}/")]
    parts = [
        f"# {wing}",
        f"> {contents.purpose(wing)}",
        _list(names, "../"),
        f"Its public names, `bt.{wing}.NAME` after `import bloodcell_tut as bt`, with their "
        f"parameters and types: [the reference of {wing}](../api/{wing}.md).",
        contents.toctree([f"Public names </api/{wing}>", *pages]),
    ]
    return "\n\n".join(parts) + "\n"


def _list(names: list[str], up: str) -> str:
    """Return links to notebooks, each with what it is about."""
    return "\n".join(
        f"- [{contents.title(n)}]({up}{n}.ipynb): {contents.summary(n)}" for n in names
    )
