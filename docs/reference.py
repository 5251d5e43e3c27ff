"""The reference: one page for each exported module, and where each name is explained."""

import ast
import inspect
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise

import contents

PACKAGE = contents.ROOT / "bloodcell_tut"

# where the types in signatures are documented; the site itself loads nothing from there
ELSEWHERE = {
    "numpy.ndarray": "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.html",
    "numpy.random.Generator": "https://numpy.org/doc/stable/reference/random/generator.html",
    "numpy.random._generator.Generator": (
        "https://numpy.org/doc/stable/reference/random/generator.html"
    ),
    "ArrayLike": "https://numpy.org/doc/stable/reference/typing.html#numpy.typing.ArrayLike",
    "matplotlib.axes._axes.Axes": (
        "https://matplotlib.org/stable/api/_as_gen/matplotlib.axes.Axes.html"
    ),
    "keras.src.models.model.Model": "https://keras.io/api/models/model/",
    "keras.Model": "https://keras.io/api/models/model/",
    "pathlib.Path": "https://docs.python.org/3/library/pathlib.html#pathlib.Path",
    "collections.abc.Mapping": (
        "https://docs.python.org/3/library/collections.abc.html#collections.abc.Mapping"
    ),
    "collections.abc.Sequence": (
        "https://docs.python.org/3/library/collections.abc.html#collections.abc.Sequence"
    ),
    "collections.abc.Callable": (
        "https://docs.python.org/3/library/collections.abc.html#collections.abc.Callable"
    ),
}


@dataclass(frozen=True)
class Entry:
    """A public name, the notebook that exports it, and the cell it is defined in."""

    name: str
    module: str
    notebook: str
    cell: str

    @property
    def role(self) -> str:
        """The name as a link into the reference."""
        return f"{{py:obj}}`{self.name} <bloodcell_tut.{self.module}.{self.name}>`"


@cache
def entries() -> dict[str, Entry]:
    """Return all public names of the package."""
    found = [entry for path in sorted(PACKAGE.glob("[a-z]*.py")) for entry in _entries(path.stem)]
    return {entry.name: entry for entry in found}


def _entries(module: str) -> list[Entry]:
    text = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
    cells = {
        n: (found[1], found[2])
        for n, line in enumerate(text.splitlines(), 1)
        if (found := re.match(r"# %% \.\./nbs/(.+)\.ipynb #(\w+)", line))
    }
    lines = {name: node.lineno for node in ast.parse(text).body for name in _defined(node)}
    public = [node for node in ast.parse(text).body if "__all__" in _defined(node)]
    names = ast.literal_eval(public[0].value) if public else []
    place = {name: cells[max(n for n in cells if n <= lines[name])] for name in names}
    return [Entry(name, module, *place[name]) for name in sorted(names, key=lines.__getitem__)]


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = [name for target in targets if target for name in ast.walk(target)]
    return [name.id for name in names if isinstance(name, ast.Name)]


def modules() -> dict[str, list[Entry]]:
    """Return the public names by module; modules without any are left out."""
    by_module: dict[str, list[Entry]] = {}
    for entry in entries().values():
        by_module.setdefault(entry.module, []).append(entry)
    return by_module


def where(entry: Entry) -> str:
    """Return the page and the section that an entry is explained in."""
    anchor = ""
    for cell in contents.cells(entry.notebook):
        if cell["cell_type"] == "markdown":
            for heading in re.findall(r"^##+ (.+)", cell["source"], re.M):
                anchor = "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        if cell["id"] == entry.cell:
            break
    return f"{entry.notebook}.ipynb{anchor}"


def _thing(entry: Entry) -> object:
    return getattr(import_module(f"bloodcell_tut.{entry.module}"), entry.name)


def _directive(entry: Entry) -> str:
    thing = _thing(entry)
    if inspect.isclass(thing):
        return f".. autoclass:: {entry.name}\n   :members:"
    if inspect.isfunction(thing):
        return f".. autofunction:: {entry.name}"
    value = repr(thing)
    shown = f"\n   :value: {value}" if len(value) < 100 and " object at " not in value else ""
    return f".. py:data:: {entry.name}{shown}\n\n   {_comment(entry)}"


