"""Several machines, here processes that talk over 127.0.0.1, learn what one would have learned."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bloodcell_tut.errors import ArgumentError, BackendError, BloodcellError
from bloodcell_tut.training import on_machines
from bloodcell_tut.training.machines import Machine, come_together

SCRIPT = Path(__file__).with_name("one_machine.py")
STOPPED = "another one has stopped or can't be reached"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("machines")


def free_address() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@contextmanager
def machines(folder: Path, n: int, *tasks: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    paths = [str(SCRIPT.parents[1]), str(SCRIPT.parents[2])]
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "TQDM_DISABLE": "1",
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
        "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]),
    }
    address, children = free_address(), []
    for number in range(n):
        command = [sys.executable, str(SCRIPT), str(folder), address, str(n), str(number), *tasks]
        with (folder / f"{n} {number}.err").open("wb") as log:
            children.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.wait()


def said(folder: Path, n: int, number: int) -> str:
    return (folder / f"{n} {number}.err").read_text(errors="replace")


def ended(folder: Path, children: list[subprocess.Popen[bytes]], seconds: float) -> list[int]:
    until = time.monotonic() + seconds
    for number, child in enumerate(children):
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            pytest.fail(f"machine {number} goes on: {said(folder, len(children), number)[-3000:]}")
    return [child.returncode for child in children]


def wait_for(folder: Path, children: list[subprocess.Popen[bytes]], name: str) -> None:
    n = len(children)
    while not all((folder / f"{name} {n} {k}.json").exists() for k in range(n)):
        for number, child in enumerate(children):
            assert child.poll() is None, said(folder, n, number)[-3000:]
        time.sleep(0.1)


def results(folder: Path, name: str, n: int) -> list[Any]:
    return [json.loads((folder / f"{name} {n} {k}.json").read_text()) for k in range(n)]


def same(found: Any, expected: Any) -> None:
    assert found["history"].keys() == expected["history"].keys() != set()
    for name, values in expected["history"].items():
        np.testing.assert_allclose(found["history"][name], values, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(found["weights"], expected["weights"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found["answers"], expected["answers"], atol=1e-3)


@pytest.fixture(scope="module")
def alone(folder: Path) -> Any:
    with machines(folder, 1, "learned") as children:
        assert ended(folder, children, 600) == [0], said(folder, 1, 0)
    return results(folder, "learned", 1)[0]


@pytest.fixture(scope="module")
def two(folder: Path) -> str:
    """Return what the first of two says when you press Ctrl-C at the other, after much else."""
    with machines(folder, 2, "learned", "resumed", "other_data", "endless") as children:
        wait_for(folder, children, "training")
        children[1].send_signal(signal.SIGINT)
        assert ended(folder, children, 30) == [1, 130]
    return said(folder, 2, 0)


def test_two_learn_what_one_would(folder: Path, alone: Any, two: str) -> None:
    first, second = results(folder, "learned", 2)
    same(first, alone)
    assert first == second


def test_two_go_on_from_a_checkpoint(folder: Path, alone: Any, two: str) -> None:
    first, second = results(folder, "resumed", 2)
    same(first, alone)
    assert len(first["before"]["loss"]) == len(second["before"]["loss"]) == 2
    assert second == first | {"kept": False} and first["kept"]


def test_two_that_differ_are_refused(folder: Path, two: str) -> None:
    for error in results(folder, "other_data", 2):
        assert error.startswith("ModelError: machine 1 of 0 to 1: found other data or settings")


def test_ctrl_c_at_one_stops_the_other(two: str) -> None:
    assert f"BloodcellError: machine 0 of 0 to 1 stops: {STOPPED}" in two
    assert "Check failure" not in two


def test_four_learn_what_one_would_and_end_with_the_first(folder: Path, alone: Any) -> None:
    with machines(folder, 4, "learned", "endless") as children:
        wait_for(folder, children, "training")
        children[0].kill()
        codes = ended(folder, children, 30)
    assert codes[0] == -signal.SIGKILL and all(codes)
    first, *others = results(folder, "learned", 4)
    same(first, alone)
    assert others == [first] * 3
    for number in range(4):  # the first one too, by its last words
        assert f"machine {number} of 0 to 3 stops: {STOPPED}" in said(folder, 4, number)


def test_a_killed_machine_stops_the_first(tmp_path: Path) -> None:
    folder = tmp_path
    with machines(folder, 2, "endless") as children:
        wait_for(folder, children, "training")
        children[1].kill()
        assert ended(folder, children, 30) == [1, -signal.SIGKILL]
    assert f"BloodcellError: machine 0 of 0 to 1 stops: {STOPPED}" in said(folder, 2, 0)
    assert "Check failure" not in said(folder, 2, 0)


def test_wrong_arguments() -> None:
    wrong: Any
    for wrong in ("192.168.0.5", ":8476", "here:0", "here:65536", "here:x", 8476):
        with pytest.raises(ArgumentError, match=r"first: found .*; expected an address and a port"):
            on_machines(wrong, 2, number=0).__enter__()
    for n, number in ((1, 0), (2, 2), (2, -1)):
        with pytest.raises(ArgumentError):
            on_machines("127.0.0.1:8476", n, number=number).__enter__()
    with pytest.raises(BackendError, match=r"found Keras with tensorflow.*KERAS_BACKEND"):
        on_machines("127.0.0.1:8476", 2, number=0).__enter__()


def test_who_is_missing_is_said_in_time() -> None:
    address = free_address()
    for number, missing in ((0, "1, 3"), (1, "0")):
        with ThreadPoolExecutor() as pool:
            # machine 2 of 0 to 3 comes as well; one of another training does not count
            others = [pool.submit(come_together, address, Machine(4, 2), 2)]
            others += [pool.submit(come_together, address, Machine(3, 1), 2)] if number == 0 else []
            pattern = rf"machine {missing} of 0 to 3 is not there after 1 seconds"
            with pytest.raises(BloodcellError, match=pattern):
                come_together(address, Machine(4, number), 1)
            for other in others:
                assert isinstance(other.exception(), BloodcellError)


def test_all_come_together_in_any_order() -> None:
    address = free_address()
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(come_together, address, Machine(3, k), 20) for k in (2, 1, 0)]
        assert [one.result() for one in waiting] == [None] * 3


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BloodcellError, match=r"in use.*expected .* a free port"):
            come_together(address, Machine(2, 0), 1)
