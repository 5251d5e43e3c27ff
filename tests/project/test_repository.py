"""The repository itself: the export is in step, notebooks are clean, the package installs."""

import ast
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from lessons import NOTEBOOKS, cells, code, imports
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import bloodcell_tut
from bloodcell_tut.lab.linked import lessons_and_linked

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bloodcell_tut"
MODULES = sorted(path for path in PACKAGE.rglob("[a-z]*.py"))
BIN = Path(sys.executable).parent


def run(*command: object, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, **kwargs
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's sources in another folder."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("nbs", "bloodcell_tut", "tools"):
        unwanted = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("settings.ini", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "MANIFEST.in", folder)
    shutil.copy(ROOT / "constraints.txt", folder)
    return folder


def same(a: Path, b: Path) -> bool:
    return a.read_bytes() == b.read_bytes()


def source_files(package: Path) -> dict[str, bytes]:
    """The package's files, in all of its wings, by their place in it."""
    files = (path for path in package.rglob("*") if path.suffix in (".py", ".pyi"))
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in files}


def test_export_is_in_step(copy: Path) -> None:
    for file in [*copy.rglob("bloodcell_tut/**/[a-z]*.py"), *copy.rglob("bloodcell_tut/**/*.pyi")]:
        file.unlink()
    run(BIN / "nbdev-export", cwd=copy)
    run(sys.executable, copy / "tools" / "stub.py")
    exported, here = source_files(copy / "bloodcell_tut"), source_files(PACKAGE)
    assert set(exported) == set(here)
    stale = [name for name in here if here[name] != exported[name]]
    assert stale == [], "run `make export`"


def test_notebooks_are_clean(copy: Path) -> None:
    run(BIN / "nbdev-clean", cwd=copy)
    unclean = [n.name for n in NOTEBOOKS if not same(n, copy / n.relative_to(ROOT))]
    assert unclean == [], "run `nbdev-clean`"


def test_readme_is_what_the_front_page_renders_to(tmp_path: Path) -> None:
    run(sys.executable, ROOT / "tools" / "readme.py", tmp_path / "README.md")
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


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(PACKAGE).with_suffix("").parts)


PUBLIC = [
    (dotted(module), name)
    for module in MODULES
    for name in exports(module)
    if module.parent.name != "exercises"
]


def outside_of_exports(module: str) -> str:
    """The code cells of a module's notebook that are not exported."""
    for notebook in NOTEBOOKS:
        sources = code(notebook)
        if any(source.strip() == f"#| default_exp {module}" for source in sources):
            return "\n".join(source for source in sources if "#| export" not in source)
    raise AssertionError(f"no notebook exports {module}")


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_public_name(module: str, name: str) -> None:
    wing, _, _ = module.rpartition(".")
    face = importlib.import_module(f"bloodcell_tut.{wing or module}")
    thing = getattr(face, name)
    assert name in dir(face)
    assert not (PACKAGE / wing / f"{name}.py").exists(), "a module of that name hides it"
    assert not (PACKAGE / wing / name).exists(), "a wing of that name hides it"
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return
    check_docstring(thing)
    assert name in outside_of_exports(module), f"{name} is not tested in its notebook"
    tests = [p for p in (ROOT / "tests").rglob("test_*.py") if p.name != Path(__file__).name]
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
        "bt.normalize, bt.split_by_photograph, bt.audit; "
        "print({'tensorflow', 'keras', 'dask', 'distributed', 'fsspec'} & set(sys.modules))"
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


def test_the_top_shows_sixty_names_at_most_and_each_wing_is_a_name_of_its_own() -> None:
    wings = sorted(path.parent.name for path in PACKAGE.glob("[a-z]*/__init__.py"))
    assert len(bloodcell_tut.__all__) <= 60 and not set(wings) & set(bloodcell_tut.__all__)
    code = (
        f"import sys, bloodcell_tut as bt; wings = [getattr(bt, name) for name in {wings}]; "
        "print([wing.__name__ for wing in wings if not wing.__all__], end=' ');"
        "print({'tensorflow', 'keras', 'matplotlib', 'cv2', 'sklearn'} & set(sys.modules))"
    )
    assert run(sys.executable, "-c", code).stdout.strip() == "[] set()"
    assert set(wings) <= set(dir(bloodcell_tut))


def test_wheel_and_sdist_work_outside_the_checkout(copy: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, copy)
    (wheel,), (sdist,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    assert wheel.stat().st_size < 1_000_000
    for i, package in enumerate((wheel, sdist)):
        site = tmp_path / f"site{i}"
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps")
        run(*pip, "--no-build-isolation", "--no-index", "--target", site, package)
        env = os.environ | {"PYTHONPATH": str(site)}
        code = "import bloodcell_tut as bt; print(bt.__file__); bt.photographs.known_photographs()"
        assert str(site) in run(sys.executable, "-c", code, cwd=tmp_path, env=env).stdout
        code = "import bloodcell_tut as bt; bt.pages.render_page('report.html')"
        asked = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True
        )
        assert b"'report' is undefined" in asked.stderr, "the templates are not in the package"
        assert not re.search(r'"outputs": \[[^]]', read_lessons(site))
        assert not (site / "bloodcell_tut" / "lessons" / "how_to").exists(), "the site has them"
        code = "import bloodcell_tut as bt; print(len(bt.lab.copy_lessons('lessons of mine')))"
        copied = int(run(sys.executable, "-c", code, cwd=site, env=env).stdout)
        assert copied == len(lessons_and_linked(ROOT / "nbs")), "all that one links to"
        assert (site / "bloodcell_tut" / "py.typed").exists()


