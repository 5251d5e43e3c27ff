"""The run through nine steps: what it leaves behind, also when it is stopped or fails."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import filelock
import numpy as np
import pytest
from builders import training_data

import bloodcell_tut as bt
from bloodcell_tut import sources
from bloodcell_tut.baselines import drawn_cells
from bloodcell_tut.files.lock import REPORT_FILES, alone_in
from bloodcell_tut.images import CropEvidence, crop_evidence, should_crop
from bloodcell_tut.runs import Report, steps
from bloodcell_tut.runs.figures import encode_png
from bloodcell_tut.runs.run import run_steps

STEPS = [
    "choose_dataset", "draw_examples", "create_training_data", "shuffle", "features_and_labels",
    "normalize", "split_by_photograph", "train", "evaluate",
]  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bt.draw_sample(tmp_path_factory.mktemp("data") / "sample", n_photographs=16, n_images=64)


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


def load(out: Path) -> Report:
    return Report.read(out / "report.json")


def test_report_holds_all(finished: Path) -> None:
    report = load(finished)
    assert [step.name for step in report.steps] == list(report.seconds)[:-1]
    assert len(report.steps) == 9 and report.crop and report.test_data is None
    assert report.seconds["total"] >= sum(step.seconds for step in report.steps) - 0.01
    assert report.leaked_fraction == 0 and report.split == "photograph"
    assert report.versions["bloodcell_tut"] == bt.__version__
    assert report.peak_memory_mb == pytest.approx(bt.runs.peak_memory_mb(), rel=0.5)
    assert set(report.history) >= {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert report.versions == bt.runs.versions()
    assert set(files(finished)) <= set(REPORT_FILES)


def test_numbers_agree(finished: Path) -> None:
    report = load(finished)
    confusion = np.array(report.confusion)
    assert confusion.sum() == report.n_images
    assert np.trace(confusion) / confusion.sum() == pytest.approx(report.accuracy)
    # the last epoch watches the very images that are scored in the end
    assert report.history["val_accuracy"][-1] == pytest.approx(report.accuracy)
    model = bt.load_model(finished / "model.keras")
    assert model.model.count_params() == report.parameters
    assert model.class_names == report.class_names


def test_same_seed_same_result(finished: Path, sample: Path, tmp_path: Path) -> None:
    again = run_steps(bt.RunSettings(sample, epochs=1, out=tmp_path))
    other = run_steps(bt.RunSettings(sample, split="image", epochs=1, out=tmp_path))
    first = load(finished)
    for key in ("confusion", "accuracy_interval", "history", "per_class"):
        assert getattr(again, key) == getattr(first, key), key
    assert other.history != first.history
    assert other.leaked_fraction > 0.5 and other.split == "image"


def test_the_seed_reaches_the_drawn_sample(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def draw(seed: int) -> Path:
        asked.append(seed)
        return sample

    monkeypatch.setattr(sources, "draw_sample", draw)
    steps._choose(bt.RunSettings("sample", "sample", seed=3))
    assert asked == [3, 3]


def test_the_seed_draws_the_additional_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict[str, int]] = []
    monkeypatch.setattr("bloodcell_tut.runs.steps.drawn_cells", lambda **how: drawn.append(how))
    monkeypatch.setattr("bloodcell_tut.runs.steps.drawn_cells_help", lambda *_: True)
    for settings in (bt.RunSettings(seed=3), bt.RunSettings(fast=True)):
        steps._additional(settings, training_data())
    same = {"size": 64, "standardize": False}
    assert drawn == [
        {"seed": 3, "n_photographs": 1000, **same}, {"seed": 0, "n_photographs": 500, **same}
    ]  # fmt: skip


def test_test_data(sample: Path, tmp_path: Path) -> None:
    report = run_steps(bt.RunSettings(sample, sample, epochs=1, out=tmp_path))
    assert report == load(tmp_path) and report.split is None and report.test_data
    assert report.n_images == report.test_data.n_images
    held = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert held["test"].items() <= held.items() and held["test"]["leaked_fraction"] == 0
    assert report.data.n_images == len(bt.choose_dataset(sample))


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
    assert report.leaked_fraction is report.n_photographs is None
    assert report.photograph_accuracy is None
    assert [file.path for file in report.skipped] == [str(broken)]
    assert bt.load_model(tmp_path / "out" / "model.keras").crop is False
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "know which images come from the same" in page and "_0_0.jpeg" in page


@pytest.mark.parametrize("number", range(9), ids=STEPS)
def test_ctrl_c_in_each_step(
    sample: Path, earlier: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = files(earlier)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"bloodcell_tut.runs.steps.{STEPS[number]}", stop)
    with pytest.raises(KeyboardInterrupt) as stopped:
        run_steps(bt.RunSettings(sample, epochs=1, out=earlier))
    said = str(stopped.value)
    assert f"stopped in step {number + 1}/9" in said and "report in" in said
    after = files(earlier)
    if STEPS[number] == "train":
        assert "model-interrupted.keras" in said
        saved = bt.load_model(earlier / "model-interrupted.keras")
        assert saved.class_names == load(earlier).class_names
        del after["model-interrupted.keras"]
    if STEPS[number] == "evaluate":
        del after["training.npz"]  # the next run needn't train again
    assert after == before


def test_an_interrupted_network_keeps_how_its_images_are_prepared(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bloodcell_tut.runs.steps.train", stop)
    with pytest.raises(KeyboardInterrupt):
        run_steps(bt.RunSettings(sample, model="article", out=tmp_path))
    assert bt.load_model(tmp_path / "model-interrupted.keras").crop is False


def test_ctrl_c_for_real(sample: Path, tmp_path: Path) -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from bloodcell_tut.cli import app; app()"
    )
    command = ["run", "--data", str(sample), "--epochs", "100000", "--out", str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code, *command], stdout=pipe, stderr=pipe, text=True
    ) as process:
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


@pytest.mark.parametrize(
    ("model", "recipe"),
    [(m, r) for m in ("small", "article") for r in (None, "cells", "natural", "article")]
    + [("small", "anywhere"), ("wide", None)],
)
def test_a_network_is_built_and_trained_by_the_recipe(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, recipe: str | None
) -> None:
    asked, filters = [], []

    def stop(network: Any, *_: object, recipe: bt.training.Recipe, **__: object) -> None:
        flips = any(layer.name.startswith("random_flip") for layer in network.layers)
        asked.append((network.name, flips, recipe))
        filters.append(max(getattr(layer, "filters", 0) for layer in network.layers))
        raise KeyboardInterrupt

    monkeypatch.setattr("bloodcell_tut.runs.steps.train", stop)
    with pytest.raises(KeyboardInterrupt):
        run_steps(bt.RunSettings(sample, model=model, recipe=recipe, out=tmp_path))
    expected = recipe or {"article": "article"}.get(model, "cells")
    flips = expected != "article"
    name = {"article": "article_cnn"}.get(model, "small_cnn")
    assert asked == [(name, flips, bt.training.RECIPES[expected])]
    assert filters == [{"small": 96, "wide": 192, "article": 32}[model]]


def test_the_report_names_the_recipe(sample: Path, tmp_path: Path) -> None:
    report = run_steps(bt.RunSettings(sample, recipe="article", epochs=1, out=tmp_path))
    assert (report.model, report.recipe) == ("small", "article")


def test_a_network_for_anywhere_gets_standard_cells_and_knows_when_it_is_unsure(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def draw_few(**how: Any) -> bt.TrainingData:
        asked.append(how)
        return drawn_cells(**how | {"n_photographs": 100})

    monkeypatch.setattr("bloodcell_tut.runs.detector.drawn_cells", draw_few)
    report = run_steps(bt.RunSettings(sample, recipe="anywhere", epochs=1, out=tmp_path))
    assert report.recipe == "anywhere" and report.crop
    assert [(how["standardize"], how["part"]) for how in asked] == [(True, "TRAIN"), (True, "TEST")]
    saved = bt.load_model(tmp_path / "model.keras")
    assert saved.standardized and saved.detector is not None
    assert 0 < saved.detector.least_probability <= 1
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "in standard light, size and stain" in page
    image = bt.read_image(min(sample.rglob("*.jpeg")))
    assert bt.predict_photograph(saved, image)[0].standard is not None


def test_whole_images_have_no_standard(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(bt.ArgumentError, match="recipe: found 'anywhere' and images that"):
        run_steps(bt.RunSettings(sample, recipe="anywhere", crop="whole", out=tmp_path))
    with pytest.raises(bt.ArgumentError, match="recipe: found 'anywhere'; expected cells or artic"):
        bt.RunSettings(sample, model="article", recipe="anywhere")


def test_fast_trains_half_as_long(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def stop(model: object, data: bt.TrainingData, *_, epochs: int, **__) -> None:
        asked.append((epochs, len(data)))
        raise KeyboardInterrupt

    monkeypatch.setattr("bloodcell_tut.runs.steps.train", stop)
    with pytest.raises(KeyboardInterrupt):
        run_steps(bt.RunSettings(sample, fast=True, out=tmp_path))
    ((epochs, n),) = asked
    assert epochs == -(-bt.training.default_epochs(n) // 2)
    for wrong in ({"epochs": 3}, {"model": "article"}):
        with pytest.raises(bt.ArgumentError, match="fast"):
            bt.RunSettings(fast=True, **wrong)


def test_a_run_that_was_killed_goes_on(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_steps(bt.RunSettings(sample, epochs=3, out=tmp_path / "whole"))
    code = f"""
