"""`make bench`: ways side by side; ARGS=runs, experiments, photographs, big, and more."""

import argparse
from importlib import import_module
from pathlib import Path

from bench_tools import REAL

BENCHES = {
    "ways": ("real", "runs", "files"),
    "runs": ("real", "runs", "article"),
    "experiments": ("real", "runs"),
    "photographs": ("real",),
    "laboratories": ("real", "runs"),
    "labels": ("real", "runs"),
    "whole": ("real", "runs"),
    "pictures": (),
    "big": (),
    "audit_scale": (),
    "cluster": (),
    "peers": ("real",),
    "profile": (),
    "installs": (),
}
"""The modules `bench_...`, and which options each takes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, default=REAL, help="the public archive, zip or folder")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind")
    parser.add_argument("--files", type=int, help="ways: no more files than these")
    parser.add_argument("--article", action="store_true", help="runs: the article's too (slow)")
    parser.add_argument("what", nargs="?", choices=BENCHES, default="ways")
    options = vars(parser.parse_args())
    what = options.pop("what")
    # each imports what it needs and no more
    import_module(f"bench_{what}").main(*map(options.get, BENCHES[what]))


if __name__ == "__main__":
    main()
