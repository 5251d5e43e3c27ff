"""Siblings found without the originals, and with them."""

import _thread
import threading
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from bench_photographs import cells, precision_and_recall

from bloodcell_tut import choose_dataset, draw_sample, find_photographs
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.drawing.sample import augment
from bloodcell_tut.drawing.smear import Photograph, draw_photograph
from bloodcell_tut.errors import ArgumentError, BloodcellError, DatasetError
from bloodcell_tut.photographs import (
    OriginalMatches,
    PhotographGroups,
    local_features,
    match_originals,
)
from bloodcell_tut.photographs.local_features import describe_picture

FAMILIES, COPIES = 6, 4
Siblings = tuple[list[np.ndarray], np.ndarray]


@pytest.fixture(scope="session")
def drawn() -> list[Photograph]:
    kinds = list(CELL_KINDS)
    return [
        draw_photograph(kinds[i % len(kinds)], np.random.default_rng([77, i]))
        for i in range(FAMILIES)
    ]


@pytest.fixture(scope="session")
def siblings(drawn: list[Photograph]) -> Siblings:
    """Images and the photograph of each."""
    truth = np.repeat(np.arange(FAMILIES), COPIES)
    rng = np.random.default_rng(5)
    return [augment(drawn[i], rng).image for i in truth], truth


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))


def same_partition(a: Iterable[int], b: Iterable[int]) -> bool:
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))


def texture(seed: int, shape: tuple[int, int] = (240, 320)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (shape[0] // 6, shape[1] // 6, 3), np.uint8)
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)


def write(
    folder: Path, images: Iterable[np.ndarray], names: Iterable[object], ending: str = "png"
) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{ending}" for name in names]
    for path, image in zip(paths, images, strict=True):
        cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return paths


def test_siblings_are_grouped(siblings: Siblings) -> None:
    images, truth = siblings
    found = find_photographs(images)
    assert np.array_equal(found.groups, truth)
    assert found.n_groups == FAMILIES
    assert found.skipped == ()
    assert len(found) == len(images)


def test_order_names_and_threads_do_not_matter(siblings: Siblings, tmp_path: Path) -> None:
    images, truth = siblings
    order = np.random.default_rng(1).permutation(len(images))
    paths = write(tmp_path / "x", [images[i] for i in order], order * 7 % 1000)
    found = find_photographs(paths, workers=3, cache=False)
    assert same_partition(found.groups, truth[order])
    assert list(dict.fromkeys(found.groups)) == list(range(FAMILIES))  # by first appearance


def test_a_folder_is_searched_with_its_subfolders(siblings: Siblings, tmp_path: Path) -> None:
    images, truth = siblings
    for i in (0, 1):
        write(tmp_path / f"in/{i}", images[i::2], [f"{j:03}" for j in range(len(images) // 2)])
    found = find_photographs(tmp_path / "in")
    assert same_partition(found.groups, np.concatenate([truth[0::2], truth[1::2]]))


@pytest.mark.parametrize("flip", [0, 1, -1])
def test_a_turned_and_flipped_copy_joins_its_group(siblings: Siblings, flip: int) -> None:
    images, truth = siblings
    matrix = cv2.getRotationMatrix2D((160, 120), 15, 1.0)
    copy = cv2.warpAffine(cv2.flip(images[9], flip), matrix, (320, 240))
    found = find_photographs([*images, copy], cache=False)
    assert np.array_equal(found.groups, [*truth, truth[9]])


def test_an_unrelated_image_is_a_group_of_its_own(siblings: Siblings) -> None:
    images, truth = siblings
    found = find_photographs([*images, texture(3)], cache=False)
    assert np.array_equal(found.groups, [*truth, FAMILIES])


def test_different_sizes(siblings: Siblings) -> None:
    images, truth = siblings
    sizes = [(320, 240), (640, 480), (200, 150), (400, 300)]
    resized = [cv2.resize(im, sizes[i % 4]) for i, im in enumerate(images)]
    assert same_partition(find_photographs(resized, cache=False).groups, truth)


@pytest.mark.parametrize("side", [32, 64])
def test_small_pictures_of_one_shot(side: int) -> None:
    """Moved, mirrored, darker and of less contrast; the rest are other pictures."""
    images = []
    for i in range(12):
        whole = texture(i, (72, 72))
        other = (0.6 * whole[4:70, 4:70] + 60).astype(np.uint8)[:, :: -1 if i % 2 else 1]
        for part in (whole[2:68, 2:68], other):
            images.append(cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA))
    found = find_photographs(images).groups
    assert np.array_equal(found, np.repeat(np.arange(12), 2))


@pytest.mark.parametrize(
    ("inliers", "alike", "share", "expected"),
    [
        (5, 0.91, 0.5, True),
        (5, 0.89, 0.5, False),
        (10, 0.71, 0.5, True),
        (10, 0.69, 0.5, False),
        (40, 0.69, 0.5, False),
        (40, 0.99, 0.29, False),
    ],
)
def test_the_fewer_inliers_the_more_alike(
    inliers: int, alike: float, share: float, expected: bool
) -> None:
    assert local_features._are_small_siblings(inliers, alike, share) is expected


def test_a_small_image_is_enlarged_twice_at_most() -> None:
    sides = {shape: describe_picture(texture(1, shape)).side for shape in ((24, 32), (60, 81))}
    assert sides == {(24, 32): 64, (60, 81): 160}


def test_images_of_one_color_are_apart_unless_identical() -> None:
    gray = np.full((60, 80, 3), 120, np.uint8)
    images = [gray, gray + 40, gray.copy(), np.zeros_like(gray), np.zeros((50, 50, 3), np.uint8)]
    assert find_photographs(images).groups.tolist() == [0, 1, 0, 2, 3]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 3), (3000, 2, 3), (8, 8, 3)])
