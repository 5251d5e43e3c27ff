"""`make bench ARGS=audit_scale`: an audit of 1,000 to 60,000 natural pictures, CIFAR-10's.

What it finds is compared with ciFAIR's list of test images that have a near-duplicate in the
training set (Barz and Denzler, 2020). The rule for small pictures was chosen with every second one
of that list, so the others are counted apart; what it proposes was chosen on all of it. Each row is
a process of its own; nothing is cached.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from bench_tools import in_new_process, save
from cifar10 import SAME_SHOT, listed, unpacked

import bloodcell_tut as bt
from bloodcell_tut.runs.environment import peak_memory_mb

SIZES = (1_000, 4_000, 16_000, 60_000)


def part(data: Path, name: str, n: int) -> bt.ImageDataset:
    """At most n images of one part, at random."""
    dataset = bt.choose_dataset(data / name)
    return dataset.take(np.sort(np.random.default_rng(5).permutation(len(dataset))[:n]))


def halves_listed() -> list[list[str]]:
    """The test images that show the same shot as a training image: chosen on, and the others."""
    same = [path for path, judgment in listed().items() if judgment == SAME_SHOT]
    return [same[::2], same[1::2]]


def work(data: str, n: str) -> None:
    folder, few = Path(data), int(n) // 6
    started = time.perf_counter(), time.process_time()
    found = bt.audit(part(folder, "test", few), part(folder, "train", int(n) - few))
    seconds, processor = time.perf_counter() - started[0], time.process_time() - started[1]
    files = {i for finding in found.of_kind("both sides") for i in finding.files}
    names = {found.paths[i].relative_to(folder).as_posix() for i in files if not found.sides[i]}
    halves = [sum(name in names for name in half) for half in halves_listed()]
    print(json.dumps({
        "with a sibling in train": len(names), "listed": halves,
        "largest group": len(found.of_kind("both sides")[0].files) if files else 0,
        "seconds": seconds, "processor": processor, "MB": peak_memory_mb(),
    }))  # fmt: skip


def main() -> None:
    rows = []
    with unpacked() as folder:
        n_listed = [len(half) for half in halves_listed()]
        for n in SIZES:
            cache = str(folder / f"cache{n}")
            found = in_new_process("bench_audit_scale.py", folder, n, BLOODCELL_TUT_CACHE=cache)
            # in a part of the files most of the pairs are torn
            is_whole = n == max(SIZES)
            shares = zip(found["listed"], n_listed, strict=True)
            chosen, other = [f"{k} of {m}" if is_whole else "-" for k, m in shares]
            rows.append({
                "files": n, "seconds": [found["seconds"]], "processor s": [found["processor"]],
                "MB": [found["MB"]], "test images with a sibling": found["with a sibling in train"],
                "listed, chosen on": chosen, "listed, others": other,
            })  # fmt: skip
            print(n, found, flush=True)
    save("audit_scale", "CIFAR-10 as JPEG files", rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
