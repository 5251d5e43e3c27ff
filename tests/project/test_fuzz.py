"""Broken files: a result or an error of ours, in two seconds and a gigabyte; more in fuzz.py."""

import io
import json
import random
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fuzz
import h5py
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bloodcell_tut as bt
from bloodcell_tut.files.checkpoint import Checkpoint
from bloodcell_tut.files.writing import read_arrays

EXAMPLES = {"image": 1000, "model": 20, "checkpoint": 100}


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_broken_files(name: str, tmp_path: Path) -> None:
    whole, taken = fuzz.whole_files(name), [0, 0]
    for data in whole:
        assert fuzz.feed(name, data, tmp_path), "a whole file is taken"

    @settings(max_examples=EXAMPLES.get(name, 300), derandomize=True)
    @given(seed=st.integers(0, 2**64 - 1), which=st.sampled_from(range(len(whole))))
    def check(seed: int, which: int) -> None:
        taken[fuzz.feed(name, fuzz.broken(whole[which], random.Random(seed)), tmp_path)] += 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check()
    assert sum(taken) >= EXAMPLES.get(name, 300)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=500), name=st.sampled_from(["image", "archive", "table", "facts"]))
def test_any_bytes(data: bytes, name: str, tmp_path: Path) -> None:
    fuzz.feed(name, data, tmp_path)


def test_a_reader_that_fails_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def target(read: Callable[[Path], object]) -> None:
        monkeypatch.setitem(fuzz.TARGETS, "x", fuzz.Target("", lambda _: [b"x"], read))

    target(lambda _: vars(fuzz)["missing"])
    with pytest.raises(KeyError):
        fuzz.feed("x", b"", tmp_path)
    target(lambda _: sum(range(10**8)))
    monkeypatch.setattr(fuzz, "MAX_SECONDS", 0.1)
    with pytest.raises(AssertionError, match="s of work"):
        fuzz.feed("x", b"", tmp_path)
    target(lambda _: np.ones(15 * 10**7, np.uint8))
    monkeypatch.setattr(fuzz, "MAX_BYTES", 5 * 10**7)
    with pytest.raises(AssertionError, match="bytes of memory"):
        fuzz.feed("x", b"", tmp_path)


def test_the_long_run_says_what_it_fed(tmp_path: Path) -> None:
    command = [sys.executable, fuzz.__file__, "--inputs", "50", "--seed", "1", "--only"]
    done = subprocess.run([*command, "table", "array"], capture_output=True, cwd=tmp_path)
    assert done.returncode == 0 and b"seed 1, 50 inputs" in done.stdout
    assert done.stdout.splitlines()[-1] == b"50 inputs, 0 findings"


# -- what fuzzing has found ---------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1_000_000), (1_000_000, 40)])
def test_a_strip_makes_no_huge_square(shape: tuple[int, int]) -> None:
    fuzz._forget_peak()
    before = fuzz._peak_bytes()
    strip = np.full((*shape, 3), 200, np.uint8)
    assert bt.prepare_image(strip, 16).shape == (16, 16, 3)
    assert fuzz._peak_bytes() < before + 5e8


def test_files_without_end_or_sense_are_not_read(tmp_path: Path) -> None:
    endless, huge = tmp_path / "endless.png", tmp_path / "huge.png"
    endless.symlink_to("/dev/zero")
    with huge.open("wb") as file:
        file.truncate(10**10)
    for path, found in ((endless, "no regular file"), (huge, "10,000,000,000 bytes")):
        with pytest.raises(bt.ImageError, match=found):
            bt.read_image(path)


def test_other_formats_are_not_decoded(tmp_path: Path) -> None:
    """Pillow and OpenCV know dozens of formats, each with a decoder that may have flaws."""
    for name, start in (("pcx", b"\n\5\1\x08" + bytes(124)), ("sgi", b"\1\xda\0\1" + bytes(508))):
        path = tmp_path / f"{name}.png"
        path.write_bytes(start)
        with pytest.raises(bt.ImageError, match="found no image"):
            bt.read_image(path)


def kept(path: Path, change: bytes = b"", to: bytes = b"", **arrays: Any) -> Path:
    """Write an .npz file with other bytes in its first member."""
    np.savez(path, **arrays)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert change in members[next(iter(members))]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data.replace(change, to, 1))
    return path