def test_tiny_and_thin_images(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    assert find_photographs([image, image, texture(1)]).groups.tolist() == [0, 0, 1]


def test_one_image_is_one_group() -> None:
    assert find_photographs([texture(0)]).groups.tolist() == [0]


def test_unreadable_files_are_skipped_and_told(siblings: Siblings, tmp_path: Path) -> None:
    images, truth = siblings
    paths = write(tmp_path / "x", images, range(len(images)))
    paths[3].write_bytes(b"no image")
    paths[8].unlink()
    found = find_photographs(paths)
    assert [i for i, _ in found.skipped] == [3, 8]
    assert "3.png" in found.skipped[0][1] and "no such file" in found.skipped[1][1]
    assert found.groups[[3, 8]].tolist() == [-1, -1]
    readable = found.groups >= 0
    assert same_partition(found.groups[readable], truth[readable])


def test_two_files_of_one_unreadable_content_are_each_named(
    siblings: Siblings, tmp_path: Path
) -> None:
    paths = write(tmp_path / "x", siblings[0][:4], range(4))
    for i in (0, 2):
        paths[i].write_bytes(b"broken")
    assert [str(paths[i]) in why for i, why in find_photographs(paths).skipped] == [True, True]


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"none of 1 can be read.*a\.png"):
        find_photographs(tmp_path)


@pytest.mark.parametrize("images", [[], "nowhere"])
def test_no_images(images) -> None:
    with pytest.raises(DatasetError, match="found n"):
        find_photographs(images)


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_arrays_that_are_no_images(image) -> None:
    with pytest.raises(ArgumentError, match=r"images\[1\]"):
        find_photographs([texture(0), image])


@pytest.mark.parametrize("item", [None, 3, b"bytes"])
def test_items_that_are_neither_path_nor_array(item) -> None:
    with pytest.raises(ArgumentError, match=r"images\[0\]"):
        find_photographs([item])


