"""The same answers from threads and from two workers of a cluster, whatever happens to these."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from builders import training_data
from distributed import LocalCluster
from far_work import by_pixels, fatal, fatal_once, noted, process
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut.baselines import cross_validated, decision_tree
from bloodcell_tut.cli import app
from bloodcell_tut.files import on_cluster, pieces
from bloodcell_tut.files.pieces import in_pieces, is_elsewhere, one_by_one
from bloodcell_tut.photographs.find import match_originals
from bloodcell_tut.runs.folds import fold_split, other_folds
from bloodcell_tut.runs.settings import RunSettings


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as two:
        yield two


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn cells, one file cut off and one emptied."""
    folder = tmp_path_factory.mktemp("data") / "sample"
    bt.draw_sample(folder, n_photographs=12, n_images=60)
    first, second, *_ = sorted(path for path in folder.rglob("*.jpeg") if "TRAIN" in path.parts)
    first.write_bytes(first.read_bytes()[:300])
    second.write_bytes(b"")
    return folder


def wait_until(what: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_cluster_finds_what_threads_find(cluster: Any, sample: Path) -> None:
    dataset = bt.choose_dataset(sample)
    files = [path for path in dataset.paths if path.stat().st_size > 300]

    def everything() -> list[Any]:
        data = bt.create_training_data(dataset, 32)
        found, groups = bt.audit(dataset), bt.find_photographs(files, cache=False)
        matches = match_originals(files[:20], files[20:])
        asked = cross_validated(data, decision_tree, n_folds=2, level="photograph")
        arrays = data.images, groups.groups, matches.originals, matches.residuals
        return [
            *arrays, asked.probabilities, data.skipped, found.findings, found.paths, found.cells
        ]  # fmt: skip

    here = everything()
    with on_cluster(cluster.scheduler_address):
        assert is_elsewhere()
        there = everything()
    assert not is_elsewhere()
    for one, other in zip(here, there, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(here[5]) == 2 and "0 bytes" in str(here[5]) and here[5] == there[5]
    assert [f.note for f in here[6] if f.kind == "unreadable"] == [why for _, why in here[5]]


def test_folds_on_a_cluster(
    cluster: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, settings = training_data(), RunSettings(folds=3, out=tmp_path)
    rows = [(np.arange(i, 96, 2), np.arange(i + 1, 96, 3)) for i in range(3)]
    here = list(other_folds(by_pixels, settings, whole, rows))
    said = capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 2
    for path in tmp_path.iterdir():
        path.unlink()
    with on_cluster(cluster.scheduler_address):
        there = list(other_folds(by_pixels, settings, whole, rows))
    assert not list(tmp_path.iterdir()), "a worker needs no folder of the run"
    assert [line[:25] for line in capsys.readouterr().out.splitlines()] == [
        line[:25] for line in said.splitlines()
    ]
    assert "fold 2/3 evaluate: 32 images" in said
    for one, other, row in zip(here, there, rows[1:], strict=True):
        assert np.array_equal(one.probabilities, other.probabilities)
        assert one.test.paths == other.test.paths == fold_split(whole, row).test.paths


def test_the_commands_take_it(cluster: Any, sample: Path, tmp_path: Path) -> None:
    def call(*words: str) -> Any:
        return CliRunner().invoke(app, [*words])

    here = call("audit", str(sample), "--json")
    there = call("audit", str(sample), "--json", "--cluster", cluster.scheduler_address)
    assert (here.exit_code, there.exit_code) == (0, 0) and here.stdout == there.stdout
    found = call("run", "--cluster", "nowhere", "--out", str(tmp_path / "out"))
    assert found.exit_code == 1 and "no Dask scheduler at nowhere" in found.stderr
    assert not (tmp_path / "out").exists()


def test_workers_fetch_what_they_lack(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bt.draw_sample(tmp_path / "here" / "cells", n_photographs=8, n_images=32)
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "cache"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "here"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        dataset = bt.choose_dataset(f"http://127.0.0.1:{server.server_port}/cells")
        here = bt.create_training_data(dataset, 16, crop=False).images
        for path in dataset.paths:
            path.unlink()
        with on_cluster(cluster.scheduler_address):
            there = bt.create_training_data(dataset, 16, crop=False)
        server.shutdown()
    assert there.skipped == () and np.array_equal(there.images, here)


def test_images_without_files_are_compared_too(cluster: Any) -> None:
    images = [
        np.random.default_rng(i // 2).integers(0, 255, (90, 90, 3), np.uint8) for i in range(6)
    ]
    here = bt.find_photographs(images, cache=False).groups
    with on_cluster(cluster.scheduler_address):
        assert (bt.find_photographs(images, cache=False).groups == here).all()


def test_a_killed_worker_costs_its_pieces_only(cluster: Any, tmp_path: Path) -> None:
    log, n = tmp_path / "log", 320
    with on_cluster(cluster.scheduler_address):
        answers = in_pieces(partial(noted, log), range(n))
        assert next(answers) == 0
        killed = int(log.read_text().split()[-1])
        os.kill(killed, signal.SIGKILL)
        assert list(answers) == [i * i for i in range(1, n)]
    done = [line.split() for line in log.read_text().splitlines()]
    others = {pid for _, pid in done} - {str(killed)}
    assert others and n <= len(done) <= n + 6 * 16, "what it had in hand and had not handed over"


def test_a_fold_whose_worker_is_killed_is_done_again(cluster: Any, tmp_path: Path) -> None:
    data = training_data()
    with on_cluster(cluster.scheduler_address):
        found = list(one_by_one(partial(fatal_once, tmp_path / "log"), data, range(3)))
    assert found == [data.labels.sum() + i for i in range(3)] and (tmp_path / "log").exists()


def test_a_piece_that_kills_all_is_given_up(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    with on_cluster(cluster.scheduler_address):
        with pytest.raises(bt.BloodcellError, match="a piece of work has ended several workers"):
            list(in_pieces(fatal, range(1)))


def test_ctrl_c_leaves_nothing_on_the_cluster(cluster: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(KeyboardInterrupt), on_cluster(cluster.scheduler_address):
        threading.Timer(0.7, signal.raise_signal, [signal.SIGINT]).start()
        list(in_pieces(partial(noted, log), range(5000)))
    wait_until(lambda: not cluster.scheduler.tasks)
    assert len(log.read_text().splitlines()) < 1000


def test_ctrl_c_ends_the_command(cluster: Any, sample: Path) -> None:
    command = [sys.executable, "-m", "bloodcell_tut", "audit", str(sample)]
    code = "from bloodcell_tut.cli import app; app()"
    command = [sys.executable, "-c", code, *command[3:], "--cluster", cluster.scheduler_address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        wait_until(lambda: len(cluster.scheduler.clients) > 1 or cluster.scheduler.tasks)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130 and said.strip() == b"bloodcell-tut: stopped"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "foo://127.0.0.1:8786"])
def test_no_scheduler(address: str) -> None:
    started = time.monotonic()
    with pytest.raises(bt.BloodcellError, match=f"no Dask scheduler at {address} .*dask scheduler"):
        on_cluster(address).__enter__()
    assert time.monotonic() - started < 10


def test_no_worker() -> None:
    started = time.monotonic()
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty:
        with pytest.raises(bt.BloodcellError, match=r"but no worker; .*dask worker tcp://127"):
            on_cluster(empty.scheduler_address).__enter__()
        assert time.monotonic() - started < 10


def test_workers_and_scheduler_that_leave(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pieces, "_PATIENCE", 1)
    with LocalCluster(
        n_workers=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as one:
        with on_cluster(one.scheduler_address):
            answers = in_pieces(partial(noted, tmp_path / "log"), range(200))
            assert next(answers) == 0
            one.scale(0)
            wait_until(lambda: not one.scheduler.workers)
            closing = threading.Timer(3, one.close)
            with pytest.warns(UserWarning, match="no worker is left; waits"):
                closing.start()
                with pytest.raises(bt.BloodcellError, match="the Dask scheduler has gone"):
                    list(answers)
            closing.join()


def test_processes_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces.os, "cpu_count", lambda: 1)
    with on_cluster("local"):
        (worker,) = set(in_pieces(process, range(20)))
    assert worker != os.getpid() and not Path(f"/proc/{worker}").exists()


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(bt.BloodcellError, match=r"found no distributed.*pip install 'dask\[dis"):
        on_cluster("tcp://127.0.0.1:8786").__enter__()
    with on_cluster(None):
        assert list(in_pieces(abs, [-1])) == [1]


def test_other_versions_are_told(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with on_cluster(cluster.scheduler_address):
            pass
    monkeypatch.setattr(pieces, "_other_versions", lambda _: ["dask", "numpy"])
    with pytest.warns(UserWarning, match="other versions than here, of dask, numpy; results may"):
        with on_cluster(cluster.scheduler_address):
            pass
    monkeypatch.setattr(pieces, "code_stamp", lambda *_: "00000000")
    with pytest.warns(UserWarning, match="of bloodcell_tut, NumPy or OpenCV on tcp://127"):
        with on_cluster(cluster.scheduler_address):
            pass


def test_versions_are_compared() -> None:
    def has(dask: str) -> dict[str, Any]:
        return {"packages": {"dask": dask, "numpy": "2.0"}}

    facts = {"client": has("1"), "scheduler": has("1"), "workers": {"a": has("1"), "b": has("2")}}
    assert pieces._other_versions(facts) == ["dask"]
    facts["workers"] = {}
    assert pieces._other_versions(facts) == []


def test_a_worker_without_the_package() -> None:
    lacking = SimpleNamespace(
        wait_for_workers=lambda *_, **__: None,
        run=lambda *_, **__: {"tcp://a:1": ModuleNotFoundError("No module named 'bloodcell_tut'")},
    )
    with pytest.raises(bt.BloodcellError, match="worker tcp://a:1 can't load bloodcell_tut"):
        pieces._check_workers(lacking, "tcp://a:0")
