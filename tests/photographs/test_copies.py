"""Copies: one picture under several names is one photograph, in each split and each interval."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.runs import steps
from bloodcell_tut.runs.step_log import StepLog
from bloodcell_tut.split import without_copies


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (20, 24, 3), np.uint8)


def save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of two classes, each there three times: copied, and saved again."""
    for i in range(10):
        name = tmp_path / "data" / "ab"[i % 2]
        one = save(name / f"x{i}.png", picture(i))
        shutil.copy(one, name / f"x{i} (1).png")
        save(name / f"other {i}.bmp", picture(i))
    return tmp_path / "data"


def read(folder: Path) -> bt.TrainingData:
    return bt.create_training_data(bt.choose_dataset(folder), size=16)


def shown(data: bt.TrainingData) -> set[bytes]:
    return {image.tobytes() for image in data.images}


def splits(data: bt.TrainingData) -> dict[str, bt.Split]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folds = list(bt.cross_validate_by_photograph(data, 5))
        return {
            "by photograph": bt.split_by_photograph(data),
            "by image": bt.split_by_image(data),
            **{f"fold {i}": fold for i, fold in enumerate(folds)},
        }


@pytest.mark.parametrize("known", [False, True])
def test_copies_are_never_torn(folder: Path, known: bool) -> None:
    data = read(folder)
    if known:  # by somebody who took each file for a photograph of its own
        data = replace(data, photographs=np.array([path.name for path in data.paths]))
    for name, split in splits(data).items():
        assert not shown(split.train) & shown(split.test), name
        assert len(split.train) + len(split.test) == 30 and len(split.test) == 6, name
        assert split.leaked_fraction == (0 if known else None), name


def test_a_torn_copy_is_a_leak(folder: Path) -> None:
    data = read(folder)
    order = np.argsort([path.name for path in data.paths], kind="stable")
    train, test = data.take(order[:10]), data.take(order[10:20])
    assert bt.Split(train, test).leaked_fraction == 1
    named = [replace(part, photographs=np.array([*"0123456789"])) for part in (train, test)]
    named[1] = replace(named[1], photographs=np.array([*"abcdefghij"]))
    assert bt.Split(*named).leaked_fraction == 1


def test_a_copy_joins_two_photographs(folder: Path) -> None:
    """`p` leaks although no file of it is a copy: its photograph shares a picture with another."""
    data = read(folder).take(np.array([0, 10, 1, 2]))
    images = data.images.copy()
    images[1] = images[0]
    named = replace(data, images=images, photographs=np.array(["q", "p", "p", "r"]))
    assert named.group_ids().tolist() == ["p", "p", "p", "r"]
    assert bt.Split(named.take(np.array([0])), named.take(np.array([1, 2, 3]))).leaked_fraction == (
        pytest.approx(2 / 3)
    )


def test_copies_count_once_in_an_interval(folder: Path) -> None:
    data = read(folder)
    right = np.eye(2)[data.labels]
    found = bt.Evaluation(data, right)
    assert len(set(found.photographs)) == 10 and found.n_photographs is None
    assert found.accuracy_interval == bt.accuracy_interval(np.ones(10), np.arange(10))
    named = replace(data, photographs=np.arange(30).astype(str))
    assert bt.Evaluation(named, right).n_photographs == 10


def test_images_of_one_color_are_told_apart_by_their_files(tmp_path: Path) -> None:
    black = np.zeros((4, 8, 8, 3), np.uint8)
    paths = [save(tmp_path / f"{i}.png", np.zeros((9, 9 + i // 2, 3), np.uint8)) for i in range(3)]
    data = bt.TrainingData(black, np.arange(4) % 2, None, (*paths, Path("none")), ("a", "b"))
    first, second, third, fourth = data.pictures
    assert first == second and third not in (first, None) and fourth is None


def settings(data: Path, test: Path) -> bt.RunSettings:
    return bt.RunSettings(data, test, out=data.parent / "out")


def prepared(chosen: bt.RunSettings) -> steps.PreparedData:
    return steps._data_steps(chosen, StepLog(chosen.out))


@pytest.mark.parametrize("layout", ["two folders", "an archive's parts"])
def test_copies_are_left_out_of_test_data(
    tmp_path: Path, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [tmp_path / name for name in ("TRAIN", "TEST")]
    if layout == "an archive's parts":
        parts = [tmp_path / "archive" / name for name in ("TRAIN", "TEST")]
    for i in range(8):
        save(parts[0] / "ab"[i % 2] / f"{i}.png", picture(i))
        save(parts[1] / "ab"[i % 2] / f"new {i}.png", picture(100 + i))
    shutil.copy(parts[0] / "a" / "2.png", parts[1] / "a" / "holdout.png")
    save(parts[1] / "b" / "again.bmp", picture(3))
    data, test = parts if layout == "two folders" else [tmp_path / "archive"] * 2
    with pytest.warns(UserWarning, match=r"found 2 of 10 images to be copies .*holdout\.png of "):
        found = prepared(settings(data, test))
    assert len(found.split.train) == 8 and len(found.split.test) == 8
    assert found.facts[1].n_images == 8 and found.split.leaked_fraction is None
    left_out = {Path(file.path).name: file.reason for file in found.skipped}
    assert set(left_out) == {"holdout.png", "again.bmp"}
    assert str(parts[0] / "a" / "2.png") in left_out["holdout.png"]
    assert "2 copies of training images left out" in capsys.readouterr().out


def test_test_data_of_copies_alone_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for i in range(4):
        shutil.copy(
            folder / "ab"[i % 2] / f"x{i}.png", save(other / "ab"[i % 2] / "c.png", picture(99))
        )
    with pytest.raises(bt.DatasetError, match=r"found 2 of 2 images to be copies"):
        prepared(settings(folder, other))
    data = read(folder)
    assert without_copies(data.take(np.array([0])), data.take(np.array([29]))).skipped == ()
