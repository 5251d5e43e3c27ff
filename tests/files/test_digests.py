"""Each file is opened once, be it for its fingerprint or for its pixels."""

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.files import digests
from bloodcell_tut.files.digests import bytes_of, digest_as_read, each_read_once, file_digests
from bloodcell_tut.runs.step_log import StepLog
from bloodcell_tut.runs.steps import _data_steps

_opened: Counter[str] = Counter()


def note(event: str, arguments: tuple) -> None:
    """Python tells of each file that is opened, by whatever; such a hook can't be taken off."""
    if event == "open" and isinstance(arguments[0], str):
        _opened[arguments[0]] += 1


sys.addaudithook(note)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a drive") / "My Drive" / "blood cells"
    bt.draw_sample(folder, n_photographs=16, n_images=32)
    return folder


@pytest.fixture
def images(
    drawn: Path, tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A copy that counts as being at rest."""
    folder = tmp_path / "My Drive" / "blood cells"
    shutil.copytree(drawn, folder)
    monkeypatch.setattr(digests, "_AT_REST", -1e9)
    monkeypatch.setattr(digests, "_digests", {})
    _opened.clear()
    yield folder
    assert digests._Pass.blocks == 0 and not digests._Pass.waiting and not digests._Pass.read


def opened(folder: Path) -> set[int]:
    """How often images of a folder were opened."""
    here = {n: k for n, k in _opened.items() if n.startswith(str(folder)) and n.endswith("jpeg")}
    assert len(here) >= 24
    return set(here.values())


@pytest.mark.parametrize("table", [True, False])
def test_steps_1_to_7_open_each_image_once(images: Path, tmp_path: Path, table: bool) -> None:
    if not table:
        (images / "photographs.csv").unlink()
    out = tmp_path / "out"
    prepared = _data_steps(bt.RunSettings(images, out=out), StepLog(out))
    assert opened(images) == {1} and prepared.split.train.crop


@pytest.mark.parametrize("table", [True, False])
def test_an_audit_opens_each_image_once(images: Path, table: bool) -> None:
    if not table:
        (images / "photographs.csv").unlink()
    bt.audit(images)
    assert opened(images) == {1}


def test_the_search_for_siblings_opens_each_image_once(images: Path) -> None:
    bt.find_photographs(images)
    assert opened(images) == {1}


def test_without_room_files_are_opened_again_and_nothing_else_changes(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = bt.choose_dataset(images)
    first = bt.create_training_data(dataset, 16, cache=True).images.tobytes()
    shutil.rmtree(os.environ["BLOODCELL_TUT_CACHE"])
    _opened.clear()
    digests._digests.clear()
    monkeypatch.setattr(digests._Pass, "room", 0)
    assert bt.create_training_data(dataset, 16, cache=True).images.tobytes() == first
    assert opened(images) >= {2}


def test_a_file_that_changes_meanwhile_is_read_anew(tmp_path: Path, images: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"first")
    with each_read_once():
        assert file_digests([path]) == [sha256(b"first").digest()]
        time.sleep(0.05)  # more than a tick of the disk's clock
        path.write_bytes(b"other")
        assert bytes_of(path, 9) == b"other"
        assert digest_as_read(path) == sha256(b"other").digest()
        with pytest.raises(OSError, match="at most 3"):
            bytes_of(path, 3)


def test_what_was_just_written_does_not_wait(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_AT_REST", 2.0)
    path = tmp_path / "a"
    with each_read_once():
        for content in (b"1", b"2", b"3"):  # faster than the disk's clock ticks
            path.write_bytes(content)
            file_digests([path])
            assert bytes_of(path, 9) == content and not digests._Pass.waiting


def test_many_files_are_asked_for_in_order(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}" for i in range(300)]
    for path in paths[1:]:
        path.write_text(path.name)
    found = file_digests(paths)
    assert found[0] == bytes(32)
    assert found[1:] == [sha256(path.name.encode()).digest() for path in paths[1:]]
    assert np.unique(found).size == 300
