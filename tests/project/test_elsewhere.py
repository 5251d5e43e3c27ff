"""Where the project is opened elsewhere: launch lines, Binder, dev container, workflows, docs."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import launch
import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "nbs").glob("[0-9]*.ipynb"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SETTINGS = (ROOT / "settings.ini").read_text(encoding="utf-8")
MADE_UP = "https://github.com/me/cells"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load(text(f".github/workflows/{name}.yml"))


# -- launch lines -------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Lessons, front page and settings in another folder."""
    (tmp_path / "nbs").mkdir()
    for notebook in (*LESSONS, ROOT / "nbs" / "index.ipynb"):
        shutil.copy(notebook, tmp_path / "nbs")
    shutil.copy(ROOT / "settings.ini", tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "nbs").glob("*.ipynb")}


def name_address(folder: Path, address: str) -> None:
    settings = SETTINGS.replace("[DEFAULT]", f"[DEFAULT]\ngit_url = {address}")
    (folder / "settings.ini").write_text(settings, encoding="utf-8")


def test_the_launch_lines_are_in_step_with_the_settings(copy: Path) -> None:
    before = contents(copy)
    launch.put_all(copy)
    assert contents(copy) == before, "run `python tools/launch.py`"
    if "git_url" not in SETTINGS:
        assert not any(b"colab.research" in content for content in before.values())


def test_each_lesson_opens_elsewhere_once_there_is_an_address(copy: Path) -> None:
    before = contents(copy)
    name_address(copy, MADE_UP)
    launch.put_all(copy)
    launch.put_all(copy)
    for lesson in LESSONS:
        notebook = nbformat.read(copy / "nbs" / lesson.name, 4)
        nbformat.validate(notebook)
        (line,) = [c.source for c in notebook.cells if "launch" in c.metadata.get("tags", [])]
        assert notebook.cells[1].source == line and line.startswith("Open this lesson in [Colab](")
        file = f"me/cells/blob/main/nbs/{lesson.name}"
        assert re.findall(r"\]\(([^)]+)\)", line) == [
            f"https://colab.research.google.com/github/{file}",
            f"https://kaggle.com/kernels/welcome?src=https://github.com/{file}",
            f"https://mybinder.org/v2/gh/me/cells/main?labpath=nbs/{lesson.name}",
        ]
    assert b"Open the first lesson in [Colab]" in contents(copy)["index.ipynb"]
    name_address(copy, "https://example.org/me/cells")  # where none of the three can look
    launch.put_all(copy)
    front = contents(copy).pop("index.ipynb")
    assert b"colab.research" not in front and b"@ git+https://example.org/me/cells" in front
    name_address(copy, "")
    launch.put_all(copy)
    assert contents(copy) == before


def test_readme_shows_them(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import readme

    name_address(copy, MADE_UP)
    launch.put_all(copy)
    monkeypatch.setattr(readme, "ROOT", copy)
    shown = readme.readme(copy / "picture.png")
    assert "Open the first lesson in [Colab](https://colab.research.google.com/github/me" in shown


def test_the_site_shows_them(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", tmp_path / "docs")
    name_address(tmp_path, MADE_UP)
    options = runpy.run_path(str(tmp_path / "docs" / "conf.py"))["html_theme_options"]
    assert options["repository_url"] == MADE_UP and "colab_url" in options["launch_buttons"]


# -- files for others' machines -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", ".github/workflows/test.yml"),
        ("vendor.github-workflows", ".github/workflows/docs.yml"),
        ("custom.github-workflows-require-timeout", ".github/workflows/test.yml"),
        ("custom.github-workflows-require-timeout", ".github/workflows/docs.yml"),
        ("vendor.readthedocs", ".readthedocs.yaml"),
        ("vendor.citation-file-format", "CITATION.cff"),
    ],
)
def test_files_fit_their_schemas(schema: str, files: str, tmp_path: Path) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*check, ROOT / files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / Path(files).name
    last = text(files).replace("timeout-minutes", "minutes").replace("version", "verzion")
    broken.write_text(last.replace("runs-on", "runs_on"), encoding="utf-8")
    assert subprocess.run([*check, broken], capture_output=True).returncode == 1


def test_workflows_do_what_the_makefile_does() -> None:
    jobs = workflow("test")["jobs"]
    said = re.search(r"^python_versions = (.+)$", SETTINGS, re.M)
    assert said is not None
    versions = said[1].split()
    assert jobs["check"]["strategy"]["matrix"]["python"] == versions
    assert ".ci/run" in [step.get("run") for step in jobs["check"]["steps"]]
    assert "\nmake test\n" in text(".ci/run")
    elsewhere = jobs["elsewhere"]["strategy"]["matrix"]
    assert elsewhere["os"] == ["windows-latest", "macos-latest"]
    assert set(elsewhere["python"]) <= set(versions)
    (tests,) = (s["run"] for s in jobs["elsewhere"]["steps"] if "pytest" in s.get("run", ""))
    folders = re.findall(r"tests/\w+", tests)
    assert "tests/files" in folders and all((ROOT / name).is_dir() for name in folders)
    (install,) = (s["run"] for s in jobs["elsewhere"]["steps"] if "pip install" in s.get("run", ""))
    assert "-c constraints.txt" in install
    docs = [step.get("run") for step in workflow("docs")["jobs"]["publish"]["steps"]]
    assert "make docs" in docs and re.search(r"^docs: ", MAKEFILE, re.M)


def test_read_the_docs_builds_the_site_as_the_makefile_does() -> None:
    build = yaml.safe_load(text(".readthedocs.yaml"))["build"]
    assert build["commands"][0] == "make docs" and "make_site.py _docs" in MAKEFILE
    assert any("cp -r _docs" in command for command in build["commands"])
    python = workflow("docs")["jobs"]["publish"]["steps"][1]["with"]["python-version"]
    assert build["tools"]["python"] == python


def test_binder_and_the_container_have_what_the_lab_needs() -> None:
    extra = re.search(r"^\.venv/lab: EXTRA = (.+)$", MAKEFILE, re.M)
    assert extra is not None
    assert text("binder/requirements.txt").splitlines() == [
        "--constraint ../constraints.txt",
        f"--editable .{extra[1]}",
    ]
    container = json.loads(text(".devcontainer/devcontainer.json"))
    assert container["postCreateCommand"] == "make .venv/lab" and ".venv/lab" in MAKEFILE
    python = text("binder/runtime.txt").strip().removeprefix("python-")
    assert container["image"].endswith(f"/python:{python}") and python in SETTINGS
    settings = container["customizations"]["vscode"]["settings"]
    assert settings["python.defaultInterpreterPath"].endswith("/.venv/bin/python")
    known = {"name", "image", "hostRequirements", "postCreateCommand", "customizations"}
    assert set(container) == known
