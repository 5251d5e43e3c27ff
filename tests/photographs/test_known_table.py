"""The shipped table: it is what was measured, and only the archive itself gets it."""

import csv
import hashlib
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from conftest import TinyArchive

from bloodcell_tut import choose_dataset, draw_sample
from bloodcell_tut.files import extract_archive
from bloodcell_tut.photographs import known_photographs

FACTS = ("class", "file", "original", "cell_group", "field_group", "nucleus_visible", "sha256_16")


@pytest.fixture(scope="module")
def unpacked(real_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real TRAIN folder in a place where no table lies."""
    return extract_archive(real_archive, tmp_path_factory.mktemp("unpacked") / "archive")


@pytest.fixture
def few(unpacked: Path, tmp_path: Path) -> Path:
    """A few real files of each class."""
    for folder in (unpacked / "dataset2-master" / "dataset2-master" / "images" / "TRAIN").iterdir():
        (tmp_path / "few" / folder.name).mkdir(parents=True)
        for file in sorted(folder.iterdir())[:5]:
            shutil.copy(file, tmp_path / "few" / folder.name)
    return tmp_path / "few"


def test_the_table_is_what_was_measured(real_archive: Path) -> None:
    known = known_photographs()
    for part in ("TRAIN", "TEST"):
        with (real_archive.parent / f"{part.lower()}-originals.csv").open(newline="") as file:
            measured = {tuple(row[c] for c in FACTS) for row in csv.DictReader(file)}
        assert {tuple(r[c] for c in FACTS) for r in known if r["split"] == part} == measured


def test_the_table_by_itself() -> None:
    known = known_photographs()
    assert len(known) == len({row["sha256_16"] for row in known}) == 12_444
    assert len({(row["split"], row["class"], row["file"]) for row in known}) == 12_444
    counts = [len({r[c] for r in known}) for c in ("original", "cell_group", "field_group")]
    assert counts == [348, 321, 312]
    train = [row for row in known if row["split"] == "TRAIN"]
    assert len(train) == 9_957 and len({row["original"] for row in train}) == 277
    assert sum(float(row["nucleus_visible"]) < 0.5 for row in train) == 104
    assert not {r["original"] for r in train} & {r["original"] for r in known if r not in train}


def test_the_table_is_small() -> None:
    import bloodcell_tut.photographs

    table = Path(bloodcell_tut.photographs.__file__).with_name("known_photographs.npz")
    assert table.stat().st_size < 150_000
    with np.load(table, allow_pickle=False) as file:
        assert len(file["sha256"]) == 12_444


def test_the_real_archive_without_its_table(unpacked: Path, real_archive: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone, beside = choose_dataset(unpacked), choose_dataset(real_archive)
    assert [p.name for p in alone.paths] == [p.name for p in beside.paths]
    assert alone.photographs is not None
    assert np.array_equal(alone.photographs, beside.photographs)


def test_some_files_of_the_archive_are_known(few: Path) -> None:
    photographs = choose_dataset(few).photographs
    assert photographs is not None and len(photographs) == 20
    by_content = {row["sha256_16"]: row["original"] for row in known_photographs()}
    for path, photograph in zip(choose_dataset(few).paths, photographs, strict=True):
        assert by_content[hashlib.sha256(path.read_bytes()).hexdigest()[:16]] == photograph


@pytest.mark.parametrize("what", ["renamed", "changed", "added", "moved"])
def test_another_file_among_them_and_none_is_known(few: Path, what: str) -> None:
    one, *_, last = sorted((few / "NEUTROPHIL").iterdir())
    if what == "renamed":
        one.rename(one.with_name("another.jpeg"))
    elif what == "changed":
        one.write_bytes(one.read_bytes() + b"\0")
    elif what == "added":
        shutil.copy(one, one.with_name("copy.jpeg"))
    else:
        last.rename(few / "MONOCYTE" / last.name)
    with pytest.warns(UserWarning, match=r"the public archive: doesn't cover 1 of 2\d files"):
        assert choose_dataset(few).photographs is None


def test_a_table_that_lies_there_is_preferred(few: Path) -> None:
    rows = [f"{p.parent.name},{p.name},mine" for p in few.rglob("*.jpeg")]
    (few / "t.csv").write_text("\n".join(["class,file,original", *rows]))
    photographs = choose_dataset(few).photographs
    assert photographs is not None and set(photographs) == {"mine"}


def test_like_names_are_not_enough(tiny_archive: TinyArchive, few: Path, tmp_path: Path) -> None:
    for i, file in enumerate(sorted(few.rglob("*.jpeg"))):
        file.write_bytes(bytes([i]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose_dataset(few).photographs is None
        assert choose_dataset(tiny_archive.folder).photographs is None


def test_the_drawn_sample_is_another_archive(tmp_path: Path) -> None:
    sample = draw_sample(tmp_path / "sample", n_photographs=8, n_images=16)
    (sample / "photographs.csv").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose_dataset(sample).photographs is None


def test_a_table_is_used_without_the_real_archive(
    tiny_archive: TinyArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as above, on a made-up table, so that it is tested everywhere."""
    files = sorted((tiny_archive.folder / "dataset2-master" / "images" / "TRAIN").rglob("*.jpeg"))
    shas = [hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files]
    rows = [
        {"split": "TRAIN", "class": f.parent.name, "file": f.name, "original": "p", "sha256_16": s}
        for f, s in zip(files, shas, strict=True)
    ]
    monkeypatch.setattr("bloodcell_tut.photographs.table.known_photographs", lambda: tuple(rows))
    assert choose_dataset(tiny_archive.folder).photographs is not None
    assert choose_dataset(tiny_archive.folder, "TEST").photographs is None
    rows[3]["split"] = "TEST"
    with pytest.warns(UserWarning, match="doesn't cover 1 of 12 files.*no row"):
        assert choose_dataset(tiny_archive.folder).photographs is None
    rows[3] |= {"split": "TRAIN", "sha256_16": "0" * 16}
    with pytest.warns(UserWarning, match="doesn't cover 1 of 12 files.*another content"):
        assert choose_dataset(tiny_archive.folder).photographs is None
