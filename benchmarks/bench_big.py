"""`make bench ARGS=big`: training on 100,000 drawn files, their array larger than what is held.

There are 10,000 different files, each listed ten times; each entry is read, cut out and kept as
if it were a file of its own.
"""

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from bench_tools import in_new_process, save
from bench_ways import Pace

import bloodcell_tut as bt
from bloodcell_tut.runs.environment import peak_memory_mb

N = 100_000


def anonymous_mb() -> float:
    """Memory that is the process' own, in MB; mapped files, which the system may drop, left out."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024 / 1e6


def work(data: str, n: str) -> None:
    dataset, highest = bt.choose_dataset(data), [0.0]

    def watch() -> None:
        while True:
            highest[0] = max(highest[0], anonymous_mb())
            time.sleep(0.05)

    threading.Thread(target=watch, daemon=True).start()
    started = time.perf_counter()
    chosen = bt.create_training_data(dataset.take(np.arange(int(n)) % len(dataset)), cache=True)
    split = bt.split_by_photograph(bt.shuffle(chosen))
    loading, pace = time.perf_counter() - started, Pace()
    model = bt.small_cnn()
    bt.train(model, split.train, epochs=1, callbacks=[pace])
    print(json.dumps({
        "files": int(n), "array, MB": chosen.images.nbytes / 1e6, "loading, s": [loading],
        "a step, ms": [1000 * pace.seconds()], "own memory, peak MB": [highest[0]],
        "with mapped pages, peak MB": [peak_memory_mb()],
    }))  # fmt: skip


def main(n: int = N) -> None:
    data, rows = bt.draw_sample(n_images=12_500), []
    with tempfile.TemporaryDirectory() as cache:
        for name in ("first time", "from the cache"):
            found = in_new_process("bench_big.py", data, n, BLOODCELL_TUT_CACHE=cache)
            rows.append({"run": name} | found)
    save("big", "10,000 drawn files, each ten times", rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
