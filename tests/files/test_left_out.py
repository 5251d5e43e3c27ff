"""What of a data set is not taken is said in one sentence."""

from pathlib import Path

from builders import touch

from bloodcell_tut.files.layout import images_by_class
from bloodcell_tut.files.left_out import describe_left_out


def notes(folder: Path) -> list[str]:
    return describe_left_out(folder, images_by_class(folder))


def test_nothing_is_said_of_nothing(tmp_path: Path) -> None:
    touch(tmp_path, "A/1.png", "A/notes.txt", "A/.DS_Store", "B/P1/1.jpg", "labels.csv", ".x/1.gif")
    assert notes(tmp_path) == []


def test_kinds_places_and_numbers(tmp_path: Path) -> None:
    kinds = ("dng", "raw.NEF", "svs", "dng")
    files = [f"A/{i}.{kind}" for i, kind in enumerate(kinds)]
    touch(tmp_path, "A/1.png", "B/1.png", *files, "A/second batch/x.png", "A/second batch/y.dng")
    touch(tmp_path, "loose.png", "loose.dng", "B/a/1.png", "B/b/1.png", "B/c/1.png")
    (note,) = notes(tmp_path)
    assert note.startswith(f"{tmp_path}: 11 pictures left out (")
    assert "6 of kinds that aren't read (.dng 4, .nef 1, .svs 1); " in note
    assert "4 in folders inside class folders (A/second batch, B/a, B/b and 1 more); " in note
    assert "1 beside the class folders (loose.png)); to use them" in note


def test_folders(tmp_path: Path) -> None:
    touch(tmp_path, "A/1.png", "B/1.png", "New folder/1.png", "New folder/2.dng", "@eaDir/x")
    (tmp_path / "C").mkdir()
    (note,) = notes(tmp_path)
    assert note == (
        f"{tmp_path}: 1 folder without an image left out (C); "
        "2 folders not made for a class left out (@eaDir, New folder; 2 pictures inside)"
    )


def test_links_are_not_counted_twice(tmp_path: Path) -> None:
    elsewhere = touch(tmp_path / "disk", "1.png", "2.dng")
    data = touch(tmp_path / "data", "A/1.png")
    (data / "B").symlink_to(elsewhere)
    (data / "A" / "loop").symlink_to(data)
    (note,) = notes(data)
    assert "1 picture left out (1 of kinds that aren't read (.dng 1))" in note
