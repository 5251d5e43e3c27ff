"""Wrong answers to the exercises of lesson 1."""

from collections import Counter
from itertools import groupby

import numpy as np

from bloodcell_tut.exercises.lesson_01 import check_baseline, check_counts, check_groups


def unsorted_counts(paths):
    return dict(Counter(path.parent.name for path in paths))


def folders(paths):
    return dict.fromkeys(sorted({path.parent for path in paths}), 1)


def prints(paths):
    print(len(paths))


def ones(paths):
    return dict.fromkeys(sorted({path.parent.name for path in paths}), 1)


def shares(paths):
    counts = Counter(path.parent.name for path in paths)
    return {name: counts[name] / len(paths) for name in sorted(counts)}


def anywhere(paths):
    names = sorted({path.parent.name for path in paths})
    return {name: sum(name in str(path) for path in paths) for name in names}


def sorts(paths):
    paths.sort()
    return unsorted_counts(paths)


def grouped(files, table):
    groups: dict = {}
    for name in files:
        groups.setdefault(table[name], []).append(name)
    return groups


def one_list(files, table):
    shared: list = []
    groups: dict = {table[name]: shared for name in files}
    for name in files:
        groups[table[name]].append(name)
    return groups


def neighbors(files, table):
    return {name: list(group) for name, group in groupby(files, key=table.get)}


def empties(files, table):
    groups: dict = {name: [] for name in table.values()}
    for name in files:
        groups[table[name]].append(name)
    return groups


def pops(files, table):
    groups: dict = {}
    while files:
        name = files.pop(0)
        groups.setdefault(table[name], []).append(name)
    return groups


def whole_table(files, table):
    wanted = {table[name] for name in files}
    return {p: [name for name in table if table[name] == p] for p in wanted}


def in_sets(files, table):
    return {table[name]: {f for f in files if table[f] == table[name]} for name in files}


def backwards(files, table):
    groups: dict = {}
    for name in reversed(files):
        groups.setdefault(table[name], []).append(name)
    return groups


WRONG = [
    (check_counts, 3, "expected a function"),
    (check_counts, prints, "returns nothing"),
    (check_counts, lambda paths: [len(paths)], "expected a dictionary"),
    (check_counts, lambda paths: {path.name: 1 for path in paths}, "the name of a file"),
    (check_counts, lambda paths: {path.parts[0]: 1 for path in paths}, "further out"),
    (check_counts, lambda paths: {p.parent.parent.name: 1 for p in paths}, "further out"),
    (check_counts, folders, "it is a path"),
    (check_counts, lambda paths: {p.parent.name.upper(): 1 for p in paths}, "which is no class"),
    (check_counts, unsorted_counts, "expected them sorted"),
    (check_counts, ones, "off by one"),
    (check_counts, shares, "expected a whole number"),
    (check_counts, lambda paths: {}, "is missing from the result"),
    (check_counts, lambda paths: Counter(p.parent for p in paths), "it is a path"),
    (check_counts, lambda paths: {str(p.parent): 1 for p in paths}, "a path of several folders"),
    (check_counts, anywhere, "at all of the folder"),
    (check_counts, sorts, "changes the list"),
    (check_counts, lambda paths: {p.suffix: 1 for p in paths}, "which is no class"),
    (check_counts, lambda paths: sorted(unsorted_counts(paths).items()), "expected a dictionary"),
    (check_baseline, 0.6, "expected a function"),
    (check_baseline, lambda y: np.bincount(y).max(), "a count"),
    (check_baseline, lambda y: 100 * np.bincount(y).max() / len(y), "a percentage"),
    (check_baseline, lambda y: np.bincount(y).argmax(), "a label"),
    (check_baseline, lambda y: 1 / len(np.unique(y)), "divided by the number of classes"),
    (check_baseline, lambda y: 1 / (y.max() + 1), "guessing at random"),
    (check_baseline, lambda y: np.mean(y == 0), "share of label 0"),
    (check_baseline, lambda y: np.mean(y == y.max()), "share of the largest label"),
    (check_baseline, lambda y: y.mean(), "the mean of the labels"),
    (check_baseline, lambda y: np.bincount(y) / len(y), "expected a number"),
    (check_baseline, lambda y: y.max() / len(y), "the largest label over"),
    (check_baseline, lambda y: np.bincount(y).argmax() / len(y), "a label over"),
    (check_baseline, lambda y: np.bincount(y).max() // len(y), "what `//` leaves"),
    (check_baseline, lambda y: np.bincount(y).max() / y.sum(), "by the sum of the labels"),
    (check_baseline, lambda y: round(np.bincount(y).max() / len(y), 1), "a rounded number"),
    (check_baseline, lambda y: np.mean(y == y[0]), "need not be the most frequent"),
    (check_baseline, lambda y: 1 - np.bincount(y).max() / len(y), "the other share"),
    (check_baseline, lambda y: Counter(y.tolist()).most_common(1)[0], "a tuple of length 2"),
    (check_baseline, lambda y: y.sort() or 0.6, "changes the array"),
    (check_groups, {}, "expected a function"),
    (check_groups, lambda files, table: table, "the keys are files"),
    (check_groups, lambda files, table: files, "expected a dictionary"),
    (check_groups, lambda files, table: {table[f]: [f] for f in files}, "replace an earlier one"),
    (check_groups, neighbors, "replace an earlier one"),
    (check_groups, empties, "none of the files is from it"),
    (check_groups, pops, "changes what it is given"),
    (check_groups, whole_table, "doesn't belong there"),
    (check_groups, in_sets, "expected a list"),
    (check_groups, backwards, "order in which the files were given"),
    (check_groups, one_list, "share one and the same list"),
    (check_groups, lambda f, t: {k: [v] for k, v in grouped(f, t).items()}, "expected names"),
    (check_groups, lambda f, t: {k: [*f] for k in grouped(f, t)}, "doesn't belong there"),
    (check_groups, lambda f, t: {k: len(v) for k, v in grouped(f, t).items()}, "expected a list"),
    (check_groups, lambda f, t: {k: sorted(v) for k, v in grouped(f, t).items()}, "order in which"),
    (check_groups, lambda files: {}, "TypeError"),
]