def installed_with(package: str, extra: str, seen: set[tuple[str, str]]) -> set[str]:
    """Return the names of a package and of all that pip installs with it."""
    if (package, extra) in seen:
        return set()
    seen.add((package, extra))
    names: set[str] = {canonicalize_name(package)}
    for needed in map(Requirement, metadata.requires(package) or []):
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            for with_extra in ("", *needed.extras):
                names |= installed_with(needed.name, with_extra, seen)
    return names


def size_mb(extra: str) -> float:
    """What the files take that pip installs with an extra."""
    names = installed_with("bloodcell_tut", extra, set()) - {"bloodcell-tut"}
    found = [Path(str(f.locate())) for name in names for f in metadata.files(name) or []]
    return sum(path.stat().st_size for path in found if path.exists()) / 1e6


def test_the_base_is_light_and_a_run_needs_no_more_than_two_gigabytes() -> None:
    base, run_ = size_mb(""), size_mb("tensorflow")
    assert 200 < base < 600
    assert base + 500 < run_ < 2000


def test_lessons_import_only_what_comes_with_the_lab() -> None:
    """Who installs ``bloodcell_tut[lab]``, and not the developers' tools, can run each lesson."""
    there = installed_with("bloodcell_tut", "", set()) | installed_with(
        "bloodcell_tut", "lab", set()
    )
    bring = metadata.packages_distributions()
    missing = set()
    for notebook in NOTEBOOKS:
        tops = {module.split(".")[0] for module, _ in imports(ast.parse("\n".join(code(notebook))))}
        for name in tops - sys.stdlib_module_names:
            if not there & set(map(canonicalize_name, bring.get(name, [name]))):
                missing.add((notebook.name, name))
    # its notebook says how to install each of these where it needs it
    several = {
        ("pieces.ipynb", "dask"),
        ("pieces.ipynb", "distributed"),
        ("remote.ipynb", "fsspec"),
    }
    several |= {("machines.ipynb", "jax"), ("shares.ipynb", "jax")}
    several |= {("more_machines.ipynb", "distributed")}
    assert missing == {("sources.ipynb", "kagglehub"), *several}
    assert len(there) > 50


def test_pinned_versions_run_on_the_oldest_python() -> None:
    oldest = "3.11.2"  # Debian 12's
    pinned = [
        line.split("==")[0]
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    ]
    too_new = []
    for name in pinned:
        try:
            said = metadata.metadata(name).get_all("Requires-Python") or []
        except metadata.PackageNotFoundError:  # of an extra that developers need not have
            continue
        if oldest not in SpecifierSet(",".join(said)):
            too_new.append(f"{name}: {said}")
    assert len(pinned) > 100 and too_new == []


def test_whatever_is_required_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line}
    required = {Requirement(text).name for text in metadata.requires("bloodcell_tut") or []}
    assert "pillow-heif" in required and len(required) > 20
    assert {canonicalize_name(name) for name in required} - pinned == set()


def test_no_real_image_is_kept() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    kept = run("git", "ls-files", cwd=ROOT).stdout.lower().splitlines()
    found = [name for name in kept if name.endswith((".jpeg", ".jpg", ".zip", ".keras"))]
    assert found == ["docs/live/model.keras"], "that one has learned from drawn cells alone"


def test_each_promise_of_security_has_its_tests() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [a-z].*\| (.*) \|$", text, re.M)[1:]
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert len(rows) == 11
    for row in rows:
        assert all(f"def {name}(" in tests for name in re.findall(r"`(\w+)`", row)), row


def test_the_changelog_leads_from_each_old_name_to_one_that_is_there() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `bt\.(\w+)\.` \| (.+) \|$", text, re.M)
    found = [
        (place, old, new or old)
        for place, names in rows
        for old, new in re.findall(r"`(\w+)`(?: → `(\w+)`)?", names)
    ]
    there = {(module.partition(".")[0], name) for module, name in PUBLIC}
    assert {(place, new) for place, _, new in found} <= there and len(found) == 169 - 56
    assert not {old for _, old, _ in found} & set(bloodcell_tut.__all__)


def test_the_map_of_the_house_shows_every_room_and_wing() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {f"`{path.stem}`" for path in PACKAGE.glob("[a-z]*.py")}
    rooms |= {f"| `{path.parent.name}/` |" for path in PACKAGE.glob("[a-z]*/__init__.py")}
    assert [room for room in sorted(rooms) if room not in text] == []
