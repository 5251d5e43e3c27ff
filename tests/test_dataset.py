"""Step 1 on folders, zips, the drawn sample, the real archive and a server that plays Kaggle."""

import csv
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import TinyArchive
from matplotlib.patches import Rectangle

from bloodcell_tut import (
    ArchiveError,
    ArgumentError,
    DatasetError,
    choose_dataset,
    plot_class_counts,
)
from bloodcell_tut.dataset import choose_test_dataset
from bloodcell_tut.sources import locate_source

CLASSES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def write_table(path: Path, folder: Path, split: str) -> None:
    files = folder.glob(f"dataset2-master/images/{split}/*/*.jpeg")
    rows = [[f.parent.name, f.name, f"{f.parent.name} {i % 2}", split] for i, f in enumerate(files)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["class", "file", "original", "split"], *rows])


def test_folder_and_zip_are_the_same(tiny_archive: TinyArchive, empty_cache: Path) -> None:
    for part, n in {"TRAIN": 12, "TEST": 8, "test": 8}.items():
        a, b = (choose_dataset(source, part) for source in tiny_archive)
        assert len(a) == len(b) == n and a.class_names == b.class_names == CLASSES
        assert [p.name for p in a.paths] == [p.name for p in b.paths]
        assert [p.read_bytes() for p in a.paths] == [p.read_bytes() for p in b.paths]
        assert a.photographs is b.photographs is None
        assert a.source == f"{tiny_archive.folder}, {part.upper()}"


def test_labels_say_the_folder(tiny_archive: TinyArchive) -> None:
    dataset = choose_dataset(str(tiny_archive.folder))
    assert dataset.labels.dtype == np.int64
    assert [CLASSES[i] for i in dataset.labels] == [p.parent.name for p in dataset.paths]
    assert list(dataset.paths) == sorted(dataset.paths)
    assert dataset.class_counts() == dict.fromkeys(CLASSES, 3)


def test_labels_do_not_depend_on_the_order_of_the_disk(
    tiny_archive: TinyArchive, tmp_path: Path
) -> None:
    turned = tmp_path / "turned"
    for path in reversed(choose_dataset(tiny_archive.folder).paths):
        (turned / path.parent.name).mkdir(parents=True, exist_ok=True)
        (turned / path.parent.name / path.name).write_bytes(path.read_bytes())
    a, b = choose_dataset(tiny_archive.folder), choose_dataset(turned)
    assert a.class_names == b.class_names and np.array_equal(a.labels, b.labels)
    assert [p.name for p in a.paths] == [p.name for p in b.paths]


def test_paths_survive_a_change_of_folder(
    tiny_archive: TinyArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_archive.folder)
    assert all(p.is_absolute() for p in choose_dataset("dataset2-master").paths)
    assert len(choose_dataset(".")) == 12
    monkeypatch.chdir(tiny_archive.folder / "dataset2-master" / "images" / "TRAIN")
    assert choose_dataset(".", part="TEST").source.endswith("TRAIN, TRAIN")


def test_zip_of_class_folders_needs_no_ending(tiny_archive: TinyArchive, empty_cache: Path) -> None:
    renamed = tiny_archive.zip.rename(tiny_archive.zip.with_name("blood cells"))
    assert len(choose_dataset(renamed)) == 12


@pytest.mark.parametrize("where", ["{tmp}", "{tmp}/tiny", "{tmp}/tiny/dataset2-master/images"])
def test_tables_are_found(
    tiny_archive: TinyArchive, empty_cache: Path, tmp_path: Path, where: str
) -> None:
    for part in ("TRAIN", "TEST"):
        table = Path(where.format(tmp=tmp_path)) / f"{part.lower()}.csv"
        write_table(table, tiny_archive.folder, part)
    for part in ("TRAIN", "TEST"):
        dataset = choose_dataset(tiny_archive.folder, part)
        assert dataset.photographs is not None and dataset.photographs.shape == (len(dataset),)
        assert f"{len(set(dataset.photographs))} photographs" in repr(dataset)
        beside = choose_dataset(tiny_archive.zip, part).photographs
        assert (beside is not None) == (where == "{tmp}")


def test_a_part_named_itself_finds_the_table_of_the_whole(tiny_archive: TinyArchive) -> None:
    write_table(tiny_archive.folder / "dataset2-master/t.csv", tiny_archive.folder, "TRAIN")
    part = tiny_archive.folder / "dataset2-master" / "images" / "TRAIN"
    assert choose_dataset(part).photographs is not None


def test_a_given_table_must_fit(tiny_archive: TinyArchive, tmp_path: Path) -> None:
    table = tmp_path / "sub" / "t.csv"
    table.parent.mkdir()
    write_table(table, tiny_archive.folder, "TEST")
    assert choose_dataset(tiny_archive.folder, "TEST", photographs=table).photographs is not None
    with pytest.raises(DatasetError, match=r"t\.csv: doesn't cover 12 of 12 files, such as EOSIN"):
        choose_dataset(tiny_archive.folder, photographs=str(table))


