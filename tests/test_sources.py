"""Data sets that have a name: CIFAR-10, from a server on this computer."""

import hashlib
import io
import pickle
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import keras
import numpy as np
import pytest

from bloodcell_tut.errors import DatasetError
from bloodcell_tut.sources import locate_source

BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]


def cifar10_archive() -> bytes:
    """Return an archive like the real one: plain images, whose red says their class."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        for name in BATCHES:
            data = np.zeros((10_000, 3072), np.uint8)
            labels = (np.arange(10_000) % 10).tolist()
            data[:, :1024] = 20 * np.array(labels)[:, None]
            batch = pickle.dumps({b"data": data, b"labels": labels}, protocol=4)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(batch)
            archive.addfile(member, io.BytesIO(batch))
    return file.getvalue()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[ThreadingHTTPServer]:
    """Let Keras fetch CIFAR-10 from a server here, into folders of the test's own."""
    content = cifar10_archive()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    module = __import__("keras.src.datasets.cifar10", fromlist=["get_file"])
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as here:
        Thread(target=here.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{here.server_port}/cifar-10-python.tar.gz"

        def get_file(**how: Any) -> str:
            how |= {"origin": address, "file_hash": hashlib.sha256(content).hexdigest()}
            return str(keras.utils.get_file(**how, cache_dir=tmp_path / "keras"))

        monkeypatch.setattr(module, "get_file", get_file)
        monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))
        yield here
        here.shutdown()


def test_cifar10_is_fetched_once_and_kept(
    server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = locate_source("cifar10")
    with np.load(path) as arrays:
        assert arrays["train_images"].shape == (50_000, 32, 32, 3)
        assert arrays["test_images"].shape == (10_000, 32, 32, 3)
        assert arrays["train_labels"][:3].tolist() == ["airplane", "automobile", "bird"]
        assert arrays["test_images"][9, 5, 5].tolist() == [180, 0, 0], "red first"
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", None)
    assert locate_source("cifar10") == path


def test_cifar10_without_network(server: ThreadingHTTPServer, tmp_path: Any) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(DatasetError, match=r"cifar10: can't be downloaded .* a connection to"):
        locate_source("cifar10")
    assert not list((tmp_path / "cache").glob("cifar10*"))
