"""`make bench ARGS=experiments`: learners compared on the real TRAIN, by field of view.

Each is a process of its own, with its own peak memory.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench_tools import in_new_process, save

import bloodcell_tut as bt
from bloodcell_tut.baselines import classifiers as experiments
from bloodcell_tut.runs.environment import peak_memory_mb

LEARNERS = {
    "majority": experiments.majority,
    "nearest color histogram": experiments.nearest_colors,
    "decision tree on twelve measures": experiments.decision_tree,
    "random forest on twelve measures": experiments.random_forest,
    "small network, real cells only, mean over flips": experiments.small_network,
    "the same, half drawn cells, asked once": experiments.small_network_asked_once,
    "half drawn cells, mean over flips: ours": experiments.small_network_with_drawn,
    "article's network, whole images": experiments.article_network,
    "article's network, cells cut out": experiments.article_network,
}


def work(name: str, real: str, seed: str) -> None:
    crop, learn = "whole" not in name, LEARNERS[name]
    data = bt.create_training_data(bt.choose_dataset(real), crop=crop)
    started = time.process_time()
    found = experiments.cross_validated(data, learn, seed=int(seed))
    seconds = (time.process_time() - started) / 5
    split = bt.split_by_image(data, seed=int(seed))
    said = learn(split.train, int(seed))(split.test.images)
    by_image = bt.Evaluation(split.test, said)
    low, high = found.accuracy_interval
    row = {
        "learner": name,
        "seed": seed,
        "by field of view": f"{found.accuracy:.1%} ({low:.1%} to {high:.1%})",
        "by photograph": f"{found.photograph_accuracy:.1%}",
        "split by image": f"{by_image.accuracy:.1%}",
        "CPU s a fold": round(seconds, 1),
        "MB": peak_memory_mb(),
    }
    print(json.dumps(row))


def main(real: Path, seeds: int) -> None:
    rows: list[dict[str, Any]] = []
    for name in LEARNERS:
        for seed in range(seeds if "drawn cells" in name or "ours" in name else 1):
            rows.append(in_new_process("bench_experiments.py", name, real, seed))
            save("experiments", "real TRAIN", rows)  # after each row: the last ones take long


if __name__ == "__main__":
    work(*sys.argv[1:])
