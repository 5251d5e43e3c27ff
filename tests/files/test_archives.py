"""Reading zips of strangers: hostile, broken, interrupted ones, and the real archive."""

import errno
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import TinyArchive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bloodcell_tut import ArchiveError, BloodcellError
from bloodcell_tut.files import archives, extract_archive


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def pack(path: Path, *entries: str | zipfile.ZipInfo, content: bytes = b"cell") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            archive.writestr(entry, content)
    return path


def refuse(path: Path, match: str) -> None:
    """Assert that the archive is refused and that nothing of it is left."""
    before = sorted(path.parent.iterdir())
    with pytest.raises(ArchiveError, match=match):
        extract_archive(path, path.parent / "out")
    assert sorted(path.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("../evil.txt", "climbs out"),
        ("TRAIN/../../evil.txt", "climbs out"),
        ("..\\..\\evil.txt", "climbs out"),
        ("TRAIN/.. /evil.txt", "climbs out"),
        ("/tmp/evil.txt", "absolute path"),
        ("\\evil.txt", "absolute path"),
        ("C:\\evil.txt", "absolute path"),
        ("c:evil.txt", "absolute path"),
        ("//server/share/evil.txt", "absolute path"),
        ("\\\\server\\share\\evil.txt", "absolute path"),
        ("evil\n.txt", "control character"),
        ("evil\x9b2J.txt", "control character"),
        ("\u202egpj.exe", "control character"),
        ("evil\u2028.txt", "control character"),
        ("/".join("d" * 34), "deeper than 32 folders"),
        ("/".join("d" * 491), "deeper than 32 folders"),
        ("e" * 256, "too long a name"),
        ("é" * 128, "too long a name"),
        ("/".join(["deep"] * 300), "too long a name"),
        ("__MACOSX/../../evil.txt", "climbs out"),
    ],
)
def test_unsafe_names_are_refused(tmp_path: Path, name: str, match: str) -> None:
    refuse(pack(tmp_path / "a.zip", "TRAIN/a.jpeg", name), match)


def test_a_nul_in_a_name_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", "evil.txtX.jpeg")
    path.write_bytes(path.read_bytes().replace(b"evil.txtX", b"evil.txt\0"))
    refuse(path, "control character")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("cell.jpeg")
    info.external_attr = (kind | 0o777) << 16
    refuse(pack(tmp_path / "a.zip", info, content=b"/etc/passwd"), "link or a device")


@pytest.mark.parametrize(
    "entries",
    [
        ("a.jpeg", "A.JPEG"),
        ("TRAIN/a.jpeg", "train/b.jpeg"),
        ("a", "a/b.jpeg"),
        ("a\\b.jpeg", "a/b.jpeg"),
        ("gr\u00fcn.jpeg", "gru\u0308n.jpeg"),
        ("./a.jpeg", "a.jpeg"),
    ],
)
def test_names_that_clash_are_refused(tmp_path: Path, entries: tuple[str, ...]) -> None:
    refuse(pack(tmp_path / "a.zip", *entries), "2 of its entries are named")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    refuse(pack(tmp_path / "a.zip", "a.jpeg", "a.jpeg"), "2 of its entries are named")


def test_what_grows_a_thousandfold_is_refused(tmp_path: Path) -> None:
    refuse(pack(tmp_path / "a.zip", "a.bmp", content=bytes(5_000_000)), "would grow to 5,000,000")


@pytest.mark.parametrize(
    ("limit", "match"),
    [
        ("MAX_FILES", "holds more than 2 files and folders"),
        ("MAX_FILE_BYTES", "larger than 2 bytes"),
        ("MAX_TOTAL_BYTES", "would grow to 12 bytes"),
    ],
)
def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, match: str) -> None:
    path = pack(tmp_path / "a.zip", "a", "b", "c")
    monkeypatch.setattr(archives, limit, 2)
    refuse(path, match)


def test_folders_that_only_names_imply_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = ["/".join([f"{i}", *"abcdefgh", "x.jpeg"]) for i in range(10)]
    path = pack(tmp_path / "a.zip", *deep)
    monkeypatch.setattr(archives, "MAX_FILES", 100)
    assert len(names(extract_archive(path, tmp_path / "all"))) == 10
    monkeypatch.setattr(archives, "MAX_FILES", 99)
    monkeypatch.setattr(archives, "_check_clashes", None)  # nothing larger is built before
    refuse(path, "more than 99 files and folders")


