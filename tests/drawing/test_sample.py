"""The drawn sample: layout, truth, determinism, faults, and no leak of the class."""

import csv
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, cross_val_score

import bloodcell_tut
from bloodcell_tut.drawing import sample
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.drawing.laboratories import HOME
from bloodcell_tut.drawing.sample import SAMPLE_COLUMNS, _drawing_stamp, draw_sample
from bloodcell_tut.errors import ArgumentError, BloodcellError, DatasetError

NAMES = list(CELL_KINDS)


def table(folder):
    with (folder / "photographs.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def leftovers(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return draw_sample(
        tmp_path_factory.mktemp("drawn") / "small", n_photographs=24, n_images=90, seed=5
    )


def test_layout_and_names_are_the_archives(small):
    paths = sorted(small.glob("images/*/*/*"))
    assert len(paths) == 90
    for path in paths:
        split, name = path.parts[-3:-1]
        assert split in ("TRAIN", "TEST")
        assert re.fullmatch(rf"_{NAMES.index(name)}_\d+\.jpeg", path.name)
        assert cv2.imread(str(path)).shape == (240, 320, 3)
    assert leftovers(small) == ["images", "photographs.csv", "recipe.json"]


def test_the_table_tells_the_truth_about_each_file(small):
    rows = table(small)
    assert tuple(rows[0]) == SAMPLE_COLUMNS
    assert len(rows) == len({(row["class"], row["file"]) for row in rows}) == 90
    for row in rows:
        data = (small / "images" / row["split"] / row["class"] / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest()[:16] == row["sha256_16"]
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x < x + width <= 320
        assert 0 <= y < y + height <= 240
        assert 0 <= float(row["nucleus_visible"]) <= 1
        assert int(row["lobes"]) in {lobes for _, lobes in CELL_KINDS[row["class"]].forms}


def test_the_box_holds_the_nucleus(small):
    for row in table(small):
        path = small / "images" / row["split"] / row["class"] / row["file"]
        image = cv2.GaussianBlur(cv2.imread(str(path)), (0, 0), 2).astype(int)
        x, y, width, height = (int(row[key]) for key in ("x", "y", "width", "height"))
        blueness = image[..., 0] - image[..., 1]
        inside = blueness[y : y + height, x : x + width]
        if float(row["nucleus_visible"]) > 0.5:
            assert np.percentile(inside, 90) >= np.percentile(blueness, 99) * 0.7


def test_no_photograph_is_on_both_sides(small):
    sides = defaultdict(set)
    for row in table(small):
        sides[row["original"]].add((row["split"], row["class"]))
    assert len(sides) == 24
    assert all(len(found) == 1 for found in sides.values())


def test_the_default_is_large_and_balanced():
    plans = sample._plan_sample(440, 1760, 0)
    train = [plan for plan in plans if plan.split == "TRAIN"]
    assert min(Counter(plan.cell_type for plan in train).values()) >= 40
    files: Counter[str] = Counter()
    for plan in plans:
        files[plan.cell_type] += len(plan.files)
    assert set(files.values()) == {440}


@pytest.mark.parametrize(("photographs", "images"), [(8, 8), (9, 31), (13, 13), (30, 101)])
def test_odd_numbers_add_up(photographs, images):
    plans = sample._plan_sample(photographs, images, 1)
    names = [name for plan in plans for name in plan.files]
    assert len(plans) == photographs
    assert len(names) == len(set(names)) == images
    assert all(plan.files for plan in plans)
    for name in NAMES:
        assert {p.split for p in plans if p.cell_type == name} == {"TRAIN", "TEST"}


def test_order_and_company_do_not_matter(small, tmp_path):
    plans = sample._plan_sample(24, 90, 5)
    for plan in (plans[17], plans[3]):
        folder = tmp_path / "images" / plan.split / plan.cell_type
        folder.mkdir(parents=True, exist_ok=True)
        sample._draw_files(plan, 5, HOME, tmp_path)
        for name in plan.files:
            twin = small / "images" / plan.split / plan.cell_type / name
            assert (folder / name).read_bytes() == twin.read_bytes()


def test_the_seed_decides(small, tmp_path):
    again = draw_sample(tmp_path / "again", n_photographs=24, n_images=90, seed=5)
    other = draw_sample(tmp_path / "other", n_photographs=24, n_images=90, seed=6)
    assert table(again) == table(small)
    digests = [{row["sha256_16"] for row in table(folder)} for folder in (small, other)]
    assert not digests[0] & digests[1]


def test_the_cache_is_used_again(tmp_path, monkeypatch):
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path))
    folder = draw_sample(n_photographs=8, n_images=8, seed=9)
    assert folder.parent == tmp_path
    assert folder.name == f"sample-{_drawing_stamp()}-9-8-8"
    monkeypatch.setattr(sample, "_draw_all", lambda *_: pytest.fail("drawn again"))
    assert draw_sample(n_photographs=8, n_images=8, seed=9) == folder
    assert leftovers(tmp_path) == ["locks", folder.name]


@pytest.mark.parametrize(
    "module", ["brush", "nuclei", "kinds", "laboratories", "cells", "smear", "sample"]
)
def test_a_change_of_the_code_changes_the_stamp(module, tmp_path, monkeypatch):
    before = _drawing_stamp()
    package = Path(bloodcell_tut.__file__).parent
    shutil.copytree(package / "drawing", tmp_path / "drawing")
    monkeypatch.setattr(bloodcell_tut, "__file__", str(tmp_path / "__init__.py"))
    assert _drawing_stamp() == before
    with (tmp_path / "drawing" / f"{module}.py").open("a") as file:
        file.write("\n# changed\n")
    assert _drawing_stamp() != before


