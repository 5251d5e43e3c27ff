"""Writing beside and renaming; the ground floor's error types."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import filelock
import pytest

from bloodcell_tut import (
    ArchiveError,
    ArgumentError,
    BloodcellError,
    DatasetError,
    ImageError,
    ModelError,
)
from bloodcell_tut.files import (
    IMAGE_ENDINGS,
    digests,
    new_folder,
    write_atomically,
    writing,
)
from bloodcell_tut.files.digests import content_digest, file_digest
from bloodcell_tut.files.lock import alone_in
from bloodcell_tut.files.writing import build_once


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_write_replaces_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ü 😀 'quoted'.json"
    for text in ("first", "second"):
        with write_atomically(path, "w") as file:
            file.write(text)
    assert path.read_text(encoding="utf-8") == "second"
    assert names(path.parent) == [path.name]


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is waited for and what is renamed, in order."""
    done: list[str] = []
    sync = os.fsync

    def synced(handle: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        sync(handle)

    def noted(name: str) -> None:
        rename = getattr(Path, name)

        def renamed(self: Path, target: Path) -> Path:
            done.append("rename")
            return rename(self, target)

        monkeypatch.setattr(Path, name, renamed)

    monkeypatch.setattr(os, "fsync", synced)
    noted("replace")
    noted("rename")
    return done


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux names open files so")
def test_what_is_written_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, order: list[str]
) -> None:
    with write_atomically(tmp_path / "a.json", "w") as file:
        file.write("text")
    assert order == [f"sync .a.json.{os.getpid()}.partial", "rename", f"sync {tmp_path.name}"]
    order.clear()
    with new_folder(tmp_path / "b") as new:
        (new / "inner").mkdir()
        for name in ("one", "inner/two"):
            (new / name).write_text(name)
    assert order[-2:] == ["rename", f"sync {tmp_path.name}"]
    assert {*order[:-2]} == {"sync inner", "sync one", "sync two", f"sync {new.name}"}


def test_a_disk_that_fails_at_last_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(BloodcellError, match=r"a: can't be written \(Input/output error"):
        with write_atomically(tmp_path / "a") as file:
            file.write(b"x")
    with pytest.raises(BloodcellError, match="Input/output"), new_folder(tmp_path / "b") as new:
        (new / "x").write_bytes(b"x")
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_write_that_fails_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), write_atomically(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a.bin"]


def test_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BloodcellError, match=r"a\.bin: can't be written.*free some space"):
        with write_atomically(tmp_path / "a.bin"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(BloodcellError, match="No space left"), new_folder(tmp_path / "b") as new:
        (new / "half").write_bytes(b"x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    if os.geteuid() or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small])
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        with pytest.raises(BloodcellError, match="No space left"):
            with write_atomically(small / "a.bin") as file:
                file.write(bytes(1 << 20))
        assert names(small) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_new_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(BloodcellError, match="exists already"), new_folder(tmp_path / "a"):
        raise AssertionError("must not get here")


def test_a_killed_writer_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from bloodcell_tut.files import write_atomically\n"
        "with write_atomically(sys.argv[1]) as f:\n"
        "    f.write(b'half'); f.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "report.json"], check=False)
    assert not (tmp_path / "report.json").exists()


def test_error_types() -> None:
    for error in (ArchiveError, ArgumentError, DatasetError, ImageError, ModelError):
        assert issubclass(error, BloodcellError)
    assert issubclass(ArgumentError, ValueError)
    assert all(s == s.lower() and s.startswith(".") for s in IMAGE_ENDINGS)


class Answer:
    """A folder with one number in it, as `build_once` wants it told."""

    def __init__(self, path: Path) -> None:
        self.path, self.built = path, 0

    def load(self) -> str | None:
        try:
            return (self.path / "answer").read_text() or None
        except OSError:
            return None

    def build(self, unfinished: Path) -> None:
        self.built += 1
        time.sleep(0.05)
        (unfinished / "answer").write_text("42")

    def get(self, **options: bool) -> str:
        return build_once(self.path, self.load, self.build, **options)


def test_what_is_whole_is_built_once(tmp_path: Path) -> None:
    answer, found = Answer(tmp_path / "a"), []
    threads = [threading.Thread(target=lambda: found.append(answer.get())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["42"] * 4 and answer.built == 1
    assert names(tmp_path) == ["a"], "the lock is elsewhere"


def test_what_is_damaged_is_built_again_where_that_is_allowed(tmp_path: Path) -> None:
    answer = Answer(tmp_path / "a")
    answer.path.mkdir()
    (answer.path / "work.txt").write_text("mine")
    (tmp_path / ".a.killed.partial").mkdir()
    with pytest.raises(BloodcellError, match="exists already"):
        answer.get(replace=False)
    assert names(answer.path) == ["work.txt"]
    assert answer.get() == "42" and names(answer.path) == ["answer"] and names(tmp_path) == ["a"]


def test_one_on_another_machine_may_be_faster(tmp_path: Path) -> None:
    answer = Answer(tmp_path / "a")

    def build(unfinished: Path) -> None:
        (unfinished / "answer").write_text("too late")
        answer.path.mkdir()
        (answer.path / "answer").write_text("theirs")

    assert build_once(answer.path, answer.load, build) == "theirs"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, DatasetError])
def test_a_build_that_fails_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def build(unfinished: Path) -> None:
        (unfinished / "half").write_text("")
        raise error

    answer = Answer(tmp_path / "a")
    with pytest.raises(error):
        build_once(answer.path, answer.load, build)
    assert names(tmp_path) == []
    assert answer.get() == "42", "the lock was given back"
    with pytest.raises(BloodcellError, match="can't be read again"):
        build_once(tmp_path / "b", lambda: None, answer.build)


HOLDER = """
    import sys, time
    from pathlib import Path
    from bloodcell_tut.files.writing import _one_at_a_time
    with _one_at_a_time(Path(sys.argv[1])):
        print("inside", flush=True)
        time.sleep(60)
"""


def test_one_that_waits_says_for_whom_and_gives_up(
    tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_SAY_AFTER", 0.01)
    monkeypatch.setattr(writing, "_PATIENCE", 0.05)
    answer = Answer(tmp_path / "a")
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), answer.path], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"inside\n"
        holder.send_signal(signal.SIGSTOP)
        who = f"for process {holder.pid} on {socket.gethostname()}, which has it since 2"
        with pytest.warns(UserWarning, match=f"a: waits at most .* {who}"):
            with pytest.raises(BloodcellError, match=f"a: waited .* {who}"):
                answer.get()
    finally:
        holder.kill()
        holder.wait()
    assert answer.get() == "42", "who is dead holds nothing"


def test_locks_are_few_and_stay(tmp_path: Path, empty_cache: Path) -> None:
    empty_cache.mkdir()
    empty_cache.chmod(0o770)
    for i in range(300):
        with writing._one_at_a_time(tmp_path / str(i)):
            pass
    locks = list((empty_cache / "locks").iterdir())
    assert 50 < len(locks) <= 64 and names(tmp_path) == ["cache"]
    shared = {path.stat().st_mode & 0o777 for path in (*locks, empty_cache / "locks")}
    assert shared == {0o660, 0o770}, "who may write into the cache may take its locks"


def test_a_lock_of_another_user_is_told_as_such(
    tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(writing.FileLock, "acquire", refuse)
    with pytest.raises(BloodcellError, match=r"\.lock: is another user's lock \(Permission"):
        Answer(tmp_path / "a").get()


def test_without_a_cache_the_lock_is_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "file" / "cache"))
    assert Answer(tmp_path / "a").get() == "42"
    assert names(tmp_path) == [".a.lock", "a", "file"]


