"""The command line: its answers, its errors, and what it prints where."""

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import filelock
import numpy as np
import pytest
from typer.testing import CliRunner, Result

import bloodcell_tut as bt
from bloodcell_tut.files.lock import alone_in

PROGRAM = (sys.executable, "-c", "from bloodcell_tut.cli import app; app()")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bt.draw_sample(tmp_path_factory.mktemp("data") / "sample", n_photographs=16, n_images=64)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that knows nothing, but answers."""
    path = tmp_path_factory.mktemp("model") / "my model 🩸.keras"
    bt.save_model(bt.small_cnn(2), path, ("<b>one\n", "two"))
    return path


@pytest.fixture(scope="module")
def images(sample: Path) -> list[Path]:
    return sorted(sample.rglob("*.jpeg"))[:3]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(bt.cli.app, [str(argument) for argument in arguments])


def shell(*arguments: object, **env: str) -> subprocess.CompletedProcess[bytes]:
    command = [*PROGRAM, *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, env={**os.environ, **env})


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_run_names_the_files_to_look_at(sample: Path, tmp_path: Path) -> None:
    result = call("run", "--data", sample, "--epochs", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line[:8] for line in lines[:9]] == [f"step {i}/9" for i in range(1, 10)]
    for name in ("report.html", "report.json", "model.keras"):
        assert str(tmp_path / name) in "\n".join(lines[-3:]) and (tmp_path / name).is_file()


def test_options_reach_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("bloodcell_tut.runs.run.run_alone", seen.append)
    options = {
        "--data": "a", "--test-data": "b", "--photographs": "c.csv", "--model": "article",
        "--recipe": "cells", "--split": "image", "--epochs": "3", "--seed": "7", "--out": "d",
        "--labels": "l.csv", "--group-column": "patient", "--crop": "whole",
    }  # fmt: skip
    assert call("run", *(part for pair in options.items() for part in pair)).exit_code == 0
    expected = bt.RunSettings(
        "a",
        "b",
        photographs=Path("c.csv"),
        labels=Path("l.csv"),
        group_column="patient",
        model="article",
        crop="whole",
        recipe="cells",
        split="image",
        epochs=3,
        seed=7,
        out=Path("d"),
    )
    assert seen == [expected]
    assert call("run").exit_code == 0
    assert seen[1] == bt.RunSettings()
    assert call("run", "--fast").exit_code == 0
    assert seen[2] == bt.RunSettings(fast=True)
    assert call("run", "--folds", 5).exit_code == 0
    assert seen[3] == bt.RunSettings(folds=5)


def test_the_folder_is_held_from_before_loading_to_the_report(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other run can slip in between."""
    out, given_back, release = tmp_path / "out", [], filelock.FileLock.release

    def give_back(lock: filelock.FileLock, force: bool = False) -> None:
        if lock.is_locked and Path(lock.lock_file) == out / ".lock":
            given_back.append((out / "report.json").is_file())
        release(lock, force)

    @contextmanager
    def load() -> Iterator[None]:
        with pytest.raises(bt.BloodcellError, match="another run is writing into it"):
            bt.run_steps(bt.RunSettings(sample, epochs=1, out=out))
        yield

    monkeypatch.setattr(filelock.FileLock, "release", give_back)
    monkeypatch.setattr("bloodcell_tut.cli.quiet_loading", load)
    result = call("run", "--data", sample, "--epochs", 1, "--out", out)
    assert result.exit_code == 0, result.output
    assert given_back == [True]


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "large"), ("--split", "cell"), ("--epochs", "0"), ("--epochs", "x"),
        ("--recipe", "cake"), ("--folds", "1"), ("--crop", "bird"),
        ("--seed", "-1"), ("--seed", str(2**32)), ("--unknown",),
    ],
)  # fmt: skip
def test_bad_option(options: tuple[str, ...]) -> None:
    result = call("run", *options)
    assert result.exit_code == 2 and options[0] in result.stderr


