"""What is in the site, and in which order."""

import ast
import json
import re
from configparser import ConfigParser, SectionProxy
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
NBS = ROOT / "nbs"
PACKAGE = ROOT / "bloodcell_tut"

# beside the lessons
BESIDE = ("article_repaired", "errata", "glossary")

# what follows the nine steps, in the order in which to read it
BEYOND = ("another_laboratory", "any_pictures", "denoising", "captioning", "more_machines")

# answers to what readers ask, the most urgent first
HOW_TO = (
    "stuck_at_img_array", "own_folder", "predict", "leaks", "which_accuracy", "own_model",
    "colab_kaggle", "speed_memory", "class_of_students", "cite",
)  # fmt: skip

# notebooks whose names begin so hold the answers of exercises
CHECKS = "exercises/lesson_"

# pages whose source stands at the top of the repository
TOP_PAGES = {
    "contributing": "CONTRIBUTING.md",
    "security": "SECURITY.md",
    "changelog": "CHANGELOG.md",
}


def facts(settings: Path = ROOT / "settings.ini") -> SectionProxy:
    """Return what the settings say of the package."""
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.read(settings, encoding="utf-8")
    return parser["DEFAULT"]


def lessons() -> list[str]:
    """Return the names of the lessons, in order."""
    return sorted(path.stem for path in NBS.glob("[0-9]*.ipynb"))


def beyond() -> list[str]:
    """Return the pages of the lessons beyond the nine steps."""
    return [f"beyond/{name}" for name in BEYOND]


def with_exercises() -> list[str]:
    """Return the pages of all lessons."""
    return [*lessons(), *beyond()]


def rooms() -> list[str]:
    """Return the notebooks beside the lessons that export a module at the package's top."""
    found = (notebook(path) for path in sorted(PACKAGE.glob("[a-z]*.py")))
    return [name for name in found if name and name not in lessons()]


def wings() -> dict[str, list[str]]:
    """Return the notebooks of each wing's modules; the checks of exercises would tell answers."""
    found: dict[str, list[str]] = {}
    for init in sorted(PACKAGE.glob("[a-z]*/__init__.py")):
        names = (notebook(path) for path in sorted(init.parent.glob("[a-z]*.py")))
        found[init.parent.name] = [n for n in names if n and not n.startswith(CHECKS)]
    return found


def notebook(module: Path) -> str:
    """Return the notebook that exports a module."""
    line = re.search(r"File to edit: [./]*/nbs/(.+)\.ipynb", module.read_text(encoding="utf-8"))
    return line[1] if line else ""


def purpose(wing: str) -> str:
    """Return what a wing is for, as a sentence: its docstring."""
    text = (PACKAGE / wing / "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0].replace("\n", " ")


def sidebar_line(wing: str) -> str:
    """Return a wing's line in the sidebar: its name and the first words of what it is for."""
    words = re.split(r"[:,.] |\.$", purpose(wing))[0]
    first = words[:1] if words[:2].isupper() else words[:1].lower()
    return f"{wing}: {first}{words[1:]} <{wing}/index>"


def chapters() -> dict[str, list[str]]:
    """Return the pages of the sidebar by heading."""
    return {
        "Lessons": [*lessons(), *BESIDE],
        "Beyond the nine steps": beyond(),
        "How-to": [f"how_to/{name}" for name in HOW_TO],
        "Reference": [
            "commands",
            "All public names <api/index>",
            "The house <house>",
            *map(sidebar_line, wings()),
        ],
        "About": ["results", "contributing", "security", "citing", "credits", "changelog"],
    }


def source(name: str) -> Path:
    """Return the notebook of a page."""
    return NBS / f"{name}.ipynb"


def notebook_text(notebook: dict) -> str:
    """Return a notebook as it stands in the repository."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@cache
def cells(name: str) -> list[dict]:
    """Return a notebook's cells, each with its source as one text."""
    raw = json.loads(source(name).read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in raw]


def title(name: str) -> str:
    """Return a page's heading."""
    return cells(name)[0]["source"].splitlines()[0].removeprefix("# ")


def summary(name: str) -> str:
    """Return the line that says what a page is about."""
    found = re.search(r"^> (.+)", cells(name)[0]["source"], re.M)
    return found[1] if found else ""


def toctree(pages: list[str], caption: str = "", hidden: bool = True) -> str:
    """Return the list of pages that Sphinx orders its navigation by."""
    options = [":hidden:"] * hidden + [f":caption: {caption}"] * bool(caption)
    return "\n".join(["```{toctree}", *options, "", *pages, "```"])
