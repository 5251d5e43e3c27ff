"""Broken files for everything that reads files: a result comes back, or an error of ours.

Run as a program it feeds as many as asked for, and says the seed:

    python tests/project/fuzz.py --inputs 100000
"""

import argparse
import csv
import faulthandler
import hashlib
import io
import json
import random
import re
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

import bloodcell_tut as bt

MAX_SECONDS, MAX_BYTES = 2.0, 10**9
_NUMBERS = (0, 1, -1, 127, 255, 65535, 2**31 - 1, 2**32 - 1, 10**9, 2**63, -(10**12), 1e308)


class Target(NamedTuple):
    """Something that reads a file: whole files to begin with, and what reads them."""

    suffix: str
    whole: Callable[[Path], list[bytes]]
    read: Callable[[Path], object]
    share: float = 1.0  # of the inputs, since some are slow to read


# -- from whole files to broken ones ------------------------------------------------------------


def broken(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes of a file with one to eight things done to them."""
    if data[:2] == b"PK" and rng.random() < 0.5:
        return _broken_member(data, rng)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        data = rng.choice(_WAYS)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data or b"\0")
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _number(data: bytes, rng: random.Random) -> bytes:
    size, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
    value = int(rng.choice(_NUMBERS[:-1])) % 256**size
    at = rng.randrange(len(data) + 1)
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def _written_number(data: bytes, rng: random.Random) -> bytes:
    found = list(re.finditer(rb"-?\d+(\.\d+)?", data[:100_000]))
    if not found:
        return _flip(data, rng)
    place = rng.choice(found)
    return data[: place.start()] + str(rng.choice(_NUMBERS)).encode() + data[place.end() :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[b:] if rng.random() < 0.5 else data[:a]


def _twice(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[a : min(b, a + 5000)] + data[at:]


def _noise(data: bytes, rng: random.Random) -> bytes:
    at, n = rng.randrange(len(data) + 1), rng.choice((1, 4, 16, 300))
    return data[:at] + rng.randbytes(n) + data[at + n * rng.randrange(2) :]


_WAYS = (_flip, _flip, _number, _number, _written_number, _cut, _twice, _noise)
_NAMES = ("../up", "/etc/x", "C:\\x", "a\\..\\b", "CON", "a/../../b", "x\0y", "ä", "a" * 300, " ")


def _broken_member(data: bytes, rng: random.Random) -> bytes:
    """Change one file inside of an archive, or its name, and leave the archive whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    i, written = rng.randrange(len(members)), io.BytesIO()
    name, content = members[i]
    if rng.random() < 0.15:
        members[i] = rng.choice(_NAMES), content
    else:
        members[i] = name, rng.choice(_WAYS)(content, rng)
    with zipfile.ZipFile(written, "w", rng.choice((0, 8))) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()


# -- what is read -------------------------------------------------------------------------------


def _images(_: Path) -> list[bytes]:
    rng = np.random.default_rng(0)
    rgb = cv2.GaussianBlur(rng.integers(0, 256, (24, 32, 3), np.uint8), (0, 0), 2)
    ways = [
        (".jpg", rgb, []), (".jpg", rgb, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        (".png", rgb, []), (".png", rgb.astype(np.uint16) * 257, []), (".png", rgb[:, :, 0], []),
        (".bmp", rgb, []), (".webp", rgb, []), (".webp", rgb, [cv2.IMWRITE_WEBP_QUALITY, 101]),
        (".tiff", rgb, []), (".tiff", rgb.astype(np.uint16) * 257, []),
        (".tiff", rgb, [cv2.IMWRITE_TIFF_COMPRESSION, 8]),
    ]  # fmt: skip
    coded = [cv2.imencode(suffix, image, how)[1].tobytes() for suffix, image, how in ways]
    picture = Image.fromarray(rgb)
    others: list[tuple[Image.Image, dict[str, object]]] = [
        (picture.convert("CMYK"), {"format": "JPEG"}),
        (picture.convert("P"), {"format": "PNG", "transparency": 0}),
        (picture.convert("P"), {"format": "BMP"}),
        (picture, {"format": "TIFF", "compression": "jpeg"}),
    ]
    for image, how in others:
        file = io.BytesIO()
        image.save(file, **how)  # type: ignore[arg-type]
        coded.append(file.getvalue())
    return coded


def _archives(folder: Path) -> list[bytes]:
    image, made = _images(folder)[0], []
    for names in (("A/1.jpg", "B/2.jpg"), ("TRAIN/A/1.jpg", "TRAIN/B/ü.jpg", "labels.csv")):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, image)
        made.append(file.getvalue())
    return made


def _extract(path: Path) -> None:
    beside = path.parent / "beside"
    beside.mkdir()
    target = beside / "inside" / "out"
    try:
        bt.files.extract_archive(path, target)
        left = ["inside"]
    except bt.BloodcellError:
        left = [] if not (beside / "inside").exists() else ["inside"]
        assert not target.exists(), "an archive that was refused is left half extracted"
        raise
    finally:
        assert [p.name for p in beside.iterdir()] == left, "written outside of its folder"
        assert not left or {p.name for p in (beside / "inside").iterdir()} <= {"out"}
        for found in sorted(beside.rglob("*"), reverse=True):
            assert not found.is_symlink()
            found.rmdir() if found.is_dir() else found.unlink()
        beside.rmdir()


def _tables(_: Path) -> list[bytes]:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["split", "class", "file", "original", "sha256_16", "cell_group"])
    table.writerows([["TRAIN", "A", f"{i}.jpg", f"p{i // 2}", "", i // 2] for i in range(6)])
    return [text.getvalue().encode(), b"\xef\xbb\xbfclass,file,original\nA,1.jpg,p\nA,2.jpg,p\n"]


def _match(path: Path) -> None:
    files = [path.with_name("1.jpg"), path.with_name("2.jpg")]
    bt.photographs.photographs_and_groups(files, ["A", "A"], table=path)


def _models(folder: Path) -> list[bytes]:
    path = folder / "whole.keras"
    bt.save_model(bt.small_cnn(2, size=16), path, ("one", "two"))
    return [path.read_bytes()]


def _load_model(path: Path) -> None:
    import keras

    try:
        bt.load_model(path)
    finally:
        keras.backend.clear_session()


def _checkpoints(folder: Path) -> list[bytes]:
    from bloodcell_tut.files.checkpoint import Checkpoint

    kept = Checkpoint(folder / "whole.npz", "key")
    kept.set_model(_network())
    kept.on_epoch_end(0, {"loss": 1.0})
    return [kept.path.read_bytes()]


@cache  # each network that Keras builds keeps some memory for good
def _network():
    import keras

    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    network.compile("adam", "mse")
    network.optimizer.build(network.trainable_variables)
    return network


def _restore(path: Path) -> None:
    from bloodcell_tut.files.checkpoint import Checkpoint

    network = _network()
    before = [v.numpy().copy() for v in network.variables]
    done = Checkpoint(path, "key").restore(network)
    after = [v.numpy() for v in network.variables]
    same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True))
    assert done or same, "nothing was restored, but weights have changed"


def _arrays(_: Path) -> list[bytes]:
    file = io.BytesIO()
    np.save(file, np.arange(192, dtype=np.uint8).reshape(2, 8, 4, 3))
    return [file.getvalue()]


def _load_array(path: Path) -> None:
    from bloodcell_tut.files.array_cache import _digest, _load

    folder = path.with_name("kept")
    folder.mkdir(exist_ok=True)
    facts = '{"name": "kept", "reasons": ["", ""], "checksums": [0]}'
    (folder / "facts.json").write_text(f"{_digest(facts)}\n{facts}")
    path.replace(folder / "images.npy")
    assert _load(folder, (2, 8, 4, 3)) is None or "the checksum is that of the whole file"
    path.touch()


def _facts(_: Path) -> list[bytes]:
    facts = json.dumps({"name": "facts", "reasons": ["", ""], "checksums": [1, 2]})
    kept = f"{hashlib.sha256(facts.encode()).hexdigest()}\n{facts}"
    return [kept.encode(), json.dumps(["ab12", 0, 8, 8, "0" * 64]).encode()]


def _load_facts(path: Path) -> None:
    from bloodcell_tut.drawing.sample import _whole
    from bloodcell_tut.files.array_cache import _load
    from bloodcell_tut.lab.lessons import _read_record

    folder = path.with_name("facts")
    folder.mkdir(exist_ok=True)
    np.save(folder / "images.npy", np.zeros((2, 8, 4, 3), np.uint8))
    for name in ("facts.json", "recipe.json", ".bloodcell_lessons.json"):
        (folder / name).write_bytes(path.read_bytes())
    _load(folder, (2, 8, 4, 3))
    _whole(folder, ["ab12", 0, 8, 8])
    _read_record(folder)


def _groups(_: Path) -> list[bytes]:
    file = io.BytesIO()
    np.savez_compressed(
        file, groups=np.arange(5), reasons=np.array(["", "a"]), digest=np.array("0" * 64)
    )
    return [file.getvalue()]


def _load_groups(path: Path) -> None:
    from bloodcell_tut.photographs.find import _cached

    _cached(path)


def _progress(_: Path) -> list[bytes]:
    return [b'{"solved": {"check_batch": "2026-01-02", "check_crop": "2026-01-03"}}']


TARGETS = {
    "image": Target(".png", _images, lambda path: bt.prepare_image(bt.read_image(path), 16), 4.0),
    "archive": Target(".zip", _archives, _extract, 2.0),
    "table": Target(".csv", _tables, _match),
    "model": Target(".keras", _models, _load_model, 0.04),
    "checkpoint": Target(".npz", _checkpoints, _restore, 0.2),
    "array": Target(".npy", _arrays, _load_array),
    "facts": Target(".json", _facts, _load_facts),
    "groups": Target(".npz", _groups, _load_groups),
    "progress": Target(".json", _progress, bt.lab.read_progress),
}


# -- the property -------------------------------------------------------------------------------


def feed(name: str, data: bytes, folder: Path) -> bool:
    """Have a target read these bytes; return whether it took them for whole.

    Another error than ours, over two seconds of work, or over a gigabyte on top is raised.
    """
    path = folder / f"input{TARGETS[name].suffix}"
    path.write_bytes(data)
    taken, seconds, used = _measured(TARGETS[name].read, path)
    if seconds > MAX_SECONDS:  # a busy machine slows down once, a bad file each time
        taken, seconds, used = _measured(TARGETS[name].read, path)
    assert seconds <= MAX_SECONDS, f"{seconds:.1f} s of work"
    assert used <= MAX_BYTES, f"{used:,} bytes of memory"
    return taken


def _measured(read: Callable[[Path], object], path: Path) -> tuple[bool, float, int]:
    """Return whether a file was taken, the seconds of work and the bytes of memory."""
    _forget_peak()
    before, started = _peak_bytes(), time.process_time()
    try:
        read(path)
        taken = True
    except bt.BloodcellError:
        taken = False
    return taken, time.process_time() - started, _peak_bytes() - before


def _forget_peak() -> None:
    with suppress(OSError):  # without Linux, the peak stays that of the whole process
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    return int((bt.runs.peak_memory_mb() or 0) * 1e6)


def whole_files(name: str) -> list[bytes]:
    """Return the whole files of a target."""
    with tempfile.TemporaryDirectory() as folder:
        return TARGETS[name].whole(Path(folder))


def _inputs(names: list[str], n: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    whole = {name: whole_files(name) for name in names}
    shares = [TARGETS[name].share for name in names]
    for name in rng.choices(names, shares, k=n):
        noise = rng.random() < 0.02
        data = rng.randbytes(rng.randrange(2000)) if noise else rng.choice(whole[name])
        yield name, data if noise else broken(data, rng)


def main() -> int:
    """Feed as many inputs as asked for; what fails is kept and said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--only", choices=TARGETS, nargs="+", default=list(TARGETS))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.inputs:,} inputs", flush=True)
    faulthandler.enable()
    fed, taken = dict.fromkeys(asked.only, 0), dict.fromkeys(asked.only, 0)
    slowest, largest, found = dict.fromkeys(asked.only, 0.0), dict.fromkeys(asked.only, 0), 0
    inputs = _inputs(asked.only, asked.inputs, random.Random(asked.seed))
    with tempfile.TemporaryDirectory() as folder:
        for i, (target, data) in enumerate(inputs):
            faulthandler.dump_traceback_later(120, exit=True)
            started = time.process_time()
            try:
                taken[target] += feed(target, data, Path(folder))
            except Exception:
                found += 1
                asked.keep.mkdir(exist_ok=True)
                kept = asked.keep / f"{target}-{asked.seed}-{i}{TARGETS[target].suffix}"
                kept.write_bytes(data)
                print(f"{kept}:\n{traceback.format_exc()}", flush=True)
            fed[target] += 1
            slowest[target] = max(slowest[target], time.process_time() - started)
            largest[target] = max(largest[target], _peak_bytes())
    for target, n in fed.items():
        at_most = f"{slowest[target]:5.2f} s and {largest[target] / 1e6:5.0f} MB at most"
        print(f"{target:12}{n:8,} fed {taken[target]:8,} taken {at_most}")
    print(f"{sum(fed.values()):,} inputs, {found} findings")
    return int(found > 0)


if __name__ == "__main__":
    raise SystemExit(main())
