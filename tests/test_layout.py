"""Finding class folders and images, in good and in odd folders."""

import os
from pathlib import Path

import pytest

from bloodcell_tut import DatasetError, find_class_folders, images_by_class


def touch(folder: Path, *files: str) -> Path:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


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
    with pytest.warns(UserWarning, match="has no TEST; its only part, TRAIN, is taken"):
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
        (["A/1.png", "B/notes.txt"], r"B: found no image in this class folder"),
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
