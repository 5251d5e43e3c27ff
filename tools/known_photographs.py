"""Write the package's known_photographs.npz from the measured tables of the public archive.

Run it with the folder that holds train-originals.csv and test-originals.csv. Most of the file
are fingerprints, which can't be compressed; so nothing else may take much room.
"""

import csv
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).parent.parent / "bloodcell_tut" / "photographs" / "known_photographs.npz"
NAME = re.compile(r"_(\d+)_(\d+)\.jpeg")
Row = dict[str, str]


def read(folder: Path) -> list[Row]:
    """Return the rows of both tables, ordered so that the numbers in the names rise."""
    rows = []
    for part in ("TRAIN", "TEST"):
        table = folder / f"{part.lower()}-originals.csv"
        with table.open(encoding="utf-8", newline="") as file:
            rows += [{"split": part, **row} for row in csv.DictReader(file)]
    return sorted(rows, key=lambda row: (row["split"], row["class"], numbers(row)[::-1]))


def numbers(row: Row) -> tuple[int, int]:
    """Return the two numbers of a file's name, such as 12 and 345 of _12_345.jpeg."""
    matched = NAME.fullmatch(row["file"])
    assert matched is not None, row
    first, second = map(int, matched.groups())
    assert row["file"] == f"_{first}_{second}.jpeg", row
    return first, second


def columns(rows: list[Row]) -> dict[str, np.ndarray]:
    """Return the table as arrays, each as narrow as its values allow."""
    groups = {r["original"]: (r["cell_group"], r["field_group"]) for r in rows}
    assert all(groups[r["original"]] == (r["cell_group"], r["field_group"]) for r in rows)
    photographs, classes = sorted(groups), sorted({r["class"] for r in rows})
    names = np.array([numbers(r) for r in rows])
    shas = bytes.fromhex("".join(r["sha256_16"] for r in rows))
    return {
        "classes": np.array(classes),
        "photographs": np.array([[p, *groups[p]] for p in photographs]),
        "is_test": np.array([r["split"] == "TEST" for r in rows]),
        "label": np.array([classes.index(r["class"]) for r in rows], np.uint8),
        "first": names[:, 0].astype(np.uint8),
        "second_step": np.diff(names[:, 1], prepend=0).astype(np.int16),
        "photograph": np.array([photographs.index(r["original"]) for r in rows], np.uint16),
        "visible": np.array([round(1000 * float(r["nucleus_visible"])) for r in rows], np.uint16),
        "sha256": np.frombuffer(shas, np.uint8).reshape(len(rows), 8),
    }


if __name__ == "__main__":
    arrays: dict[str, Any] = dict(columns(read(Path(sys.argv[1]))))
    np.savez_compressed(TARGET, **arrays)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")
