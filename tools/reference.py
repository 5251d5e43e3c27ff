"""The reference: a page for the top, for each module there and each wing; who explains a name."""

import ast
import inspect
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import contents
import stub

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
    """A public name, the module and the cell it is defined in, and the notebook that exports it."""

    name: str
    module: str
    notebook: str
    cell: str

    @property
    def page(self) -> str:
        """The page that documents the name: a module at the top, or a wing."""
        return self.module.partition(".")[0]

    @property
    def target(self) -> str:
        """The name's anchor."""
        return f"bloodcell_tut.{self.page}.{self.name}"

    @property
    def reached(self) -> str:
        """How a program writes the name."""
        return f"bt.{self.name}" if self.name in at_top() else f"bt.{self.page}.{self.name}"

    def role(self, shown: str = "") -> str:
        """Return the name as a link into the reference."""
        return f"{{py:obj}}`{shown or self.name} <{self.target}>`"


@cache
def at_top() -> dict[str, str]:
    """Return the names at the package's top, each with its module."""
    return stub.top_names()


@cache
def entries() -> list[Entry]:
    """Return all public names of the package, in the order of their definitions."""
    found = [e for path in sorted(contents.PACKAGE.glob("[a-z]*.py")) for e in _entries(path)]
    for wing in stub.wings():
        shown = stub.names_of_wing(wing)
        listed = [e for path in sorted(wing.glob("[a-z]*.py")) for e in _entries(path)]
        found += [entry for entry in listed if entry.name in shown]
    return found


def _entries(path: Path) -> list[Entry]:
    text = path.read_text(encoding="utf-8")
    module = ".".join(path.relative_to(contents.PACKAGE).with_suffix("").parts)
    cells = {
        n: (found[1], found[2])
        for n, line in enumerate(text.splitlines(), 1)
        if (found := re.match(r"# %% (?:\.\./)+nbs/(.+)\.ipynb #(\w+)", line))
    }
    lines = {name: node.lineno for node in ast.parse(text).body for name in _defined(node)}
    names = sorted(stub.public_names(path), key=lines.__getitem__)
    place = {name: cells[max(n for n in cells if n <= lines[name])] for name in names}
    return [Entry(name, module, *place[name]) for name in names]


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = [name for target in targets if target for name in ast.walk(target)]
    return [name.id for name in names if isinstance(name, ast.Name)]


def named(text: str, reader: str = "") -> Entry | None:
    """Return what a name means on a page of the site.

    Parameters
    ----------
    text
        The name, such as ``"draw_cell"`` or ``"bt.drawing.draw_cell"``.
    reader
        The page; of two names that are alike, it means the one of its own wing, then the top's.
    """
    *before, name = text.removeprefix("bt.").split(".")
    found = [e for e in entries() if e.name == name and before in ([], [e.page])]
    own = [e for e in found if e.notebook.partition("/")[0] == reader.partition("/")[0]]
    top = [e for e in found if at_top().get(name) == e.module]
    return (own or top or found if len(found) == 1 or own or top else [None])[0]


@cache
def pages() -> dict[str, dict[str, list[Entry]]]:
    """Return the names of each page by module: the steps, the modules beside them, the wings."""
    by_module: dict[str, list[Entry]] = {}
    for entry in entries():
        by_module.setdefault(entry.module, []).append(entry)
    top = [m for m in by_module if "." not in m]
    steps = sorted(top, key=lambda m: (not _is_step(m), by_module[m][0].notebook))
    wings = {w: {m: es for m, es in by_module.items() if m.startswith(f"{w}.")} for w in _wings()}
    return {m: {m: by_module[m]} for m in steps} | wings


@cache
def _wings() -> list[str]:
    return [wing.name for wing in stub.wings()]


def _is_step(module: str) -> bool:
    return contents.notebook(_file(module))[:1].isdigit()


def _file(module: str) -> Path:
    return contents.PACKAGE / f"{module.replace('.', '/')}.py"


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
    return getattr(import_module(f"bloodcell_tut.{entry.page}"), entry.name)


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
    body = ast.parse(_file(entry.module).read_text(encoding="utf-8")).body
    for node, after in pairwise(body):
        if entry.name in _defined(node) and isinstance(after, ast.Expr):
            return str(getattr(after.value, "value", "")).replace("\n", "\n   ")
    return ""


