"""Wrong answers to the exercises of lesson 5."""

import numpy as np

from bloodcell_tut.exercises.lesson_05 import (
    check_channels_last,
    check_count,
    check_nearest,
    check_pairs,
)


def split(pairs):
    return np.stack([x for x, _ in pairs]), np.array([y for _, y in pairs])


def as_objects(pairs):
    X = np.empty(len(pairs), object)
    X[:] = [x for x, _ in pairs]
    return X, split(pairs)[1]


def refuse(fits, X, y, error=ValueError):
    if not fits:
        raise error("no")
    return len(X)


def asserts(X, y):
    assert X.ndim == 4 and X.shape[3] == 3 and y.shape == (len(X),)
    return len(X)


def returns_whether(X, y):
    return X.ndim == 4 and X.shape[3] == 3 and y.shape == (len(X),)


def returns_the_error(X, y):
    return len(X) if returns_whether(X, y) else ValueError("X and y don't fit")


def bytes_only(X, y):
    return refuse(returns_whether(X, y) and X.dtype == np.uint8, X, y)


def nearest(X, y, dtype=float, distance=np.square, others=np.inf, pick=np.argmin):
    rows = X.reshape(len(X), -1).astype(dtype)
    distances = distance(rows[:, None] - rows).sum(axis=2)
    return pick(distances + np.diag(np.full(len(y), others)), axis=1)


def nearest_score(X, y, **settings):
    return (y[nearest(X, y, **settings)] == y).mean()


def in_bytes(X, y):
    return nearest_score(X, y, dtype=X.dtype)


def squared_as_floats(X, y):
    return nearest_score(X, y, dtype=X.dtype, distance=lambda apart: apart.astype(float) ** 2)


def those_before(X, y):
    rows = X.reshape(len(X), -1).astype(float)
    right = [y[((rows[:i] - rows[i]) ** 2).sum(axis=1).argmin()] == y[i] for i in range(1, len(y))]
    return (sum(right) + (y[0] == y[0])) / len(y)


