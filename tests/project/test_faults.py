"""A run that is killed, or that finds no disk, home, cache or memory: whole results or none."""

import io
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.files.lock import REPORT_FILES
from bloodcell_tut.runs import Report
from bloodcell_tut.runs.run import run_steps

# processes are forked from one that has loaded Keras and done nothing with it
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["bloodcell_tut.runs.run"])
# one thread adds in one order, however busy the machine is: to the last bit, two runs are equal
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
EPOCHS = 2
NO_ROOM = 3


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BLOODCELL_TUT_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bt.draw_sample(
        tmp_path_factory.mktemp("data") / "a sample 🩸", n_photographs=16, n_images=64
    )


@pytest.fixture(scope="module")
def whole(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run leaves that nothing happens to."""
    out = tmp_path_factory.mktemp("whole") / "out"
    child(out, sample, "nothing")
    return out


def run(sample: Path, out: Path, seed: int = 0) -> Report:
    return run_steps(bt.RunSettings(sample, epochs=EPOCHS, seed=seed, out=out))


def child(
    out: Path, sample: Path, fault: str, at: int = 0, environment: dict[str, str] | None = None
) -> int:
    """Run in a process of its own, in which something happens; return how it ended."""
    given = {"BLOODCELL_TUT_CACHE": os.environ["BLOODCELL_TUT_CACHE"], **ONE_THREAD}
    given |= environment or {}
    process = CONTEXT.Process(target=_run_with, args=(out, sample, fault, at, given))
    process.start()
    process.join(300)
    assert process.exitcode is not None
    return process.exitcode


def _run_with(out: Path, sample: Path, fault: str, at: int, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    FAULTS[fault](at)
    try:
        run(sample, out)
    except bt.BloodcellError as error:
        raise SystemExit(
            NO_ROOM if "can't be written (File too large)" in str(error) else 1
        ) from None


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _killed_after_step(number: int) -> None:
    import bloodcell_tut.runs.step_log as module

    def say(text: str, **_: object) -> None:
        if text.startswith(f"step {number}/9"):
            _die()

    module.print = say  # type: ignore[attr-defined]


def _killed_in_training(epochs: int) -> None:
    from bloodcell_tut.files.checkpoint import Checkpoint

    def batch_ends(self: Checkpoint, *_: object, **__: object) -> None:
        if len(self.past.get("loss", [])) == epochs:
            _die()

    Checkpoint.on_train_batch_end = batch_ends


def _killed_before_rename(number: int) -> None:
    calls = iter(range(number + 1))

    def then_die(rename: Callable[..., Path]) -> Callable[..., Path]:
        def renamed(self: Path, target: Path) -> Path:
            if next(calls) == number:
                _die()
            return rename(self, target)

        return renamed

    for name in ("replace", "rename"):
        setattr(Path, name, then_die(getattr(Path, name)))


def _full_disk(size: int) -> None:
    sys.stdout = sys.stderr = io.StringIO()  # they are files here, which must not be full
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _full_disk_at_the_report(size: int) -> None:
    import bloodcell_tut.runs.run as module

    write = module.write_report

    def full(*given: Any, **named: Any) -> Any:
        _full_disk(size)
        return write(*given, **named)

    module.write_report = full


def _little_memory(megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 10**6, megabytes * 10**6))


FAULTS: dict[str, Callable[[int], None]] = {
    "nothing": lambda _: None,
    "killed after step": _killed_after_step,
    "killed in training": _killed_in_training,
    "killed before rename": _killed_before_rename,
    "full disk": _full_disk,
    "full disk at the report": _full_disk_at_the_report,
    "little memory": _little_memory,
}


def weights(out: Path) -> list[np.ndarray]:
    return bt.load_model(out / "model.keras").model.get_weights()


def assert_same_result(out: Path, whole: Path) -> None:
    """The same scores and, to the last bit, the same weights; and nothing else is left."""

    one, other = (Report.read(p / "report.json") for p in (out, whole))
    for key in ("confusion", "history", "per_class", "accuracy_interval"):
        assert getattr(one, key) == getattr(other, key), key
    for a, b in zip(weights(out), weights(whole), strict=True):
        assert np.array_equal(a, b)
    assert {p.name for p in out.iterdir()} <= {*REPORT_FILES, ".lock"}


def assert_nothing_is_half(out: Path) -> None:
    """Each file that has its name can be read to the end."""
    for path in out.glob("*.png"):
        assert cv2.imread(str(path)) is not None
    for path in out.glob("*.html"):
        assert path.read_text("utf-8").rstrip().endswith("</html>")
    if (out / "model.keras").exists():
        bt.load_model(out / "model.keras")
    if (out / "training.npz").exists():
        with np.load(out / "training.npz") as kept:
            assert [kept[name] for name in kept.files]


# -- killed -------------------------------------------------------------------------------------


def test_killed_after_each_step_and_within_training(sample, whole, tmp_path, cache) -> None:
    """Each run finds what the one before it has left; the last one is left alone."""
    shutil.rmtree(cache / "arrays")
    for number in range(1, 8):
        assert child(tmp_path, sample, "killed after step", number) == -signal.SIGKILL
        assert not set(REPORT_FILES) & {p.name for p in tmp_path.iterdir()}
    for epochs in range(EPOCHS):
        assert child(tmp_path, sample, "killed in training", epochs) == -signal.SIGKILL
        assert (tmp_path / "training.npz").exists() is (epochs > 0)
    for number in (8, 9):
        assert child(tmp_path, sample, "killed after step", number) == -signal.SIGKILL
        assert_nothing_is_half(tmp_path)
    assert child(tmp_path, sample, "nothing") == 0
    assert_same_result(tmp_path, whole)


def test_killed_before_each_rename(sample, whole, tmp_path, cache) -> None:
    """A network and a report that stand in one folder are of one run, old or new."""
    earlier = tmp_path / "earlier"
    run(sample, earlier, seed=1)
    old = weights(earlier)
    assert child(earlier, sample, "killed after step", 8) == -signal.SIGKILL  # it has learned
    for number in range(100):
        out = Path(shutil.copytree(earlier, tmp_path / f"out{number}"))
        shutil.rmtree(cache / "arrays")
        ended = child(out, sample, "killed before rename", number)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        assert_nothing_is_half(out)
        if (out / "report.json").exists():
            same = [np.array_equal(a, b) for a, b in zip(weights(out), old, strict=True)]
            assert all(same), f"rename {number}: an old report beside a new network"
        if number % 5 == 0:
            assert child(out, sample, "nothing") == 0
            assert_same_result(out, whole)
        shutil.rmtree(out)
    assert 10 <= number < 30, "an array, and each file of the report twice"


# -- no room, no home, no clock -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "size"),
    [("full disk", 20_000), ("full disk at the report", 500), ("full disk at the report", 300_000)],
)
def test_a_full_disk(sample, whole, tmp_path, cache, fault: str, size: int) -> None:
    out = Path(shutil.copytree(whole, tmp_path / "out"))
    shutil.rmtree(cache / "arrays", ignore_errors=True)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert child(out, sample, fault, size) == NO_ROOM
    after = {p.name: p.read_bytes() for p in out.iterdir()}
    after.pop("training.npz", None)
    assert after == before, "the earlier report stays, and nothing half-written"
    assert not list(cache.rglob("*.partial"))
    assert child(out, sample, "nothing") == 0
    assert_same_result(out, whole)


def test_no_home_no_cache_no_locale(sample, whole, tmp_path) -> None:
    """The command in a bare environment, in a folder whose name has spaces and no letters."""
    nowhere, temporary = tmp_path / "a file", tmp_path / "for a while"
    nowhere.touch()
    temporary.mkdir()
    kept = ("PATH", "PYTHONPATH", "SYSTEMROOT")
    bare = {name: os.environ[name] for name in kept if name in os.environ}
    bare |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    bare |= ONE_THREAD | {
        "HOME": str(nowhere / "home"),
        "TMPDIR": str(temporary),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TQDM_DISABLE": "1",
    }
    out = tmp_path / "my run 🩸"
    code = "from bloodcell_tut.cli import app; app()"
    options = ["--data", str(sample), "--epochs", str(EPOCHS), "--out", str(out)]
    command = [sys.executable, "-c", code, "run", *options]
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("BLOODCELL_TUT_CACHE") == 1 == done.stderr.count("note: ")
    assert_same_result(out, whole)
    assert (
        not list(sample.rglob("*.lock")) and (temporary / f"bloodcell_tut-{os.getuid()}").is_dir()
    )


def test_a_sample_without_a_cache(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(bt.BloodcellError, match=r"can't be written"):
        bt.draw_sample(None, n_photographs=8, n_images=8)


def test_files_from_the_future(sample, whole, tmp_path, cache) -> None:
    """A clock that was set back makes nothing stale or fresh: contents count, not times."""
    assert child(tmp_path, sample, "killed in training", 1) == -signal.SIGKILL
    future = time.time() + 10**8
    everything = [*cache.rglob("*"), *sample.rglob("*"), *tmp_path.rglob("*")]
    for path in everything:
        os.utime(path, (future, future))
    assert child(tmp_path, sample, "nothing") == 0
    assert_same_result(tmp_path, whole)


def test_two_gigabytes_are_enough(sample, whole, tmp_path) -> None:
    assert child(tmp_path, sample, "little memory", 2000) == 0
    assert_same_result(tmp_path, whole)


# -- many at once -------------------------------------------------------------------------------


def _draw(gate: Any, folder: Path, results: Any) -> None:
    from bloodcell_tut.drawing import sample

    draw = sample._draw_all
    drawn: list[int] = []

    def counted(*given: Any) -> Any:
        drawn.append(1)
        return draw(*given)

    sample._draw_all = counted  # type: ignore[assignment]
    os.environ["BLOODCELL_TUT_CACHE"] = str(folder)
    gate.wait()
    found = bt.draw_sample(None, n_photographs=8, n_images=16)
    results.put((str(found), len(list(found.rglob("*.jpeg"))), len(drawn)))


def test_thirty_processes_draw_one_sample(tmp_path) -> None:
    gate, results = CONTEXT.Event(), CONTEXT.Queue()
    processes = [CONTEXT.Process(target=_draw, args=(gate, tmp_path, results)) for _ in range(30)]
    for process in processes:
        process.start()
    threading.Timer(1.0, gate.set).start()
    found = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
    assert {(folder, files) for folder, files, _ in found} == {(found[0][0], 16)}
    assert sum(drawn for *_, drawn in found) == 1
    assert {path.name for path in tmp_path.iterdir()} == {Path(found[0][0]).name, "locks"}
