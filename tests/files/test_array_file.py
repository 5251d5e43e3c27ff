"""Images and labels in .npz files."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bloodcell_tut import DatasetError, choose_dataset

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 9, 3), dtype=np.uint8)
LABELS = np.array([2, 0, 10, 2, 0, 10])


@pytest.fixture(autouse=True)
def _own_cache(empty_cache: Path) -> None: ...


def save(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "set.npz", **arrays)
    return folder / "set.npz"


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(float)])
@pytest.mark.parametrize(
    "names", [("train_images", "train_labels"), ("X", "Y"), ("x_train", "y_train")]
)
def test_images_and_labels(tmp_path: Path, labels: np.ndarray, names: tuple[str, str]) -> None:
    dataset = choose_dataset(save(tmp_path, **dict(zip(names, (IMAGES, labels), strict=True))))
    assert dataset.class_counts() == {"00": 2, "02": 2, "10": 2} and dataset.photographs is None
    kept = [cv2.imread(str(path))[..., ::-1] for path in dataset.paths]
    assert np.array_equal(kept, IMAGES[[1, 4, 0, 3, 2, 5]])


def test_parts(tmp_path: Path) -> None:
    parts = {"train": slice(0, 3), "val": slice(1, 5), "test": slice(2, 6)}
    arrays = {f"{p}_images": IMAGES[s] for p, s in parts.items()}
    arrays |= {f"{p}_labels": LABELS[s] for p, s in parts.items()}
    path = save(tmp_path, **arrays)
    for part, n in {"TRAIN": 3, "VALIDATION": 4, "TEST": 4}.items():
        found = choose_dataset(path, part)
        assert len(found) == n and found.source == f"{path}, {part}"
    path = save(tmp_path, **{name: a for name, a in arrays.items() if "test" not in name})
    with pytest.warns(UserWarning, match="has no TEST; VALIDATION is used instead"):
        assert len(choose_dataset(path, "TEST")) == 4


def test_gray_shares_and_names(tmp_path: Path) -> None:
    names = np.array(["b", "a"] * 3)
    for images in (IMAGES[..., 0], IMAGES[..., :1], IMAGES[..., 0] / 255):
        dataset = choose_dataset(save(tmp_path, images=images, labels=names))
        assert dataset.class_names == ("a", "b")
        first = cv2.imread(str(dataset.paths[0]), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(first, IMAGES[1, ..., 0])
    one_hot = np.eye(3, dtype=int)[[0, 1, 2, 0, 1, 2]]
    assert choose_dataset(save(tmp_path, images=IMAGES, labels=one_hot)).class_names == (
        "0",
        "1",
        "2",
    )


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"a": IMAGES}, "found the arrays a; expected train_images and train_labels"),
        (
            {"images": IMAGES, "labels": LABELS[:3]},
            r"labels of int64 and shape \(3,\) for 6 images",
        ),
        ({"images": IMAGES, "labels": np.ones((6, 4), int)}, r"shape \(6, 4\).*one class each"),
        ({"images": IMAGES, "labels": np.full(6, np.nan)}, "labels of float64"),
        ({"images": IMAGES.astype(int), "labels": LABELS}, "images of int64.*expected uint8"),
        ({"images": IMAGES * 2.0, "labels": LABELS}, "images of float64"),
        ({"images": IMAGES[..., :2], "labels": LABELS}, "images of uint8 and shape"),
        ({"images": IMAGES, "labels": np.array([None] * 6)}, "can't be read .*allow_pickle"),
        ({"images": IMAGES, "labels": np.zeros(6, int)}, "only one class, 0"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, arrays: dict[str, Any], match: str) -> None:
    with pytest.raises(DatasetError, match=match):
        choose_dataset(save(tmp_path, **arrays))


def test_damaged_files(tmp_path: Path) -> None:
    whole = save(tmp_path, images=IMAGES, labels=LABELS).read_bytes()
    path = tmp_path / "set.npz"
    for cut in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(DatasetError, match=r"set\.npz"):
            choose_dataset(path)