def page(name: str) -> str:
    """Return the page of a module at the top or of a wing, in the site's Markdown."""
    parts = [f"# {name}", f"> {summary(name)}", f"{_how(name)} {_nameless(name)}".strip()]
    for module, found in pages()[name].items():
        if name in _wings():
            parts += [f"## {module.partition('.')[2]}", summary(module)]
        for entry in found:
            block = f".. currentmodule:: bloodcell_tut.{name}\n\n{_directive(entry)}"
            parts += [f"```{{eval-rst}}\n{block}\n```", f"{{.explained}}\n{_explained(entry)}"]
    return "\n\n".join(parts) + "\n"


def _how(page: str) -> str:
    """Say how the names of a page are reached."""
    found = [entry for entries in pages()[page].values() for entry in entries]
    if not found:
        return "No public names: these modules serve the rest of the package."
    top = ", ".join(f"`{entry.reached}`" for entry in found if entry.name in at_top())
    each = f"After `import bloodcell_tut as bt`, each name is there as `bt.{page}.NAME`"
    return f"{each}; at the top as well: {top}." if top else f"{each}."


def _explained(entry: Entry) -> str:
    link = f"[{contents.title(entry.notebook)}](../{where(entry)})"
    return f"`{entry.reached}`. Explained in {link}."


def _nameless(page: str) -> str:
    """Say which modules of a wing have no public names, and who explains them."""
    if page not in _wings():
        return ""
    shown = {entry.notebook for found in pages()[page].values() for entry in found}
    others = [n for n in contents.wings()[page] if n not in shown]
    links = ", ".join(f"[{contents.title(n)}](../{n}.ipynb)" for n in others)
    return f"Without names of their own: {links}." if links else ""


def summary(module: str) -> str:
    """Return what a module or a wing is for, as a sentence."""
    if module in _wings():
        return contents.purpose(module)
    doc = (import_module(f"bloodcell_tut.{module}").__doc__ or "").strip()
    return re.sub(r"(?<!^)\.?$", ".", doc[:1].upper() + doc[1:])


def groups() -> dict[str, list[Entry]]:
    """Return the names at the top by step; after the last step, by wing.

    A name that is none of a step's own stands with the step among whose names it is listed.
    """
    by_place = {(entry.name, entry.module): entry for entry in entries()}
    order = [by_place[place] for place in at_top().items()]
    last = max(i for i, entry in enumerate(order) if _is_step(entry.module))
    found: dict[str, list[Entry]] = {}
    heading = ""
    for i, entry in enumerate(order):
        if _is_step(entry.module) or (i > last and entry.page not in _wings()):
            heading = contents.title(entry.notebook)
        elif i > last:
            heading = entry.page
        found.setdefault(heading, []).append(entry)
    return found


def index() -> str:
    """Return the reference's first page: the names at the top, then every module and wing."""
    parts = [
        "# Reference",
        f"The {len(at_top())} names below are there after `import bloodcell_tut as bt`, as "
        "`bt.choose_dataset` and so on; all others are reached by their [wing](#wings), such as "
        "`bt.drawing.draw_cell`, or their [module](#modules). What a name needs is loaded when it "
        "is first used.",
    ]
    for group, found in groups().items():
        parts += [f"## {group}", _table(found)]
    tops = [name for name in pages() if name not in _wings()]
    for heading, names in {"Wings": _wings(), "Modules": tops}.items():
        lines = [f"- [{name}]({name}.md): {summary(name)}" for name in names]
        parts += [f"## {heading}", "\n".join(lines)]
    return "\n\n".join([*parts, contents.toctree(tops)]) + "\n"


def _table(found: list[Entry]) -> str:
    """Return functions and classes with their first sentences, each linked to its page."""
    rows = "".join(f"   ~{entry.target}\n" for entry in found)
    return f"```{{eval-rst}}\n.. autosummary::\n   :nosignatures:\n\n{rows}```"


def full_name(target: str) -> str:
    """Return the anchor of a name that is written with the module it is defined in."""
    found = (e.target for e in entries() if f"bloodcell_tut.{e.module}.{e.name}" == target)
    return next(found, "")


def _has_docstring(entry: Entry) -> bool:
    return inspect.isclass(_thing(entry)) or inspect.isfunction(_thing(entry))


def plain(name: str) -> str:
    """Return a page of the reference as plain Markdown, for readers without a browser."""
    parts = [f"# {name}", summary(name), f"{_how(name)} {_nameless(name)}".strip()]
    for entry in (entry for found in pages()[name].values() for entry in found):
        thing = _thing(entry)
        parts += [f"## `{entry.reached}{_signature(thing)}`", _doc(entry, thing)]
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
