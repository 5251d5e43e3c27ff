"""White cells of another laboratory, for measuring; nothing learns from them."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from bench_tools import REAL

from bloodcell_tut import Box

OTHER_LABORATORY = REAL.with_name("other-lab-1.zip")


class StrangeCell(NamedTuple):
    """One white cell of another laboratory, with the truth about it."""

    image: np.ndarray
    box: Box
    class_name: str


def read_cells(path: Path = OTHER_LABORATORY) -> list[StrangeCell]:
    """Read all cells of the zip."""
    cells = []
    with zipfile.ZipFile(path) as archive:
        rows = archive.read("labels.csv").decode().split()[1:]
        for number, class_name in (row.split(",") for row in rows):
            image, mask = (
                cv2.imdecode(np.frombuffer(archive.read(f"{folder}/{number}.png"), np.uint8), flag)
                for folder, flag in (("images", cv2.IMREAD_COLOR_RGB), ("masks", 0))
            )
            box = Box(*cv2.boundingRect((mask > 0).astype(np.uint8)))
            cells.append(StrangeCell(image, box, class_name))
    return cells
