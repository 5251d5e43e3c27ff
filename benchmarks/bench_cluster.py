"""`make bench ARGS=cluster`: what it costs to hand pieces to Dask, beside threads.

2,000 drawn images are prepared and 1,000 audited, in threads, then by 1, 2 and 4 workers on this
computer. These share its cores, so the overhead is what is measured here, and no speed-up. Each
row is a process of its own; nothing is cached but the drawn images.
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
from bench_tools import in_new_process, save
from distributed import LocalCluster

import bloodcell_tut as bt
from bloodcell_tut.files import on_cluster
from bloodcell_tut.runs.environment import peak_memory_mb

WORKERS = (0, 1, 2, 4)
"""0 stands for threads."""


def processor_seconds() -> float:
    """Of this process and its workers, with what has ended."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(t.user + t.system for t in times)


def work(folder: str, n_workers: str) -> None:
    dataset, n = bt.choose_dataset(Path(folder)), int(n_workers)
    found: dict[str, Any] = {}
    with ExitStack() as block:
        begun = time.perf_counter()
        if n:
            cluster = block.enter_context(
                LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address="127.0.0.1:0")
            )
            block.enter_context(on_cluster(cluster.scheduler_address))
        # the first time, a worker loads the package
        bt.create_training_data(dataset.take(range(100)), crop=True)
        found["start"] = time.perf_counter() - begun
        for what, do in {
            "prepare": lambda: bt.create_training_data(dataset.take(range(2000)), crop=True),
            "audit": lambda: bt.audit(dataset.take(range(1000))),
        }.items():
            begun, spent = time.perf_counter(), processor_seconds()
            do()
            found[what] = time.perf_counter() - begun
            found[f"{what} processor"] = processor_seconds() - spent
        workers = [
            process.memory_info().rss / 1e6
            for process in psutil.Process().children(recursive=True)
            if any("spawn_main" in word for word in process.cmdline())
        ]
        found |= {"MB": peak_memory_mb(), "workers MB": workers}
        print(json.dumps(found))


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        images = bt.draw_sample(Path(folder) / "images", n_photographs=600, n_images=2600)
        for n in WORKERS:
            cache = str(Path(folder) / f"cache{n}")
            found = in_new_process("bench_cluster.py", images, n, BLOODCELL_TUT_CACHE=cache)
            rows.append({
                "pieces run in": "threads" if not n else f"{n} worker{'s' * (n > 1)}",
                "s to start": [found["start"]] if n else "-",
                "prepare 2,000, s": [found["prepare"]],
                "processor s": [found["prepare processor"]],
                "audit 1,000, s": [found["audit"]],
                "processor s, audit": [found["audit processor"]],
                "MB": [found["MB"]], "MB of a worker": found["workers MB"] or "-",
            })  # fmt: skip
            print(n, found, flush=True)
    save("cluster", "drawn cells", rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
