"""The cache of prepared images: taken again, never wrong, never half; data larger than memory."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TinyArchive

import bloodcell_tut as bt
from bloodcell_tut import training_data
from bloodcell_tut.errors import BloodcellError
from bloodcell_tut.files import array_cache


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
    def make(some: bt.ImageDataset = dataset, **options: Any) -> np.ndarray:
        return bt.create_training_data(
            some, **dict[str, Any](size=16, crop=True, cache=True) | options
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
    monkeypatch.setattr(array_cache, "code_stamp", lambda *_: "newer")
    make()
    assert len(kept(empty_cache)) == 6


def test_each_file_is_opened_once_for_its_fingerprint(sample_folder, empty_cache, reads) -> None:
    """The sample's table and the cache ask for the same fingerprints."""
    dataset = bt.choose_dataset(sample_folder)
    assert set(reads.values()) == {1} and set(reads) == set(dataset.paths)
    for part in (dataset, dataset, dataset.take(np.arange(0, len(dataset), 4))):
        data = bt.create_training_data(part, size=8, crop=False, cache=True)
        bt.find_photographs(data.paths[::200])
        assert max(reads.values()) == 1
    again = bt.choose_dataset(sample_folder)
    assert again.photographs is not None and max(reads.values()) == 1


@pytest.mark.parametrize(
    "damage",
    ["cut off", "one bit", "zeros", "empty", "no facts", "bad facts", "other facts", "shape"],
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
    elif damage == "zeros":
        file.write_bytes(bytes(len(raw)))
    elif damage == "other facts":  # a file would be left out that can be read
        facts.write_text(facts.read_text().replace('""', '"broken"', 1))
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


def test_an_array_under_a_wrong_name_is_made_anew(dataset, empty_cache) -> None:
    bt.create_training_data(dataset, size=16, cache=True)
    (folder,) = kept(empty_cache)
    other = dataset.take(np.arange(12)[::-1])
    right = np.array(bt.create_training_data(other, size=16, cache=True).images)
    (of_other,) = {*kept(empty_cache)} - {folder}
    shutil.rmtree(of_other)
    shutil.copytree(folder, of_other)
    again = bt.create_training_data(other, size=16, cache=True)
    assert np.array_equal(again.images, right)


def test_unreadable_files_stay_listed(dataset, monkeypatch) -> None:
    dataset.paths[4].write_bytes(b"not a picture")
    first = bt.create_training_data(dataset, size=16, cache=True)
    never_read(monkeypatch)
    again = bt.create_training_data(dataset, size=16, cache=True)
    assert first.skipped == again.skipped and len(again) == 11 == len(again.images)
    assert "no image" in again.skipped[0][1] and again.skipped[0][0] == dataset.paths[4]
    assert np.array_equal(first.images, again.images)


def test_a_file_that_changes_meanwhile_is_not_kept(dataset, empty_cache, monkeypatch) -> None:
    def read(path: Path, reduced: bool = False) -> np.ndarray:
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
def slow(path, reduced=False):
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


def test_a_mapped_array_goes_all_the_way_as_one_in_memory(dataset, monkeypatch) -> None:
    """Shuffle, split, train and score: the same weights."""
    monkeypatch.setattr(array_cache, "_IN_MEMORY", 0)

    def weights(cache: bool) -> tuple[list[np.ndarray], np.ndarray]:
        data = bt.create_training_data(dataset, size=16, cache=cache)
        photographs = np.array([f"photo{i}" for i in range(len(data))])
        split = bt.split_by_photograph(
            bt.shuffle(replace(data, photographs=photographs), 3), test_size=0.4
        )
        for part in (split.train, split.test):
            assert isinstance(part.images, np.memmap) is cache
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


CALLS: dict[str, Callable[[np.ndarray], object]] = {
    "mean": lambda X: X.mean(),
    "mean of each channel": lambda X: X.mean(axis=(0, 1, 2)),
    "std": lambda X: np.std(X, axis=0),
    "max": lambda X: X.max(),
    "min": lambda X: np.min(X, axis=0),
    "sum": lambda X: X.sum(dtype=np.int64),
    "histogram": lambda X: np.bincount(X.ravel(), minlength=256),
    "divide": lambda X: X / 255,
    "float": lambda X: X.astype(np.float32),
    "compare": lambda X: X > 100,
    "any": lambda X: (X == 255).any(axis=(1, 2)),
    "concatenate": lambda X: np.concatenate([X, X[:2]]),
    "stack": lambda X: np.stack([X, X]),
    "transpose": lambda X: X.transpose(0, 3, 1, 2),
    "reshape": lambda X: X.reshape(len(X), -1),
    "swap colors": lambda X: X[..., ::-1],
    "first": lambda X: X[0],
    "last pixel": lambda X: X[-1, -1, -1],
    "slice": lambda X: X[2:7:2],
    "crop": lambda X: X[:, 2:5, 1:-1],
    "list": lambda X: X[[3, 0]],
    "mask": lambda X: X[np.arange(len(X)) % 2 == 0],
    "where": lambda X: np.where(X > 100, X, 0),
    "sort": lambda X: np.sort(X, axis=0),
    "pad": lambda X: np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0))),
    "dot": lambda X: np.tensordot(X, [0.3, 0.6, 0.1], 1),
    "facts": lambda X: (X.shape, X.dtype, X.ndim, X.nbytes, X.size, len(X), X.itemsize),
    "bytes": lambda X: X.tobytes(),
    "loop": lambda X: [image.sum() for image in X],
}


