"""`make bench ARGS=peers`: siblings found beside imagededup and cleanvision, and what that costs.

Those run at their defaults, in an environment of their own. That environment, what each tool flags
and the pairs to look at are kept in PEERS_FOLDER, if it is given, and taken again.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bench_tools import REAL, in_new_process, save
from cifar10 import SAME_SHOT, listed, unpacked

import bloodcell_tut as bt

PINS = ("imagededup==0.3.3.post2", "cleanvision==0.3.7", "torch==2.13.0", "torchvision==0.28.0")
OURS = {"find_photographs": "`find_photographs`", "audit": "`audit`"}
OTHERS = {
    "PHash": "imagededup 0.3.3.post2, PHash",
    "CNN": "imagededup 0.3.3.post2, CNN",
    "cleanvision": "cleanvision 0.3.7, duplicates",
}
JUDGED = Path(__file__).with_name("peers_judged.csv")
"""Pairs that were looked at, and whether both show the same picture."""
SEED, N_LOOKED_AT = 5, 40

Pairs = Sequence[tuple[str, str]]
Partners = dict[str, list[str]]


def python_beside(folder: Path) -> Path:
    """The other tools' interpreter; they are installed if they aren't there."""
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS], check=True)
    return python


def flagged(kept: Path, tool: str, data: Path) -> tuple[dict[str, Any], Pairs, np.ndarray]:
    """What a tool costs, the pairs of files that it flags, and how far these are apart."""
    if not kept.with_suffix(".json").exists():
        python = python_beside(kept.parent) if tool in OTHERS else Path(sys.executable)
        with tempfile.TemporaryDirectory() as cache:
            cost = in_new_process(
                "peers_worker.py", tool, data, kept, python=python, BLOODCELL_TUT_CACHE=cache
            )
        kept.with_suffix(".json").write_text(json.dumps(cost))
    cost = json.loads(kept.with_suffix(".json").read_text())
    if "failed" in cost:
        return cost, [], np.array([])
    with np.load(kept) as found:
        return cost, list(map(tuple, found["pairs"].tolist())), found["far"]


def found_and_false(pairs: Pairs, truth: dict[str, str]) -> tuple[float, float]:
    """The share of the true pairs that is flagged, and of the flagged pairs that isn't true."""
    right = sum(truth[a] == truth[b] for a, b in pairs)
    n_true = sum(n * (n - 1) // 2 for n in Counter(truth.values()).values())
    return right / n_true, 1 - right / len(pairs) if pairs else 0.0


def across(pairs: Pairs) -> Partners:
    """The training images that each test image is flagged with."""
    partners = defaultdict(list)
    for test, train in map(sorted, pairs):
        if test.startswith("test/") and train.startswith("train/"):
            partners[test].append(train)
    return dict(partners)


def up_to(limit: float, pairs: Pairs, far: np.ndarray) -> Pairs:
    return [pair for pair, apart in zip(pairs, far, strict=True) if apart <= limit]


def beyond_the_list(found: Partners, data: Path) -> Pairs:
    """Some flagged test images that aren't listed, each with the nearest of its partners."""

    def apart(test: str, train: str) -> float:
        a, b = (bt.read_image(data / name).astype(float) for name in (test, train))
        return min(abs(a - b).mean(), abs(a - b[:, ::-1]).mean())

    others = sorted(found.keys() - listed().keys())
    chosen = np.random.default_rng(SEED).permutation(len(others))[:N_LOOKED_AT]
    tests = [others[i] for i in sorted(chosen)]
    return [(test, min(found[test], key=lambda train: apart(test, train))) for test in tests]


def draw(pairs: Pairs, data: Path, path: Path) -> None:
    """Pairs side by side, enlarged, four in a row."""
    pictures = [np.hstack([bt.read_image(data / name) for name in pair]) for pair in pairs]
    framed = [np.pad(picture, ((0, 2), (0, 4), (0, 0))) for picture in pictures]
    framed += [np.zeros_like(framed[0])] * (-len(framed) % 4)
    sheet = np.vstack([np.hstack(framed[i : i + 4]) for i in range(0, len(framed), 4)])
    cv2.imwrite(str(path), sheet.repeat(5, 0).repeat(5, 1)[:, :, ::-1])


def judged(pairs: Pairs) -> str:
    """How many of these pairs show the same picture, of those that were looked at."""
    with JUDGED.open(encoding="utf-8", newline="") as file:
        known = {(row["test"], row["train"]): row["judgment"] for row in csv.DictReader(file)}
    seen = [known[pair] for pair in pairs if pair in known]
    return f"{seen.count('same')} of {len(seen)} ({seen.count('unsure')} unsure)" if seen else "-"


def row(tool: str, setting: str, measured: dict[str, Any], cost: dict[str, Any]) -> dict[str, Any]:
    if "failed" in cost:
        measured = dict.fromkeys(measured, "-") | {next(iter(measured)): cost["failed"]}
    keys = {"seconds": "seconds", "processor s": "processor", "MB": "MB"}
    spent = {name: [cost[key]] if key in cost else "-" for name, key in keys.items()}
    return {"tool": tool, "setting": setting} | measured | spent


def rows(
    folder: Path, ours: str, data: Path, measure: Callable[[Pairs, str], dict[str, Any]],
    false: Callable[[Pairs], float],
) -> list[dict[str, Any]]:  # fmt: skip
    """Ours, the others, and PHash with as many bits as make it no worse by `false` than ours."""

    def of(tool: str) -> tuple[dict[str, Any], Pairs, np.ndarray]:
        return flagged(folder / f"{ours}-{tool}.npz", tool, data)

    cost, our_pairs, _ = of(ours)
    table = [row(OURS[ours], "default", measure(our_pairs, ours), cost)]
    for tool, name in OTHERS.items():
        cost, pairs, far = of(tool)
        table.append(row(name, "default", measure(pairs, tool), cost))
        if tool == "PHash":
            allowed = [
                n for n in range(0, 11, 2) if false(up_to(n, pairs, far)) <= false(our_pairs)
            ]
            few = max(allowed, default=0)
            strict = measure(up_to(few, pairs, far), "PHash_strict")
            table.append(row(name, f"{few} of 64 bits may differ", strict, cost))
    return table


def blood_cells(folder: Path, data: Path) -> None:
    with (REAL.parent / "train-originals.csv").open(encoding="utf-8", newline="") as file:
        truth = {f"{r['class']}/{r['file']}": r["cell_group"] for r in csv.DictReader(file)}

    def measure(pairs: Pairs, _: str) -> dict[str, Any]:
        found, false = found_and_false(pairs, truth)
        return {"pairs": f"{len(pairs):,}", "found": f"{found:.2%}", "false": f"{false:.2%}"}

    with tempfile.TemporaryDirectory() as unzipped:
        zipfile.ZipFile(data).extractall(unzipped)
        images = next(Path(unzipped).rglob("TRAIN"))
        table = rows(
            folder, "find_photographs", images, measure, lambda p: found_and_false(p, truth)[1]
        )
    save("peers", "real TRAIN", table)


def cifar(folder: Path) -> None:
    same = {path for path, judgment in listed().items() if judgment == SAME_SHOT}
    with unpacked() as data:

        def measure(pairs: Pairs, name: str) -> dict[str, Any]:
            found = across(pairs)
            some = beyond_the_list(found, data)
            if some:
                draw(some, data, folder / f"{name}.png")
            return {
                "test images": f"{len(found):,}",
                "listed": f"{len(found.keys() & same)} of {len(same)}",
                "of others, the same picture": judged(some),
            }

        table = rows(folder, "audit", data, measure, lambda pairs: len(across(pairs)))
    save("peers_cifar", "CIFAR-10 as JPEG files", table)


def main(data: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("PEERS_FOLDER", temporary)).resolve()
        folder.mkdir(exist_ok=True)
        blood_cells(folder, data)
        cifar(folder)