def test_error_is_one_line(tmp_path: Path) -> None:
    result = call("run", "--data", tmp_path / "missing", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"bloodcell-tut: {tmp_path / 'missing'}")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt("in step 3"), 130), (MemoryError(), 1)]
)
def test_exit_codes(monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    def fail(settings: object) -> None:
        raise error

    monkeypatch.setattr("bloodcell_tut.runs.run.run_alone", fail)
    result = call("run")
    assert result.exit_code == code
    assert "in step 3" in result.stderr or "not enough memory" in result.stderr


def test_warnings_become_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(settings: object) -> None:
        warnings.warn("mind this", stacklevel=2)
        warnings.warn_explicit("of a library", UserWarning, "/elsewhere/library.py", 1)

    monkeypatch.setattr("bloodcell_tut.runs.run.run_alone", warn)
    errors = call("run").stderr
    assert "note: mind this\n" in errors and "library" not in errors


def test_predict_as_a_table(images: list[Path], model: Path) -> None:
    result = call("predict", *images, "--model", model)
    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["image", "x,", "y", "answer", "out-of-distribution", "probabilities"]
    assert all("<b>one? " in row and "two " in row and "not known" in row for row in rows)
    assert [row.split()[0] for row in rows] == [str(path) for path in images]


def test_predict_as_json(images: list[Path], model: Path) -> None:
    result = call("predict", *images, "--json", "--model", model)
    answers = json.loads(result.stdout)
    assert [answer["image"] for answer in answers] == [str(path) for path in images]
    for answer in answers:
        (cell,) = answer["cells"]
        shares = cell["probabilities"]
        assert list(shares) == ["<b>one\n", "two"] and sum(shares.values()) == pytest.approx(1)
        assert shares[cell["class"]] == max(shares.values())


def test_predict_agrees_with_the_network(images: list[Path], model: Path) -> None:
    saved = bt.load_model(model)
    cells = bt.crop_white_cell(bt.read_image(images[0]), 64)[None]
    expected = bt.predict_probabilities(saved.model, cells)[0]
    (answer,) = json.loads(call("predict", images[0], "--json", "--model", model).stdout)
    assert list(answer["cells"][0]["probabilities"].values()) == pytest.approx(expected.tolist())


def test_predict_compares_with_a_table(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = sorted(sample.rglob("*.jpeg"))[:3]
    saved = bt.SavedModel(bt.small_cnn(2), ("one", "two"), True)
    monkeypatch.setattr("bloodcell_tut.inference.model_file.load_model", lambda _: saved)
    command = ("predict", *pictures, "--model", "m.keras", "--labels", "labels.csv")
    plain = json.loads(call(*command[:-2], "--json").stdout)
    assert not any("label" in answer for answer in plain)
    named = [answer["cells"][0]["class"] for answer in plain]
    other = {"one": "two", "two": "one"}[named[1]]
    table = f"image,class\n{pictures[0].name},{named[0]}\n{pictures[1].stem},{other}\n"
    Path("labels.csv").write_text(table)
    done = call(*command)
    header, first, second, third = done.stdout.splitlines()
    assert header.split()[-2:] == ["probabilities", "label"]
    assert [row.split()[-1] for row in (first, second)] == [named[0], other]
    assert third == third.rstrip() and third.split()[-1].endswith("%")
    assert done.stderr == "1 of 2 images with one cell are named as labels.csv says\n"
    answers = json.loads(call(*command, "--json").stdout)
    assert [answer.get("label") for answer in answers] == [named[0], other, None]


@pytest.mark.parametrize(
    ("row", "told"), [("{},three", "found the classes three; expected"), ("x,one", "found x in")]
)
def test_a_table_that_does_not_fit_predict(
    row: str, told: str, images: list[Path], model: Path
) -> None:
    Path("labels.csv").write_text(f"file,label\n{row.format(images[0].name)}\n")
    done = call("predict", *images, "--model", model, "--labels", "labels.csv")
    assert done.exit_code == 1 and told in done.stderr and done.stdout == ""


def test_predict_names_bad_files_and_goes_on(
    images: list[Path], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.jpeg").touch()
    (tmp_path / "text.jpeg").write_text("not an image")
    bad = [tmp_path / "empty.jpeg", tmp_path / "text.jpeg", tmp_path / "missing.jpeg", tmp_path]
    result = call("predict", images[0], *bad, images[1], "--model", model)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 3
    assert all(f"bloodcell-tut: {path}: " in result.stderr for path in bad)
    answers = json.loads(call("predict", images[0], *bad, "--json", "--model", model).stdout)
    assert ["error" in answer for answer in answers] == [False, True, True, True, True]
    assert call("predict", *bad, "--model", model).stdout.strip() == ""


def test_predict_with_a_bad_model(images: list[Path], model: Path, tmp_path: Path) -> None:
    (tmp_path / "half.keras").write_bytes(model.read_bytes()[:5000])
    for path in (tmp_path / "half.keras", tmp_path / "missing.keras"):
        result = call("predict", images[0], "--model", path)
        assert result.exit_code == 1 and f"bloodcell-tut: {path}: " in result.stderr
    assert call("predict", images[0]).exit_code == 2


def test_lab_copies_and_opens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("bloodcell_tut.lab.lessons.open_lab", opened.append)
    monkeypatch.setattr("bloodcell_tut.lab.lessons.require_lab", lambda: None)
    assert call("lab").exit_code == 0
    assert opened == [Path("bloodcell_lessons")]
    assert (tmp_path / "bloodcell_lessons" / "03_training_data.ipynb").is_file()


def test_copy_needs_no_jupyterlab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bloodcell_tut.lab.lessons.open_lab", None)
    find = importlib.util.find_spec
    hidden = lambda name, *more: None if name == "jupyterlab" else find(name, *more)  # noqa: E731
    monkeypatch.setattr("importlib.util.find_spec", hidden)
    assert call("lab").exit_code == 1 and not (tmp_path / "bloodcell_lessons").exists()
    for added in ("notebooks added", "0 notebooks added"):
        assert added in call("copy").stdout
    assert (tmp_path / "bloodcell_lessons" / "START.md").is_file()
    assert bt.lab.lay_lessons(tmp_path / "other").startswith(f"{tmp_path / 'other'}: ")


def test_a_folder_in_use_is_told_before_keras_is_loaded(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        result = call("run", "--out", tmp_path)
    assert result.exit_code == 1 and "another run" in result.stderr
    assert "loading" not in result.stderr


def test_help_is_light() -> None:
    code = (
        "import sys\nfrom bloodcell_tut.cli import app\n"
        "try: app(['run', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'cv2', 'numpy', 'sklearn'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_version_and_no_command() -> None:
    assert call("--version").stdout == f"bloodcell-tut {bt.__version__}\n"
    assert "Usage: " in call().output


def test_pipes_and_plain_locales(images: list[Path], model: Path, tmp_path: Path) -> None:
    """Letters that the terminal doesn't have, and quiet libraries."""
    blood = tmp_path / "Blüt 🩸 cell.jpeg"
    blood.write_bytes(images[0].read_bytes())
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    result = shell("predict", blood, tmp_path / "✗.png", "--model", model, **plain)
    assert result.returncode == 1
    assert b"cell.jpeg" in result.stdout and b"Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr.decode()


def test_a_closed_stderr_stops_nothing(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = shlex.join(
        [*PROGRAM, "run", "--data", str(sample), "--epochs", "1", "--out", str(out)]
    )
    assert subprocess.run(["sh", "-c", f"{command} 2>&-"], capture_output=True).returncode == 0
    assert (out / "report.json").is_file()


def test_a_reader_that_leaves_is_not_told(model: Path, images: list[Path]) -> None:
    command = shlex.join([*PROGRAM, "predict", *map(str, images), "--model", str(model)])
    result = subprocess.run(["sh", "-c", f"{command} | true"], capture_output=True)
    assert result.stderr == b""


def test_names_that_the_locale_cannot_write(sample: Path, tmp_path: Path) -> None:
    data = shutil.copytree(sample / "images" / "TRAIN", tmp_path / "data")
    (data / "MONOCYTE").rename(data / "größte 🩸")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = shell("run", "--data", data, "--epochs", 1, "--out", tmp_path / "out", **locale)
    assert result.returncode == 0, result.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert "größte 🩸" in report["per_class"]


HOSTILE = "a\x1b[2J\x9b31m\u202eb\nc"
HARMLESS = "a?[2J?31m?b?c"


def assert_harmless(output: str) -> None:
    assert HARMLESS in output
    assert not set(output) & set("\x1b\x9b\u202e"), ascii(output)


def test_names_that_terminals_obey_are_harmless_in_every_line(
    sample: Path, images: list[Path], model: Path, tmp_path: Path
) -> None:
    """In errors and notes, steps, tables and where the results are."""
    data = shutil.copytree(sample / "images" / "TRAIN", tmp_path / HOSTILE)
    (data / "MONOCYTE").rename(data / HOSTILE)
    done = call("run", "--data", data, "--epochs", 1, "--out", tmp_path / f"out {HOSTILE}")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 13
    assert_harmless(done.stdout)
    assert_harmless(call("run", "--data", tmp_path / f"no {HOSTILE}").stderr)
    assert (
        len(call("predict", tmp_path / f"{HOSTILE}.png", "--model", model).stderr.split("\n")) == 2
    )
    assert_harmless(call("predict", tmp_path / f"{HOSTILE}.png", "--model", model).stderr)
    gray = tmp_path / f"{HOSTILE}.png"
    cv2.imwrite(str(gray), np.full((64, 64), 200, np.uint8))
    done = call("predict", gray, "--model", model, "--json-file", tmp_path / f"{HOSTILE}.json")
    for output in (done.stdout, done.stderr):
        assert_harmless(output)
    assert done.stderr.startswith("note: ")
    assert_harmless(call("audit", data, "--html", tmp_path / f"{HOSTILE}.html").stderr)


def test_json_means_the_same_everywhere(sample: Path, images: list[Path], model: Path) -> None:
    data = sample / "images" / "TEST"
    for command in (("predict", images[0], "--model", model), ("audit", data)):
        printed = call(*command, "--json", "--json-file", "it.json")
        assert printed.exit_code == 0, printed.output
        assert json.loads(printed.stdout) == json.loads(Path("it.json").read_text())
        assert printed.stderr == "it.json written\n"
        with pytest.raises(ValueError):
            json.loads(call(*command, "--json-file", "it.json").stdout)


def test_a_gray_photograph_is_told(images: list[Path], model: Path, tmp_path: Path) -> None:
    gray = tmp_path / "gray.png"
    cv2.imwrite(str(gray), cv2.imread(str(images[0]), cv2.IMREAD_GRAYSCALE))
    result = call("predict", images[0], gray, "--model", model)
    assert result.exit_code == 0
    assert result.stderr == f"note: {gray}: is gray; cells are found and named by their stain\n"


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_is_named_sample_gets_a_note(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bloodcell_tut.sources.draw_sample", lambda seed: tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bt.sources.locate_source("sample") == tmp_path
    make(tmp_path / "sample")
    with pytest.warns(UserWarning, match=r"sample: stands for .* write \./sample to have it"):
        bt.sources.locate_source("sample")
    if make is Path.mkdir:
        assert bt.sources.locate_source("./sample") == tmp_path / "sample"


def test_exit_codes_of_predict_are_told() -> None:
    told = " ".join(call("predict", "--help").stdout.split())
    for words in ("0, every image", "1, an image or", "2, the command", "130, you pressed"):
        assert words in told


def test_no_bars_in_a_log_file(sample: Path, tmp_path: Path) -> None:
    done = shell("run", "--data", sample, "--epochs", 3, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr.decode() == "loading Keras ...\n"


def test_no_memory_ends_the_program_whatever_its_threads_wait_for() -> None:
    code = (
        "import threading, sys\nimport bloodcell_tut.runs.run as module\n"
        "from bloodcell_tut.cli import app\n"
        "def fail(_):\n"
        "    threading.Thread(target=threading.Event().wait).start()\n"
        "    raise {}\n"
        "module.run_alone = fail\napp(['run'])"
    )
    for error in ("MemoryError", "RuntimeError('Arena alloc failed')"):
        command = [sys.executable, "-c", code.format(error)]
        done = subprocess.run(command, capture_output=True, timeout=60)
        assert done.returncode == 1
        assert done.stderr.endswith(
            b"bloodcell-tut: not enough memory; choose fewer or smaller images\n"
        )


@pytest.mark.parametrize(("name", "limit"), [("RLIMIT_AS", 2.5e9), ("RLIMIT_DATA", 0.5e9)])
def test_a_limit_under_which_training_hangs_is_told_first(name: str, limit: float) -> None:
    code = (
        "import resource\nfrom bloodcell_tut.cli import app\n"
        f"resource.setrlimit(resource.{name}, (int({limit}), int({limit})))\n"
        "app(['run'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith(b"bloodcell-tut: not enough memory: found a limit of")
    assert len(done.stderr.splitlines()) == 1 and not Path("runs").exists()


@pytest.mark.parametrize("module", ["typer", "json", "bloodcell_tut.files.lock", "filelock"])
def test_ctrl_c_while_the_command_line_is_loaded(module: str) -> None:
    code = (
        "import sys\nimport bloodcell_tut\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        f"sys.modules.pop({module!r}, None)\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from bloodcell_tut.cli import app"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 130 and done.stderr == b""


@pytest.mark.parametrize("program", ["bloodcell-tut", "bloodcell-tut.exe", "notebook"])
@pytest.mark.parametrize("module", ["importlib.metadata", "lazy_loader"])
def test_ctrl_c_while_the_package_is_loaded(module: str, program: str) -> None:
    """The command ends in silence; whoever imports the package elsewhere is interrupted."""
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        f"sys.modules.pop({module!r}, None)\n"
        f"sys.meta_path.insert(0, Stop())\nsys.argv[0] = '/bin/{program}'\n"
        "from bloodcell_tut.cli import app"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    if program == "notebook":
        assert done.stderr.endswith(b"KeyboardInterrupt\n")
    else:
        assert (done.returncode, done.stderr) == (130, b"")


def test_lab_passes_port_and_browser_on(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[Any, ...]] = []
    monkeypatch.setattr("bloodcell_tut.lab.lessons.open_lab", lambda *given: opened.append(given))
    monkeypatch.setattr("bloodcell_tut.lab.lessons.require_lab", lambda: None)
    monkeypatch.setattr("bloodcell_tut.lab.progress.lay_lessons", lambda _: "laid")
    assert call("lab", "x", "--port", 8890, "--no-browser").exit_code == 0
    assert opened == [(Path("x"), "--port=8890", "--no-browser")]
    assert call("lab", "--port", 70_000).exit_code == 2
