"""The run through nine steps: what it leaves behind, also when it is stopped or fails."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import filelock
import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.lock import REPORT_FILES, alone_in
from bloodcell_tut.report import encode_png
from bloodcell_tut.run import run_steps

KEYS = {
    "accuracy", "accuracy_interval", "balanced_accuracy", "balanced_accuracy_interval",
    "photograph_accuracy", "chance",
    "n_images", "n_photographs", "leaked_fraction", "per_class", "confusion", "class_names",
    "parameters", "seconds", "peak_memory_mb", "seed", "model", "split", "versions", "steps",
    "data", "skipped", "history",
}  # fmt: skip
STEPS = [
    "choose_dataset", "read_image", "create_training_data", "shuffle", "features_and_labels",
    "normalize", "split_by_photograph", "train", "evaluate",
]  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bt.draw_sample(tmp_path_factory.mktemp("data") / "sample", 16, 64)


@pytest.fixture(scope="module")
def finished(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report in it; tests that change it take a copy."""
    out = tmp_path_factory.mktemp("finished") / "a folder 🩸"
    run_steps(bt.RunSettings(sample, epochs=1, out=out))
    return out


@pytest.fixture
def earlier(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "out"))


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ".lock"}


def load(out: Path) -> dict[str, Any]:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def test_report_holds_all(finished: Path) -> None:
    report = load(finished)
    assert set(report) == KEYS
    assert [step["name"] for step in report["steps"]] == list(report["seconds"])[:-1]
    assert len(report["steps"]) == 9
    assert report["seconds"]["total"] >= sum(step["seconds"] for step in report["steps"]) - 0.01
    assert report["leaked_fraction"] == 0 and report["split"] == "photograph"
    assert report["versions"]["bloodcell_tut"] == bt.__version__
    assert report["peak_memory_mb"] == pytest.approx(bt.peak_memory_mb(), rel=0.5)
    assert set(report["history"]) >= {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert report["versions"] == bt.versions()
    assert set(files(finished)) <= set(REPORT_FILES)


def test_numbers_agree(finished: Path) -> None:
    report = load(finished)
    confusion = np.array(report["confusion"])
    assert confusion.sum() == report["n_images"]
    assert np.trace(confusion) / confusion.sum() == pytest.approx(report["accuracy"])
    # the last epoch watches the very images that are scored in the end
    assert report["history"]["val_accuracy"][-1] == pytest.approx(report["accuracy"])
    model = bt.load_model(finished / "model.keras")
    assert model.model.count_params() == report["parameters"]
    assert list(model.class_names) == report["class_names"]


def test_same_seed_same_result(finished: Path, sample: Path, tmp_path: Path) -> None:
    again = run_steps(bt.RunSettings(sample, epochs=1, out=tmp_path))
    other = run_steps(bt.RunSettings(sample, split="image", epochs=1, out=tmp_path))
    first = load(finished)
    for key in ("confusion", "accuracy_interval", "history", "per_class"):
        assert again[key] == first[key], key
    assert other["history"] != first["history"]
    assert other["leaked_fraction"] > 0.5 and other["split"] == "image"


def test_test_data(sample: Path, tmp_path: Path) -> None:
    report = run_steps(bt.RunSettings(sample, sample, epochs=1, out=tmp_path))
    assert set(report) == KEYS | {"test", "test_data"} and report["split"] is None
    assert report["n_images"] == report["test_data"]["n_images"]
    assert report["test"].items() <= report.items() and report["test"]["leaked_fraction"] == 0
    assert report["data"]["n_images"] == len(bt.choose_dataset(sample))


def test_test_data_of_other_classes(sample: Path, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "a.png").write_bytes(encode_png(np.zeros((9, 9, 3), "u1")))
    with pytest.raises(bt.DatasetError, match=r"pets: found the classes cat, dog; expected EOSIN"):
        run_steps(bt.RunSettings(sample, tmp_path / "pets", out=tmp_path / "out"))


def test_article_on_a_plain_folder(sample: Path, tmp_path: Path) -> None:
    """The article's network, a split by image, and photographs that nobody knows."""
    train = shutil.copytree(sample / "images" / "TRAIN", tmp_path / "plain")
    broken = train / "NEUTROPHIL" / "_0_0.jpeg"
    broken.write_bytes(b"no image")
    settings = bt.RunSettings(train, model="article", split="image", epochs=1, out=tmp_path / "out")
    report = run_steps(settings)
    assert report["leaked_fraction"] is report["n_photographs"] is None
    assert report["photograph_accuracy"] is None
    assert [file["path"] for file in report["skipped"]] == [str(broken)]
    assert bt.load_model(tmp_path / "out" / "model.keras").crop is False
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Nobody told which images" in page and "_0_0.jpeg" in page


@pytest.mark.parametrize("number", range(9), ids=STEPS)
def test_ctrl_c_in_each_step(
    sample: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = files(earlier)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"bloodcell_tut.run.{STEPS[number]}", stop)
    with pytest.raises(KeyboardInterrupt) as stopped:
        run_steps(bt.RunSettings(sample, epochs=1, out=earlier))
    said = str(stopped.value)
    assert f"stopped in step {number + 1}/9" in said and "report in" in said
    after = files(earlier)
    if STEPS[number] == "train":
        assert "model-interrupted.keras" in said
        saved = bt.load_model(earlier / "model-interrupted.keras")
        assert list(saved.class_names) == load(earlier)["class_names"]
        del after["model-interrupted.keras"]
    if STEPS[number] == "evaluate":
        del after["training.npz"]  # the next run needn't train again
    assert after == before


def test_an_interrupted_network_keeps_how_its_images_are_prepared(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bloodcell_tut.run.train", stop)
    with pytest.raises(KeyboardInterrupt):
        run_steps(bt.RunSettings(sample, model="article", out=tmp_path))
    assert bt.load_model(tmp_path / "model-interrupted.keras").crop is False


def test_ctrl_c_for_real(sample: Path, tmp_path: Path) -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from bloodcell_tut.cli import app; app()"
    )
    command = ["run", "--data", str(sample), "--epochs", "100000", "--out", str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, *command], **pipes) as process:
        for line in process.stdout:
            if line.startswith("step 7/9"):
                break
        while process.poll() is None and not (tmp_path / "training.npz").exists():
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "stopped in step 8/9, train; no report is written; the network so far is" in errors
    assert "the same command goes on from there" in errors
    assert set(files(tmp_path)) == {"model-interrupted.keras", "training.npz"}
    assert bt.load_model(tmp_path / "model-interrupted.keras").crop


