"""The lessons where readers open them: on the versions of Colab and Kaggle, with one wheel beside.

What makes those environments takes minutes and a network; `.ci/run` does it, `pytest -m platforms`.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import first_cell
import nbformat
import platforms
import pytest
from alone import alone
from lessons import LESSONS, TRAINING, run_lesson, tagged

from bloodcell_tut.lab import learners_copy

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
ITS_PLATFORM = dict(zip([*LESSONS[2:8], *TRAINING], 4 * [*platforms.PLATFORMS], strict=True))
"""Where a lesson is run; the first two are run on each."""


def test_each_lesson_begins_with_the_same_cell() -> None:
    texts = {lesson: lesson.read_text(encoding="utf-8") for lesson in first_cell.LESSONS}
    assert set(LESSONS) < set(texts)
    old = [lesson.stem for lesson, text in texts.items() if first_cell.begun(text) != text]
    assert old == [], "run `make export`"


def test_the_cell_takes_the_address_that_the_settings_name(tmp_path: Path) -> None:
    settings = tmp_path / "settings.ini"
    settings.write_text("[DEFAULT]\n")
    assert 'address = ""' in first_cell.source(settings)
    settings.write_text("[DEFAULT]\ngit_url = https://example.org/someone/bloodcell_tut\n")
    address = "git+https://example.org/someone/bloodcell_tut"
    assert f'address = "{address}"' in first_cell.source(settings)


@each_lesson
def test_a_lesson_alone_links_to_the_site_or_nowhere(lesson: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    n_links = text.count(".ipynb")
    assert n_links > 5 and ".ipynb" not in alone(text)
    linked = alone(text, "https://example.org/site/")
    assert ".ipynb" not in linked and "(https://example.org/site/glossary.html#" in linked
    assert linked.count("https://example.org/site/") == n_links
    deeper = alone(text.replace("](", "](../"), "https://example.org", f"beyond/{lesson.stem}")
    assert "(https://example.org/glossary.html#" in deeper
    copies = [json.loads(copy)["cells"] for copy in (text, alone(text))]
    assert [c["id"] for c in copies[0]] == [c["id"] for c in copies[1]]


def test_without_the_package_and_its_wheel_the_cell_says_what_to_do(tmp_path: Path) -> None:
    missing = "import sys; sys.modules['bloodcell_tut'] = None\n"
    command = [sys.executable, "-c", missing + first_cell.source()]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "put bloodcell_tut-*.whl beside this notebook and run this cell again" in ran.stderr


@pytest.mark.parametrize("platform", platforms.PLATFORMS)
def test_pins_name_a_python_and_one_version_each(platform: str) -> None:
    lines = platforms.pins(platform).read_text(encoding="utf-8").splitlines()
    pins = [line.partition("==") for line in lines if not line.startswith("#")]
    assert platforms.python_version(platform).startswith("3.")
    assert {"ipython", "ipykernel", "keras", "numpy"} <= {name for name, _, _ in pins}
    assert all(is_equal and version for _, is_equal, version in pins)


def test_another_python_does_where_the_right_one_is_missing() -> None:
    with pytest.warns(UserWarning, match="no Python 2.99 here"):
        assert platforms.find_python("2.99") == sys.executable


def test_a_name_with_no_python_behind_it_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = tmp_path / "python2.99"
    name.write_text("#!/bin/sh\nexit 127\n")
    name.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.warns(UserWarning, match="no Python 2.99 here"):
        assert platforms.find_python("2.99") == sys.executable


@dataclass
class Runtime:
    """A platform's environment, and what it held before anything of ours came."""

    kernel: str
    python: Path
    before: set[str]
    wheel: Path

    def with_wheel(self, folder: Path) -> Path:
        """Return a folder with nothing in it but the wheel."""
        shutil.copy(self.wheel, folder)
        return folder


@pytest.fixture(scope="module", params=platforms.PLATFORMS)
def runtime(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp(request.param)
    if not platforms.has_network():
        pytest.skip(f"NOT TESTED on the versions of {request.param}: no package index answers")
    python = platforms.make(request.param, folder)
    kernel = folder / "kernels" / request.param
    kernel.mkdir(parents=True)
    start = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": start, "display_name": request.param, "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        before = platforms.freeze(python)
        yield Runtime(request.param, python, before, platforms.make_wheel(folder))
    shutil.rmtree(folder)


def first_cell_alone() -> str:
    cell = nbformat.v4.new_code_cell(first_cell.source())
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))


@pytest.mark.platforms
@each_lesson
def test_a_lesson_runs_alone(runtime: Runtime, lesson: Path, tmp_path: Path) -> None:
    if runtime.kernel != ITS_PLATFORM.get(lesson, runtime.kernel):
        pytest.skip(f"it takes its time, and is run on {ITS_PLATFORM[lesson]}")
    ran = run_lesson(learners_copy(lesson), runtime.with_wheel(tmp_path), runtime.kernel)
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    sliders = [
        o for o in outputs if "application/vnd.jupyter.widget-view+json" in o.get("data", {})
    ]
    assert len(pictures) >= 3 and all(p.metadata["image/png"]["alt"] for p in pictures)
    assert sliders, "each lesson has a figure that moves"
    noise = [output.text for output in outputs if output.get("name") == "stderr"]
    assert not any("Log" in text for text in noise), "TensorFlow's greeting"
    assert not any(solution in nbformat.writes(ran) for solution in tagged(lesson, "solution"))


@pytest.mark.platforms
def test_what_the_platform_brings_stays(runtime: Runtime, tmp_path: Path) -> None:
    run_lesson(first_cell_alone(), runtime.with_wheel(tmp_path), runtime.kernel)
    new = platforms.freeze(runtime.python) - runtime.before
    assert runtime.before <= platforms.freeze(runtime.python)
    assert [line.partition(" ")[0] for line in new] == ["bloodcell_tut"]


@pytest.mark.platforms
def test_what_is_missing_is_added_and_told(runtime: Runtime, tmp_path: Path) -> None:
    remove = [str(runtime.python), "-m", "pip", "uninstall", "--quiet", "--yes"]
    subprocess.run([*remove, "bloodcell_tut", "lazy_loader"], check=True)
    ran = run_lesson(first_cell_alone(), runtime.with_wheel(tmp_path), runtime.kernel)
    (said,) = (output.text for output in ran.cells[0].outputs)
    assert "added: lazy-loader " in said and "," not in said.split("added: ")[1].split(";")[0]
    gone = {line.partition("==")[0] for line in runtime.before - platforms.freeze(runtime.python)}
    assert gone <= {"lazy_loader"}, "but for the one that was removed"
