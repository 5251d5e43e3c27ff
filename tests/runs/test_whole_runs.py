"""The nine steps as a newcomer runs them, at full length: on drawn cells and on real ones."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import bloodcell_tut as bt
from bloodcell_tut.runs import Report


def run(out: Path, *options: object) -> Report:
    command = [Path(sys.executable).parent / "bloodcell-tut", "run", "--out", out, *options]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=1500)
    return Report.read(out / "report.json")


def test_drawn_cells_are_learned(tmp_path: Path) -> None:
    report = run(tmp_path)
    # 90.3 % where it was measured; another processor rounds otherwise, and one photograph is 1.4 %
    assert report.photograph_accuracy and report.photograph_accuracy >= 0.86
    assert report.leaked_fraction == 0 and report.n_photographs == 72


def test_real_cells_are_learned(real_archive: Path, tmp_path: Path) -> None:
    report = run(tmp_path, "--data", real_archive)
    assert (report.data.n_images, report.data.n_photographs) == (9957, 277) and report.crop
    assert report.accuracy >= 0.8 and report.leaked_fraction == 0
    low, high = report.accuracy_interval
    assert low < report.accuracy < high and high - low > 0.03, "of 55 photographs, not files"
    assert report.peak_memory_mb and report.peak_memory_mb < 2000


def test_the_articles_split_of_the_real_archive_leaks(real_archive: Path) -> None:
    dataset = bt.choose_dataset(real_archive)
    data = bt.TrainingData(
        np.zeros((len(dataset), 8, 8, 3), np.uint8), dataset.labels, dataset.photographs,
        dataset.paths, dataset.class_names,
    )  # fmt: skip
    assert bt.split_by_image(data).leaked_fraction > 0.999
    assert bt.split_by_photograph(data).leaked_fraction == 0