def test_take_permutes_every_field(tiny_archive: TinyArchive) -> None:
    write_table(tiny_archive.folder / "t.csv", tiny_archive.folder, "TRAIN")
    dataset = choose_dataset(tiny_archive.folder)
    order = np.random.default_rng(0).permutation(len(dataset))
    taken = dataset.take(order)
    assert dataset.photographs is not None and taken.photographs is not None
    for k, i in enumerate(order):
        assert taken.paths[k] == dataset.paths[i] and taken.labels[k] == dataset.labels[i]
        assert taken.photographs[k] == dataset.photographs[i]
    assert len(dataset.take([])) == 0 and dataset.take([]).class_counts() == dict.fromkeys(
        CLASSES, 0
    )


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("nowhere", "No such file.*sample, kaggle and cifar10"),
        ("a.jpeg", "found a file"),
        ("x\0y", "source: found"),
    ],
)
def test_unusable_sources(tmp_path: Path, name: str, match: str) -> None:
    (tmp_path / "a.jpeg").write_bytes(b"\xff\xd8")
    with pytest.raises((DatasetError, ArgumentError), match=match):
        choose_dataset(tmp_path / name)


def test_a_source_is_a_place(tiny_archive: TinyArchive, sample_folder: Path) -> None:
    assert locate_source(str(tiny_archive.zip)) == tiny_archive.zip
    assert locate_source(tiny_archive.folder) == tiny_archive.folder
    assert locate_source("sample").is_relative_to(sample_folder)