def _comment(entry: Entry) -> str:
    """Return the text below a value's definition, which Python itself forgets."""
    body = ast.parse((PACKAGE / f"{entry.module}.py").read_text(encoding="utf-8")).body
    for node, after in pairwise(body):
        if entry.name in _defined(node) and isinstance(after, ast.Expr):
            return str(getattr(after.value, "value", "")).replace("\n", "\n   ")
    return ""


def page(module: str) -> str:
    """Return the page of a module, in the site's Markdown."""
    found = modules()[module]
    parts = [f"# {module}", f"> {summary(module)}"]
    for entry in found:
        link = f"[{contents.title(entry.notebook)}](../{where(entry)})"
        block = f".. currentmodule:: bloodcell_tut.{module}\n\n{_directive(entry)}"
        parts += [f"```{{eval-rst}}\n{block}\n```", f"{{.explained}}\nExplained in {link}."]
    return "\n\n".join(parts) + "\n"


def summary(module: str) -> str:
    """Return what a module is for, as a sentence."""
    doc = (import_module(f"bloodcell_tut.{module}").__doc__ or "").strip()
    return re.sub(r"(?<!^)\.?$", ".", doc[:1].upper() + doc[1:])


def groups() -> dict[str, list[str]]:
    """Return the modules by what they are for: the nine steps, then the toolbox's themes."""
    places = {module: found[0].notebook for module, found in modules().items()}
    top = [m for m in places if "/" not in places[m]]
    by_step = sorted(top, key=lambda m: (not places[m][0].isdigit(), places[m]))
    by_theme = {
        theme: [m for n in names for m in places if places[m] == n]
        for theme, names in contents.toolbox().items()
    }
    return {"The nine steps": by_step} | {t: ms for t, ms in by_theme.items() if ms}


def index() -> str:
    """Return the reference's first page: every public name with its first sentence."""
    intro = (
        "# Reference\n\nEvery name below is there after `import bloodcell_tut as bt`, as "
        "`bt.choose_dataset` and so on; what it needs is loaded when it is first used."
    )
    parts = [intro]
    for group, names in groups().items():
        parts.append(f"## {group}")
        for module in names:
            parts += [f"### [{module}]({module}.md)", summary(module), _table(module)]
    pages = [module for names in groups().values() for module in names]
    return "\n\n".join([*parts, contents.toctree(pages)]) + "\n"


def _table(module: str) -> str:
    """Return the module's functions and classes with their first sentences, then its values."""
    values = [e for e in modules()[module] if not _has_docstring(e)]
    rows = "".join(f"   {e.name}\n" for e in modules()[module] if e not in values)
    table = f".. autosummary::\n   :nosignatures:\n\n{rows}"
    block = f".. currentmodule:: bloodcell_tut.{module}\n\n{table}"
    listed = f"```{{eval-rst}}\n{block}```\n\n" if rows else ""
    return listed + ("Values: " + ", ".join(e.role for e in values) if values else "")


def _has_docstring(entry: Entry) -> bool:
    return inspect.isclass(_thing(entry)) or inspect.isfunction(_thing(entry))


def plain(module: str) -> str:
    """Return the page of a module as plain Markdown, for readers without a browser."""
    parts = [f"# {module}", summary(module)]
    for entry in modules()[module]:
        thing = _thing(entry)
        parts += [f"## `{entry.name}{_signature(thing)}`", _doc(entry, thing)]
        notebook, _, _ = where(entry).partition("#")
        parts.append(f"Explained in [{contents.title(entry.notebook)}](../{_twin(notebook)}).")
    return "\n\n".join(parts) + "\n"


def _signature(thing: object) -> str:
    return str(inspect.signature(thing)) if inspect.isfunction(thing) else ""


def _doc(entry: Entry, thing: object) -> str:
    if _has_docstring(entry):
        return f"```text\n{inspect.getdoc(thing)}\n```"
    return _comment(entry) or f"A value of type `{type(thing).__name__}`."


def _twin(notebook: str) -> str:
    return notebook.removesuffix(".ipynb") + ".md"