@pytest.mark.parametrize("steps", ["as read", "taken", "shuffled", "split", "unreadable left out"])
@pytest.mark.parametrize("limit", [0, 2**23])
def test_every_call_of_numpy_works_on_both_kinds(dataset, steps, limit, monkeypatch) -> None:
    """On what is mapped, and on what is so small that it was copied into memory."""
    monkeypatch.setattr(array_cache, "_IN_MEMORY", limit)
    if steps == "unreadable left out":
        dataset.paths[4].write_bytes(b"not a picture")
    found = []
    for cache in (False, True):
        data = bt.create_training_data(dataset, size=16, cache=cache)
        if steps == "taken":
            data = data.take(np.array([5, 5, 0, 11, 2, 7])).take(np.array([0, 3, 2, 4, 5, 1]))
        elif steps == "shuffled":
            data = bt.shuffle(data, 3)
        elif steps == "split":
            data = bt.split_by_image(data, seed=1).train
        found.append(bt.features_and_labels(data)[0])
    held, mapped = found
    assert type(held) is np.ndarray and isinstance(mapped, np.ndarray)
    assert isinstance(mapped, np.memmap) is (limit == 0 or steps == "as read")
    for name, call in CALLS.items():
        expected: Any = call(held)
        answer: Any = call(mapped)
        if isinstance(expected, np.ndarray):
            assert isinstance(answer, np.ndarray) and answer.dtype == expected.dtype, name
            assert np.array_equal(answer, expected), name
        else:
            assert answer == expected or np.array_equal(answer, expected), name
    assert np.array_equal(bt.normalize(mapped), bt.normalize(held))


def test_a_copy_is_ones_own(dataset, empty_cache, monkeypatch) -> None:
    """Writing into it changes neither what it was taken from nor what is kept."""
    monkeypatch.setattr(array_cache, "_IN_MEMORY", 0)
    data = bt.create_training_data(dataset, size=16, cache=True)
    before, some = np.array(data.images), data.take(np.arange(12))
    some.images[:] = 0
    assert np.array_equal(data.images, before) and not some.images.any()
    again = bt.create_training_data(dataset, size=16, cache=True)
    assert np.array_equal(again.images, before)
    assert {p.name for p in empty_cache.iterdir()} == {"arrays", "locks"}, (
        "the copy's file has no name"
    )


