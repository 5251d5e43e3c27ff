"""The cache of prepared images: taken again, never wrong, never half; data larger than memory."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import TinyArchive

import bloodcell_tut as bt
from bloodcell_tut import array_cache, training_data
from bloodcell_tut.errors import BloodcellError


@pytest.fixture
def dataset(tiny_archive: TinyArchive, empty_cache: Path) -> bt.ImageDataset:
    return bt.choose_dataset(tiny_archive.folder)


def kept(cache: Path) -> list[Path]:
    return sorted((cache / "arrays").iterdir())


def never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_data, "read_image", lambda _: pytest.fail("read again"))


def test_the_second_time_nothing_is_read(dataset, empty_cache, monkeypatch) -> None:
    plain = bt.create_training_data(dataset, size=16)
    assert not empty_cache.exists(), "without cache=True nothing is kept"
    first = bt.create_training_data(dataset, size=16, cache=True)
    never_read(monkeypatch)
    again = bt.create_training_data(dataset, size=16, cache=True)
    for data in (first, again):
        assert isinstance(data.images, np.memmap) and not data.images.flags.writeable
        assert np.array_equal(data.images, plain.images) and data.paths == plain.paths
    assert len(kept(empty_cache)) == 1


def test_another_setting_content_order_or_code_is_another_array(
    dataset, empty_cache, monkeypatch
) -> None:
    def make(some: bt.ImageDataset = dataset, **options: object) -> np.ndarray:
        return bt.create_training_data(
            some, **{"size": 16, "crop": True, "cache": True} | options
        ).images

    first = make()
    assert make(crop=False).shape == first.shape and make(size=17).shape[1] == 17
    assert np.array_equal(make(dataset.take(np.arange(12)[::-1])), first[::-1])
    path, stat = dataset.paths[0], dataset.paths[0].stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10  # same name, size and time
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    changed = make()
    assert not np.array_equal(changed[0], first[0]) and np.array_equal(changed[1:], first[1:])
    assert len(kept(empty_cache)) == 5
    monkeypatch.setattr(array_cache, "_code_stamp", lambda *_: "newer")
    make()
    assert len(kept(empty_cache)) == 6


@pytest.mark.parametrize(
    "damage", ["cut off", "one bit", "empty", "no facts", "bad facts", "shape"]
)
def test_a_damaged_array_is_made_anew(damage, dataset, empty_cache) -> None:
    first = np.array(bt.create_training_data(dataset, size=16, cache=True).images)
    (folder,) = kept(empty_cache)
    file, facts = folder / "images.npy", folder / "facts.json"
    raw = bytearray(file.read_bytes())
    if damage == "cut off":
        file.write_bytes(raw[:-100])
    elif damage == "one bit":
        raw[-1] ^= 1
        file.write_bytes(raw)
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "no facts":
        facts.unlink()
    elif damage == "bad facts":
        facts.write_text("[]")
    else:
        np.save(file, np.zeros((12, 8, 8, 3), np.uint8))
    again = bt.create_training_data(dataset, size=16, cache=True)
    assert isinstance(again.images, np.memmap) and np.array_equal(again.images, first)
    assert kept(empty_cache) == [folder]


def test_unreadable_files_stay_listed(dataset, monkeypatch) -> None:
    dataset.paths[4].write_bytes(b"not a picture")
    first = bt.create_training_data(dataset, size=16, cache=True)
    never_read(monkeypatch)
    again = bt.create_training_data(dataset, size=16, cache=True)
    assert first.skipped == again.skipped and len(again) == 11 == len(again.images)
    assert "no image" in again.skipped[0][1] and again.skipped[0][0] == dataset.paths[4]
    assert np.array_equal(first.images, again.images)


def test_a_file_that_changes_meanwhile_is_not_kept(dataset, empty_cache, monkeypatch) -> None:
    def read(path: Path) -> np.ndarray:
        dataset.paths[0].write_bytes(dataset.paths[1].read_bytes())
        return bt.read_image(path)

    monkeypatch.setattr(training_data, "read_image", read)
    with pytest.warns(UserWarning, match="changed while they were read.*nothing is kept"):
        bt.create_training_data(dataset, size=16, workers=1, cache=True)
    assert kept(empty_cache) == []


def test_a_cache_that_cannot_be_written(dataset, empty_cache) -> None:
    empty_cache.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="can't be written"):
        data = bt.create_training_data(dataset, size=16, cache=True)
    assert type(data.images) is np.ndarray and len(data) == 12


def test_a_full_disk(dataset, empty_cache, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(array_cache, "_take_room", full)
    with pytest.warns(UserWarning, match="No space left"):
        assert len(bt.create_training_data(dataset, size=16, cache=True)) == 12
    assert kept(empty_cache) == []


def test_errors_of_the_data_are_no_errors_of_the_cache(dataset) -> None:
    for path in dataset.paths[:3]:
        path.write_bytes(b"")
    with pytest.raises(BloodcellError, match="EOSINOPHIL: none of its images could be read"):
        bt.create_training_data(dataset, size=16, cache=True)


def test_old_arrays_and_leftovers_are_removed(dataset, empty_cache) -> None:
    (empty_cache / "arrays" / ".killed.partial").mkdir(parents=True)
    os.utime(empty_cache / "arrays" / ".killed.partial", (1, 1))
    for size in range(8, 8 + array_cache._KEPT):
        bt.create_training_data(dataset, size=size, cache=True)
        os.utime(max(kept(empty_cache), key=os.path.getmtime), (size, size))
    everything = kept(empty_cache)
    assert len(everything) == array_cache._KEPT and not any("partial" in p.name for p in everything)
    bt.create_training_data(dataset, size=8, cache=True)  # used again: no longer the oldest
    bt.create_training_data(dataset, size=50, cache=True)
    sizes = {np.load(p / "images.npy", mmap_mode="r").shape[1] for p in kept(empty_cache)}
    assert sizes == {8, *range(10, 8 + array_cache._KEPT), 50}


def prepare(source: Path, wait: float) -> int:
    while time.time() < wait:
        pass
    data = bt.create_training_data(bt.choose_dataset(source), size=16, cache=True)
    return int(data.images.sum())


def test_processes_at_once(tiny_archive, empty_cache) -> None:
    expected = int(bt.create_training_data(bt.choose_dataset(tiny_archive.folder), 16).images.sum())
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.apply(prepare, (tiny_archive.folder, 0))
        for _ in range(3):
            shutil.rmtree(empty_cache / "arrays")
            at = time.time() + 0.5
            sums = pool.starmap(prepare, [(tiny_archive.folder, at)] * 3, chunksize=1)
            assert sums == [expected] * 3 and len(kept(empty_cache)) == 1


def test_ctrl_c_leaves_nothing(tiny_archive, empty_cache) -> None:
    code = f"""
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
import bloodcell_tut as bt
from bloodcell_tut import training_data
def slow(path):
    print("reading", flush=True)
    time.sleep(0.2)
    return bt.read_image(path)
