"""Data sets that several tests stand on."""

import os
import signal
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import hypothesis
import numpy as np
import pytest
from other_laboratory import OTHER_LABORATORY, StrangeCell, read_cells
from spread import Spread, place
from xdist.remote import Producer

from bloodcell_tut import draw_sample
from bloodcell_tut.files import digests

if TYPE_CHECKING:
    from notebook_runs import Notebooks

# a busy machine is no failure
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# shells let what they start in the background ignore Ctrl-C, and its children with it
signal.signal(signal.SIGINT, signal.default_int_handler)

# Seconds on two quiet cores: what takes longest is begun first, the rest fills the gaps. The fuzzer
# measures its own process's memory and comes before anything that leaves some behind.
LONGEST = {
    "project/test_fuzz.py": 1000,
    "lab/test_running_in_jupyterlab.py": 220,
    "runs/test_whole_runs.py::test_real_cells_are_learned": 120,
    "lab/test_jupyterlab.py": 160,
    "project/test_site.py": 200,
    "project/test_faults.py": 110,
    "training/test_machines.py": 90,
    "project/test_live.py": 50,
    "runs/test_whole_runs.py::test_drawn_cells_are_learned": 100,
    "runs/test_run.py": 90,
    "project/test_notebooks.py::test_lesson_runs_on_real_images[08": 90,
    "project/test_notebooks.py::test_lesson_runs_on_real_images[09": 60,
    "project/test_notebooks.py::test_it_runs[inference/saliency": 60,
    "project/test_notebooks.py::test_it_runs_and": 20,
    "project/test_notebooks.py::test_lesson": 20,
    "project/test_notebooks.py": 10,
    "inference": 40,
    "test_model.py": 40,
    "test_cli.py": 40,
    "drawing/test_sample.py": 40,
    "lab/test_errata.py": 30,
    "project": 20,
    "auditing": 20,
    "files/test_pieces.py": 60,
    "files/test_array_cache.py": 20,
}

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
REAL_ARCHIVE = SHARED_DATA / "blood-cells-train.zip"


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are cores, since some wait for a browser."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread:
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest come first."""
    items.sort(key=lambda item: -seconds(place(item.nodeid)))


def seconds(place: str) -> float:
    return next((LONGEST[start] for start in LONGEST if place.startswith(start)), 0)


class TinyArchive(NamedTuple):
    """One small data set, as a folder and as a zip."""

    folder: Path
    zip: Path


@pytest.fixture(scope="session")
def real_archive() -> Path:
    """Return the zip of real photographs, which is not a part of the repository."""
    if not REAL_ARCHIVE.is_file():
        pytest.skip(f"NOT TESTED on real photographs: {REAL_ARCHIVE} is not there")
    return REAL_ARCHIVE


@pytest.fixture(scope="session")
def other_laboratory() -> list[StrangeCell]:
    """Return 300 white cells of another laboratory, for measuring; nothing learns from them."""
    if not OTHER_LABORATORY.is_file():
        pytest.skip(f"NOT TESTED on another laboratory's cells: {OTHER_LABORATORY} is not there")
    return read_cells()


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """Return the default drawn sample; drawn once and kept in the user's cache."""
    return draw_sample()


@pytest.fixture
def tiny_archive(tmp_path: Path) -> TinyArchive:
    """Return noise in the public archive's layout: 3 files a class in TRAIN, 2 in TEST."""
    folder, archive = tmp_path / "tiny", tmp_path / "tiny.zip"
    rng = np.random.default_rng(0)
    for part, n in {"TRAIN": 3, "TEST": 2}.items():
        for name in ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL"):
            files = folder / "dataset2-master" / "images" / part / name
            files.mkdir(parents=True)
            for i in range(n):
                noise = rng.integers(0, 256, (24, 32, 3), np.uint8)
                (files / f"_{i}_{7 * i}.jpeg").write_bytes(cv2.imencode(".jpg", noise)[1].tobytes())
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(folder.rglob("*.jpeg")):
            opened.write(file, file.relative_to(folder))
    return TinyArchive(folder, archive)


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty cache folder that is used instead of the user's."""
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """How often each file is hashed, while any file counts as at rest and none is known yet."""
    counts: Counter[Path] = Counter()

    def counted(path: Path | str) -> Iterator[bytes]:
        counts[Path(path)] += 1
        yield Path(path).read_bytes()

    monkeypatch.setattr(digests, "_chunks", counted)
    monkeypatch.setattr(digests, "_AT_REST", -1e9)
    monkeypatch.setattr(digests, "_digests", {})
    return counts


@pytest.fixture(scope="session")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for `train_once`; all processes of this run of pytest share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trainings"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def notebooks(trainings: Path) -> "Iterator[Notebooks]":
    """Return what runs notebooks: one process beside each of pytest's."""
    from notebook_runs import a_process

    with a_process(trainings) as started:
        yield started
