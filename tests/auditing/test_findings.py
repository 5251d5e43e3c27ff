"""The audit on folders with every kind of fault, and on the real TRAIN folder."""

import csv
import html.parser
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bloodcell_tut import Audit, DatasetError, audit, choose_dataset, draw_sample
from bloodcell_tut.auditing import (
    KINDS,
    Finding,
    audit_csv,
    audit_json,
    audit_page,
    audit_text,
    effective_sample_size,
)
from bloodcell_tut.auditing.file_facts import FileFacts, visible_shares
from bloodcell_tut.cli import app

PROGRAM = [sys.executable, "-c", "from bloodcell_tut.cli import app; app()"]


@pytest.fixture(autouse=True)
def _own_cache(empty_cache: Path) -> None: ...


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "sample"
    return draw_sample(folder, n_photographs=8, n_images=40, seed=3)


@pytest.fixture
def cells(drawn: Path, tmp_path: Path) -> Path:
    """A folder of drawn cells that knows nothing of its photographs."""
    return shutil.copytree(drawn / "images" / "TRAIN", tmp_path / "cells")


def save(path: Path, image: np.ndarray, *options: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image, options)[1].tobytes())
    return path


def texture(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (40, 53, 3), np.uint8)
    return cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC)


def kinds(found: Audit) -> Counter[str]:
    return Counter(finding.kind for finding in found.findings)


def names(found: Audit, finding: Finding) -> set[str]:
    return {found.paths[i].name for i in finding.files}


def test_a_clean_folder(cells: Path) -> None:
    found = audit(cells)
    assert found.findings == () and repr(found).endswith("0 findings)")
    assert len(found.own) == len(found.paths) == sum(found.family_sizes)
    assert set(found.class_balance()) == {p.name for p in cells.iterdir()}
    assert found.sizes == {(320, 240): len(found.paths)}


def test_groups_are_the_photographs(drawn: Path, cells: Path) -> None:
    by_table, by_images = audit(choose_dataset(drawn)), audit(cells)
    assert "own table" in by_table.origin and "the images themselves" in by_images.origin
    assert np.array_equal(by_table.photographs, by_images.photographs)
    assert by_table.class_balance() == by_images.class_balance()
    assert by_table.effective_images == by_images.effective_images


def test_each_file_is_hashed_once(drawn: Path, cells: Path, reads: Counter[Path]) -> None:
    by_table = audit(choose_dataset(drawn))
    assert set(reads) == set(by_table.paths) and set(reads.values()) == {1}
    reads.clear()
    by_images = audit(cells)
    assert set(reads) <= set(by_images.paths) and set(reads.values()) <= {1}


def test_exact_duplicates(cells: Path) -> None:
    one, other = sorted((cells / "MONOCYTE").iterdir())[:2]
    for i in range(2):
        shutil.copy(one, one.with_name(f"copy{i}.jpeg"))
    shutil.copy(other, other.with_name("copy3.jpeg"))
    found = audit(cells)
    assert kinds(found) == {"exact duplicates": 2}
    expected = [{one.name, "copy0.jpeg", "copy1.jpeg"}, {other.name, "copy3.jpeg"}]
    assert [names(found, f) for f in found.of_kind("exact duplicates")] == expected


@pytest.mark.parametrize("how", ["png", "small", "poor", "bright"])
def test_a_picture_saved_again(cells: Path, how: str) -> None:
    one = min((cells / "MONOCYTE").iterdir())
    image = cv2.imread(str(one))
    if how == "png":
        again = save(one.with_name("again.png"), image)
    elif how == "small":
        again = save(one.with_name("again.png"), cv2.resize(image, (160, 120)))
    elif how == "poor":
        again = save(one.with_name("again.jpeg"), image, cv2.IMWRITE_JPEG_QUALITY, 40)
    else:
        again = save(one.with_name("again.png"), cv2.convertScaleAbs(image, alpha=0.8))
    found = audit(cells)
    assert kinds(found) == {"near duplicates": 1}
    assert names(found, found.findings[0]) == {one.name, again.name}


def test_a_picture_moved_a_little_is_another(cells: Path) -> None:
    one = min((cells / "MONOCYTE").iterdir())
    moved = cv2.warpAffine(cv2.imread(str(one)), np.array([[1.0, 0, 5], [0, 1, 0]]), (320, 240))
    save(one.with_name("moved.png"), moved)
    assert not audit(cells).of_kind("near duplicates")


