"""Wrong answers to the exercises of the lesson on another laboratory."""

import numpy as np

from bloodcell_tut.exercises.another_laboratory import (
    check_density,
    check_leave_one_out,
    check_risk,
)


def share(image, light):
    return np.minimum(np.maximum(image, 1) / light, 1)


def both(names):
    return [(names != name, names == name) for name in np.unique(names)]


def risk(rows, labels, coverage, *, surest=True, of_all=False, right=False, count=False):
    n = max(round(coverage * len(labels)), 1)
    order = np.argsort(-rows.max(axis=1) if surest else rows.max(axis=1))[:n]
    wrong = (rows[order].argmax(axis=1) == labels[order]) == right
    return float(wrong.sum() / (1 if count else len(labels) if of_all else n))


WRONG = [
    (check_density, lambda image, light: np.log(share(image, light)), "the other way round"),
    (check_density, lambda image, light: -np.log10(share(image, light)), "to the base 10"),
    (check_density, lambda image, light: share(image, light), "take its logarithm"),
    (check_density, lambda image, light: -np.log(image / light), "a level of 0 is 1"),
    (check_density, lambda image, light: -np.log(np.maximum(image, 1) / light), "below 0"),
    (check_density, lambda image, light: -np.log(np.maximum(image, 1) / 255), "not by 255"),
    (check_density, lambda image, light: -np.log(share(image, light))[..., 0], "2 axes"),
    (check_density, lambda image, light: image, "expected an array of floats"),
    (check_density, lambda image, light: -np.log(share(image, light)).tolist(), "of floats"),
    (check_leave_one_out, lambda names: {}, "expected a list of pairs"),
    (check_leave_one_out, lambda names: both(names)[:1], "expected one for each of 3"),
    (check_leave_one_out, lambda names: [p[::-1] for p in both(names)], "swapped"),
    (check_leave_one_out, lambda names: [p[0] for p in both(names)], "expected two arrays"),
    (check_leave_one_out, lambda names: both(names)[::-1], "a: its images"),
    (
        check_leave_one_out,
        lambda names: [tuple(map(np.flatnonzero, p)) for p in both(names)],
        "True and False",
    ),
    (
        check_leave_one_out,
        lambda names: [(np.ones(len(names), bool), test) for _, test in both(names)],
        "learned from and held back",
    ),
    (
        check_leave_one_out,
        lambda names: [(~one, one) for one in np.eye(len(names), dtype=bool)],
        "one image at a time",
    ),
    (
        check_leave_one_out,
        lambda names: [(names == names[names != n][0], names == n) for n in np.unique(names)],
        "learn from all images of all other",
    ),
    (check_risk, lambda *a: risk(*a, right=True), "the share of right answers"),
    (check_risk, lambda *a: risk(*a, surest=False), "least sure of"),
    (check_risk, lambda *a: risk(*a, of_all=True), "divides by all images"),
    (check_risk, lambda *a: risk(*a, count=True), "a number of answers"),
    (check_risk, lambda rows, labels, coverage: risk(rows, labels, 1), "asks all images"),
    (check_risk, lambda *a: str(risk(*a)), "expected one number"),
    (check_risk, lambda *a: True, "expected one number"),
    (check_risk, lambda *a: 0.123, "too"),
]
