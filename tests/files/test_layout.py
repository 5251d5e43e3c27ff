"""Finding class folders and images, in good and in odd folders."""

import os
from pathlib import Path

import pytest
from builders import touch

from bloodcell_tut import DatasetError
from bloodcell_tut.files import find_class_folders, images_by_class
from bloodcell_tut.files.layout import groups_of_files


@pytest.mark.parametrize("depth", ["", "a/", "dataset2-master/dataset2-master/images/"])
@pytest.mark.parametrize("name", ["TRAIN", "Train", "train"])
def test_parts_at_any_depth_and_case(tmp_path: Path, depth: str, name: str) -> None:
    touch(tmp_path, f"{depth}{name}/A/1.png", f"{depth}TEST/A/1.png", "other/JPEGImages/1.png")
    assert find_class_folders(tmp_path, "TRAIN") == (tmp_path / depth / name, "TRAIN")
    assert find_class_folders(tmp_path, "TEST") == (tmp_path / depth / "TEST", "TEST")


def test_class_folders_at_the_top_or_below_single_folders(tmp_path: Path) -> None:
    touch(tmp_path, "my/cells/A/1.png", "my/cells/B/1.png")
    for part in ("TRAIN", "TEST"):
        assert find_class_folders(tmp_path, part) == (tmp_path / "my" / "cells", None)
        assert find_class_folders(tmp_path / "my" / "cells", part)[0] == tmp_path / "my" / "cells"


def test_doubled_folder_means_the_inner_one(tmp_path: Path) -> None:
    touch(tmp_path, "TRAIN/TRAIN/A/1.png", "TRAIN/TRAIN/B/1.png")
    assert find_class_folders(tmp_path, "TRAIN")[0] == tmp_path / "TRAIN" / "TRAIN"


def test_classes_may_be_named_like_parts(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.png", "plane/1.png", "Test/1.png")
    assert find_class_folders(tmp_path, "TRAIN") == (tmp_path, None)
    assert list(images_by_class(tmp_path)) == ["Test", "plane", "train"]
    inside = touch(tmp_path / "TRAIN", "train/1.png", "plane/1.png")
    assert find_class_folders(inside, "TRAIN") == (inside, "TRAIN")


def test_two_parts_of_a_name_are_both_named(tmp_path: Path) -> None:
    touch(tmp_path, "old/TRAIN/A/1.png", "new/train/A/1.png")
    with pytest.raises(DatasetError) as error:
        find_class_folders(tmp_path, "TRAIN")
    assert str(tmp_path / "old" / "TRAIN") in str(error.value)
    assert str(tmp_path / "new" / "train") in str(error.value)


def test_a_missing_part_is_replaced_only_by_the_only_one(tmp_path: Path) -> None:
    touch(tmp_path, "TRAIN/A/1.png", "TRAIN/B/1.png")
    with pytest.warns(UserWarning, match="has no TEST; its only part, TRAIN, is used instead"):
        assert find_class_folders(tmp_path, "TEST") == (tmp_path / "TRAIN", "TRAIN")
    # whoever names the folder itself needs no warning
    assert find_class_folders(tmp_path / "TRAIN", "TEST")[0] == tmp_path / "TRAIN"
    touch(tmp_path, "TEST_SIMPLE/A/1.png")
    with pytest.raises(DatasetError, match="only TEST_SIMPLE and TRAIN; expected TEST"):
        find_class_folders(tmp_path, "TEST")


def test_litter_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "A/1.png", "A/.hidden.png", "A/.DS_Store", "A/Thumbs.db", "A/notes.txt")
    touch(tmp_path, "A/nested/2.png", "B/1.JPG", ".git/1.png", "__MACOSX/A/1.png", "readme.csv")
    names = {k: [p.name for p in v] for k, v in images_by_class(tmp_path).items()}
    assert names == {"A": ["1.png"], "B": ["1.JPG"]}