def test_broken_zip_and_wrong_part(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    with pytest.raises(ArchiveError, match=r"a\.zip: can't be read"):
        choose_dataset(tmp_path / "a.zip")
    with pytest.raises(ArgumentError, match="expected one of TRAIN, TEST, TEST_SIMPLE"):
        choose_dataset(tmp_path, part="HOLDOUT")


def test_an_unreadable_source_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip").touch()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DatasetError, match=r"a\.zip: can't be opened \(Permission denied\)"):
        choose_dataset(tmp_path / "a.zip")


def test_drawn_sample(sample_folder: Path) -> None:
    train, test = choose_dataset(), choose_dataset("sample", "TEST")
    assert train.class_names == test.class_names == CLASSES and train.source == "sample, TRAIN"
    assert train.photographs is not None and test.photographs is not None
    assert not set(train.photographs) & set(test.photographs)
    assert all(p.is_relative_to(sample_folder) for p in train.paths)
    part = choose_dataset(sample_folder / "images" / "TEST", "TEST")
    assert np.array_equal(part.photographs, test.photographs)


def test_real_archive(real_archive: Path) -> None:
    dataset = choose_dataset(real_archive)
    assert len(dataset) == 9_957 and list(dataset.class_counts().values()) == [
        2497,
        2483,
        2478,
        2499,
    ]
    assert dataset.photographs is not None and len(set(dataset.photographs)) == 277
    pairs = set(zip(dataset.photographs.tolist(), dataset.labels.tolist(), strict=True))
    assert Counter(label for _, label in pairs) == {0: 75, 1: 27, 2: 16, 3: 159}


def folders(root: Path, *names: str) -> Path:
    """Write a small picture into each folder."""
    for i, name in enumerate(names):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(i).integers(0, 256, (24, 32, 3), np.uint8)
        (root / name / f"{i}.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    return root


def test_what_is_left_out_is_said_and_kept(tmp_path: Path) -> None:
    root = folders(tmp_path / "set", "a", "b", "b/old")
    (root / "c").mkdir()
    with pytest.warns(UserWarning, match=r"1 picture left out.*b/old.*1 folder without") as warned:
        dataset = choose_dataset(root)
    assert dataset.notes == tuple(str(w.message) for w in warned) and len(dataset.notes) == 1
    assert dataset.take([0]).notes == dataset.notes and dataset.class_names == ("a", "b")


def test_a_note_of_a_zip_names_the_zip(tmp_path: Path, empty_cache: Path) -> None:
    root = folders(tmp_path / "set", "a", "b", "b/old")
    archive = shutil.make_archive(str(tmp_path / "cells"), "zip", root)
    with pytest.warns(UserWarning, match=r"cells\.zip: 1 picture left out"):
        choose_dataset(archive)


def test_patients_are_the_photographs(tmp_path: Path) -> None:
    root = folders(tmp_path / "set", "well/P1", "well/P2", "ill/P2", "ill/P3")
    with pytest.warns(UserWarning, match="3 folders inside the class folders"):
        dataset = choose_dataset(root)
    assert dataset.photographs is not None and dataset.photographs.tolist() == [
        "P2",
        "P3",
        "P1",
        "P2",
    ]
    rows = "\n".join(f"{p.parents[1].name},{p.name},{p.name}" for p in dataset.paths)
    (root / "t.csv").write_text(f"class,file,original\n{rows}")
    with pytest.warns(UserWarning):
        assert set(choose_dataset(root).photographs) == {"0.png", "1.png", "2.png", "3.png"}


def test_test_data_may_lack_a_class_and_have_no_other(tmp_path: Path) -> None:
    data = choose_dataset(folders(tmp_path / "data", "a", "b", "c"))
    for names in (("c", "a"), ("b",)):
        some = folders(tmp_path / "".join(names), *names)
        lacking = ", ".join(sorted({"a", "b", "c"} - set(names)))
        with pytest.warns(UserWarning, match=f"no image of {lacking}; it is scored without"):
            test = choose_test_dataset(some, data)
        assert test.class_names == data.class_names
        assert [test.class_names[i] for i in test.labels] == sorted(names)
        assert [path.parent.name for path in test.paths] == sorted(names)
    (tmp_path / "b" / "a").mkdir()
    with pytest.warns(UserWarning, match="without an image"):
        assert len(choose_test_dataset(tmp_path / "b", data)) == 1
    with pytest.raises(DatasetError, match="found the classes a, d; expected a, b, c"):
        choose_test_dataset(folders(tmp_path / "other", "a", "d"), data)


def test_plot_says_files_and_photographs(tiny_archive: TinyArchive) -> None:
    write_table(tiny_archive.folder / "t.csv", tiny_archive.folder, "TRAIN")
    ax = plot_class_counts(choose_dataset(tiny_archive.folder))
    assert [bar.get_width() for bar in ax.patches if isinstance(bar, Rectangle)] == [3, 3, 3, 3]
    assert [text.get_text() for text in ax.texts] == ["3 from 2 photographs"] * 4
    assert [label.get_text() for label in ax.get_yticklabels()] == list(CLASSES)
    other = plot_class_counts(choose_dataset(tiny_archive.folder, "TEST"), ax.figure.add_subplot())
    assert [text.get_text() for text in other.texts] == ["2"] * 4


# kagglehub itself runs in a process of its own and is led to this server as its proxy, since it
# has no setting for another host; so its real code is tested, and no word leaves the machine


class Kaggle(BaseHTTPRequestHandler):
    """Answer the two calls that kagglehub makes for a data set, and the download it is led to."""

    archive: Path
    asked: list[str]
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path.rsplit("/", 1)[1])
        if self.status != 200:
            self.send_error(self.status)
        elif self.asked[-1] == "GetDataset":
            self.answer(json.dumps({"currentVersionNumber": 6}).encode(), "application/json")
        else:
            self.send_response(302)
            self.send_header("Location", "http://localhost/storage/archive.zip")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        self.asked.append("archive")
        self.answer(self.archive.read_bytes(), "application/zip")

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def kaggle(tiny_archive: TinyArchive) -> Iterator[tuple[type[Kaggle], int]]:
    handler = type("Handler", (Kaggle,), {"archive": tiny_archive.zip, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, server.server_port
    server.shutdown()
    server.server_close()


def run_kaggle(port: int, home: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("kagglehub", reason="the extra kaggle is not installed")
    code = "import bloodcell_tut as bt; d = bt.choose_dataset('kaggle'); print(d, d.paths[0])"
    kept = {k: v for k, v in os.environ.items() if "KAGGLE" not in k and "PROXY" not in k.upper()}
    environment = kept | {
        "HOME": str(home),
        "KAGGLEHUB_CACHE": str(home / "kagglehub"),
        "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
        "http_proxy": f"http://127.0.0.1:{port}",
        "no_proxy": "",
    }
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )


def test_kaggle_downloads_once(kaggle: tuple[type[Kaggle], int], tmp_path: Path) -> None:
    handler, port = kaggle
    for asked in (["GetDataset", "DownloadDataset", "archive"], ["GetDataset"]):
        handler.asked.clear()
        done = run_kaggle(port, tmp_path)
        assert done.returncode == 0, done.stderr
        assert "12 files, classes EOSINOPHIL" in done.stdout and "kaggle, TRAIN" in done.stdout
        assert str(tmp_path / "kagglehub") in done.stdout
        assert handler.asked == asked


@pytest.mark.parametrize("status", [403, 404, 500])
def test_kaggle_that_refuses(kaggle: tuple[type[Kaggle], int], tmp_path: Path, status: int) -> None:
    handler, port = kaggle
    handler.status = status
    done = run_kaggle(port, tmp_path)
    assert "DatasetError: kaggle: paultimothymooney/blood-cells can't be downl" in done.stderr
    assert str(status) in done.stderr and "give the path of the zip" in done.stderr


def test_kaggle_that_sends_rubbish(
    kaggle: tuple[type[Kaggle], int], tmp_path: Path, tiny_archive: TinyArchive
) -> None:
    tiny_archive.zip.write_bytes(b"<html>Service unavailable</html>")
    done = run_kaggle(kaggle[1], tmp_path)
    assert "DatasetError: kaggle: " in done.stderr


def test_kaggle_without_network(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Kaggle) as server:
        port = server.server_port
    done = run_kaggle(port, tmp_path)  # nobody listens there any more
    assert "DatasetError: kaggle: " in done.stderr and "connection to kaggle.com" in done.stderr


def test_kaggle_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(DatasetError, match="pip install kagglehub"):
        choose_dataset("kaggle")
