"""The repository itself: the export is in step, notebooks are clean, the package installs."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from lessons import NOTEBOOKS, cells, code
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import bloodcell_tut

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "bloodcell_tut").glob("[a-z]*.py"))
BIN = Path(sys.executable).parent


def run(*command: object, **kwargs: object) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, **kwargs
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's sources in another folder."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("nbs", "bloodcell_tut", ".ci"):
        unwanted = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("settings.ini", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "MANIFEST.in", folder)
    shutil.copy(ROOT / "constraints.txt", folder)
    return folder


def same(a: Path, b: Path) -> bool:
    return a.read_bytes() == b.read_bytes()


def test_export_is_in_step(copy: Path) -> None:
    for module in MODULES:
        (copy / "bloodcell_tut" / module.name).unlink()
    run(BIN / "nbdev-export", cwd=copy)
    run(sys.executable, copy / ".ci" / "stub.py")
    exported = {p.name for p in (copy / "bloodcell_tut").iterdir() if p.is_file()}
    here = {p.name for p in (ROOT / "bloodcell_tut").iterdir() if p.is_file()}
    assert exported == here
    stale = [n for n in here if not same(ROOT / "bloodcell_tut" / n, copy / "bloodcell_tut" / n)]
    assert stale == [], "run `make export`"


def test_notebooks_are_clean(copy: Path) -> None:
    run(BIN / "nbdev-clean", cwd=copy)
    unclean = [n.name for n in NOTEBOOKS if not same(n, copy / n.relative_to(ROOT))]
    assert unclean == [], "run `nbdev-clean`"


def test_readme_is_what_the_front_page_renders_to(tmp_path: Path) -> None:
    run(sys.executable, ROOT / ".ci" / "readme.py", tmp_path / "README.md")
    assert same(ROOT / "README.md", tmp_path / "README.md"), "run `make export`"


def test_nbdev_prepares_the_pages_for_quarto(copy: Path) -> None:
    run(BIN / "nbdev-proc-nbs", cwd=copy)
    prepared = {p.name for p in (copy / "_proc").rglob("*.ipynb")}
    assert {notebook.name for notebook in NOTEBOOKS} <= prepared
    assert same(copy / "_proc" / "_quarto.yml", ROOT / "nbs" / "_quarto.yml")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_stored_outputs(notebook: Path) -> None:
    for cell in cells(notebook):
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error", cell["source"]
            if "image/png" in output.get("data", {}):
                alt = output["metadata"].get("image/png", {}).get("alt", "")
                assert len(alt) > 10, f"a picture without alternative text: {cell['source']}"


def test_every_step_has_a_notebook_with_a_picture() -> None:
    for step in range(1, 10):
        (notebook,) = (ROOT / "nbs").glob(f"{step:02}_*.ipynb")
        pictures = [
            output
            for cell in cells(notebook)
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        assert len(pictures) >= 2, f"{notebook.name}: the map and at least one more"


def exports(module: Path) -> list[str]:
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{module.name} has no __all__")


PUBLIC = [(module.stem, name) for module in MODULES for name in exports(module)]


def outside_of_exports(module: str) -> str:
    """The code cells of a module's notebook that are not exported."""
    for notebook in NOTEBOOKS:
        sources = code(notebook)
        if any(source.strip() == f"#| default_exp {module}" for source in sources):
            return "\n".join(source for source in sources if "#| export" not in source)
    raise AssertionError(f"no notebook exports {module}")


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_public_name(module: str, name: str) -> None:
    thing = getattr(bloodcell_tut, name)
    assert name in dir(bloodcell_tut)
    assert not (ROOT / "bloodcell_tut" / f"{name}.py").exists(), "a module of that name hides it"
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return
    check_docstring(thing)
    assert name in outside_of_exports(module), f"{name} is not tested in its notebook"
    tests = [p for p in Path(__file__).parent.glob("test_*.py") if p.name != Path(__file__).name]
    assert any(name in p.read_text(encoding="utf-8") for p in tests), f"{name} is not in tests/"


def check_docstring(thing: object) -> None:
    doc = inspect.getdoc(thing) or ""
    assert doc.splitlines()[0].endswith("."), f"{thing}: its docstring begins with a sentence"
    if inspect.isfunction(thing):
        for parameter in inspect.signature(thing).parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, f"{thing}: {parameter}"
            assert re.search(rf"(\n\*{{0,2}}|, ){parameter.name}\b", doc), (
                f"{thing}: {parameter.name} is not in its docstring"
            )


def test_import_is_light() -> None:
    heavy = "{'tensorflow', 'keras', 'matplotlib', 'cv2', 'sklearn', 'numpy'}"
    code = f"import sys, bloodcell_tut; print({heavy} & set(sys.modules))"
    assert run(sys.executable, "-W", "error", "-c", code).stdout.strip() == "set()"