def test_a_rare_class_is_not_none(cells: Path) -> None:
    found = audit(cells)
    many = 3000
    rare = replace(
        found,
        classes=np.array(["common"] * (many - 1) + ["rare"]),
        sides=np.zeros(many, int),
        photographs=np.arange(many),
        cells=np.arange(many),
    )
    text = audit_text(rare)
    assert "> 99.9%" in text and "< 0.1%" in text and "100.0%" not in text


def test_two_labels(cells: Path) -> None:
    one, *_ = siblings = sorted((cells / "MONOCYTE").iterdir())
    one.rename(cells / "NEUTROPHIL" / "moved.jpeg")
    found = audit(cells)
    (finding,) = found.findings
    assert finding.kind == "two labels" and "1 of NEUTROPHIL" in finding.note
    assert names(found, finding) <= {"moved.jpeg", *(p.name for p in siblings)}


def test_both_sides_and_only_those(drawn: Path) -> None:
    whole = choose_dataset(drawn)
    assert whole.photographs is not None
    photographs = list(dict.fromkeys(whole.photographs.tolist()))
    shared = photographs[1]
    here = np.isin(whole.photographs, photographs[:2])
    there = ~here
    there[np.flatnonzero(whole.photographs == shared)[0]] = True
    here &= ~there
    found = audit(whole.take(np.flatnonzero(here)), whole.take(np.flatnonzero(there)))
    (finding,) = found.of_kind("both sides")
    of_shared = {p.name for p, k in zip(whole.paths, whole.photographs, strict=True) if k == shared}
    assert names(found, finding) == of_shared
    n = len(of_shared)
    assert finding.note == f"{n - 1} files on this side, 1 on the other"
    assert sum(found.family_sizes) == here.sum()  # the other side isn't counted


def test_two_parts_of_one_source(drawn: Path) -> None:
    found = audit(drawn, against=drawn)
    assert found.sources[1].endswith("TEST") and not found.of_kind("both sides")
    assert found.sides.sum() == len(choose_dataset(drawn, "TEST"))


def test_a_cell_out_of_the_frame(cells: Path) -> None:
    dataset = choose_dataset(cells)
    image = cv2.imread(str(dataset.paths[0]))
    for x in range(32, 321, 32):
        moved = cv2.warpAffine(image, np.array([[1.0, 0, x], [0, 1, 0]]), (320, 240))
        save(dataset.paths[0].with_name("moved.png"), moved)
        if found := audit(cells).of_kind("out of frame"):
            break
    ((i,),) = (finding.files for finding in found)
    assert audit(cells).paths[i].name == "moved.png" and 16 < x < 320
    assert "% of the nucleus visible" in found[0].note or "nothing" in found[0].note


def test_visible_shares() -> None:
    seen, blank = np.eye(1, 1024, dtype=np.float32)[0], np.zeros(1024, np.float32)
    areas = [(100, False), (100, False), (100, True), (30, False), (30, True), (0, False)]
    facts = [
        FileFacts("", (8, 8), seen, *nucleus, (0, 255)) for nucleus in areas + 19 * [(100, False)]
    ]
    facts.append(FileFacts("", (8, 8), blank, 0, False, (0, 255)))
    shares = visible_shares(facts, np.zeros(len(facts)))
    assert shares[:6].tolist() == [1, 1, 1, 1, 0.3, 0] and np.isnan(shares[-1])
    alone = visible_shares(facts, np.arange(len(facts)))
    assert alone[:6].tolist() == [1, 1, 1, 1, 1, 0]  # no sibling tells how large it was


def test_what_is_no_cell_has_no_frame(tmp_path: Path) -> None:
    for i in range(6):
        gray = cv2.cvtColor(texture(i), cv2.COLOR_BGR2GRAY)
        save(tmp_path / "flat" / f"{i}.png", cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))
    found = audit(tmp_path / "flat")
    assert found.findings == () and found.class_balance() == {"(none)": (6, 6)}