training_data.read_image = slow
dataset = bt.choose_dataset({str(tiny_archive.folder)!r})
bt.create_training_data(dataset.take([*range(12)] * 40), size=16, workers=1, cache=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "reading\n"
    assert len(kept(empty_cache)) == 1, "it is being written"
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert kept(empty_cache) == []


def test_a_mapped_array_goes_all_the_way_as_one_in_memory(dataset) -> None:
    """Shuffle, split, train and score: the same weights, and no copy of the images."""

    def weights(cache: bool) -> tuple[list[np.ndarray], np.ndarray]:
        data = bt.create_training_data(dataset, size=16, cache=cache)
        photographs = np.array([f"photo{i}" for i in range(len(data))])
        split = bt.split_by_photograph(bt.shuffle(replace(data, photographs=photographs), 3), 0.4)
        for part in (split.train, split.test):
            assert isinstance(part.images, np.ndarray) is not cache, "picked later, not copied"
            assert part.images.shape == (len(part), 16, 16, 3)
        model = bt.small_cnn(size=16)
        bt.train(model, split.train, split.test, epochs=2)
        evaluation = bt.evaluate(model, split.test)
        bt.plot_mistakes(evaluation)
        return model.get_weights(), evaluation.probabilities

    (mapped, p), (held, q) = weights(True), weights(False)
    assert np.array_equal(p, q)
    for a, b in zip(mapped, held, strict=True):
        assert np.array_equal(a, b)


def test_rows_of_rows(dataset) -> None:
    plain, mapped = (bt.create_training_data(dataset, size=16, cache=c) for c in (False, True))
    rng = np.random.default_rng(0)
    for _ in range(3):
        chosen = rng.permutation(len(plain))[: len(plain) - 2]
        plain, mapped = plain.take(chosen), mapped.take(chosen)
    X, y = bt.features_and_labels(mapped)
    assert np.array_equal(np.asarray(X), plain.images) and np.array_equal(y, plain.labels)
    assert X.nbytes == plain.images.nbytes and X.ndim == 4 and len(X) == len(plain)
    for index in (0, -1, slice(1, 3), [2, 0], np.array([True, False] * 3)):
        assert np.array_equal(X[index], plain.images[index])
    assert np.array_equal(bt.normalize(X), bt.normalize(plain.images))