def test_millions_of_implied_folders_take_no_memory(tmp_path: Path) -> None:
    deep = [f"{i:05}/" + "/".join("abcdefghijklmnopqrstuvwxyzABCDE") for i in range(10_000)]
    path = pack(tmp_path / "a.zip", *deep, content=b"")
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="more than 200,000 files and folders"):
        archives._files_and_folders(path, infos)
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()


def test_a_table_of_contents_is_bounded_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the zip says of it."""
    path = pack(tmp_path / "a.zip", *map(str, range(300)))
    data = path.read_bytes()
    path.write_bytes(data[:-14] + struct.pack("<2H", 1, 1) + data[-10:])
    monkeypatch.setattr(zipfile, "ZipInfo", None)  # parsing would call it
    monkeypatch.setattr(archives, "MAX_FILES", 299)
    refuse(path, "more than 299 files and folders")
    monkeypatch.setattr(archives, "MAX_FILES", 300)
    monkeypatch.setattr(archives, "_MAX_DIRECTORY_BYTES", 10_000)
    refuse(path, "its table of contents is 14,590 bytes long")


def test_limits_leave_room_for_the_public_archive() -> None:
    assert archives.MAX_FILES > 4 * 12_900
    assert archives.MAX_TOTAL_BYTES > 4 * 120e6
    assert archives.MAX_FILE_BYTES > 20_000 * 20_000


def lie_about_size(path: Path, told: int) -> None:
    """Write another uncompressed size into both places where a zip of one entry says it."""
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\1\2")
    data[22:26] = data[directory + 24 : directory + 28] = struct.pack("<I", told)
    path.write_bytes(data)


@pytest.mark.parametrize("told", [10, 999, 1001, 3000])
def test_sizes_that_lie_are_found_out(tmp_path: Path, told: int) -> None:
    path = pack(tmp_path / "a.zip", "a.jpeg", content=os.urandom(1000))
    lie_about_size(path, told)
    refuse(path, "can't be read")


def test_real_bytes_are_counted_even_where_zipfile_would_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless:
        def __enter__(self) -> "Endless":
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self, n: int) -> bytes:
            return bytes(n)

    path = pack(tmp_path / "a.zip", "a.jpeg")
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: Endless())
    refuse(path, "larger than announced")


def test_encrypted_and_unknown_compression_are_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", "a.jpeg")
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\1\2")
    data[6] = data[directory + 8] = 1
    path.write_bytes(data)
    refuse(path, "its entry .* is encrypted")
    data[6] = data[directory + 8] = 0
    data[8] = data[directory + 10] = 99
    path.write_bytes(data)
    refuse(path, "compressed in an unknown way")


def test_a_wrong_checksum_is_found(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.jpeg")  # stored, so that its bytes stand in the zip as they are
    path = pack(tmp_path / "a.zip", info, content=b"white cell")
    path.write_bytes(path.read_bytes().replace(b"white cell", b"black cell"))
    refuse(path, "CRC")


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"", "file is empty"), (b"a JPEG, really", "not a zip"), (b"PK\5\6" + bytes(18), "no file")],
)
def test_what_is_no_archive(tmp_path: Path, content: bytes, match: str) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    refuse(tmp_path / "a.zip", match)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"b\.zip: can't be read \(No such file"):
        extract_archive(tmp_path / "b.zip")
    with pytest.raises(ArchiveError, match="can't be read"):
        extract_archive(tmp_path)


def test_only_folders_is_no_archive(tmp_path: Path) -> None:
    refuse(pack(tmp_path / "a.zip", "TRAIN/", content=b""), "holds no file")


def test_cut_off_anywhere_leaves_nothing(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", "TRAIN/a.jpeg", "TRAIN/b.jpeg")
    whole = path.read_bytes()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        refuse(path, "can't be read")


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(position=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_any_wrong_byte_gives_an_archive_error_or_the_files(
    tmp_path: Path, position: int, byte: int
) -> None:
    path = tmp_path / "a.zip"
    data = bytearray(pack(path, "TRAIN/a.jpeg", "TRAIN/b.jpeg").read_bytes())
    data[position % len(data)] = byte
    path.write_bytes(data)
    try:
        extract_archive(path, tmp_path / "out")
    except ArchiveError:
        assert names(tmp_path) == ["a.zip"]
    else:
        # names may have changed, but what came out is inside and whole
        contents = [(tmp_path / "out" / n).read_bytes() for n in names(tmp_path / "out")]
        assert set(contents) == {b"cell"}
        shutil.rmtree(tmp_path / "out")


def test_harmless_oddities_are_read(tmp_path: Path) -> None:
    odd = 'Zellen "größte" 🩸👩\u200d🔬/it\'s a\u3000cell.jpeg'
    path = pack(
        tmp_path / "a.zip", "images\\TRAIN\\a.jpeg", odd, "__MACOSX/._a.jpeg", "x/.DS_Store"
    )
    out = extract_archive(path, tmp_path / "out")
    assert names(out) == sorted(["images/TRAIN/a.jpeg", odd])


def test_permissions_of_the_archive_are_not_taken_over(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.sh")
    info.external_attr = (stat.S_IFREG | 0o4777) << 16
    out = extract_archive(pack(tmp_path / "a.zip", info), tmp_path / "out")
    assert not (out / "a.sh").stat().st_mode & (stat.S_ISUID | stat.S_IXUSR)


def test_full_disk_leaves_nothing(
    tiny_archive: TinyArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def full(self: Path, *args: str, **kwargs: Any) -> object:
        if "x" in "".join(args) and len(written) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(self)
        return real(self, *args, **kwargs)

    real: Any = Path.open
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(BloodcellError, match=r"No space left on device.*free some space"):
        extract_archive(tiny_archive.zip, tmp_path / "new" / "out")
    assert written and not names(tmp_path / "new")


def test_existing_folder_is_never_touched(tiny_archive: TinyArchive, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "work.txt").write_text("mine")
    with pytest.raises(BloodcellError, match="exists already"):
        extract_archive(tiny_archive.zip, tmp_path / "out")
    assert names(tmp_path / "out") == ["work.txt"]


def test_second_use_finds_the_first(
    tiny_archive: TinyArchive, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = extract_archive(tiny_archive.zip)
    assert first.parent == empty_cache / "archives" and len(names(first)) == 20
    moved = tiny_archive.zip.rename(tiny_archive.zip.with_name("renamed")).rename(tiny_archive.zip)
    monkeypatch.setattr(archives, "_extract", None)  # a second extraction would call it
    assert extract_archive(moved) == first


def zeros(file: Path) -> None:
    """What a power cut leaves of a file whose name was written first."""
    file.write_bytes(bytes(file.stat().st_size))


def one_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda file: file.write_bytes(b""), zeros, one_bit]
)
def test_damaged_cache_is_extracted_anew(
    tiny_archive: TinyArchive, empty_cache: Path, damage: Callable[[Path], object]
) -> None:
    folder = extract_archive(tiny_archive.zip)
    whole = {name: (folder / name).read_bytes() for name in names(folder)}
    damage(max(folder.rglob("*.jpeg")))
    leftover = folder.with_name(f".{folder.name}.killed.partial")
    leftover.mkdir()
    assert extract_archive(tiny_archive.zip) == folder
    assert {name: (folder / name).read_bytes() for name in names(folder)} == whole
    assert not leftover.exists()


def test_cache_that_cannot_be_written(
    tiny_archive: TinyArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BLOODCELL_TUT_CACHE", str(tmp_path / "file"))
    with pytest.raises(BloodcellError, match="set BLOODCELL_TUT_CACHE"):
        extract_archive(tiny_archive.zip)


SLOW = """
    import signal, sys, time
    from bloodcell_tut.files import archives
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    chunks = archives._chunks
    def slow(*args):
        print("extracting", flush=True)
        time.sleep(float(sys.argv[2]))
        yield from chunks(*args)
    archives._chunks = slow
    archives.extract_archive(sys.argv[1])
"""


def start(zip_path: Path, seconds: float) -> subprocess.Popen[str]:
    code = [sys.executable, "-c", textwrap.dedent(SLOW), str(zip_path), str(seconds)]
    return subprocess.Popen(code, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_leaves_nothing(tiny_archive: TinyArchive, empty_cache: Path) -> None:
    process = start(tiny_archive.zip, 30)
    assert process.stdout is not None and process.stdout.readline() == "extracting\n"
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=30)[1]
    assert [p for p in (empty_cache / "archives").iterdir() if p.is_dir()] == []


def test_two_processes_extract_once(tiny_archive: TinyArchive, empty_cache: Path) -> None:
    processes = [start(tiny_archive.zip, 0.05) for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sorted(out.count("extracting") for out, _ in outputs) == [0, 20]
    assert [p.is_dir() for p in (empty_cache / "archives").glob("tiny-*[0-9a-f]")] == [True]


def test_real_archive(real_archive: Path, empty_cache: Path) -> None:
    folder = extract_archive(real_archive)
    assert len(names(folder)) == 10_509
    assert extract_archive(real_archive) == folder