def test_any_names_and_a_fixed_order(tmp_path: Path) -> None:
    classes = ["Größe", "it's", 'a "b" c', "🩸", "Z", "a"]
    touch(tmp_path, *(f"{c}/{n}.png" for c in classes for n in ("_10_2", "_2_1", "🩸 ü", "B", "a")))
    found = images_by_class(tmp_path)
    assert list(found) == sorted(classes)
    assert [p.stem for p in found["🩸"]] == ["B", "_10_2", "_2_1", "a", "🩸 ü"]


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ([], "found no subfolder"),
        (["1.png", "2.png"], "found 2 images and no subfolder"),
        (["A/1.png", "B/notes.txt"], r"found only one class, A \(no image in B\)"),
        (["A/a.txt", "B/notes.txt"], r"found no image in any class folder \(A, B\)"),
        (["A/1.png"], "found only one class, A"),
    ],
)
def test_unusable_folders(tmp_path: Path, files: list[str], match: str) -> None:
    touch(tmp_path, *files)
    with pytest.raises(DatasetError, match=match):
        images_by_class(tmp_path)


def test_links_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    elsewhere = touch(tmp_path / "disk", "cells/1.png", "2.png")
    data = touch(tmp_path / "data", "A/1.png")
    (data / "B").symlink_to(elsewhere / "cells")
    (data / "A" / "linked.png").symlink_to(elsewhere / "2.png")
    (data / "A" / "dangling.png").symlink_to(elsewhere / "gone.png")
    (data / "A" / "loop").symlink_to(data)
    (data / "A" / "folder.png").symlink_to(elsewhere)
    (data / "A" / "itself.png").symlink_to(data / "A" / "itself.png")
    assert find_class_folders(data, "TRAIN") == (data, None)
    names = {k: [p.name for p in v] for k, v in images_by_class(data).items()}
    # the one that leads nowhere stays in the list, so that reading it reports it
    assert names == {"A": ["1.png", "dangling.png", "itself.png", "linked.png"], "B": ["1.png"]}


def test_a_linked_part_is_found(tmp_path: Path) -> None:
    elsewhere = touch(tmp_path / "disk", "A/1.png", "B/1.png")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "TRAIN").symlink_to(elsewhere)
    assert find_class_folders(tmp_path / "data", "TRAIN") == (tmp_path / "data" / "TRAIN", "TRAIN")


def test_an_unreadable_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # root may read everything, so the refusal is made here
    touch(tmp_path, "A/1.png", "B/1.png")

    def scandir(folder: Path) -> object:
        if Path(folder).name == "B":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DatasetError, match=r"B: can't be listed \(Permission denied\)"):
        images_by_class(tmp_path)


