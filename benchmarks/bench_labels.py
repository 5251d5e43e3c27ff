"""`make bench ARGS=labels`: wrong labels among drawn cells, and one cell with two labels.

On the drawn sample the labels of one photograph in twenty are exchanged. On the archive's TRAIN
part photographs 206 and 278 show one cell, one labeled lymphocyte, the other monocyte. Each row is
a process of its own.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import in_new_process, save

import bloodcell_tut as bt
from bloodcell_tut.auditing import rank_doubtful_labels
from bloodcell_tut.baselines import cross_validated, random_forest, small_network
from bloodcell_tut.training_data import Level

LEARNERS = {"small network": small_network, "random forest": random_forest}
PAIR = {"206, labeled lymphocyte": "BloodImage_00206", "278, labeled monocyte": "BloodImage_00278"}
EXCHANGED = 0.05


def exchange(data: bt.TrainingData, seed: int) -> tuple[bt.TrainingData, set[str]]:
    """Give some photographs another label; return their names as well."""
    rng, n_classes = np.random.default_rng(seed), len(data.class_names)
    names, index = np.unique(data.photographs, return_inverse=True)
    some = rng.choice(len(names), round(EXCHANGED * len(names)), replace=False)
    shift = np.zeros(len(names), int)
    for i in some:
        shift[i] = rng.integers(1, n_classes)
    labels = (data.labels + shift[index]) % n_classes
    return replace(data, labels=labels), set(names[some].tolist())


def on_drawn(learner: str, seed: int) -> dict[str, float]:
    """Percentages of the labels doubted, counted as wrong, and first in line."""
    drawn = bt.create_training_data(bt.choose_dataset("sample"), cache=True)
    data, wrong = exchange(drawn, seed)
    started = time.process_time()
    asked = cross_validated(data, LEARNERS[learner], seed=seed, level="photograph")
    seconds = time.process_time() - started
    doubts = rank_doubtful_labels(asked.probabilities, data.labels, photographs=data.photographs)
    right = [data.photographs[doubt.files[0]] in wrong for doubt in doubts]
    n_counted = sum(doubt.is_counted for doubt in doubts)
    found = {"named as labeled": 100 * asked.photograph_accuracy}
    for what, n in {"counted": n_counted, "doubted": len(doubts), "first": len(wrong)}.items():
        found[what] = n
        found[f"{what}: precision"] = 100 * sum(right[:n]) / n
        found[f"{what}: recall"] = 100 * sum(right[:n]) / len(wrong)
    return found | {"CPU s": seconds}


def on_real(learner: str, real: str, level: Level) -> dict[str, Any]:
    """What is said of the two photographs of one cell."""
    data = bt.create_training_data(bt.choose_dataset(real), cache=True)
    asked = cross_validated(data, LEARNERS[learner], level=level)
    doubts = rank_doubtful_labels(asked.probabilities, data.labels, photographs=data.photographs)
    ranks = [data.photographs[doubt.files[0]] for doubt in doubts]
    found: dict[str, Any] = {"named as labeled": f"{asked.photograph_accuracy:.1%}"}
    found |= {"doubted": len(doubts), "counted": sum(doubt.is_counted for doubt in doubts)}
    for title, name in PAIR.items():
        files = data.photographs == name
        own = asked.probabilities[files, data.labels[files]].mean()
        rank = f"number {ranks.index(name) + 1}" if name in ranks else "not in doubt"
        found[title] = f"{own:.1%}, {rank}"
    return found


def work(learner: str, *more: str) -> None:
    if len(more) == 1:
        found: dict[str, Any] = on_drawn(learner, int(more[0]))
    else:
        found = on_real(learner, more[0], more[1])  # type: ignore[arg-type]
    print(json.dumps(found))


def main(real: Path, seeds: int) -> None:
    rows: list[dict[str, Any]] = []
    for learner in LEARNERS:
        for level in ("cell", "photograph"):
            found = in_new_process("bench_labels.py", learner, real, level)
            rows.append({"learner": learner, "held back whole": level} | found)
            save("labels_real", "real TRAIN, 277 photographs, 5 folds", rows)
    drawn: dict[str, list[dict[str, float]]] = {learner: [] for learner in LEARNERS}
    for seed in range(seeds):
        for learner, runs in drawn.items():
            runs.append(in_new_process("bench_labels.py", learner, seed))
        rows = [
            {"learner": name} | {key: [run[key] for run in runs] for key in runs[0]}
            for name, runs in drawn.items()
        ]
        data = f"drawn sample, 352 photographs, 5 % of the labels exchanged; {seed + 1} seeds"
        save("labels", f"{data}, 5 folds by photograph; shares in percent", rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