TIGHT_LOOP = """
    import sys, time
    from pathlib import Path
    from bloodcell_tut import BloodcellError
    from bloodcell_tut.files.lock import alone_in
    out, inside = Path(sys.argv[1]) / "out", Path(sys.argv[1]) / "inside"
    entered = 0
    while entered < 20:
        try:
            with alone_in(out):
                inside.open("x").close()
                inside.unlink()
                entered += 1
        except BloodcellError as error:
            assert "another run is writing into it (" in str(error), error
"""


def test_two_are_never_inside_one_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(TIGHT_LOOP), str(tmp_path)]
    crowd = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate(timeout=120)[1] for process in crowd]
    assert errors == [""] * 4


@pytest.mark.parametrize("error", [FileExistsError, FileNotFoundError])
def test_a_folder_that_vanishes_while_it_is_made_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    mkdir, vanished = Path.mkdir, iter([True] * 5)

    def made(path: Path, **options: Any) -> None:
        if next(vanished, False):
            raise error
        mkdir(path, **options)

    monkeypatch.setattr(Path, "mkdir", made)
    with alone_in(tmp_path / "out"):
        assert (tmp_path / "out" / ".lock").is_file()


def test_a_file_where_the_folder_is_to_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with (
        pytest.raises(BloodcellError, match="out: can't be written to"),
        alone_in(tmp_path / "out"),
    ):
        pass


def test_a_lock_is_removed_by_its_holder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed, unlink = [], Path.unlink

    def checked(path: Path, missing_ok: bool = False) -> None:
        if path.name == ".lock":
            with pytest.raises(filelock.Timeout):
                filelock.FileLock(path, timeout=0).acquire()
            removed.append(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", checked)
    with alone_in(tmp_path / "out"):
        pass
    assert removed == [tmp_path / "out" / ".lock"] and names(tmp_path) == []


def test_a_file_is_hashed_once_while_it_stays_as_it_is(
    tmp_path: Path, reads: Counter[Path]
) -> None:
    path = tmp_path / "ü \udcff.jpeg"
    path.write_bytes(b"first")
    assert {file_digest(path) for _ in range(5)} == {sha256(b"first").digest()}
    assert file_digest(str(path)) == content_digest(path) and reads[path] == 1
    facts = path.stat()
    time.sleep(0.05)  # more than a tick of the disk's clock
    path.write_bytes(b"other")  # of the same size and, as is said next, of the same time
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert file_digest(path) == sha256(b"other").digest() and reads[path] == 2
    (tmp_path / "new").write_bytes(b"third")
    os.utime(tmp_path / "new", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (tmp_path / "new").replace(path)
    assert file_digest(path) == sha256(b"third").digest()
    assert reads[path] == 3 and file_digest(path, again=True) and reads[path] == 4


def test_what_was_just_written_is_not_trusted(
    tmp_path: Path, reads: Counter[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_AT_REST", 2.0)
    path = tmp_path / "a"
    for content in (b"1", b"2", b"3"):  # faster than the disk's clock ticks
        path.write_bytes(content)
        assert file_digest(path) == sha256(content).digest()


def test_few_fingerprints_are_remembered(
    tmp_path: Path, reads: Counter[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_MOST_DIGESTS", 3)
    for i in range(10):
        (tmp_path / str(i)).write_text(str(i))
        file_digest(tmp_path / str(i))
        assert 1 <= len(digests._digests) <= 3


def test_what_can_not_be_read_has_no_fingerprint(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # reading it would never end
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "pipe"):
        assert file_digest(path) == bytes(32)
        with pytest.raises(OSError):
            content_digest(path)