def test_the_result_is_kept_by_content(
    siblings: Siblings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, truth = siblings
    find_photographs(images)
    # in another order it is the same content; nothing is computed again
    monkeypatch.setattr("bloodcell_tut.photographs.find._group", None)
    again = find_photographs(images[::-1])
    assert same_partition(again.groups, truth[::-1])


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", b"nonsense"])
def test_a_broken_cache_file_is_computed_anew(tmp_path: Path, damage: bytes) -> None:
    images = [texture(0), texture(1), texture(0)]
    find_photographs(images)
    (kept,) = (tmp_path / "cache").glob("photographs-*")
    kept.write_bytes(damage)
    assert find_photographs(images).groups.tolist() == [0, 1, 0]


def test_a_kept_result_under_a_wrong_name_is_computed_anew(tmp_path: Path) -> None:
    two, other = [texture(1), texture(2)], [texture(3), texture(3)]
    find_photographs(two)
    (kept,) = (tmp_path / "cache").glob("photographs-*")
    assert find_photographs(other).groups.tolist() == [0, 0]
    (of_other,) = {*(tmp_path / "cache").glob("photographs-*")} - {kept}
    of_other.write_bytes(kept.read_bytes())
    assert find_photographs(other).groups.tolist() == [0, 0]
    with np.load(of_other) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez_compressed(of_other, **arrays | {"groups": np.array([0, 1])})
    assert find_photographs(other).groups.tolist() == [0, 0]


def test_results_with_skipped_files_are_not_kept(tmp_path: Path) -> None:
    paths = write(tmp_path / "x", [texture(0), texture(1)], "ab")
    paths[0].write_bytes(b"x")
    find_photographs(paths)
    assert not list((tmp_path / "cache").glob("*"))


def test_ctrl_c_ends_it_and_leaves_nothing(siblings: Siblings, tmp_path: Path) -> None:
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        find_photographs([texture(i) for i in range(2000)])
    assert not list((tmp_path / "cache").glob("*"))


def test_originals_are_matched(drawn: list[Photograph], siblings: Siblings) -> None:
    images, truth = siblings
    found = match_originals([*images, texture(9)], [photograph.image for photograph in drawn])
    assert np.array_equal(found.originals, [*truth, -1])
    assert found.inliers[:-1].min() >= 12
    assert found.inliers[-1] == 0
    assert found.residuals[:-1].max() < 10
    assert np.isnan(found.residuals[-1])


def test_files_that_can_not_be_matched_are_told(
    drawn: list[Photograph], siblings: Siblings, tmp_path: Path
) -> None:
    paths = write(tmp_path / "x", siblings[0][:3], "abc")
    paths[1].write_bytes(b"x")
    found = match_originals(paths, [photograph.image for photograph in drawn])
    assert found.originals.tolist() == [0, -1, 0]
    assert [i for i, _ in found.skipped] == [1]


def test_an_unreadable_original_is_an_error(siblings: Siblings, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(BloodcellError, match=r"a\.png"):
        match_originals(siblings[0], tmp_path)


def test_results_say_what_they_hold(siblings: Siblings) -> None:
    assert isinstance(find_photographs(siblings[0][:2]), PhotographGroups)
    assert isinstance(match_originals(siblings[0][:1], siblings[0][:1]), OriginalMatches)
    assert PhotographGroups(np.array([0, -1, 1, 0])).n_groups == 2


@pytest.mark.parametrize("seed", [101, 102])
def test_drawn_samples_of_other_seeds(tmp_path: Path, seed: int) -> None:
    """Others than those that the numbers in the code were set by."""
    sample = draw_sample(tmp_path / "sample", n_photographs=40, n_images=240, seed=seed)
    dataset = choose_dataset(sample)
    assert dataset.photographs is not None
    assert same_partition(find_photographs(dataset.paths).groups.tolist(), dataset.photographs)


def test_real_cells(real_archive: Path) -> None:
    """Every seventh file of TRAIN; photographs of one cell are one group."""
    dataset = choose_dataset(real_archive)
    some = dataset.take(range(0, len(dataset), 7))
    found = find_photographs(some.paths).groups.tolist()
    precision, recall = precision_and_recall(found, cells(some))
    assert precision >= 0.99 and recall >= 0.97


def test_real_originals(real_archive: Path) -> None:
    dataset = choose_dataset(real_archive)
    some = dataset.take(range(0, len(dataset), 40))
    folder = next(p for p in some.paths[0].parents if p.name == "dataset2-master").parent.parent
    originals = sorted((folder / "dataset-master").rglob("*.jpg"))
    found = match_originals(some.paths, originals)
    assert some.photographs is not None and len(originals) == 277
    assert [originals[i].stem for i in found.originals] == some.photographs.tolist()
