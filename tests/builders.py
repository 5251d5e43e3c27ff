"""Small data for tests, made in memory."""

from pathlib import Path

import numpy as np

from bloodcell_tut import TrainingData

CLASSES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def training_data(
    photographs_per_class: int = 6, files: int = 4, size: int = 8, known: bool = True
) -> TrainingData:
    """Return images whose pixels, labels, photographs and paths all tell their number."""
    labels = np.repeat(np.arange(4), photographs_per_class * files)
    n = len(labels)
    images = np.zeros((n, size, size, 3), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    photographs = np.char.add("photo", (np.arange(n) // files).astype(str)) if known else None
    paths = tuple(Path(CLASSES[c]) / f"{i}.jpeg" for i, c in enumerate(labels))
    return TrainingData(images, labels, photographs, paths, CLASSES)


def number(data: TrainingData) -> np.ndarray:
    """Return the number that each image of `training_data` was made with."""
    return data.images[:, 0, 0, 0].astype(int) * 256 + data.images[:, 0, 0, 1]
