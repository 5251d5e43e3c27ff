"""Wrong answers to the exercises of the lesson on any pictures."""

from functools import partial

import numpy as np

from bloodcell_tut.exercises.any_pictures import (
    check_keeps_class,
    check_shift,
    check_without_leaked,
)


def padded(image, right, down, mode="symmetric"):
    h, w = image.shape[:2]
    large = np.pad(image, ((h, h), (w, w), (0, 0)), mode=mode)
    return large[h - down : 2 * h - down, w - right : 2 * w - right]


def share(known, labels, asked, asked_labels, change, dtype=float):
    rows = known.reshape(len(known), -1).astype(dtype)
    changed = change(asked).reshape(len(asked), -1).astype(dtype)
    nearest = [((rows - one) ** 2).sum(axis=1).argmin() for one in changed]
    return (labels[nearest] == asked_labels).mean()


def darkened(known, labels, asked, asked_labels, change):
    known //= 2
    return share(known, labels, asked // 2, asked_labels, change)


def unchanged(known, labels, asked, asked_labels, change):
    return share(known, labels, asked, asked_labels, np.asarray)


def score(right, leaked):
    left = np.delete(right, leaked)
    return left.mean(), right.mean() - left.mean()


WRONG = [
    (check_shift, lambda image, right, down: padded(image, -right, -down), "the other way"),
    (check_shift, lambda image, right, down: padded(image, down, right), "exchanged"),
    (check_shift, lambda image, right, down: padded(image, right, down, "wrap"), "on the other"),
    (check_shift, lambda image, right, down: padded(image, right, down, "constant"), "black"),
    (check_shift, lambda image, right, down: padded(image, right, down, "edge"), "is repeated"),
    (check_shift, lambda image, right, down: padded(image, right, down, "reflect"), "edge pixel"),
    (check_shift, lambda *a: padded(*a).astype(float), "float64"),
    (check_shift, lambda *a: padded(*a)[1:], "shape"),
    (check_keeps_class, unchanged, "call change"),
    (check_keeps_class, lambda *a: 1 - share(*a), "share of wrong ones"),
    (check_keeps_class, lambda *a: share(*a) * len(a[2]), "a number of images"),
    (check_keeps_class, partial(share, dtype=np.uint8), "wrap around"),
    (check_keeps_class, darkened, "changes the array"),
    (check_keeps_class, lambda *a: str(share(*a)), "expected one number"),
    (check_keeps_class, lambda *a: True, "expected one number"),
    (check_without_leaked, lambda right, leaked: score(right, leaked)[0], "expected two numbers"),
    (check_without_leaked, lambda right, leaked: (right[leaked].mean(), 0), "of the leaked ones"),
    (check_without_leaked, lambda right, leaked: (right.mean(), 0), "of all images"),
    (
        check_without_leaked,
        lambda right, leaked: (score(right, leaked)[0] * (1 - len(leaked) / len(right)), 0),
        "count as wrong",
    ),
    (check_without_leaked, lambda *a: (score(*a)[0], -score(*a)[1]), "the other sign"),
    (check_without_leaked, lambda *a: (score(*a)[0], 0.5), "the difference"),
]