def test_no_room_for_a_copy(dataset, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    data = bt.create_training_data(dataset, size=16, cache=True)
    monkeypatch.setattr(array_cache, "_IN_MEMORY", 0)
    monkeypatch.setattr(array_cache.tempfile, "TemporaryFile", full)
    with pytest.warns(UserWarning, match="No space left.*kept in memory"):
        some = data.take(np.array([3, 1]))
    assert type(some.images) is np.ndarray and np.array_equal(some.images, data.images[[3, 1]])


LARGE = r"""
import os, re, sys
import numpy as np
import bloodcell_tut as bt
from bloodcell_tut.files import array_cache

def most():  # of this process, mapped pages included, MB
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024

n = 16_000
header = {"descr": "|u1", "fortran_order": False, "shape": (n, 64, 64, 3)}
with open(sys.argv[1], "wb") as file:
    np.lib.format.write_array_header_1_0(file, header)
    for i in range(n):
        file.write(bytes([i % 251] * 64 * 64 * 3))
images = np.load(sys.argv[1], mmap_mode="r")
paths, labels = tuple(map(str, range(n))), np.arange(n) % 2
data = bt.TrainingData(images, labels, None, paths, ("a", "b"))
before = most()
"""


@pytest.fixture
def large(tmp_path: Path, empty_cache: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a process that has mapped 196 MB of images, and goes on as told."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells how much memory a process took")

    def start(more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", LARGE + more, str(tmp_path / "images.npy")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    yield start
    assert not empty_cache.exists() or not any(empty_cache.iterdir()), "nothing is left"


def test_a_large_array_is_shuffled_in_little_memory(large) -> None:
    process = large("""
shuffled = bt.shuffle(data)
assert isinstance(shuffled.images, np.memmap), type(shuffled.images)
print(most() - before)
order = np.random.default_rng(0).permutation(n)
assert (shuffled.images[:, 0, 0, 0] == order % 251).all()
""")
    assert float(process.communicate(timeout=120)[0]) < 60, "of 196 MB"
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_copy_that_is_stopped_leaves_nothing(large, number, empty_cache) -> None:
    process = large("""
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
array_cache.let_go = lambda _: (print("copying", flush=True), time.sleep(60))
bt.shuffle(data)
""")
    assert process.stdout.readline() == "copying\n"
    process.send_signal(number)
    assert process.wait(60) != 0


def test_what_is_large_is_mapped_from_the_start(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_cache, "_LARGE", 1000)
    assert type(array_cache.room_for((10, 10, 10))) is np.ndarray
    large = array_cache.room_for((1001, 1))
    assert isinstance(large, np.memmap) and large.shape == (1001, 1) and large.dtype == np.uint8
    large[:, 0] = np.arange(1001) % 256
    array_cache.let_go(large)
    assert (large[:, 0] == np.arange(1001) % 256).all(), "nothing is lost"
    assert list(empty_cache.iterdir()) == [], "its file has no name"
    empty_cache.rmdir()
    empty_cache.touch()
    assert type(array_cache.room_for((1001, 1))) is np.ndarray, "without a cache it is in memory"


def test_filled_pages_do_not_stay_in_memory(tmp_path: Path, empty_cache: Path) -> None:
    """20,000 images take 246 MB, of which a fifth may be held at once."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells the peak")
    code = (
        "import sys, numpy as np\nfrom pathlib import Path\n"
        "import bloodcell_tut.training_data as module\n"
        "from bloodcell_tut.files import array_cache\n"
        "from bloodcell_tut.runs.environment import peak_memory_mb\n"
        "array_cache._LARGE = 10**6\n"
        "module.read_image = lambda path, reduced: np.full((64, 64, 3), 7, np.uint8)\n"
        "names = tuple(map(Path, 'ab'))\n"
        "labels = np.arange(20_000) % 2\n"
        "data = module.ImageDataset(names * 10_000, labels, ('a', 'b'), None, 'x')\n"
        "before = peak_memory_mb()\n"
        "made = module.create_training_data(data, 64, crop=False)\n"
        "assert (made.images[::500] == 7).all()\n"
        "print(peak_memory_mb() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 50
