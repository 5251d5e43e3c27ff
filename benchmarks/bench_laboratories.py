"""`make bench ARGS=laboratories`: recipes at home, in drawn laboratories and in another one.

The networks learn from four fifths of the photographs of the archive's TRAIN part, five times.
The other laboratory's cells are asked about; nothing learns from them. Each row is a process of
its own. The recipe `anywhere` was chosen on these same cells, so they flatter it.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from bench_tools import in_new_process, save
from other_laboratory import OTHER_LABORATORY, read_cells

import bloodcell_tut as bt
from bloodcell_tut.baselines.drawn import drawn_cells
from bloodcell_tut.runs.detector import run_detector
from bloodcell_tut.runs.settings import IMAGE_SIZES
from bloodcell_tut.standardization import standard_image
from bloodcell_tut.training.recipe import RECIPES

WAYS = ("cells", "anywhere")
NAMED = ("giemsa", "rapid", "leishman")
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
AWAY = "other-lab-1"


class Cells(NamedTuple):
    """Prepared images, their classes, and in which of them the finder found a cell."""

    images: np.ndarray
    labels: np.ndarray
    found: np.ndarray


class Answers(NamedTuple):
    """What a network says of some cells, and which answers it gives."""

    right: np.ndarray
    labels: np.ndarray
    sure: np.ndarray
    answered: np.ndarray


def other_cells(prepare: Callable[[np.ndarray], np.ndarray], names: tuple[str, ...]) -> Cells:
    """The other laboratory's cells of the classes that a network knows."""
    known = [cell for cell in read_cells() if cell.class_name in names]
    images = np.stack([prepare(cell.image) for cell in known])
    labels = np.array([names.index(cell.class_name) for cell in known])
    return Cells(images, labels, np.array([bool(bt.find_white_cell(c.image)) for c in known]))


def drawn_laboratory(laboratory: str, size: int, standardize: bool) -> Cells:
    folder = bt.draw_sample(n_photographs=250, n_images=250, seed=21, laboratory=laboratory)
    dataset = bt.choose_dataset(folder)
    data = bt.create_training_data(dataset, size, crop=True, standardize=standardize)
    return Cells(data.images, data.labels, np.ones(len(data), bool))


def ask(model: Any, detector: Any, cells: Cells) -> Answers:
    rows = bt.predict_probabilities(model, cells.images)
    sure, answered = rows.max(axis=1), cells.found.copy()
    if detector is not None:
        near = detector.scores(model, cells.images) <= 1
        answered &= near & (sure >= detector.least_probability)
    return Answers(rows.argmax(axis=1) == cells.labels, cells.labels, sure, answered)


def measures(found: Answers) -> dict[str, float | None]:
    """Shares in percent, and the risk of the surest answers, for each coverage."""
    of_class = [found.right[found.labels == label].mean() for label in np.unique(found.labels)]
    given = found.right[found.answered]
    surest = found.right[np.argsort(-found.sure, kind="stable")]
    risks = {f"{c:.0%}": 1 - surest[: max(round(c * len(surest)), 1)].mean() for c in COVERAGES}
    shares = {
        "right": found.right.mean(),
        "balanced": np.mean(of_class),
        "answered": found.answered.mean(),
        "right of these": given.mean() if len(given) else None,
    }
    both = (shares | risks).items()
    return {name: None if value is None else float(100 * value) for name, value in both}


def work(recipe_name: str, real: str, seed: str) -> None:
    settings = bt.RunSettings(data=real, recipe=recipe_name, seed=int(seed))
    recipe, size = RECIPES[recipe_name], IMAGE_SIZES[settings.model]
    dataset, standardize = bt.choose_dataset(real), recipe.standardized
    data = bt.create_training_data(dataset, size, crop=True, standardize=standardize, cache=True)
    prepare = standard_image if standardize else bt.prepare_image
    elsewhere = {AWAY: other_cells(partial(prepare, size=size), data.class_names)}
    elsewhere |= {f"drawn: {n}": drawn_laboratory(n, size, standardize) for n in NAMED}
    additional = drawn_cells(**settings.drawn_options, standardize=standardize)
    asked: dict[str, list[Answers]] = {}
    seconds = []
    for split in bt.cross_validate_by_photograph(data, 5, seed=int(seed)):
        started = time.process_time()
        model = bt.small_cnn(len(data.class_names), size, int(seed), recipe)
        bt.train(model, split.train, recipe=recipe, seed=int(seed), additional=additional)
        seconds.append(time.process_time() - started)
        detector = run_detector(settings, model, split)
        test = split.test
        home = {"home": Cells(test.images, test.labels, np.ones(len(test), bool))}
        for place, cells in (home | elsewhere).items():
            asked.setdefault(place, []).append(ask(model, detector, cells))
    found = {
        place: measures(Answers(*map(np.concatenate, zip(*of_folds, strict=True))))
        for place, of_folds in asked.items()
    }
    print(json.dumps({"CPU s": mean(seconds), "places": found}))


def rows_of(done: dict[str, list[dict]]) -> tuple[list[dict], list[dict]]:
    """The rows of both tables: a list for each figure, one number of each seed."""
    scores, risks = list[dict](), list[dict]()
    for place, (recipe, runs) in product(done["cells"][0]["places"], done.items()):
        found = {k: [run["places"][place][k] for run in runs] for k in runs[0]["places"][place]}
        head = {"asked about": place, "recipe": recipe}
        scores.append(head | {k: v for k, v in found.items() if "%" not in k})
        risks.append(head | {k: v for k, v in found.items() if "%" in k})
    for row in scores:
        if row["asked about"] == "home":
            row["training, CPU s"] = [run["CPU s"] for run in done[row["recipe"]]]
        else:
            row["training, CPU s"] = ""
    return scores, risks


def main(real: Path, seeds: int) -> None:
    if not OTHER_LABORATORY.is_file():
        raise SystemExit(f"{OTHER_LABORATORY}: not there; it is measured on these cells")
    done: dict[str, list[dict]] = {way: [] for way in WAYS}
    for seed in range(seeds):
        for way in WAYS:
            done[way].append(in_new_process("bench_laboratories.py", way, real, seed))
        data = f"real TRAIN, {AWAY}; {seed + 1} seeds, 5 folds by photograph"
        for name, rows in zip(("laboratories", "risk_coverage"), rows_of(done), strict=True):
            save(name, data, rows)


if __name__ == "__main__":
    work(*sys.argv[1:])