WRONG = [
    (check_pairs, lambda p: (split(p)[0], split(p)[1].tolist()), "y is a list"),
    (check_pairs, lambda p: ([x for x, _ in p], split(p)[1]), "X is a list of length 5"),
    (check_pairs, lambda p: split(p)[::-1], "each other's place"),
    (check_pairs, lambda p: split(p)[0], "expected a tuple of two"),
    (check_pairs, lambda p: (split(p)[0] / 255, split(p)[1]), "X holds float64; expected uint8"),
    (check_pairs, lambda p: (split(p)[0], split(p)[1].astype(np.uint8)), "y holds uint8"),
    (check_pairs, lambda p: (split(p)[0], split(p)[1] / 1), "y holds float64; expected int64"),
    (check_pairs, lambda p: (split(p)[0], split(p)[1][:, None]), "a column"),
    (check_pairs, lambda p: (split(p)[0][::-1], split(p)[1][::-1]), "in reverse order"),
    (check_pairs, lambda p: (split(p)[0], np.sort(split(p)[1])), "the labels are sorted"),
    (check_pairs, lambda p: (split(p)[0].transpose(0, 2, 1, 3), split(p)[1]), "changed places"),
    (check_pairs, lambda p: (split(p)[0].reshape(-1, 6, 4, 3), split(p)[1]), "axes changed places"),
    (check_pairs, lambda p: (split(p)[0][1:], split(p)[1][1:]), "off by one"),
    (check_pairs, lambda p: (split(p)[0][..., ::-1], split(p)[1]), "BGR"),
    (check_pairs, as_objects, "dtype object"),
    (
        check_pairs,
        lambda p: split(sorted(p, key=lambda pair: pair[1])),
        "pairs are sorted by label",
    ),
    (check_pairs, lambda p: (split(p)[0][[0] * len(p)], split(p)[1]), "one and the same picture"),
    (check_pairs, lambda p: (split(p)[0], split(p)[1][::-1]), "X is not"),
    (check_pairs, lambda p: (split(p)[0], np.arange(len(p))), "y counts the pictures"),
    (check_pairs, lambda p: tuple(zip(*p, strict=True)), "y is a tuple"),
    (check_pairs, lambda p: np.array(p).T, "your code stopped with ValueError"),
    (check_pairs, lambda p: print(split(p)), "does it end with `return`?"),
    (check_count, lambda X, y: len(X), "fewer labels than pictures"),
    (check_count, lambda X, y: refuse(len(X) == len(y), X, y), "without an axis for channels"),
    (
        check_count,
        lambda X, y: refuse(len(X) <= len(y) and X.shape[3] == 3, X, y),
        "fewer pictures than labels",
    ),
    (
        check_count,
        lambda X, y: refuse(len(X) == len(y) and X.shape[3] == 3, X, y),
        "look at the number of axes first",
    ),
    (
        check_count,
        lambda X, y: refuse(len(X) == len(y) and X.shape[-1] == 3 and X.ndim == 4, X, y),
        "labels as a column",
    ),
    (
        check_count,
        lambda X, y: refuse(len(X) == len(y) and X.ndim == 4, X, y),
        "pictures with one channel",
    ),
    (check_count, lambda X, y: refuse(False, X, y), "fit, and are refused"),
    (check_count, lambda X, y: refuse(len(X) == 5, X, y), "fit, and are refused"),
    (check_count, asserts, "expected a ValueError"),
    (check_count, returns_whether, "the result is True; expected a number"),
    (check_count, lambda X, y: refuse(returns_whether(X, y), X, y, TypeError), "TypeError"),
    (check_count, returns_the_error, "the error was returned; raise it"),
    (check_count, lambda X, y: len(X) if returns_whether(X, y) else -1, "the answer was -1"),
    (check_count, bytes_only, "float32, and y of shape (3,) fit"),
    (check_count, lambda X, y: X.shape[1], "off by one"),
    (check_count, lambda X, y: print(len(X)), "does it end with `return`?"),
    (check_channels_last, lambda x: x, "nothing was moved"),
    (check_channels_last, lambda x: x.reshape(len(x), *x.shape[2:], x.shape[1]), "torn"),
    (check_channels_last, lambda x: x.transpose(0, 3, 2, 1), "on their side"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3)[..., ::-1], "in reverse order"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3)[:, ::-1], "upside down"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3)[:, :, ::-1], "mirrored"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3)[::-1], "stand in reverse order"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3)[..., :3], "has shape (4, 6, 3, 3)"),
    (check_channels_last, lambda x: np.moveaxis(x, 0, 3), "the axes changed places"),
    (check_channels_last, lambda x: x.transpose(2, 3, 0, 1), "which counts the pictures"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3) / 255, "holds float64; expected uint8"),
    (check_channels_last, lambda x: np.moveaxis(x, 1, 3)[0], "it has 3 axes and not 4"),
    (check_channels_last, lambda x: list(np.moveaxis(x, 1, 3)), "expected a NumPy array"),
    (check_nearest, lambda X, y: nearest_score(X, y, others=0), "every picture found itself"),
    (check_nearest, in_bytes, "were taken in bytes"),
    (check_nearest, squared_as_floats, "convert to floats first"),
    (check_nearest, lambda X, y: nearest_score(X, y, others=0, pick=np.argmax), "the farthest"),
    (check_nearest, lambda X, y: nearest_score(X, y, distance=np.abs), "without squaring"),
    (check_nearest, lambda X, y: nearest_score(X, y, distance=np.array), "cancel out in the sum"),
    (check_nearest, those_before, "those before it only"),
    (check_nearest, lambda X, y: len(y) * nearest_score(X, y), "expected their share"),
    (check_nearest, lambda X, y: 100 * nearest_score(X, y), "a percentage"),
    (check_nearest, lambda X, y: 1 - nearest_score(X, y), "the other share"),
    (check_nearest, lambda X, y: y[nearest(X, y)], "expected one number"),
    (check_nearest, lambda X, y: y[nearest(X, y)] == y, "the share of right answers"),
    (check_nearest, lambda X, y: f"{nearest_score(X, y):.0%}", "(str); expected a number"),
    (check_nearest, lambda X, y: nearest_score(X[..., :1], y), "too small"),
    (check_nearest, lambda X, y: print(nearest_score(X, y)), "does it end with `return`?"),
]
