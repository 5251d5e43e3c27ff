"""Tables of labels: headers, separators, and which row is which file's."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import touch

from bloodcell_tut import BloodcellError, DatasetError, choose_dataset
from bloodcell_tut.files import LabelTable, image_bytes, read_label_table
from bloodcell_tut.files.annotations import boxes_of_xml
from bloodcell_tut.files.label_tables import best_table, match_labels
from bloodcell_tut.photographs.table import read_photograph_table


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("file,label\n1.png,a\n", ("file", "label")),
        (",Image,Category\n,1.png,a\n", ("Image", "Category")),
        ("\ufeffIMAGE_ID;DX;Lesion Id\n1.png;a;\n", ("IMAGE_ID", "DX", "Lesion Id")),
        (
            "label\tPatient-ID\tfile name\n\ta\ta\na\t\t1.png\n",
            ("file name", "label", "Patient-ID"),
        ),
        ('"filename","cell type"\r\n"1.png","a"\r\n', ("filename", "cell type")),
    ],
)
def test_headers_as_others_write_them(tmp_path: Path, text: str, columns: tuple[str]) -> None:
    table = read_label_table(write(tmp_path / "t.csv", text))
    assert table.columns == columns and table.rows == (("1.png", "a", ""),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "found the columns none"),
        ("file,size\n1,2\n", "found the columns file, size"),
        ("label\na\n", "found the columns label"),
    ],
)
def test_what_is_no_table_of_labels(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(DatasetError, match=rf"t\.csv: {found}.*file, image.*label, class"):
        read_label_table(write(tmp_path / "t.csv", text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"file,label\n\xff,a")
    with pytest.raises(DatasetError, match="can't be read"):
        read_label_table(tmp_path / "t.csv")
    with pytest.raises(DatasetError, match="No such file"):
        read_label_table(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    "read", [read_label_table, read_photograph_table, boxes_of_xml, image_bytes]
)
def test_what_has_no_end_is_not_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "endless.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "endless.csv"):
        with pytest.raises(BloodcellError, match="no regular file"):
            read(tmp_path / name)


def test_a_pipe_beside_the_classes_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(touch(tmp_path, "a/1.png", "b/2.png") / "photographs.csv")
    assert len(choose_dataset(tmp_path)) == 2


def test_the_group_column_is_named_or_found(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "file,label,Slide,batch no\n1,a,S,7\n2,,S,7\n")
    assert read_label_table(path).rows == (("1", "a", "S"),)
    named = read_label_table(path, "Batch_No")
    assert named.rows == (("1", "a", "7"),) and named.unlabeled == 1
    with pytest.raises(DatasetError, match=r"found the columns file, label.*, and donor"):
        read_label_table(path, "donor")


def table(*files: str, labels: str = "abcdefgh") -> LabelTable:
    rows = zip(files, labels, "xxxxxxxx", strict=False)
    return LabelTable(Path("t.csv"), ("file", "label", "group"), tuple(rows))


FILES = [Path(f"/d/images/{name}") for name in ("one.png", "two.JPG", "sub/three.png")]


@pytest.mark.parametrize(
    "files",
    [
        ("one.png", "two.JPG", "three.png"),
        ("one", "two", "three"),
        ("images/one.png", "images\\two.jpg", "images/sub/three"),
        ("../d/images/one.jpeg", "./two.png", "sub/three.png"),
        ("ONE.PNG", "Two", "/d/images/sub/three.png"),
    ],
)
def test_paths_with_and_without_folders_and_endings(files: tuple[str, ...]) -> None:
    found = match_labels(table(*files, "missing.png"), FILES)
    assert [found[path][0] for path in FILES] == ["a", "b", "c"] and len(found) == 3


def test_numbers_of_photographs() -> None:
    files = [Path(f"BloodImage_{i:05}.jpg") for i in (0, 7, 10)]
    found = match_labels(table("0", "7", "10", "99"), files)
    assert [found[path][0] for path in files] == ["a", "b", "c"]
    assert match_labels(table("0", "x"), files) == {}
    named = [Path("7.png"), Path("1007.png")]
    assert match_labels(table("7"), named) == {named[0]: ("a", "x")}


def test_rows_that_contradict() -> None:
    assert len(match_labels(table("one", "one.png", labels="aa"), FILES)) == 1
    with pytest.raises(DatasetError, match=r"two rows for one\.png \(a and x and b\)"):
        match_labels(table("one", "one.png"), FILES)
    twins = [Path("x/1.png"), Path("y/1.png")]
    with pytest.raises(DatasetError, match=r"found 1\.png, which may be x.1\.png and y.1\.png"):
        match_labels(table("1.png"), twins)
    assert match_labels(table("y/1.png"), twins) == {twins[1]: ("a", "x")}
    kinds = [Path("x/1.png"), Path("x/1.jpg")]
    assert match_labels(table("1.jpg"), kinds) == {kinds[1]: ("a", "x")}


def test_the_table_that_has_most() -> None:
    few, many = table("one"), table("one", "two")
    assert best_table([few, many], FILES) is many and best_table([table("x")], FILES) is None
    with pytest.raises(DatasetError, match="two tables of labels"):
        best_table([many, many], FILES)