def test_a_fifo_is_no_image(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    touch(tmp_path, "A/1.png", "B/1.png")
    os.mkfifo(tmp_path / "A" / "endless.png")
    assert [p.name for p in images_by_class(tmp_path)["A"]] == ["1.png"]


@pytest.mark.parametrize(
    "names",
    [
        ("train", "valid", "test"),
        ("Training", "Testing"),
        ("training_set", "test_set"),
        ("seg_train", "seg_test", "seg_pred"),
        ("train-images", "val", "holdout"),
    ],
)
def test_parts_are_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    flat = touch(tmp_path / "flat", *(f"{name}/{i}.png" for name in names for i in range(2)))
    with pytest.raises(DatasetError, match=r"parts of a data set.*--labels") as error:
        images_by_class(find_class_folders(flat, "TRAIN")[0])
    assert all(f"{name} (images: 2)" in str(error.value) for name in names)
    for depth in ("{0}", "{0}/{0}"):
        inside = [f"{depth.format(name)}/{c}/1.png" for name in names for c in "AB"]
        whole = touch(tmp_path / depth.replace("/", "in"), *inside)
        root, part = find_class_folders(whole, "TRAIN")
        assert (root, part) == (whole / depth.format(names[0]), "TRAIN")
        assert list(images_by_class(root)) == ["A", "B"]
        assert find_class_folders(whole, "TEST")[1] == "TEST"


@pytest.mark.parametrize(
    "names",
    [("images", "masks"), ("JPEGImages", "Annotations"), ("images", "labels"), ("img", "gt")],
)
def test_what_goes_with_images_is_no_class(tmp_path: Path, names: tuple[str, ...]) -> None:
    flat = touch(tmp_path / "flat", *(f"{name}/1.png" for name in names))
    with pytest.raises(DatasetError, match="go with its images"):
        images_by_class(find_class_folders(flat, "TRAIN")[0])
    sorted_ = touch(tmp_path / "s", *(f"{name}/{c}/1.png" for name in names for c in "AB"))
    assert find_class_folders(sorted_, "TRAIN")[0] == sorted_ / names[0]
    parts = touch(tmp_path / "p", *(f"{n}/{p}/A/1.png" for n in names for p in ("train", "val")))
    assert find_class_folders(parts, "VALIDATION")[0] == parts / names[0] / "val"
    inside = touch(tmp_path / "i", *(f"test/{n}/{c}/1.png" for n in names for c in "AB"))
    assert find_class_folders(inside, "TEST") == (inside / "test" / names[0], "TEST")


def test_a_class_may_have_such_a_name_beside_another(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.png", "train/old/1.png", "bus/1.png", "masks/1.png")
    assert find_class_folders(tmp_path, "TRAIN") == (tmp_path, None)
    assert list(images_by_class(tmp_path)) == ["bus", "masks", "train"]


def test_three_parts(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{part}/{c}/1.png" for part in ("train", "val", "test") for c in "AB"))
    for part, name in {"TRAIN": "train", "VALIDATION": "val", "TEST": "test"}.items():
        assert find_class_folders(tmp_path, part) == (tmp_path / name, part)


def test_validation_stands_in_for_the_test(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{part}/{c}/1.png" for part in ("train", "val") for c in "AB"))
    with pytest.warns(UserWarning, match="has no TEST; VALIDATION, is used instead"):
        assert find_class_folders(tmp_path, "TEST") == (tmp_path / "val", "VALIDATION")


def test_another_part_is_not_taken_for_one_without_classes(tmp_path: Path) -> None:
    touch(tmp_path, "train/A/1.png", "train/B/1.png", "test/1.png", "test/2.png")
    assert find_class_folders(tmp_path, "TRAIN")[1] == "TRAIN"
    with pytest.raises(DatasetError, match=r"2 images in .*test and no class folder"):
        find_class_folders(tmp_path, "TEST")


def test_a_folder_that_happens_to_be_named_like_a_part(tmp_path: Path) -> None:
    touch(tmp_path / "training", "my cells/A/1.png", "my cells/B/1.png")
    assert find_class_folders(tmp_path / "training", "TRAIN")[0].name == "my cells"


def test_folders_inside_classes_are_groups(tmp_path: Path) -> None:
    touch(tmp_path, "A/P1/1.png", "A/P1/2.png", "A/P2/1.png", "B/P2/7.png", "B/P3/masks/7.png")
    files = images_by_class(tmp_path)
    assert {name: len(images) for name, images in files.items()} == {"A": 3, "B": 1}
    assert groups_of_files(tmp_path, files) == ["P1", "P1", "P2", "P2"]
    touch(tmp_path, "B/1.png")
    assert groups_of_files(tmp_path, images_by_class(tmp_path)) is None
    only = touch(tmp_path / "only", "A/images/1.png", "B/images/1.png", "A/masks/1.png")
    files = images_by_class(only)
    assert [len(images) for images in files.values()] == [1, 1]
    assert groups_of_files(only, files) is None


@pytest.mark.parametrize("inner", [("cat", "dog"), ("train", "test")])
def test_classes_inside_are_not_taken_for_groups(tmp_path: Path, inner: tuple[str, ...]) -> None:
    touch(tmp_path, *(f"site {s}/{name}/1.png" for s in "AB" for name in inner))
    with pytest.raises(DatasetError, match="which may be the classes themselves"):
        images_by_class(tmp_path)


def test_litter_is_no_class(tmp_path: Path) -> None:
    touch(tmp_path, "A/1.png", "B/1.png", "@eaDir/1.png", "__MACOSX/1.png", "New folder/1.png")
    (tmp_path / "C").mkdir()
    assert list(images_by_class(tmp_path)) == ["A", "B"]
    assert list(images_by_class(tmp_path / "A" / "..", least=1)) == ["A", "B"]


def test_a_class_is_not_lost_for_the_kind_of_its_files(tmp_path: Path) -> None:
    touch(tmp_path, "A/1.png", "B/1.png", "C/1.dng", "C/2.dng")
    with pytest.raises(DatasetError, match=r"C: found 2 pictures such as 1\.dng, and none of"):
        images_by_class(tmp_path)
