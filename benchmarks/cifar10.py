"""CIFAR-10 as JPEG files, and ciFAIR's list of test images that are also in its training part.

The list is that of Barz and Denzler, "Do we train on test data?", 2020.
"""

import csv
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_tools import ROOT

_DATA = ROOT.parent / "shared" / "data"
SAME_SHOT = "1"
"""The judgment of a test image that shows the same shot as a training image."""


@contextmanager
def unpacked() -> Iterator[Path]:
    """A folder with the files in train and test, as long as it is needed."""
    pictures = _DATA / "cifar10.zip"
    if not pictures.is_file():
        raise SystemExit(f"{pictures}: not there; it is measured on these images")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(pictures) as archive:
        archive.extractall(folder)
        yield Path(folder)


def listed() -> dict[str, str]:
    """The judgment of each listed test image, by its path."""
    with (_DATA / "cifair10-test.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["judgment"] for row in csv.DictReader(file)}