@pytest.mark.parametrize(
    ("change", "to"),
    [
        (b"(2,)", b"((2,"),  # tokenize.TokenError
        (b"\x93NUMPY", b"NUMPY\x93"),  # bytes instead of an array
        (b"a\0\0\0", b"a\xff\xff\xff"),  # SystemError, when the text is read
        (b"(2,)", b"(9,)"),  # ValueError
    ],
)
def test_damaged_arrays_are_passed_over(tmp_path: Path, change: bytes, to: bytes) -> None:
    path = tmp_path / "kept.npz"
    assert read_arrays(kept(path, texts=np.array(["a", "b"]))) is not None
    assert read_arrays(kept(path, change, to, texts=np.array(["a", "b"]))) is None
    assert read_arrays(tmp_path / "missing.npz") is None


def test_a_checkpoint_of_other_shapes_changes_nothing(tmp_path: Path) -> None:
    network = fuzz._network()
    before = [np.array(v) for v in network.variables]
    facts = np.array(json.dumps({"key": "key", "history": {"loss": [1.0]}}))
    arrays = [np.array(v) for v in (*network.variables, *network.optimizer.variables)]
    named: dict[str, Any] = {str(i): array for i, array in enumerate(arrays)}
    no_key = np.array('{"history": {"loss": []}}')
    for wrong in ({}, {"1": arrays[1][:1]}, {"1": arrays[1].astype(complex)}, {"facts": no_key}):
        given: dict[str, Any] = {"facts": facts, **named, **wrong} if wrong else {"facts": facts}
        path = kept(tmp_path / "training.npz", **given)
        assert Checkpoint(path, "key").restore(network) == 0
    assert all(np.array_equal(a, b) for a, b in zip(before, network.variables, strict=True))
    path = kept(tmp_path / "training.npz", **named | {"0": arrays[0] + 1}, facts=facts)
    assert Checkpoint(path, "key").restore(network) == 1
    assert np.array_equal(network.variables[0], before[0] + 1)


def changed_model(path: Path, member: str, data: bytes, method: int = zipfile.ZIP_STORED) -> Path:
    bt.save_model(bt.small_cnn(2, size=16), path, ("one", "two"))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in (members | {member: data}).items():
            archive.writestr(name, content)
    return path


def test_a_model_with_more_weights_than_its_file(tmp_path: Path) -> None:
    layers = [
        keras.Input((16, 16, 3)),
        keras.layers.Flatten(),
        keras.layers.Dense(20),
        keras.layers.Dense(2),
    ]
    plan = json.dumps(keras.saving.serialize_keras_object(keras.Sequential(layers)))
    for small, large in (('"units": 20,', '"units": 2000000,'), ("[null, 20]", "[null, 2000000]")):
        assert small in plan
        plan = plan.replace(small, large)
    path = changed_model(tmp_path / "m.keras", "config.json", plan.encode())
    fuzz._forget_peak()
    with pytest.raises(bt.ModelError, match="1,542,000,002 weights"):
        bt.load_model(path)
    assert fuzz._peak_bytes() < 1.2e9


def test_a_model_file_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    changed_model(path, "model.weights.h5", bytes(10**8), zipfile.ZIP_DEFLATED)
    with pytest.raises(bt.ModelError, match=r"\d bytes in a file of .* bytes"):
        bt.load_model(path)


@pytest.mark.parametrize("member", ["config.json", "metadata.json", "bloodcell_tut.json"])
def test_sizes_are_checked_before_json_is_parsed(
    member: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = changed_model(tmp_path / "m.keras", member, b"[" * 120_000_000, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)  # nothing of it is even unpacked
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(bt.ModelError, match=r"\d bytes in a file of .* bytes"):
        bt.load_model(path)
    monkeypatch.undo()
    changed_model(path, member, b"[" * 2_000_001)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(bt.ModelError, match=f"'{member}' of 2,000,001 bytes"):
        bt.load_model(path)


def test_weights_are_not_taken_from_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(10**6))
    path = changed_model(tmp_path / "m.keras", "x", b"")
    assert bt.load_model(path).class_names == ("one", "two")
    with zipfile.ZipFile(path) as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        name = next(name for name in names if "conv2d" in name)
        shape, dtype = file[name].shape, file[name].dtype
        del file[name]
        size = int(np.prod(shape)) * dtype.itemsize
        file.create_dataset(name, shape, dtype, external=[(str(secret), 0, size)])
    changed_model(path, "model.weights.h5", weights.getvalue())
    with pytest.raises(bt.ModelError, match="weights that lie in another file"):
        bt.load_model(path)
