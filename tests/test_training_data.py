"""Step 3: all images in one array, nothing lost or mixed up on the way."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builders import CLASSES, number, training_data

from bloodcell_tut import (
    ArgumentError,
    DatasetError,
    Evaluation,
    ImageDataset,
    TrainingData,
    create_training_data,
    evaluate,
    features_and_labels,
    normalize,
    one_hot,
    prepare_image,
    read_image,
    split_by_image,
    split_by_photograph,
)


@pytest.fixture
def dataset(tmp_path: Path) -> ImageDataset:
    """Twelve PNG files of one color each, three of each class; the red channel is the number."""
    paths = []
    for i in range(12):
        path = tmp_path / CLASSES[i // 3] / f"ü 😀 'n' {i}.png"
        path.parent.mkdir(exist_ok=True)
        picture = np.full((30, 40, 3), (0, 100, 10 * i), np.uint8)
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        paths.append(path)
    photographs = np.array([f"photo{i}" for i in range(12)])
    return ImageDataset(tuple(paths), np.repeat(np.arange(4), 3), CLASSES, photographs, "test")


@pytest.mark.parametrize("workers", [1, 8])
def test_every_image_is_at_its_place(dataset: ImageDataset, workers: int) -> None:
    data = create_training_data(dataset, size=16, crop=False, workers=workers)
    assert data.images.shape == (12, 16, 16, 3) and data.images.dtype == np.uint8
    assert (data.images[:, 8, 8] == [(10 * i, 100, 0) for i in range(12)]).all(), "RGB, in order"
    assert data.paths == dataset.paths and (data.labels == dataset.labels).all()
    assert data.skipped == () and data.class_names == CLASSES


@pytest.mark.parametrize("crop", [True, False])
def test_images_are_those_of_step_2(dataset: ImageDataset, crop: bool) -> None:
    data = create_training_data(dataset, size=24, crop=crop)
    for path, image in zip(data.paths, data.images, strict=True):
        assert np.array_equal(image, prepare_image(read_image(path), 24, crop=crop))


@pytest.mark.parametrize("helps", [True, False])
def test_cut_or_squeezed_as_the_files_show(
    dataset: ImageDataset, helps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bloodcell_tut.training_data.should_crop", lambda *_: helps)
    found = create_training_data(dataset, size=24)
    said = create_training_data(dataset, size=24, crop=helps)
    assert found.crop is said.crop is found.take(np.arange(2)).crop is helps
    assert np.array_equal(found.images, said.images)


def test_number_of_threads_changes_nothing(dataset: ImageDataset) -> None:
    dataset.paths[2].write_bytes(b"\x89PNG and no more")
    one, many = (create_training_data(dataset, size=16, workers=n) for n in (1, 12))
    assert np.array_equal(one.images, many.images) and one.paths == many.paths
    assert one.skipped == many.skipped and len(one.skipped) == 1


def test_unreadable_files_are_left_out_and_listed(dataset: ImageDataset) -> None:
    dataset.paths[4].write_bytes(b"not a picture")
    dataset.paths[7].unlink()
    data = create_training_data(dataset, size=16, crop=False)
    assert [path for path, _ in data.skipped] == [dataset.paths[4], dataset.paths[7]]
    assert all(path.name in reason for path, reason in data.skipped)
    assert (data.images[:, 8, 8, 0] == [10 * i for i in range(12) if i not in (4, 7)]).all()
    assert data.photographs.tolist() == [f"photo{i}" for i in range(12) if i not in (4, 7)]


def test_a_class_without_a_file_is_no_error(dataset: ImageDataset) -> None:
    data = create_training_data(dataset.take([0, 1, 6]), size=16, crop=False)
    assert data.labels.tolist() == [0, 0, 2] and data.class_names == CLASSES


def test_a_class_without_a_readable_image(dataset: ImageDataset) -> None:
    for path in dataset.paths[3:6]:
        path.write_bytes(b"")
    with pytest.raises(DatasetError, match="LYMPHOCYTE: none of its images could be read"):
        create_training_data(dataset, size=16)


def test_sizes(dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    assert create_training_data(dataset, size=8).images.shape == (12, 8, 8, 3)
    with pytest.raises(ArgumentError, match="size: found 7; expected at least 8"):
        create_training_data(dataset, size=7)

    def no_room(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", no_room)
    with pytest.raises(DatasetError, match="more than there is; choose a smaller size"):
        create_training_data(dataset, crop=False)


def test_ctrl_c_stops_at_once(dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    many = dataset.take(np.arange(1200) % 12) if hasattr(dataset, "take") else dataset
    started = []

    def interrupted(path: Path, reduced: bool = False) -> np.ndarray:
        started.append(path)
        raise KeyboardInterrupt

    monkeypatch.setattr("bloodcell_tut.training_data.read_image", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create_training_data(many, workers=2)
    assert len(started) < 1200 or many is dataset


def test_fields_of_different_lengths() -> None:
    data = training_data()
    for field in ("labels", "paths", "photographs"):
        with pytest.raises(ArgumentError, match=f"{field}: found 95 for 96 images"):
            replace(data, **{field: getattr(data, field)[:-1]})


def test_take() -> None:
    data = training_data()
    assert number(data.take(np.array([5, 3, 3]))).tolist() == [5, 3, 3]
    assert number(data.take(data.labels == 3)).tolist() == list(range(72, 96))
    assert isinstance(data.take(np.array([], int)), TrainingData)
    assert replace(data, photographs=None).take(np.array([0])).photographs is None


def test_an_unreadable_file_for_this_user(dataset: ImageDataset) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    dataset.paths[0].chmod(0)
    assert create_training_data(dataset, size=16).skipped[0][0] == dataset.paths[0]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("images", np.zeros((96, 8, 8), np.uint8), r"images: found .* of shape \(96, 8, 8\)"),
        ("images", [[0]], "images: found list of length 1"),
        ("images", np.zeros((96, 8, 8, 3)), "images: found .* of float64"),
        ("labels", np.eye(4, dtype=int)[np.arange(96) % 4], r"labels: .*argmax\(axis=1\)"),
        ("labels", np.arange(96) % 4 / 1, "labels: found .* of float64"),
        ("labels", np.arange(96) % 5, "labels: found 0 to 4; expected 0 to 3"),
        ("labels", np.array(CLASSES * 24), "labels: found .* of <U"),
        ("photographs", np.arange(96) / 2, "photographs: found .* float64"),
        ("photographs", np.array([None] * 96), "photographs: found .* object"),
        ("paths", "a.png", "paths: found 'a.png'"),
        ("class_names", "abcd", "class_names: found 'abcd'"),
        ("class_names", ("a", "a", "b", "c"), "class_names: found .* all different"),
    ],
)
def test_each_field_is_checked_when_it_is_made(field: str, value: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        replace(training_data(), **dict[str, Any]({field: value}))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_in_a_column_are_labels(dtype: type) -> None:
    plain = training_data()
    data = replace(plain, labels=plain.labels.astype(dtype)[:, None])
    assert data.labels.shape == (96,) and data.labels.dtype == np.int64
    assert np.array_equal(data.labels, plain.labels)
    assert np.array_equal(one_hot(plain.labels[:, None], 4), one_hot(plain.labels, 4))
    assert Evaluation(data, one_hot(plain.labels, 4)).accuracy == 1
    for split in (split_by_image, split_by_photograph):
        assert np.array_equal(split(data).test.labels, split(plain).test.labels)


def test_names_and_numbers_become_what_is_promised() -> None:
    given: dict[str, Any] = {
        "class_names": list(CLASSES), "photographs": np.arange(96), "paths": ["x.png"] * 96,
    }  # fmt: skip
    data = replace(training_data(), **given)
    assert data.class_names == CLASSES and data.paths[0] == Path("x.png")
    assert data.photographs.dtype.kind == "U" and data.photographs[95] == "95"


def test_pixels_where_data_is_expected() -> None:
    pixels: Any = training_data().images
    nothing: Any = None
    for function in (features_and_labels, split_by_image, split_by_photograph):
        with pytest.raises(ArgumentError, match="data: found an array of uint8 "):
            function(pixels)
    with pytest.raises(ArgumentError, match="test: found an array"):
        evaluate(nothing, pixels)
    for split in (split_by_image, split_by_photograph):
        with pytest.raises(ArgumentError, match="seed: found None"):
            split(training_data(), seed=nothing)
    numbers: Any = [1, 2]
    with pytest.raises(ArgumentError, match="X: found list"):
        normalize(numbers)


def test_a_path_is_no_data_set(tmp_path: Path) -> None:
    for given in (tmp_path, str(tmp_path), [tmp_path]):
        with pytest.raises(ArgumentError, match=r"dataset: found .*choose_dataset"):
            create_training_data(given)  # type: ignore[arg-type]


def test_what_is_taken_is_not_fingerprinted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    data = training_data()
    apart, known = data.take(np.array([3, 1])), data.pictures
    monkeypatch.setattr("bloodcell_tut.training_data.picture_digests", pytest.fail)
    assert data.take(np.array([3, 1])).pictures == (known[3], known[1])
    monkeypatch.undo()
    assert apart.pictures == (known[3], known[1])
