"""Folders of images with a table, and parts of them."""

from pathlib import Path

import pytest
from builders import touch

from bloodcell_tut import DatasetError, RunSettings, choose_dataset
from bloodcell_tut.dataset import choose_test_dataset
from bloodcell_tut.files.contents import Labels


def rows(*cells: str) -> str:
    return "\n".join(("Image,Class,patient", *cells)) + "\n"


@pytest.mark.parametrize("folder", ["images/", "", "JPEGImages/deep/", "cells/"])
def test_a_table_is_found(tmp_path: Path, folder: str) -> None:
    data = touch(tmp_path / "data", *(f"{folder}{i}.png" for i in range(4)))
    touch(data, "masks/0.png")
    (data / "labels.csv").write_text(rows("1,b,P1", "0.png,a,P1", f"{folder}2.png,b,P2", "9,a,P3"))
    if folder == "cells/":
        (data / "masks" / "0.png").unlink()
        (data / "masks").rmdir()
    said = "Class, by the files in Image, and what belongs together from patient; left out: "
    with pytest.warns(UserWarning, match=f"{said}1 images without a row, 1 rows without an image"):
        dataset = choose_dataset(data)
    assert [path.name for path in dataset.paths] == ["0.png", "1.png", "2.png"]
    assert dataset.labels.tolist() == [0, 1, 1] and dataset.class_names == ("a", "b")
    assert list(dataset.photographs) == ["P1", "P1", "P2"]


def test_a_given_table_goes_before_the_folders(tmp_path: Path) -> None:
    data = touch(tmp_path / "data", "x/1.png", "y/2.png", "y/3.png")
    table = tmp_path / "elsewhere.csv"
    table.write_text("file;label;day\n1;c;d1\n2;c;d2\ny/3;d;d2\n")
    with pytest.warns(UserWarning, match="from day"):
        dataset = choose_dataset(data, labels=table, group_column="Day")
    assert dataset.class_counts() == {"c": 2, "d": 1}
    assert list(dataset.photographs) == ["d1", "d2", "d2"]
    with pytest.raises(DatasetError, match="found class folders, and no table with the column day"):
        choose_dataset(data, group_column="day")
    table.write_text("file;label\n7;c\n8;c\n")
    with pytest.raises(
        DatasetError, match=r"none of its 2 rows \(7, 8\) names one of the 3 images"
    ):
        choose_dataset(data, labels=table)
    table.write_text("file;label\n1;c\n2;c\n")
    with pytest.raises(DatasetError, match="only one class, c"):
        choose_dataset(data, labels=table)


def test_flat_parts_with_a_table(tmp_path: Path) -> None:
    data = touch(tmp_path, *(f"{part}/{part}{i}.png" for part in ("train", "val") for i in (1, 2)))
    (data / "train.csv").write_text("id,label\ntrain1,a\ntrain2,b\n")
    (data / "val.csv").write_text("id,label\nval1,b\nval2,a\n")
    (data / "sample_submission.csv").write_text("id,score\n1,2\n")
    for part, names in {"TRAIN": "train", "VALIDATION": "val"}.items():
        with pytest.warns(UserWarning, match=rf"{names}\.csv"):
            dataset = choose_dataset(data, part)
        assert {path.parent.name for path in dataset.paths} == {names} and len(dataset) == 2
    with pytest.warns(UserWarning, match="has no TEST; VALIDATION is used instead"):
        assert choose_dataset(data, "TEST").source.endswith("VALIDATION")


def test_a_table_for_the_test_data_too(tmp_path: Path) -> None:
    touch(tmp_path / "train", "1.png", "2.png")
    touch(tmp_path / "other", "3.png")
    table = tmp_path / "sub" / "t.csv"
    table.parent.mkdir()
    table.write_text("file,label\n1,a\n2,b\n3,b\n")
    with pytest.warns(UserWarning):
        data = choose_dataset(tmp_path / "train", labels=table)
        test = choose_test_dataset(tmp_path / "other", data, labels=Labels(table))
    assert test.labels.tolist() == [1] and test.class_names == ("a", "b")
    with pytest.raises(DatasetError, match="no subfolder"):
        choose_test_dataset(tmp_path / "other", data)
    assert RunSettings("x", labels=table, group_column="g").group_column == "g"


def test_a_table_that_says_no_classes_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "images/1.png", "images/2.png")
    (tmp_path / "labels.csv").write_text("x\n")
    with pytest.raises(DatasetError, match=r"labels\.csv: found the columns x"):
        choose_dataset(tmp_path)
