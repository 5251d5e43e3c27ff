"""Put a line that opens it elsewhere into each lesson, once settings.ini names an address."""

import json
from pathlib import Path
from urllib.parse import quote

from contents import facts, notebook_text

ROOT = Path(__file__).parent.parent
TAG = "launch"
GITHUB = "https://github.com/"


def places(address: str, branch: str, notebook: str) -> dict[str, str]:
    """Return where a notebook of the repository can be opened, nothing where nobody can find it."""
    if not address.startswith(GITHUB):
        return {}
    name, path = address.removeprefix(GITHUB).strip("/").removesuffix(".git"), quote(notebook)
    file = f"{name}/blob/{branch}/{path}"
    return {
        "Colab": f"https://colab.research.google.com/github/{file}",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src={GITHUB}{file}",
        "Binder": f"https://mybinder.org/v2/gh/{name}/{branch}?labpath={path}",
    }


def line(found: dict[str, str], what: str) -> str:
    """Return the line that a reader sees."""
    links = [f"[{place}]({address})" for place, address in found.items()]
    return f"Open {what} in {', '.join(links[:-1])} or {links[-1]}." if links else ""


def install(address: str) -> str:
    """Return how the package is installed without a clone."""
    wanted = f"bloodcell_tut[lab,tensorflow] @ git+{address}"
    return f'Install it without a clone: `pip install "{wanted}"`.' if address else ""


def put(notebook: Path, text: str) -> None:
    """Let a notebook have this line below its title, or none."""
    before = notebook.read_text(encoding="utf-8")
    content = json.loads(before)
    cells = [c for c in content["cells"] if TAG not in c["metadata"].get("tags", [])]
    if text:
        cell = {"cell_type": "markdown", "id": TAG, "metadata": {"tags": [TAG]}, "source": [text]}
        cells.insert(1, cell)
    content["cells"] = cells
    after = notebook_text(content)
    if after != before:
        notebook.write_text(after, encoding="utf-8")


def put_all(root: Path = ROOT) -> None:
    """Do so in all lessons and on the front page, whose line opens the first lesson."""
    settings = facts(root / "settings.ini")
    address, branch = settings.get("git_url", ""), settings.get("branch", "main")
    first, *others = sorted((root / "nbs").glob("[0-9a]*.ipynb"))
    for notebook in (first, *others):
        found = places(address, branch, f"nbs/{notebook.name}")
        put(notebook, line(found, "this lesson"))
    found = places(address, branch, f"nbs/{first.name}")
    put(
        root / "nbs" / "index.ipynb",
        f"{line(found, 'the first lesson')} {install(address)}".strip(),
    )


if __name__ == "__main__":
    put_all()
