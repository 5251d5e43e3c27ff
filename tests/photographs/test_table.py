"""Tables of photographs: read, matched with files, found by themselves."""

import hashlib
import warnings
from pathlib import Path

import pytest

from bloodcell_tut import DatasetError
from bloodcell_tut.photographs import (
    match_photographs,
    photograph_ids,
    photographs_and_groups,
    read_photograph_table,
)

FILES = 4


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "data" / "MONOCYTE"
    folder.mkdir(parents=True)
    paths = [folder / f"_{i}_ü.png" for i in range(FILES)]
    for i, path in enumerate(paths):
        path.write_bytes(bytes([i]))
    return paths


def row(file: Path, original: str = "", split: str = "", content: bytes | None = None) -> str:
    content = file.read_bytes() if content is None else content
    sha = hashlib.sha256(content).hexdigest()[:16]
    return f"MONOCYTE,{file.name},{original or 'photo of ' + file.name},{split},{sha}"


def write(path: Path, *rows: str, header: str = "class,file,original,split,sha256_16") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def ids(files: list[Path], **kwargs: object) -> list[str] | None:
    found = photograph_ids(files, ["MONOCYTE"] * len(files), **kwargs)  # type: ignore[arg-type]
    return None if found is None else found.tolist()


def test_found_and_given_are_the_same(files: list[Path], tmp_path: Path) -> None:
    table = write(tmp_path / "anything.CSV", *(row(f, f"p{i // 2}") for i, f in enumerate(files)))
    expected = ["p0", "p0", "p1", "p1"]
    assert ids(files, folders=[tmp_path]) == ids(files, table=table) == expected


def test_nothing_there_and_other_tables_are_passed_over(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("größe,\xff".encode("latin-1"))
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    write(tmp_path / "semicolons.csv", header="class;file;original")
    write(tmp_path / "others.csv", "name,1", header="class,file")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ids(files, folders=[tmp_path, tmp_path / "nowhere"]) is None


def test_like_names_of_other_content_are_passed_over(files: list[Path], tmp_path: Path) -> None:
    table = write(tmp_path / "test.csv", *(row(f, content=b"another") for f in files))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ids(files, folders=[tmp_path]) is None
    with pytest.raises(DatasetError, match=r"4 of 4 files.*_0_ü.png \(another content\)"):
        ids(files, table=table)


def test_partial_tables_warn_and_are_not_used(files: list[Path], tmp_path: Path) -> None:
    table = write(tmp_path / "part.csv", *(row(f) for f in files[:3]))
    with pytest.warns(UserWarning, match=r"1 of 4 files, such as MONOCYTE/_3_ü.png \(no row\)"):
        assert ids(files, folders=[tmp_path]) is None
    with pytest.raises(DatasetError, match=r"part\.csv: doesn't cover 1 of 4 files"):
        ids(files, table=table)


def test_more_rows_than_files_are_fine(files: list[Path], tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", *(row(f) for f in files))
    assert ids(files[:1], table=table) == ["photo of _0_ü.png"]


def test_the_split_chooses_the_row(files: list[Path], tmp_path: Path) -> None:
    rows = [row(f, f"{part} {f.name}", part) for f in files for part in ("TRAIN", "TEST")]
    table = write(tmp_path / "t.csv", *rows)
    assert ids(files[:1], table=table, part="TEST") == ["TEST _0_ü.png"]
    with pytest.raises(DatasetError, match="more than one photograph"):
        ids(files, table=table)


def test_umlauts_in_both_forms_agree(files: list[Path], tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", *(row(f).replace("ü", "u\u0308") for f in files))
    assert ids(files, table=table) is not None


def test_two_that_agree_and_two_that_do_not(files: list[Path], tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.csv", *(row(f, "p1") for f in files))
    assert ids(files, folders=[tmp_path]) == ["p1"] * FILES
    write(tmp_path / "c.csv", *(row(f, "p2") for f in files))
    with pytest.raises(DatasetError, match=r"b\.csv.*c\.csv: two tables that disagree"):
        ids(files, folders=[tmp_path])
    assert ids(files, folders=[tmp_path], table=tmp_path / "c.csv") == ["p2"] * FILES


def test_no_fingerprints_and_a_byte_order_mark(files: list[Path], tmp_path: Path) -> None:
    rows = ",".join(["MONOCYTE", files[0].name, "p"])
    (tmp_path / "t.csv").write_text(f"class,file,original\n{rows}\n", encoding="utf-8-sig")
    assert ids(files[:1], folders=[tmp_path]) == ["p"]


def test_a_file_that_cannot_be_read_is_not_covered(files: list[Path], tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", *(row(f) for f in files))
    files[0].unlink()
    with pytest.raises(DatasetError, match="1 of 4 files"):
        ids(files, table=table)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "found the columns"),
        ("class,file,original\n", "found no row below"),
        ("class,file\nA,b\n", r"found the columns \['class', 'file'\]"),
        ("class,file,original\nA,b,\n", "row 2 lacks"),
        ("class,file,original\nA,b,c\nA\n", "row 3 lacks"),
        ("class,file,original\nA,b,\udcff\n", "can't be read"),
    ],
)
def test_broken_tables(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(DatasetError, match=match):
        read_photograph_table(tmp_path / "t.csv")


def test_missing_table_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(DatasetError, match="can't be read"):
            read_photograph_table(path)


def test_match_photographs_says_what_is_wrong_with_each_file(tmp_path: Path) -> None:
    files = [tmp_path / f"{i}.jpeg" for i in range(4)]
    for i, file in enumerate(files):
        file.write_bytes(bytes([i]))
    digest = hashlib.sha256(bytes([1])).hexdigest()[:16]
    rows = [
        {"class": "A", "file": "0.jpeg", "original": "p"},
        {"class": "A", "file": "1.jpeg", "original": "q", "sha256_16": digest},
        {"class": "A", "file": "2.jpeg", "original": "r", "sha256_16": digest},
    ]
    found, problems = match_photographs(rows, files, ["A"] * 4)
    assert found == ["p", "q", "", ""]
    assert problems == {2: "A/2.jpeg (another content)", 3: "A/3.jpeg (no row)"}


def test_a_found_table_without_rows_is_passed_over(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("class,file,original\n")
    with pytest.warns(UserWarning, match=r"empty.csv: found no row .*; not used"):
        assert ids(files, folders=[tmp_path]) is None


def test_cells_and_fields_come_with_the_photographs(files: list[Path], tmp_path: Path) -> None:
    header = "class,file,original,cell_group,field_group"
    rows = (f"MONOCYTE,{f.name},p{i},c{i // 2},f" for i, f in enumerate(files))
    write(tmp_path / "t.csv", *rows, header=header)
    photographs, groups = photographs_and_groups(files, ["MONOCYTE"] * FILES, folders=[tmp_path])
    assert photographs is not None and photographs.tolist() == ["p0", "p1", "p2", "p3"]
    assert groups["cell"] == {"p0": "c0", "p1": "c0", "p2": "c1", "p3": "c1"}
    assert set(groups["field"].values()) == {"f"}
    assert photographs_and_groups(files, ["OTHER"] * FILES) == (None, {})