def test_fast_trains_half_as_long(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def stop(model: object, data: bt.TrainingData, test: object, epochs: int, *_, **__) -> None:
        asked.append((epochs, len(data)))
        raise KeyboardInterrupt

    monkeypatch.setattr("bloodcell_tut.run.train", stop)
    with pytest.raises(KeyboardInterrupt):
        run_steps(bt.RunSettings(sample, fast=True, out=tmp_path))
    ((epochs, n),) = asked
    assert epochs == bt.default_epochs(n) // 2
    for wrong in ({"epochs": 3}, {"model": "article"}):
        with pytest.raises(bt.ArgumentError, match="fast"):
            bt.RunSettings(fast=True, **wrong)


def test_a_run_that_was_killed_goes_on(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_steps(bt.RunSettings(sample, epochs=3, out=tmp_path / "whole"))
    code = f"""
import os, signal
from bloodcell_tut import RunSettings, checkpoint
from bloodcell_tut.run import run_steps
kept = checkpoint.Checkpoint.on_epoch_end
def keep(self, epoch, logs=None):
    kept(self, epoch, logs)
    if epoch == 1:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint.Checkpoint.on_epoch_end = keep
run_steps(RunSettings({str(sample)!r}, epochs=3, out=__import__("pathlib").Path({str(tmp_path)!r})))
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL and (tmp_path / "training.npz").exists()
    epochs = []
    monkeypatch.setattr(
        "bloodcell_tut.model._Progress.on_epoch_end", lambda *args: epochs.append(args[1])
    )
    again = run_steps(bt.RunSettings(sample, epochs=3, out=tmp_path))
    assert epochs == [2] and again["history"] == whole["history"]
    assert again["accuracy"] == whole["accuracy"]
    assert not (tmp_path / "training.npz").exists()


def test_a_later_run_replaces_the_earlier_one(sample: Path, earlier: Path) -> None:
    (earlier / "model-interrupted.keras").write_text("of a run that was stopped")
    before = files(earlier)
    run_steps(bt.RunSettings(sample, epochs=1, seed=5, out=earlier))
    after = files(earlier)
    assert load(earlier)["seed"] == 5
    assert set(after) == set(REPORT_FILES) - {"model-interrupted.keras"}
    assert all(after[name] != before.get(name) for name in after)


def test_two_runs_into_one_folder(sample: Path, earlier: Path) -> None:
    before = files(earlier)
    with filelock.FileLock(earlier / ".lock"):
        with pytest.raises(bt.BloodcellError, match="another run is writing into it"):
            run_steps(bt.RunSettings(sample, epochs=1, out=earlier))
    assert files(earlier) == before


def test_the_lock_goes_with_the_process(tmp_path: Path) -> None:
    code = (
        "import os, sys; from bloodcell_tut.lock import alone_in\n"
        "with alone_in(sys.argv[1]): os._exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)]).returncode == 7
    with alone_in(tmp_path), pytest.raises(bt.BloodcellError), alone_in(tmp_path):
        pass


def test_out_that_is_in_the_way(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "taken" / "report.json").mkdir(parents=True)
    for out in (tmp_path / "file", tmp_path / "file" / "deeper", tmp_path / "taken"):
        with pytest.raises(bt.BloodcellError, match=f"^{out}: can't be written to"):
            run_steps(bt.RunSettings(sample, epochs=1, out=out))


@pytest.mark.parametrize(
    "wrong",
    [{"model": "large"}, {"split": "cell"}, {"epochs": 0}, {"seed": -1}, {"seed": 2**32}],
)
def test_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(bt.ArgumentError, match=f"^{next(iter(wrong))}: found"):
        bt.RunSettings(**wrong)
    assert set(bt.IMAGE_SIZES) == {"small", "article"}


@pytest.mark.parametrize("shape", [(900, 1), (2, 5000)])
def test_a_strip_of_an_image_does_not_end_the_run(
    sample: Path, tmp_path: Path, shape: tuple[int, int]
) -> None:
    data = shutil.copytree(sample / "images" / "TRAIN", tmp_path / "data")
    strip = data / "EOSINOPHIL" / "A.png"
    strip.write_bytes(cv2.imencode(".png", np.full((*shape, 3), 200, np.uint8))[1].tobytes())
    report = run_steps(bt.RunSettings(data, epochs=1, out=tmp_path / "out"))
    assert report["skipped"] == []


def test_the_same_files_are_no_test_data(sample: Path, tmp_path: Path) -> None:
    train = sample / "images" / "TRAIN"
    with pytest.raises(bt.DatasetError, match=r"files that are in .* as well"):
        run_steps(bt.RunSettings(train, train, out=tmp_path / "out"))
    assert not (tmp_path / "out").exists(), "a run that wrote nothing leaves nothing"


def test_a_report_among_the_images_is_refused(tmp_path: Path) -> None:
    for settings in ({"data": tmp_path}, {"test_data": tmp_path}):
        with pytest.raises(bt.ArgumentError, match=r"out: found .* a folder outside of"):
            bt.RunSettings(**settings, out=tmp_path / "runs" / "latest")


def test_peak_memory_is_our_own() -> None:
    code = (
        "import subprocess, sys, numpy as np; large = np.ones(1_600_000_000, np.uint8)\n"
        "code = 'import bloodcell_tut as bt; print(bt.peak_memory_mb())'\n"
        "subprocess.run([sys.executable, '-c', code])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    imported = float(said)
    assert 20 < imported < 1500
    held = np.ones(200_000_000, np.uint8)
    assert bt.peak_memory_mb() > held.nbytes / 1e6
