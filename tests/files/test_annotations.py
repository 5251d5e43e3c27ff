"""Boxes drawn around cells: the cells are cut out, by class and photograph."""

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from bloodcell_tut import BloodcellError, DatasetError, choose_dataset
from bloodcell_tut.files.annotations import boxes_of_xml, class_names_in

COLORS = {"WBC": (10, 20, 200), "RBC": (90, 90, 250), "Platelets": (200, 30, 90)}
Cells = Sequence[tuple[str, int, int, int, int]]
PHOTOGRAPHS: dict[str, Cells] = {
    "one": [("WBC", 10, 20, 30, 50), ("RBC", 40, 0, 60, 16)],
    "two": [("RBC", 0, 0, 10, 10), ("RBC", 70, 50, 80, 60), ("Platelets", 33, 7, 37, 12)],
    "three": [("WBC", 5, 5, 75, 55)],
}


@pytest.fixture(autouse=True)
def _own_cache(empty_cache: Path) -> None: ...


def photograph(path: Path, cells: Cells) -> None:
    image = np.full((60, 80, 3), 235, np.uint8)
    for name, left, top, right, bottom in cells:
        image[top:bottom, left:right] = COLORS[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def xml(cells: Cells) -> str:
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{left + 1}</xmin><ymin>{top + 1}</ymin>"
        f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
        for name, left, top, right, bottom in cells
    )
    return f"<?xml version='1.0'?><annotation>{objects}</annotation>"


def lines(cells: Cells) -> str:
    number = list(COLORS).index
    return "".join(
        f"{number(name)} {(a + c) / 160} {(b + d) / 120} {(c - a) / 80} {(d - b) / 60}\n"
        for name, a, b, c, d in cells
    )


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "BCCD"
    for name, cells in PHOTOGRAPHS.items():
        photograph(folder / "JPEGImages" / f"{name}.png", cells)
        (folder / "Annotations").mkdir(exist_ok=True)
        (folder / "Annotations" / f"{name}.xml").write_text(xml(cells))
    return folder


def check(folder: Path, part: str = "TRAIN", names: Sequence[str] = tuple(PHOTOGRAPHS)) -> None:
    with pytest.warns(UserWarning, match="cut out of"):
        found = choose_dataset(folder, part)
    expected = sorted((cell[0], name) for name in names for cell in PHOTOGRAPHS[name])
    classes = [found.class_names[i] for i in found.labels]
    assert found.photographs is not None
    groups = [str(name).rpartition("/")[2] for name in found.photographs]
    assert sorted(zip(classes, groups, strict=True)) == expected
    sizes = sorted((c - a, d - b) for name in names for _, a, b, c, d in PHOTOGRAPHS[name])
    images = [cv2.imread(str(path)) for path in found.paths]
    assert sorted(image.shape[1::-1] for image in images) == sizes
    for name, image in zip(classes, images, strict=True):
        assert (image == COLORS[name]).all()


def test_pascal_voc(voc: Path) -> None:
    check(voc)
    check(voc.parent)
    (voc.parent / "scripts").mkdir()
    (voc.parent / "scripts" / "split.py").touch()
    check(voc.parent)


@pytest.mark.parametrize("names", ["data.yaml", "classes.txt"])
@pytest.mark.parametrize("order", ["{part}/{kind}", "{kind}/{part}"])
def test_yolo_in_parts(tmp_path: Path, order: str, names: str) -> None:
    tmp_path /= "set"
    for part, photographs in {"train": ("one", "two"), "valid": ("three", "one")}.items():
        for name in photographs:
            place = tmp_path / order.format(part=part, kind="images")
            photograph(place / f"{name}.png", PHOTOGRAPHS[name])
            place = tmp_path / order.format(part=part, kind="labels")
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}.txt").write_text(lines(PHOTOGRAPHS[name]))
    text = "\n".join(COLORS) if names == "classes.txt" else f"nc: 3\nnames: {list(COLORS)}\n"
    (tmp_path / names).write_text(text)
    check(tmp_path, "TRAIN", ("one", "two"))
    check(tmp_path, "VALIDATION", ("three", "one"))