def test_the_known_table_says_all(cells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = audit(cells)
    import hashlib

    rows = [
        {
            "sha256_16": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
            "original": f"p{i // 3}",
            "cell_group": f"p{i // 6}",
            "nucleus_visible": str(0.4 if i == 5 else 1.0),
        }
        for i, path in enumerate(first.paths)
    ]
    monkeypatch.setattr("bloodcell_tut.auditing.findings.known_photographs", lambda: tuple(rows))
    found = audit(cells)
    assert "measured table" in found.origin
    assert found.photographs.tolist() == [i // 3 for i in range(len(rows))]
    assert found.cells.tolist() == [i // 6 for i in range(len(rows))]
    (finding,) = found.of_kind("out of frame")
    assert finding.files == (5,) and finding.note == "40% of the nucleus visible"
    rows.pop()
    assert audit(cells).origin == first.origin  # all or none


def test_one_color_sizes_and_unreadable(cells: Path) -> None:
    folder = cells / "MONOCYTE"
    before = audit(cells)
    save(folder / "gray.png", 99 + np.eye(50, 60, dtype=np.uint8)[..., None].repeat(3, 2))
    save(folder / "black.png", np.zeros((240, 320, 3), np.uint8))
    save(folder / "large.png", texture(4)[:100, :200])
    (folder / "!broken.jpeg").write_bytes(b"no image")
    (cells / "EOSINOPHIL" / "!empty.jpeg").touch()
    found = audit(cells)
    colors = {name for f in found.of_kind("one color") for name in names(found, f)}
    assert colors == {"gray.png", "black.png"}
    assert kinds(found)["unreadable"] == kinds(found)["one color"] == 2
    assert not found.of_kind("near duplicates") and not found.of_kind("exact duplicates")
    assert len(found.own) == len(before.own) + 3 and len(found.sizes) == 3
    assert len(found.family_sizes) == len(before.family_sizes) + 3
    assert all("found" in f.note for f in found.of_kind("unreadable"))
    for finding in found.of_kind("unreadable"):
        assert found.photographs[list(finding.files)] == -1


@pytest.mark.parametrize(
    ("places", "n"),
    [
        (("a/b/c", "d", "."), 6),
        (("images", "masks"), 2),
        (("train", "valid", "test"), 2),
        (("only class",), 2),
    ],
)
def test_any_folder_of_images(tmp_path: Path, places: tuple[str, ...], n: int) -> None:
    for k, place in enumerate(places):
        for i in range(2):
            save(tmp_path / "x" / place / f"{i}.png", texture(10 * k + i))
    found = audit(tmp_path / "x")
    assert len(found.paths) == n
    if len(places) > 2 and n == 6:
        return
    assert found.class_balance() == {"(none)": (n, n)}
    assert "the classes are not known: " in found.notes[0]


def test_flat_parts_are_compared(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for i in range(3):
            save(tmp_path / "x" / part / f"{i}.png", texture(i + 2 * (part == "test")))
    found = audit(tmp_path / "x", tmp_path / "x")
    assert found.sides.tolist() == [0, 0, 0, 1, 1, 1] and len(found.of_kind("both sides")) == 1


def test_what_is_left_out_is_told(cells: Path) -> None:
    (cells / "MONOCYTE" / "more.svs").touch()
    with pytest.warns(UserWarning, match="1 picture left out"):
        found = audit(cells, cells)
    assert len(found.notes) == 2 and audit_json(found)["notes"] == list(found.notes)
    assert found.notes[0] in audit_text(found) and found.notes[0] in Tags(audit_page(found)).text


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two(tmp_path: Path, n: int) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"x")
    for i in range(n):
        save(folder / f"{i}.png", texture(i))
    expected = f"found {n} readable image{'s' * (n != 1)} of {n + 1}; expected two or more"
    with pytest.raises(DatasetError, match=f"{expected}.*the first problem: .*broken.png"):
        audit(folder)
    (folder / "broken.png").unlink()
    with pytest.raises(DatasetError, match="expected two or more"):
        audit(folder)
    save(folder / "a.png", texture(7))
    save(folder / "b.png", texture(8))
    assert len(audit(folder).paths) == n + 2


def test_order_and_names_do_not_matter(drawn: Path) -> None:
    whole = choose_dataset(drawn)
    turned = whole.take(np.arange(len(whole))[::-1])
    a, b = audit(whole), audit(turned)
    assert a.effective_images == b.effective_images and a.class_balance() == b.class_balance()


def test_kish() -> None:
    assert effective_sample_size(np.ones(7)) == 7
    assert effective_sample_size(np.array([10, 0, 0])) == 1
    assert effective_sample_size(np.array([3, 1])) == pytest.approx(16 / 10)


class Tags(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def faulty(cells: Path) -> Path:
    """Many faults, and names that mean something to a browser or a terminal."""
    evil = "<img src=x onerror=alert(1)>&quot; $note \x1b[31m\x07 🩸"
    (cells / "MONOCYTE").rename(cells / f"{evil} class".replace("/", ""))
    folder = next(p for p in cells.iterdir() if p.name.startswith("<"))
    for i, path in enumerate(sorted(folder.iterdir())):
        shutil.copy(path, cells / "NEUTROPHIL" / f"{i} {evil}.jpeg")
    (folder / f"{evil}.png").write_bytes(b"x")
    return cells


def test_the_page(faulty: Path) -> None:
    found = audit(faulty, against=faulty)
    page = audit_page(found)
    tags = Tags(page)
    images = [attributes for tag, attributes in tags.tags if tag == "img"]
    assert images and all(a["src"].startswith("data:image/jpeg;base64,") for a in images)
    assert all(len(a["alt"] or "") > 10 and set(a) == {"src", "alt"} for a in images)
    assert not {"script", "iframe", "object"} & {tag for tag, _ in tags.tags}
    assert "prefers-color-scheme:dark" in page and "default-src 'none'" in page
    assert "<img src=x onerror=alert(1)>&quot; $note" in tags.text
    for kind in {finding.kind for finding in found.findings}:
        assert KINDS[kind] in tags.text


def test_the_page_stays_small(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    for i in range(70):
        image = noise.integers(0, 256, (120, 160, 3), np.uint8)
        for name in ("a", "b"):
            for k in range(3):
                save(tmp_path / "x" / name / f"{i}-{k}.png", image)
    found = audit(tmp_path / "x")
    page = audit_page(found)
    assert len(found.of_kind("exact duplicates")) == len(found.of_kind("two labels")) == 70
    assert len(page) < 6_000_000 and page.count("<img ") == 50 * 5 + 3 * 5
    assert page.count("The largest 25 are shown. 45 more are in the table (--csv-file)") == 2
    assert "and 67 more" in audit_text(found)


def test_the_page_shows_the_largest(tmp_path: Path) -> None:
    """A kind with few findings leaves its place to the others, and the largest come first."""
    noise, sizes = np.random.default_rng(0), [2] * 60 + [5, 3, 4]
    for i, n in enumerate(sizes):
        image = noise.integers(0, 256, (40, 40, 3), np.uint8)
        for k in range(n):
            save(tmp_path / "x" / "a" / f"{i}-{k}.png", image)
    for i in range(2):
        save(tmp_path / "x" / "a" / f"plain{i}.png", np.full((40, 40, 3), 40 + i, np.uint8))
    found = audit(tmp_path / "x")
    copies = found.of_kind("exact duplicates")
    assert [len(finding.files) for finding in copies] == sorted(sizes, reverse=True)
    page = audit_page(found)
    assert "2 found, in 2 files." in page
    assert "63 found, in 132 files. The largest 48 are shown. 15 more are in" in page


def test_pictures_that_have_gone(cells: Path) -> None:
    found = audit(cells)
    shutil.rmtree(cells)
    assert "<img" not in audit_page(found)


def test_json_holds_everything(faulty: Path) -> None:
    found = audit(faulty, against=faulty)
    data = json.loads(json.dumps(audit_json(found)))
    assert set(data["findings"]) == set(KINDS) - {"doubtful labels"}  # nobody asked for them
    assert {k: n for k, n in data["n_findings"].items() if n} == kinds(found)
    assert data["n_images"] == len(found.own) and data["sources"] == list(found.sources)
    for kind, findings in data["findings"].items():
        for finding, mine in zip(findings, found.of_kind(kind), strict=True):
            assert finding["files"] == [str(found.paths[i]) for i in mine.files]


def test_the_table_holds_everything(faulty: Path) -> None:
    found = audit(faulty, against=faulty)
    rows = list(csv.DictReader(io.StringIO(audit_csv(found))))
    told: dict[int, list[dict[str, str]]] = {}
    for row in rows:
        told.setdefault(int(row["finding"]), []).append(row)
    assert list(told) == list(range(1, len(found.findings) + 1))
    for same, mine in zip(told.values(), found.findings, strict=True):
        assert {(row["kind"], row["note"]) for row in same} == {(mine.kind, mine.note)}
        assert [int(row["files"]) for row in same] == [len(same)] * len(same)
        for row, i in zip(same, mine.files, strict=True):
            assert row["file"] == str(found.paths[i]) and row["class"] == found.classes[i]
            place = int(row["side"]) - 1, int(row["photograph"])
            assert place == (found.sides[i], found.photographs[i])


def test_the_table_holds_no_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    for name in ("=1+1", "@SUM"):
        save(tmp_path / name / "+a.png", image)
    monkeypatch.chdir(tmp_path)
    rows = list(csv.DictReader(io.StringIO(audit_csv(audit(Path())))))
    assert {row["class"] for row in rows} == {"'=1+1", "'@SUM"}
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())


def test_the_text(faulty: Path) -> None:
    text = audit_text(audit(faulty))
    assert "Exact duplicates" in text and "both sides" not in text
    assert "On both sides" in audit_text(audit(faulty, against=faulty))
    for line in ("images  ", "photographs  ", "effective images  "):
        assert line in text


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["audit", *(str(argument) for argument in arguments)])


def test_the_command(faulty: Path, tmp_path: Path) -> None:
    page, data, table = (tmp_path / "new" / f"a.{ending}" for ending in ("html", "json", "csv"))
    result = call(faulty, "--html", page, "--json-file", data, "--csv-file", table)
    assert result.exit_code == 0, result.output
    assert "Exact duplicates" in result.stdout and "\x07" not in result.stdout
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(data.read_text(encoding="utf-8"))["n_findings"]["exact duplicates"] > 0
    n_rows = len(list(csv.reader(io.StringIO(table.read_text(encoding="utf-8")))))
    found = json.loads(data.read_text(encoding="utf-8"))["findings"].values()
    assert n_rows == 1 + sum(len(finding["files"]) for kind in found for finding in kind)
    assert f"{page} written" in result.stderr and f"{table} written" in result.stderr


def test_json_on_standard_output(cells: Path) -> None:
    result = call(cells, "--json", "--against", cells)
    data = json.loads(result.stdout)
    assert len(data["sources"]) == 2 and data["n_findings"]["both sides"] > 0
    assert not Path("-").exists()


def test_commands_that_cannot_be_obeyed(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (
        [tmp_path / "nowhere"],
        [tmp_path / "file"],
        [cells, "--against", tmp_path / "nowhere"],
        [cells, "--html", tmp_path / "file" / "a.html"],
    ):
        result = call(*arguments)
        assert result.exit_code == 1 and "bloodcell-tut: " in result.stderr
        assert "Traceback" not in result.output
    assert call().exit_code == 2


def test_keras_is_not_loaded(cells: Path) -> None:
    code = "import sys, bloodcell_tut as b; b.auditing.audit_page(b.audit(sys.argv[1])); "
    code += "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(cells)], check=True, timeout=120)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c(tmp_path: Path) -> None:
    for i in range(100):
        image = np.tile(texture(i), (4, 4, 1))
        for k in range(6):
            save(tmp_path / "many" / f"{i}-{k}.jpeg", image + np.uint8(k))
    command = [*PROGRAM, "audit", str(tmp_path / "many"), "--html", str(tmp_path / "a.html")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    time.sleep(4)
    assert process.poll() is None, "it was done before it could be stopped"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130 and b"Traceback" not in errors
    assert errors.rstrip().endswith(b"bloodcell-tut: stopped")
    assert not (tmp_path / "a.html").exists()


def test_the_real_train_folder(real_archive: Path) -> None:
    found = audit(real_archive)
    assert kinds(found) == {"two labels": 1, "out of frame": 104}
    (conflict,) = found.of_kind("two labels")
    pair = "BloodImage_00206, BloodImage_00278"
    assert conflict.note == f"93 of LYMPHOCYTE, 156 of MONOCYTE; {pair}"
    assert len(found.family_sizes) == 277 and len(np.unique(found.cells)) == 259
    assert 100 < found.effective_images < 115
    assert found.class_balance()["MONOCYTE"] == (2478, 16)
    assert len(audit_page(found)) < 1_000_000


def test_real_cells_without_the_table(real_archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lymphocyte and the monocyte that are one cell are found from the images alone."""
    dataset = choose_dataset(real_archive)
    assert dataset.photographs is not None
    one_cell = np.isin(dataset.photographs, ["BloodImage_00206", "BloodImage_00278"])
    others = np.flatnonzero(~one_cell)[::40]
    some = dataset.take([*np.flatnonzero(one_cell)[::8], *others])
    monkeypatch.setattr("bloodcell_tut.auditing.findings.known_photographs", tuple)
    found = audit(some, against=some.take([0]))
    assert "the images themselves" in found.origin
    (conflict,) = found.of_kind("two labels")
    assert set(conflict.files) - {len(some)} == set(range(len(some) - len(others)))
    (both,) = found.of_kind("both sides")
    assert both.files == conflict.files
