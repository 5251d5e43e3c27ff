"""Data sets that several tests stand on."""

import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import hypothesis
import numpy as np
import pytest

from bloodcell_tut import draw_sample

# a busy machine is no failure
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

# shells let what they start in the background ignore Ctrl-C, and its children with it
signal.signal(signal.SIGINT, signal.default_int_handler)

# these measure their own process, or start others from it: `make test` runs them by themselves
ALONE = {"test_faults.py", "test_fuzz.py"}

REAL_ARCHIVE = Path(__file__).parents[2] / "shared" / "data" / "blood-cells-train.zip"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    beside_others = config.getoption("numprocesses") or hasattr(config, "workerinput")
    return True if beside_others and collection_path.name in ALONE else None


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
                (files / f"_{i}_{7 * i}.jpeg").write_bytes(cv2.imencode(".jpg", noise)[1])
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(folder.rglob("*.jpeg")):
            opened.write(file, file.relative_to(folder))
    return TinyArchive(folder, archive)


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty cache folder that is used instead of the user's."""
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"