def test_only_what_trains_or_predicts_imports_keras() -> None:
    code = (
        "import sys, bloodcell_tut as bt; bt.choose_dataset, bt.create_training_data, bt.shuffle,"
        "bt.normalize, bt.split_by_photograph; print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    assert run(sys.executable, "-c", code).stdout.strip() == "set()"


def read_lessons(site: Path) -> str:
    lessons = (site / "bloodcell_tut" / "lessons").rglob("*.ipynb")
    return "\n".join(path.read_text(encoding="utf-8") for path in lessons)


OURS = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for path in (ROOT / "bloodcell_tut").rglob("*.py")
    if path.name not in ("__init__.py", "_modidx.py")
)


def test_an_import_warns_of_nothing_and_writes_nothing(tmp_path: Path) -> None:
    """Each module by itself; only what trains or predicts loads TensorFlow."""
    places = ("home", "cache", "temporary", "here")
    for name in places:
        (tmp_path / name).mkdir()
    home, cache, temporary, here = (str(tmp_path / name) for name in places)
    env = os.environ | {"HOME": home, "BLOODCELL_TUT_CACHE": cache, "TMPDIR": temporary}
    env |= {"MPLCONFIGDIR": home, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
    code = f"""
import importlib, sys, warnings
import matplotlib.pyplot, keras, cv2, sklearn, scipy, typer, IPython  # what is theirs is theirs
from pathlib import Path
before = {{p for name in {places} for p in Path({str(tmp_path)!r}, name).rglob("*")}}
warnings.simplefilter("error")
for name in {OURS}:
    importlib.import_module(name)
after = {{p for name in {places} for p in Path({str(tmp_path)!r}, name).rglob("*")}}
print(after - before)
"""
    done = run(sys.executable, "-c", code, cwd=here, env=env)
    assert done.stdout.strip() == "set()", done.stdout
    assert len(OURS) > 40


def test_wheel_and_sdist_work_outside_the_checkout(copy: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, copy)
    (wheel,), (sdist,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    assert wheel.stat().st_size < 1_000_000
    for i, package in enumerate((wheel, sdist)):
        site = tmp_path / f"site{i}"
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps")
        run(*pip, "--no-build-isolation", "--no-index", "--target", site, package)
        env = os.environ | {"PYTHONPATH": str(site)}
        code = "import bloodcell_tut as bt; print(bt.__file__, bt.STEPS); bt.known_photographs()"
        assert str(site) in run(sys.executable, "-c", code, cwd=tmp_path, env=env).stdout
        assert not re.search(r'"outputs": \[\n', read_lessons(site))
        code = "import bloodcell_tut as bt; print(len(bt.copy_lessons('lessons of mine')))"
        copied = int(run(sys.executable, "-c", code, cwd=site, env=env).stdout)
        assert copied > len(list((ROOT / "nbs").glob("*.ipynb"))), (
            "the lessons and what they link to"
        )
        assert (site / "bloodcell_tut" / "py.typed").exists()


def installed_with(package: str, extra: str, seen: set[tuple[str, str]]) -> set[str]:
    """Return the names of a package and of all that pip installs with it."""
    if (package, extra) in seen:
        return set()
    seen.add((package, extra))
    names = {canonicalize_name(package)}
    for needed in map(Requirement, metadata.requires(package) or []):
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            for with_extra in ("", *needed.extras):
                names |= installed_with(needed.name, with_extra, seen)
    return names


def test_lessons_import_only_what_comes_with_the_lab() -> None:
    """Who installs ``bloodcell_tut[lab]``, and not the developers' tools, can run each lesson."""
    there = installed_with("bloodcell_tut", "", set()) | installed_with(
        "bloodcell_tut", "lab", set()
    )
    bring = metadata.packages_distributions()
    missing = set()
    for notebook in NOTEBOOKS:
        for node in ast.walk(ast.parse("\n".join(code(notebook)))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in {name.split(".")[0] for name in names} - sys.stdlib_module_names:
                if not there & set(map(canonicalize_name, bring.get(name, [name]))):
                    missing.add((notebook.name, name))
    # the toolbox says how to install this one where it needs it
    assert missing == {("sources.ipynb", "kagglehub")} and len(there) > 50


def test_pinned_versions_run_on_the_oldest_python() -> None:
    oldest = "3.11.2"  # Debian 12's
    pinned = [
        line.split("==")[0]
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    ]
    too_new = []
    for name in pinned:
        needs = metadata.metadata(name).get("Requires-Python") or ""
        if oldest not in SpecifierSet(needs):
            too_new.append(f"{name}: {needs}")
    assert len(pinned) > 100 and too_new == []


def test_no_real_image_is_kept() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    kept = run("git", "ls-files", cwd=ROOT).stdout.lower().splitlines()
    assert [name for name in kept if name.endswith((".jpeg", ".jpg", ".zip", ".keras"))] == []


def test_each_promise_of_security_has_its_tests() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [a-z].*\| (.*) \|$", text, re.M)[1:]
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("*.py"))
    assert len(rows) == 6
    for row in rows:
        assert all(f"def {name}(" in tests for name in re.findall(r"`(\w+)`", row)), row