import os, signal
from bloodcell_tut import RunSettings
from bloodcell_tut.files import checkpoint
from bloodcell_tut.runs.run import run_steps
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
    assert epochs == [2] and again.history == whole.history
    assert again.accuracy == whole.accuracy
    assert not (tmp_path / "training.npz").exists()


def test_a_later_run_replaces_the_earlier_one(sample: Path, earlier: Path) -> None:
    (earlier / "model-interrupted.keras").write_text("of a run that was stopped")
    before = files(earlier)
    run_steps(bt.RunSettings(sample, epochs=1, seed=5, out=earlier))
    after = files(earlier)
    assert load(earlier).seed == 5
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
        "import os, sys; from bloodcell_tut.files.lock import alone_in\n"
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


def test_strips_of_images_do_not_end_the_run(sample: Path, tmp_path: Path) -> None:
    data = shutil.copytree(sample / "images" / "TRAIN", tmp_path / "data")
    for name, shape in (("A.png", (900, 1, 3)), ("B.png", (2, 5000, 3))):
        strip = cv2.imencode(".png", np.full(shape, 200, np.uint8))[1].tobytes()
        (data / "EOSINOPHIL" / name).write_bytes(strip)
    report = run_steps(bt.RunSettings(data, epochs=1, out=tmp_path / "out"))
    assert report.skipped == ()


