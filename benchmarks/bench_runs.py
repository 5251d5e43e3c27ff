"""`make bench ARGS=runs`: how good on drawn and real cells, and at what cost in time and memory.

Each row is a run of the command line in a process of its own, with its own peak memory. The real
archive is taken from ../shared/data where there is one, or from the path given. Arrays that an
earlier run kept are taken from the cache, as for everybody who runs it twice.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench_tools import save

from bloodcell_tut import draw_sample
from bloodcell_tut.pages import percent
from bloodcell_tut.runs import Report


def measure(*options: object) -> Report:
    """Run the nine steps with these options and return the report."""
    with tempfile.TemporaryDirectory() as folder:
        return run_into(folder, *options)


def run_into(folder: str, *options: object) -> Report:
    """Run the nine steps, keep the results in a folder and return the report."""
    command = [Path(sys.executable).parent / "bloodcell-tut", "run", "--out", folder, *options]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return Report.read(Path(folder) / "report.json")


def row(report: Report) -> dict[str, str]:
    low, high = report.accuracy_interval
    return {
        "photographs": str(report.n_photographs),
        "accuracy": percent(report.accuracy),
        "95 % interval": f"{percent(low)} to {percent(high)}",
        "by photograph": percent(report.photograph_accuracy),
        "leaked": percent(report.leaked_fraction),
        "seconds": f"{report.seconds['total']:.0f}",
        "MB": f"{report.peak_memory_mb or 0:.0f}",
    }


def benches(real: Path, seeds: int, article: bool) -> dict[str, tuple[object, ...]]:
    """Return the options of each run by its name."""
    # one sample for all: told by its path, since the seed would draw another one
    sample = draw_sample()
    drawn = [("--data", sample, "--seed", s) for s in range(seeds)]
    runs: dict[str, tuple[object, ...]] = {f"drawn, seed {how[-1]}": how for how in drawn}
    if not real.exists():
        print(f"skipped: the real archive is not at {real}", file=sys.stderr)
        return runs
    runs |= {f"real, seed {s}": ("--data", real, "--seed", s) for s in range(seeds)}
    runs["real, split by image"] = ("--data", real, "--split", "image")
    many = draw_sample(n_photographs=2400, n_images=4800)
    runs["trained on 2,400 drawn photographs, scored on real ones"] = (
        "--data", many, "--test-data", real,
    )  # fmt: skip
    if article:
        runs["the article as repaired"] = (
            "--data", real, "--model", "article", "--split", "image",
        )  # fmt: skip
    return runs


def main(real: Path, seeds: int, article: bool) -> None:
    rows = [
        {"run": name} | row(measure(*options))
        for name, options in benches(real, seeds, article).items()
    ]
    save("runs", "drawn, and the real archive where there is one", rows)
