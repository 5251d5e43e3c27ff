"""The house: who may know whom, how large a room may be, and where its notebook and tests stand."""

import ast
import re
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lessons import LESSONS, NOTEBOOKS, ROOT, code, imports

PACKAGE = ROOT / "bloodcell_tut"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.name not in ("__init__.py", "_modidx.py"))
WINGS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
BESIDE = {"cli", "errors", "finder", "intervals", "plots", "sources", "stain", "standardization"}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


NAMES = {"bloodcell_tut", *map(dotted, MODULES), *(f"bloodcell_tut.{wing}" for wing in WINGS)}


# -- who may know whom --------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package and of its rules."""
    shutil.copytree(PACKAGE, tmp_path / "bloodcell_tut")
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("dataset", "split"),
        ("features", "runs.run"),
        ("model", "lab.lessons"),
        ("evaluation", "exercises.engine"),
        ("finder", "images"),
        ("images", "cli"),
        ("files.lock", "plots"),
        ("errors", "files.writing"),
        ("drawing.brush", "images"),
        ("lab.progress", "exercises.engine"),
        ("exercises.engine", "runs.run"),
        ("auditing.report", "runs.run"),
        ("runs.run", "exercises.engine"),
        ("runs.run", "cli"),
    ],
)
def test_a_forbidden_import_is_found(house: Path, module: str, forbidden: str) -> None:
    path = house / "bloodcell_tut" / f"{module.replace('.', '/')}.py"
    path.write_text(f"import bloodcell_tut.{forbidden}\n{path.read_text('utf-8')}", "utf-8")
    found = lint_imports(house)
    one, other = (f"bloodcell_tut.{name.split('.')[0]}" for name in (module, forbidden))
    assert found.returncode == 1
    assert f"{one} is not allowed to import {other}:" in found.stdout
    assert re.search(rf"bloodcell_tut\.{module} -> bloodcell_tut\.{forbidden}\b", found.stdout)


def test_a_circle_is_found(house: Path) -> None:
    path = house / "bloodcell_tut" / "images.py"
    path.write_text("import bloodcell_tut.auditing.findings\n" + path.read_text("utf-8"), "utf-8")
    found = lint_imports(house)
    assert found.returncode == 1 and "No circles BROKEN" in found.stdout


def test_a_room_without_a_floor_is_found(house: Path) -> None:
    (house / "bloodcell_tut" / "attic.py").touch()
    found = lint_imports(house)
    assert found.returncode == 1 and "- bloodcell_tut.attic" in found.stdout


def private_names(source: str) -> Iterator[str]:
    """The underscored names that are taken from modules of ours."""
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = "" if isinstance(node, ast.Import) else f"{node.module or ''}."
            modules |= {(a.asname or a.name): f"{start}{a.name}" for a in node.names}
    for module, name in imports(tree):
        if name.startswith("_") and not name.startswith("__") and module in NAMES:
            yield f"{module}.{name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr):
            module = modules.get(ast.unparse(node.value), "")
            if module in NAMES:
                yield f"{module}.{node.attr}"


def test_nobody_takes_an_underscored_name_of_another_module() -> None:
    sources = {notebook: "\n".join(code(notebook)) for notebook in NOTEBOOKS}
    for place in ("benchmarks", "tools"):
        sources |= {path: path.read_text(encoding="utf-8") for path in (ROOT / place).glob("*.py")}
    found = {path.relative_to(ROOT).as_posix(): [*private_names(s)] for path, s in sources.items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_an_underscored_name_is_noticed() -> None:
    text = (
        "import bloodcell_tut as bt, bloodcell_tut.images as i\nfrom bloodcell_tut import files\n"
        "from bloodcell_tut.plots import _a, b\nfrom matplotlib import _c\n"
        "bt._d; i._e; files._f; bt.__all__; b._g; bloodcell_tut.cli._h\nimport bloodcell_tut.cli"
    )
    noticed = ["plots._a", "_d", "images._e", "files._f", "cli._h"]
    assert [*private_names(text)] == [f"bloodcell_tut.{name}" for name in noticed]


def test_the_package_is_light_to_import() -> None:
    heavy = {"tensorflow", "keras", "matplotlib", "cv2", "sklearn", "scipy", "numpy"}
    heavy |= {"joblib", "dask", "distributed", "fsspec"}  # a single computer needs no cluster
    text = f"import sys, bloodcell_tut; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


# -- rooms --------------------------------------------------------------------------------------


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_room_is_too_large() -> None:
    sizes = {dotted(path): lines(path) for path in MODULES if path.stem != "engine"}
    assert {name: size for name, size in sizes.items() if size > 330} == {}


def exported(notebook: Path) -> str:
    """The module that a notebook exports, or nothing."""
    return "".join(re.findall(r"^#\| default_exp ([\w.]+)$", "\n".join(code(notebook)), re.M))


def test_the_top_shows_nine_steps_and_six_more() -> None:
    steps = [exported(lesson) for lesson in LESSONS]
    assert steps[0] == "" and len(set(steps)) == 10
    assert {p.stem for p in MODULES if p.parent == PACKAGE} == {*steps[1:], *BESIDE}


def body_lines(source: str) -> list[int]:
    """For each function the number of lines from the first that does something to the last."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
            found.append((node.end_lineno or 0) - body[0].lineno + 1)
    return found


def test_functions_are_short() -> None:
    assert body_lines('def f(a):\n    """Text."""\n    b = a\n    return b\n') == [2]
    found = [n for path in MODULES for n in body_lines(path.read_text(encoding="utf-8"))]
    assert len(found) > 300 and statistics.median(found) <= 7


def test_notebooks_stand_where_their_modules_stand() -> None:
    for notebook in NOTEBOOKS:
        place = notebook.relative_to(ROOT / "nbs").with_suffix("").as_posix()
        if notebook not in LESSONS and exported(notebook) != "lab.errata":  # a page for readers
            assert exported(notebook).replace(".", "/") in (place, "")
    made = {f"bloodcell_tut.{exported(n)}" for n in NOTEBOOKS if exported(n)}
    assert made == set(map(dotted, MODULES))
    assert {n.parent.name for n in NOTEBOOKS} == {*WINGS, "beyond", "how_to", "nbs"}


def test_tests_stand_where_their_modules_stand() -> None:
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    assert {file.parent.name for file in files} == {*WINGS, "project", "tests"}
    above = {file.stem.removeprefix("test_") for file in files if file.parent.name == "tests"}
    assert above <= {path.stem for path in MODULES if path.parent == PACKAGE}
    assert {exported(lesson) for lesson in LESSONS[1:]} <= above
    twice = [name for name, n in Counter(file.name for file in files).items() if n > 1]
    assert twice == [], "pytest imports test files by their bare names"


def test_ci_holds_one_file() -> None:
    assert [path.name for path in (ROOT / ".ci").iterdir()] == ["run"]