def test_labels_beside_the_images(tmp_path: Path) -> None:
    tmp_path /= "set"
    for name, cells in PHOTOGRAPHS.items():
        photograph(tmp_path / f"{name}.png", cells)
        (tmp_path / f"{name}.txt").write_text(lines(cells))
    (tmp_path / "classes.txt").write_text("\n".join(COLORS))
    check(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "names: [WBC, 'R B', \"c\"]",
        "path: x\nnames:\n  0: WBC\n  1: 'R B'\n  2: c  # third\nnc: 3",
        "names:\n- WBC\n- R B\n- c\ntrain: y",
        "names: {0: WBC, 1: R B, 2: c}",
    ],
)
def test_names_in_yaml(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.yaml").write_text(text)
    assert class_names_in(tmp_path) == ["WBC", "R B", "c"]


def test_a_second_time_takes_them_from_the_cache(voc: Path, empty_cache: Path) -> None:
    check(voc)
    (kept,) = (empty_cache / "made").iterdir()
    before = kept.stat().st_mtime_ns
    check(voc)
    assert kept.stat().st_mtime_ns == before
    damaged = next(kept.rglob("*.png"))
    damaged.write_bytes(bytes(damaged.stat().st_size))
    check(voc)
    assert damaged.read_bytes()[:4] == b"\x89PNG"


def test_what_is_left_out_is_counted(voc: Path) -> None:
    photograph(voc / "JPEGImages" / "plain.png", [])
    (voc / "JPEGImages" / "broken.png").write_bytes(b"no image")
    (voc / "Annotations" / "broken.xml").write_text(xml([("WBC", 0, 0, 9, 9)]))
    cells = [*PHOTOGRAPHS["one"], ("RBC", 90, 10, 99, 20), ("RBC", 7, 7, 7, 9)]
    (voc / "Annotations" / "one.xml").write_text(xml(cells))
    (voc / "JPEGImages" / "raw.dng").touch()
    told = (
        r"left out: 1 images without boxes, 2 boxes that can't be cut out, 1 photograph that can't "
        r"be read \(JPEGImages/broken\.png: no image\), 1 pictures of kinds that aren't read "
        r"\(\.dng 1\)$"
    )
    for _ in range(2):  # also when the cells are kept already
        with pytest.warns(UserWarning, match=told):
            assert len(choose_dataset(voc)) == 6


FOREIGN = {
    "page.jpg": (b"<!doctype html><p>Not found", r"a web page \(HTML\)"),
    "pointer.png": (b"version https://git-lfs.github.com/spec/v1", "a pointer of Git LFS"),
    "empty.png": (b"", r"an empty file \(0 bytes\)"),
    "cut.png": (b"\x89PNG\r\n\x1a\n\0\0", "a broken image"),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("yolo", [False, True])
def test_photographs_that_cannot_be_read_are_named(
    name: str, yolo: bool, voc: Path, tmp_path: Path
) -> None:
    data, what = FOREIGN[name]
    folder = tmp_path / "yolo" if yolo else voc
    if yolo:
        for known, cells in PHOTOGRAPHS.items():
            photograph(folder / "images" / f"{known}.png", cells)
            (folder / "labels").mkdir(exist_ok=True)
            (folder / "labels" / f"{known}.txt").write_text(lines(cells))
        (folder / "classes.txt").write_text("\n".join(COLORS))
    images, notes = ("images", "labels") if yolo else ("JPEGImages", "Annotations")
    (folder / images / name).write_bytes(data)
    boxes = [("WBC", 0, 0, 9, 9), ("RBC", 20, 20, 30, 30)]
    path = folder / notes / f"{Path(name).stem}.{'txt' if yolo else 'xml'}"
    path.write_text(lines(boxes) if yolo else xml(boxes))
    with pytest.warns(UserWarning) as warned:
        assert len(choose_dataset(folder)) == 6
    (told,) = (str(w.message) for w in warned if "cut out" in str(w.message))
    assert re.search(
        rf"left out: 1 photograph that can't be read \({images}/{name}: {what}", told
    ), told
    assert "boxes that" not in told


def test_no_photograph_that_can_be_read(voc: Path) -> None:
    for path in (voc / "JPEGImages").iterdir():
        path.write_bytes(b"<html>")
    with pytest.raises(
        DatasetError, match=r"3 photographs that can't be read \(JPEGImages/one\.png: a web"
    ):
        choose_dataset(voc)


@pytest.mark.parametrize(
    "text",
    [
        "x", "", "<annotation><object><name>a</name></object></annotation>",
        '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>',
        '<!doctype a SYSTEM "file:///etc/passwd"><annotation/>',
        xml([("WBC", 0, 0, 9, 9)]).replace("<xmax>9", "<xmax>nan"), "<a>" * 100_000,
        "\0<\0a\0>", "<annotation>" + " " * 6_000_000 + "</annotation>",
    ],
)  # fmt: skip
def test_bad_xml_is_named(voc: Path, text: str) -> None:
    path = voc / "Annotations" / "two.xml"
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"two\.xml: .*fix the file"):
        boxes_of_xml(path)
    with pytest.raises(BloodcellError, match=r"two\.xml"):
        choose_dataset(voc)


@pytest.mark.parametrize("text", ["x", "0 1 2", "9 .5 .5 .1 .1", "-1 .5 .5 .1 .1", "0 nan 1 1 1"])
def test_bad_lines_are_named(tmp_path: Path, text: str) -> None:
    photograph(tmp_path / "images" / "1.png", [])
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.txt").write_text(f"0 .5 .5 .2 .2\n{text}\n")
    (tmp_path / "classes.txt").write_text("WBC\nRBC\n")
    with pytest.raises(DatasetError, match=r"1\.txt: found .* in line 2"):
        choose_dataset(tmp_path)
