"""`make bench ARGS=photographs`: siblings found on the real TRAIN, beside the measured truth.

Each row is a process of its own, with its own peak memory; nothing is cached.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench_tools import in_new_process, save

import bloodcell_tut as bt
import bloodcell_tut.auditing.findings
from bloodcell_tut.runs.environment import peak_memory_mb

SIZES = (1_000, 2_500, 5_000)


def precision_and_recall(groups: Iterable[int], truth: Iterable[str]) -> tuple[float, float]:
    """Of the pairs in one group the share that belong together, and the other way round."""

    def pairs(keys: Iterable[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(keys).values())

    groups, truth = list(groups), list(truth)
    both = pairs(zip(groups, truth, strict=True))
    return both / pairs(groups), both / pairs(truth)


def some_of(data: Path, n: int) -> bt.ImageDataset:
    dataset = bt.choose_dataset(data)
    return dataset.take(np.random.default_rng(5).permutation(len(dataset))[:n])


def cells(some: bt.ImageDataset) -> list[str]:
    return [some.groups["cell"][photograph] for photograph in some.photographs]


def find(some: bt.ImageDataset) -> str:
    """Siblings found, against the cells."""
    found = bt.find_photographs(some.paths, cache=False)
    precision, recall = precision_and_recall(found.groups.tolist(), cells(some))
    return f"{found.n_groups} groups, precision {precision:.4f}, recall {recall:.4f}"


def match(some: bt.ImageDataset) -> str:
    """Photographs matched."""
    archive = next(p for p in some.paths[0].parents if p.name == "dataset2-master").parent.parent
    originals = sorted((archive / "dataset-master").rglob("*.jpg"))
    names = np.array([path.stem for path in originals] + [""])
    found = bt.photographs.match_originals(some.paths, originals).originals
    return f"{np.mean(names[found] == some.photographs):.2%} right"


def audit(some: bt.ImageDataset) -> str:
    """Audit, table known."""
    findings = Counter(finding.kind for finding in bt.audit(some).findings)
    return ", ".join(f"{n} {kind}" for kind, n in findings.items())


def audit_of_images(some: bt.ImageDataset) -> str:
    """Audit from the images alone."""
    bloodcell_tut.auditing.findings.known_photographs = tuple
    return audit(replace(some, photographs=None, groups={}))


TASKS = {task.__name__: task for task in (find, match, audit, audit_of_images)}


def work(task: str, data: str, n: str) -> None:
    some, started = some_of(Path(data), int(n)), time.perf_counter()
    found = TASKS[task](some)
    seconds = time.perf_counter() - started
    print(json.dumps({"found": found, "seconds": seconds, "MB": peak_memory_mb()}))


def main(data: Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        os.environ["BLOODCELL_TUT_CACHE"] = cache
        everything = len(bt.choose_dataset(data))
        runs = [("find", n) for n in (*SIZES, everything)]
        runs += [(task, everything) for task in ("match", "audit", "audit_of_images")]
        rows = []
        for task, n in runs:
            result = in_new_process("bench_photographs.py", task, data, n)
            rows.append({
                "task": (TASKS[task].__doc__ or "").rstrip("."),
                "files": n,
                "found": result["found"],
                "seconds": [result["seconds"]],
                "files/s": [n / result["seconds"]],
                "MB": [result["MB"]],
            })  # fmt: skip
            print(task, n, result, flush=True)
        save("photographs", "real TRAIN", rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