@pytest.mark.parametrize(("photographs", "images"), [(0, 0), (7, 100), (16, 15)])
def test_sizes_that_make_no_sense_are_refused(photographs, images, tmp_path):
    with pytest.raises(DatasetError, match="expected at least"):
        draw_sample(tmp_path / "none", n_photographs=photographs, n_images=images)
    assert leftovers(tmp_path) == []


def test_fewer_than_none_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="n_photographs: found -4; expected a whole number"):
        draw_sample(tmp_path / "none", n_photographs=-4, n_images=9)
    assert leftovers(tmp_path) == []


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="seed: found -1"):
        draw_sample(tmp_path / "none", n_photographs=8, n_images=8, seed=-1)
    assert leftovers(tmp_path) == []


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("work")
    with pytest.raises(DatasetError, match="holds something else"):
        draw_sample(tmp_path, n_photographs=8, n_images=8)
    assert leftovers(tmp_path) == ["mine.txt"]


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BloodcellError, match="No space left on device"):
        draw_sample(tmp_path / "full", n_photographs=8, n_images=8)
    assert leftovers(tmp_path) == []


# tells when it really draws
DRAW = """
import signal, sys
from bloodcell_tut.drawing import sample
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
draw_all = sample._draw_all
sample._draw_all = lambda *given: (print("draws", flush=True), draw_all(*given))
sample.draw_sample(sys.argv[1], n_photographs={}, n_images={})
"""


def test_two_processes_draw_one_sample(tmp_path):
    command = [sys.executable, "-c", DRAW.format(24, 48), str(tmp_path / "shared")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert leftovers(tmp_path) == ["shared"]
    assert len(table(tmp_path / "shared")) == 48
    # the second one waited and did not draw
    assert sorted(said) == [b"", b"draws\n"]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-c", DRAW.format(400, 400), str(tmp_path / "stopped")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(tmp_path.rglob("*.jpeg")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=60)[1]
    assert b"KeyboardInterrupt" in error
    assert leftovers(tmp_path) == []


# Nothing but the white cell gives the class away. Each probe sees one thing that must not tell
# the class. Chance is 25 %; the probes may reach 30 %.
N_PROBE = 1200
HALF = 80  # the hidden square is the same for all, so that its size says nothing


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    folder = draw_sample(
        tmp_path_factory.mktemp("probe") / "sample",
        n_photographs=N_PROBE,
        n_images=N_PROBE,
        seed=11,
    )
    seen = defaultdict(list)
    for row in table(folder):
        path = folder / "images" / row["split"] / row["class"] / row["file"]
        image = cv2.imread(str(path))
        x = int(row["x"]) + int(row["width"]) // 2
        y = int(row["y"]) + int(row["height"]) // 2
        seen["mean color"].append(image.mean(axis=(0, 1)))
        seen["file size"].append([path.stat().st_size])
        seen["position"].append([x, y])
        image[max(y - HALF, 0) : y + HALF, max(x - HALF, 0) : x + HALF] = 0
        small = cv2.resize(image, (16, 12), interpolation=cv2.INTER_AREA)
        seen["pixels outside"].append(small.ravel())
        seen["class"].append(NAMES.index(row["class"]))
        seen["original"].append(row["original"])
    return {key: np.array(value) for key, value in seen.items()}


def probe(X, y, groups):
    forest = RandomForestClassifier(100, min_samples_leaf=10, random_state=0, n_jobs=2)
    return cross_val_score(forest, X, y, groups=groups, cv=GroupKFold(5)).mean()


@pytest.mark.parametrize("what", ["pixels outside", "file size", "mean color", "position"])
def test_nothing_but_the_white_cell_gives_the_class_away(evidence, what):
    score = probe(evidence[what], evidence["class"], evidence["original"])
    assert score <= 0.30, f"{what} tells the class in {score:.1%} of the files"


@pytest.mark.parametrize("what", ["pixels outside", "file size", "mean color", "position"])
def test_the_probe_finds_a_planted_leak(evidence, what):
    y = evidence["class"]
    spread = evidence[what].std(axis=0)
    planted = evidence[what] + 0.8 * spread * y[:, None]
    assert probe(planted, y, evidence["original"]) > 0.35


@pytest.mark.parametrize(
    "harm", ["empty recipe", "lost file", "zeros", "table cut short", "another table", "one more"]
)
def test_a_damaged_cache_is_drawn_again(tmp_path, monkeypatch, harm):
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path))
    folder = draw_sample(n_photographs=8, n_images=8)
    before = {p.name: p.read_bytes() for p in folder.rglob("*.*")}
    one, rows = next(folder.rglob("*.jpeg")), folder / "photographs.csv"
    if harm == "empty recipe":
        (folder / "recipe.json").write_text("")
    elif harm == "lost file":
        one.unlink()
    elif harm == "zeros":
        one.write_bytes(bytes(one.stat().st_size))
    elif harm == "table cut short":
        rows.write_bytes(rows.read_bytes()[:-200])
    elif harm == "another table":
        rows.write_text(rows.read_text().replace("Drawn_00001", "Drawn_00000"))
    else:
        shutil.copy(one, one.with_name("more.jpeg"))
    assert draw_sample(n_photographs=8, n_images=8) == folder
    assert {p.name: p.read_bytes() for p in folder.rglob("*.*")} == before


def test_a_damaged_sample_of_ones_own_is_left_alone(tmp_path):
    folder = draw_sample(tmp_path / "mine", n_photographs=8, n_images=8)
    assert draw_sample(folder, n_photographs=8, n_images=8) == folder
    one = next(folder.rglob("*.jpeg"))
    one.write_bytes(bytes(one.stat().st_size))
    with pytest.raises(DatasetError, match="holds something else"):
        draw_sample(folder, n_photographs=8, n_images=8)
    assert not any(one.read_bytes())
