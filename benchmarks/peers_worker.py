"""What `make bench ARGS=peers` runs for each tool: the pairs that it flags, and what that costs.

It runs where the tool is installed. The pairs go to a file, the costs to the last line.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np

Flagged = Iterable[tuple[str, str, float]]
"""Two files and how far they are apart."""
Tool = tuple[Callable[[str], Any], Callable[[Any], Flagged]]
"""What is measured, and what makes pairs of its answer."""


def in_sets(sets: Iterable[list[str]]) -> Flagged:
    return ((a, b, 0) for files in sets for a, b in combinations(sorted(files), 2))


def each_once(found: dict[str, list[tuple[str, float]]]) -> Flagged:
    return ((a, b, far) for a, others in found.items() for b, far in others if a < b)


def imagededup(name: str) -> Tool:
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:  # its operators need CUDA's libraries; nothing here uses them
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor a, Tensor b, float c) -> Tensor"
            )
    from imagededup import methods
    from imagededup.handlers.search.retrieval import HashEval

    method = getattr(methods, name)(verbose=False)

    def find(folder: str) -> dict[str, list[tuple[str, float]]]:
        parts = [Path(folder, part) for part in ("test", "train")]
        if name == "CNN" or not parts[0].is_dir():
            return method.find_duplicates(folder, scores=True, recursive=True)
        # all with all takes seven times as long, and only pairs across the split count
        hashes = [method.encode_images(part, recursive=True) for part in parts]
        asked, known = (
            {f"{part.name}/{file}": value for file, value in of.items()}
            for part, of in zip(parts, hashes, strict=True)
        )
        search = HashEval(known, asked, method.hamming_distance, False, threshold=10)
        return search.retrieve_results(scores=True)

    return find, each_once


def cleanvision() -> Tool:
    from cleanvision import Imagelab

    def find(folder: str) -> list[list[str]]:
        lab, kinds = Imagelab(data_path=folder), ("exact_duplicates", "near_duplicates")
        lab.find_issues({kind: {} for kind in kinds}, verbose=False)
        return [files for kind in kinds for files in lab.info[kind]["sets"]]

    return find, in_sets


def find_photographs() -> Tool:
    import bloodcell_tut as bt
    from bloodcell_tut.photographs.local_features import list_images

    def find(folder: str) -> list[list[str]]:
        paths = np.array(list(map(str, list_images(Path(folder)))))
        groups = bt.find_photographs(Path(folder), cache=False).groups
        return [paths[groups == group].tolist() for group in range(groups.max() + 1)]

    return find, in_sets


def audit() -> Tool:
    import bloodcell_tut as bt

    def find(folder: str) -> list[list[str]]:
        found = bt.audit(*[bt.choose_dataset(Path(folder, part)) for part in ("test", "train")])
        both = found.of_kind("both sides")
        return [[str(found.paths[i]) for i in finding.files] for finding in both]

    return find, in_sets


TOOLS: dict[str, Callable[[], Tool]] = {
    "PHash": lambda: imagededup("PHash"),
    "CNN": lambda: imagededup("CNN"),
    "cleanvision": cleanvision,
    "find_photographs": find_photographs,
    "audit": audit,
}


def processor() -> float:
    """The seconds of this process and of those it has started."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def peak_mb() -> float:
    """The most memory of one process, this one or one it has started."""
    own = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024 / 1e6


def main(tool: str, folder: str, kept: str) -> None:
    try:
        find, pairs_of = TOOLS[tool]()
    except URLError:
        return print(json.dumps({"failed": "weights not reachable"}))
    before = time.perf_counter(), processor()
    answer = find(folder)
    seconds, used = time.perf_counter() - before[0], processor() - before[1]
    print(json.dumps({"seconds": seconds, "processor": used, "MB": peak_mb()}))
    flagged = list(pairs_of(answer))
    pairs = [[name.removeprefix(f"{folder}/") for name in pair] for *pair, _ in flagged]
    np.savez_compressed(kept, pairs=pairs, far=[far for *_, far in flagged])


if __name__ == "__main__":
    main(*sys.argv[1:])