def test_the_same_files_are_no_test_data(sample: Path, tmp_path: Path) -> None:
    train = sample / "images" / "TRAIN"
    with pytest.raises(bt.DatasetError, match=r"files that are in .* as well"):
        run_steps(bt.RunSettings(train, train, out=tmp_path / "out"))
    assert not (tmp_path / "out").exists(), "a run that wrote nothing leaves nothing"


def pictures(folder: Path, value: int) -> None:
    """Write stripes, which are no cells."""
    folder.mkdir(parents=True)
    for i in range(10):
        image = np.zeros((60, 80, 3), np.uint8)
        image[(np.arange(60) // (3 + i)) % 2 == 0] = value
        (folder / f"{i}.png").write_bytes(encode_png(image, 60))


def test_images_of_other_things_are_squeezed_and_the_report_says_so(
    finished: Path, tmp_path: Path
) -> None:
    for name, value in (("dark", 90), ("light", 220)):
        pictures(tmp_path / "data" / name, value)
    out = tmp_path / "out"
    report = run_steps(bt.RunSettings(tmp_path / "data", epochs=1, out=out))
    for folder, crop in ((out, False), (finished, True)):
        assert load(folder).crop is json.loads((folder / "report.json").read_text())["crop"] is crop
        assert bt.load_model(folder / "model.keras").crop is crop
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert ("The white cell, cut out of each photograph." in page) is crop
        assert ("squeezed into a square" in page) is not crop
    assert report.crop is False and "each squeezed into a square" in report.steps[1].result
    assert "only 0 of 20 images looked at (0.0%) show one white cell" in report.steps[1].result
    assert "most often a white cell is missing (20 of 20)" in page_of(out)
    assert "48 of 48 images looked at (100.0%) show one white cell" in page_of(finished)


def page_of(out: Path) -> str:
    return (out / "report.html").read_text(encoding="utf-8")


def test_told_to_cut_the_run_does_and_notes_what_speaks_against_it(tmp_path: Path) -> None:
    for name, value in (("dark", 90), ("light", 220)):
        pictures(tmp_path / "data" / name, value)
    settings = bt.RunSettings(tmp_path / "data", crop="cell", epochs=1, out=tmp_path / "out")
    with pytest.warns(UserWarning, match="although only 0 of 20 images"):
        report = run_steps(settings)
    assert report.crop and load(tmp_path / "out").crop
    assert bt.load_model(tmp_path / "out" / "model.keras").crop
    against, names = report.data.notes[-2:]
    assert against.startswith("white cells are cut out although") and "(dark, light)" in names
    assert load(tmp_path / "out").data.notes == report.data.notes
    assert all(
        note[1:] in page_of(tmp_path / "out").replace("&#39;", "'") for note in (against, names)
    )


def test_test_data_is_prepared_as_the_training_data(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it shows: to decide a second time would be to train and to score on two things."""
    for name in bt.choose_dataset(sample).class_names:
        pictures(tmp_path / "stripes" / name, 200)
    asked = []

    def look(paths: Sequence[Path], labels: np.ndarray) -> CropEvidence:
        asked.append(len(paths))
        return crop_evidence(paths, labels)

    monkeypatch.setattr("bloodcell_tut.runs.cropping.crop_evidence", look)
    monkeypatch.setattr("bloodcell_tut.images.crop_evidence", look)
    report = run_steps(bt.RunSettings(sample, tmp_path / "stripes", epochs=1, out=tmp_path / "out"))
    assert asked == [report.data.n_images] and report.crop
    assert report.test_data and not should_crop([*(tmp_path / "stripes").rglob("*.png")])
