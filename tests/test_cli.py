"""The command line: its answers, its errors, and what it prints where."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bloodcell_tut as bt
from bloodcell_tut.lock import alone_in

PROGRAM = (sys.executable, "-c", "from bloodcell_tut.cli import app; app()")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bt.draw_sample(tmp_path_factory.mktemp("data") / "sample", 16, 64)


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
    return CliRunner().invoke(bt.app, [str(argument) for argument in arguments])


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
    seen = []
    monkeypatch.setattr("bloodcell_tut.run.run_steps", seen.append)
    options = {
        "--data": "a", "--test-data": "b", "--photographs": "c.csv", "--model": "article",
        "--split": "image", "--epochs": "3", "--seed": "7", "--out": "d",
    }  # fmt: skip
    assert call("run", *(part for pair in options.items() for part in pair)).exit_code == 0
    expected = bt.RunSettings("a", "b", Path("c.csv"), "article", "image", 3, False, 7, Path("d"))
    assert seen == [expected]
    assert call("run").exit_code == 0
    assert seen[1] == bt.RunSettings()
    assert call("run", "--fast").exit_code == 0
    assert seen[2] == bt.RunSettings(fast=True)


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "large"), ("--split", "cell"), ("--epochs", "0"), ("--epochs", "x"),
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

    monkeypatch.setattr("bloodcell_tut.run.run_steps", fail)
    result = call("run")
    assert result.exit_code == code
    assert "in step 3" in result.stderr or "not enough memory" in result.stderr


def test_warnings_become_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(settings: object) -> None:
        warnings.warn("mind this", stacklevel=2)
        warnings.warn_explicit("of a library", UserWarning, "/elsewhere/library.py", 1)

    monkeypatch.setattr("bloodcell_tut.run.run_steps", warn)
    errors = call("run").stderr
    assert "note: mind this\n" in errors and "library" not in errors


def test_predict_as_a_table(images: list[Path], model: Path) -> None:
    result = call("predict", *images, "--model", model)
    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["image", "x,", "y", "answer", "novelty", "probabilities"]
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
    opened = []
    monkeypatch.setattr("bloodcell_tut.lab.open_lab", opened.append)
    monkeypatch.setattr("bloodcell_tut.lab.require_lab", lambda: None)
    assert call("lab").exit_code == 0
    assert opened == [Path("bloodcell_lessons")]
    assert (tmp_path / "bloodcell_lessons" / "03_training_data.ipynb").is_file()


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
