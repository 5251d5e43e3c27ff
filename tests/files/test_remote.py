"""Images in a bucket or on a server: fetched once, checked, and fetched again where they lack."""

import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import fsspec
import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.files import remote
from bloodcell_tut.files.remote import fetch, is_url, shown


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "_fetched", {})
    return tmp_path / "cache"


@pytest.fixture
def memory() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    files.pipe({"/lab/A/1.png": b"one", "/lab/B/2 3.png": b"two"})
    yield files
    files.store.clear()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "drawn cells"
    return bt.draw_sample(folder, n_photographs=8, n_images=32)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]


@pytest.fixture
def server(sample: Path) -> Iterator[Any]:
    """The sample's folder on a server here; it notes what it is asked for."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(sample.parent))
    ) as here:
        here.asked = []  # type: ignore[attr-defined]
        Thread(target=here.serve_forever, daemon=True).start()
        yield here
        here.shutdown()


def test_a_folder_of_a_server_is_a_data_set(server: Any, sample: Path) -> None:
    url = f"http://127.0.0.1:{server.server_port}/drawn%20cells"
    found, here = bt.choose_dataset(url), bt.choose_dataset(sample)
    assert [p.name for p in found.paths] == [p.name for p in here.paths]
    assert np.array_equal(found.labels, here.labels) and found.source == f"{url}, TRAIN"
    assert found.photographs is not None and np.array_equal(found.photographs, here.photographs)
    data = bt.create_training_data(found, 16)
    assert np.array_equal(data.images, bt.create_training_data(here, 16).images)
    server.asked.clear()
    assert bt.choose_dataset(url).paths == found.paths
    assert not [path for path in server.asked if path.endswith(".jpeg")], "it is in the cache"
    found.paths[3].unlink()
    assert np.array_equal(bt.read_image(found.paths[3]), bt.read_image(here.paths[3]))
    assert [path for path in server.asked if path.endswith(".jpeg")] != []


def test_only_what_changed_is_another_folder(memory: Any, cache: Path) -> None:
    first = fetch("memory://lab")
    assert (first / "B" / "2 3.png").read_bytes() == b"two" and first.is_relative_to(cache)
    assert fetch("memory://lab") == first and fetch("memory://lab/A") != first
    memory.pipe("/lab/A/1.png", b"another")
    assert (fetch("memory://lab") / "A" / "1.png").read_bytes() == b"another"


def test_an_archive(memory: Any, sample: Path, tmp_path: Path) -> None:
    memory.pipe("/bucket/cells.npz", b"PK")
    assert fetch("memory://bucket/cells.npz").name == "cells.npz"
    assert fetch("memory://bucket/cells.npz").read_bytes() == b"PK"


def test_a_path_here_is_taken_as_it_is(sample: Path, cache: Path) -> None:
    assert fetch(sample.as_uri()) == sample and not (cache / "remote").exists()
    assert bt.choose_dataset(sample.as_uri()).paths == bt.choose_dataset(sample).paths


def test_what_is_an_address() -> None:
    assert is_url("s3://bucket/cells") and is_url("https://host/cells.zip")
    assert not any(map(is_url, ("cells", "/cells", "C:/cells", "C:\\cells", Path("s3://x"), None)))
    assert shown("ftp://me:secret@host/cells") == "ftp://host/cells"


def test_what_arrives_cut_off_is_refused(
    memory: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = type(memory).get

    def cut(self: Any, there: list[str], here: list[str], **how: Any) -> None:
        get(self, there, here, **how)
        Path(here[0]).write_bytes(b"o")

    monkeypatch.setattr(type(memory), "get", cut)
    with pytest.raises(bt.DatasetError, match=r"A/1.png arrived with 1 bytes; expected 3; try"):
        fetch("memory://lab")
    assert [p for p in (cache / "remote").iterdir() if not p.name.startswith(".")] == []


def test_a_name_that_leads_outside_is_refused(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("../x.png", "a\\b.png"):
        listed = {f"/lab/{name}": {"name": f"/lab/{name}", "size": 3}}
        monkeypatch.setattr(type(memory), "find", lambda *_, listed=listed, **__: listed)
        with pytest.raises(bt.DatasetError, match="expected names inside it"):
            fetch("memory://lab")


def test_too_little_room(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_free", lambda _: 5)
    with pytest.raises(bt.DatasetError, match=r"found 0.0 GB; expected no more than"):
        fetch("memory://lab")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory://nothing", "memory://nothing: "),
        ("nosuch://me:secret@host/x", "nosuch://host/x: can't be read .*check the address"),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x: can't be read .*the connection"),
    ],
)
def test_nothing_there(url: str, said: str) -> None:
    with pytest.raises(bt.DatasetError, match=said):
        bt.choose_dataset(url)


@pytest.mark.parametrize(
    ("package", "url", "said"),
    [
        ("fsspec", "s3://bucket", "s3://bucket: found no fsspec.*pip install fsspec"),
        ("s3fs", "s3://bucket", "s3://bucket: can't be read without one more package .*s3fs"),
        ("gcsfs", "gs://bucket", "gs://bucket: can't be read without one more package .*gcsfs"),
    ],
)
def test_packages_that_lack(
    package: str, url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(bt.DatasetError, match=said):
        bt.audit(url)


def test_a_file_that_cannot_be_fetched_again_is_told(memory: Any) -> None:
    path = fetch("memory://lab") / "A" / "1.png"
    path.unlink()
    memory.rm("/lab/A/1.png")
    with pytest.raises(bt.ImageError, match="found nothing; fetching it from memory://lab fai"):
        bt.read_image(path)
    with pytest.raises(bt.ImageError, match="found no such file"):
        bt.read_image(path.parents[2] / "1.png")
