"""`make bench`: how good on drawn and real cells, and at what cost in time and memory.

Each row is a run of the command line in a process of its own, with its own peak memory. The real
archive is taken from ../shared/data where there is one, or from the path given.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_photographs

from bloodcell_tut import draw_sample

ROOT = Path(__file__).parent.parent
REAL = ROOT.parent / "shared" / "data" / "blood-cells-train.zip"
COLUMNS = ("photographs", "accuracy", "95 % interval", "by photograph", "leaked", "seconds", "MB")


def measure(*options: object) -> dict:
    """Run the nine steps with these options and return the report."""
    with tempfile.TemporaryDirectory() as folder:
        command = [Path(sys.executable).parent / "bloodcell-tut", "run", "--out", folder, *options]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        return json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))


def row(report: dict) -> tuple[str, ...]:
    low, high = report["accuracy_interval"]
    leaked = report["leaked_fraction"]
    return (
        str(report["n_photographs"]),
        f"{report['accuracy']:.1%}",
        f"{low:.1%} to {high:.1%}",
        f"{report['photograph_accuracy']:.1%}",
        "unknown" if leaked is None else f"{leaked:.1%}",
        f"{report['seconds']['total']:.0f}",
        f"{report['peak_memory_mb']:.0f}",
    )


def benches(real: Path, seeds: int, article: bool) -> dict[str, tuple[object, ...]]:
    """Return the options of each run by its name."""
    runs = {f"drawn, seed {s}": ("--seed", s) for s in range(seeds)}
    if not real.exists():
        print(f"skipped: the real archive is not at {real}", file=sys.stderr)
        return runs
    runs |= {f"real, seed {s}": ("--data", real, "--seed", s) for s in range(seeds)}
    runs["real, split by image"] = ("--data", real, "--split", "image")
    drawn = draw_sample(n_photographs=2400, n_images=4800)
    runs["trained on 2,400 drawn photographs, scored on real ones"] = (
        "--data", drawn, "--test-data", real,
    )  # fmt: skip
    if article:
        runs["the article as repaired"] = (
            "--data", real, "--model", "article", "--split", "image",
        )  # fmt: skip
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, default=REAL, help="the public archive, zip or folder")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind")
    parser.add_argument("--article", action="store_true", help="the article's network too (slow)")
    parser.add_argument("what", nargs="?", choices=["runs", "photographs"], default="runs")
    arguments = parser.parse_args()
    if arguments.what == "photographs":
        bench_photographs.main(arguments.real)
        return
    print("| run |", " | ".join(COLUMNS), "|")
    print("| --- |" + " --- |" * len(COLUMNS))
    for name, options in benches(arguments.real, arguments.seeds, arguments.article).items():
        print(f"| {name} |", " | ".join(row(measure(*options))), "|", flush=True)


if __name__ == "__main__":
    main()
