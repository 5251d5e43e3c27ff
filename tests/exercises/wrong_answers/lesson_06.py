"""Wrong answers to lesson 6."""

import numpy as np

from bloodcell_tut.exercises.lesson_06 import (
    check_cross_entropy,
    check_descend,
    check_rows,
    check_to_unit,
)


def by_values(pixels):
    scale = 255 if pixels.max() > 1 else 1
    return pixels.astype(np.float32) / np.float32(scale)


def in_place(pixels):
    pixels /= 255
    return pixels


def to_unit(pixels, dtype=np.float32):
    return (pixels / (255 if pixels.dtype == np.uint8 else 1)).astype(dtype)


def rows(names, class_names):
    return (names[:, None] == np.array(class_names)).astype(np.float32)


def rows_by_loop(names, class_names):
    filled = np.zeros((len(names), len(class_names)), np.float32)
    for i, name in enumerate(names):
        filled[i, class_names.index(name)] = 1
    return filled


def columns_by_loop(names, class_names):
    return np.stack([names == name for name in class_names], axis=1).astype(np.float32)


def cross_entropy(answers, labels, log=np.log, average=np.mean, smallest=1e-7):
    shares = answers[np.arange(len(labels)), labels]
    return -average(log(np.maximum(shares, smallest)))


def unclipped(answers, labels):
    with np.errstate(divide="ignore"):
        return cross_entropy(answers, labels, smallest=0)


def all_pairs(answers, labels):
    return -np.log(np.maximum(answers[:, labels], 1e-7)).mean()


def no_loss_at_zero(answers, labels):
    shares = answers[np.arange(len(labels)), labels]
    return -np.log(np.where(shares > 0, shares, 1)).mean()


def leaves_out(answers, labels):
    shares = answers[np.arange(len(labels)), labels]
    return -np.log(shares[shares > 0]).mean()


def with_one_hot(answers, labels):
    one_hot = np.eye(answers.shape[1])[labels]
    return -(one_hot * np.log(np.maximum(answers, 1e-7))).mean()


def descend(X, Y, rate, start=None, axis=1, smallest=1e-7, after=False, steps=20, log=np.log):
    weights = np.zeros((X.shape[1], Y.shape[1])) if start is None else start
    losses = []
    for _ in range(steps + after):
        scores = X @ weights
        powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
        shares = powers / powers.sum(axis=axis, keepdims=True)
        with np.errstate(divide="ignore"):
            losses.append(-log(np.maximum((shares * Y).sum(axis=1), smallest)).mean())
        weights = weights - rate * X.T @ (shares - Y) / len(X)
    return np.array(losses[after:])


def random_start(X, Y, rate):
    return descend(X, Y, rate, np.random.default_rng(0).normal(size=(X.shape[1], Y.shape[1])))


def overflows(X, Y, rate):
    weights, losses = np.zeros((X.shape[1], Y.shape[1])), []
    for _ in range(20):
        with np.errstate(over="ignore", invalid="ignore"):
            powers = np.exp(X @ weights)
            shares = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(np.maximum((shares * Y).sum(axis=1), 1e-7)).mean())
        weights -= rate * X.T @ (shares - Y) / len(X)
    return np.array(losses)


WRONG = [
    (check_to_unit, by_values, "a nearly black picture of bytes"),
    (check_to_unit, lambda x: (x / 255).astype(np.float32), "was divided again"),
    (check_to_unit, lambda x: x / 255, "holds float64; expected float32"),
    (check_to_unit, lambda x: x // 255, "whole numbers can't hold 0.2"),
    (check_to_unit, lambda x: (x // 255).astype(np.float32), "`//` drops what comes after"),
    (check_to_unit, lambda x: (x / 255).astype(np.uint8), "whole numbers can't hold 0.2"),
    (check_to_unit, lambda x: x.astype(np.float32), "expected 0 to 1"),
    (check_to_unit, lambda x: to_unit(x, np.float64), "holds float64"),
    (check_to_unit, lambda x: to_unit(x, np.float16), "holds float16"),
    (check_to_unit, lambda x: to_unit(x) * np.float32(255 / 256), "division by 256"),
    (check_to_unit, lambda x: (x / x.max()).astype(np.float32), "own largest value"),
    (check_to_unit, lambda x: np.clip(x, 0, 1).astype(np.float32), "cutting off at 1"),
    (check_to_unit, lambda x: (x / 127.5 - 1).astype(np.float32), "expected nothing below 0"),
    (check_to_unit, in_place, "Cannot cast ufunc"),
    (check_to_unit, lambda x: to_unit(x).ravel(), "1 axis and not 2"),
    (check_to_unit, lambda x: to_unit(x).tolist(), "expected a NumPy array"),
    (check_rows, rows_by_loop, "it takes a loop over images or classes"),
    (check_rows, columns_by_loop, "it takes a loop over images or classes"),
    (check_rows, lambda n, c: rows(n, sorted(c)), "order of the alphabet"),
    (check_rows, lambda n, c: rows(n, c[::-1]), "in reverse order"),
    (check_rows, lambda n, c: rows(n, list(dict.fromkeys(n))), "the names first come"),
    (check_rows, lambda n, c: rows(np.sort(n), c), "another order than the images"),
    (check_rows, lambda n, c: rows(n, c).T, "a row for each image"),
    (check_rows, lambda n, c: rows(n, [k for k in c if k in n]), "needs its column too"),
    (check_rows, lambda n, c: n[:, None] == np.array(c), "not yet 1 and 0"),
    (check_rows, lambda n, c: rows(n, c).astype(float), "holds float64"),
    (check_rows, lambda n, c: rows(n, c).argmax(axis=1), "one number for each image"),
    (check_rows, lambda n, c: 1 - rows(n, c), "in each other's place"),
    (check_rows, lambda n, c: (n == np.array(c)).astype(np.float32), "could not"),
    (check_rows, lambda n, c: 0 * rows(n, c), "no 1 at all"),
    (check_rows, lambda n, c: rows(n, c).tolist(), "expected a NumPy array"),
    (check_cross_entropy, unclipped, "a share of 0 was not raised"),
    (check_cross_entropy, lambda a, y: -cross_entropy(a, y), "the loss is negative"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, average=np.sum), "the sum of all"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, log=np.log2), "in bits"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, log=np.log10), "`log10`"),
    (check_cross_entropy, lambda a, y: -np.log(a.max(axis=1)).mean(), "largest share in each"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, average=np.array), "number for each"),
    (check_cross_entropy, lambda a, y: -np.log(np.maximum(a, 1e-7)).mean(), "over all shares"),
    (
        check_cross_entropy,
        lambda a, y: -(a * np.log(a + 1e-12)).sum(1).mean(),
        "where do the labels",
    ),
    (check_cross_entropy, no_loss_at_zero, "has no loss at all"),
    (check_cross_entropy, leaves_out, "was left out"),
    (check_cross_entropy, lambda a, y: -np.log(np.minimum(a, 1e-7)).mean(), "stay as they are"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, average=np.min), "worst image"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, average=np.max), "best image"),
    (check_cross_entropy, with_one_hot, "divided by the number of classes"),
    (check_cross_entropy, all_pairs, "each image with the labels of all"),
    (check_cross_entropy, lambda a, y: cross_entropy(a, y, smallest=1e-3), "too small"),
    (check_cross_entropy, lambda a, y: 1 - a[range(len(y)), y].mean(), "logarithm is missing"),
    (check_cross_entropy, lambda a, y: -np.log(a[range(len(y)), y].mean()), "before the log"),
    (check_descend, lambda X, Y, rate: descend(X, Y, -rate), "go up the slope"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate * len(X)), "divide it by n"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate / 4), "divided by the classes too"),
    (check_descend, lambda X, Y, rate: descend(X, Y, 0.1), "is the rate used?"),
    (check_descend, lambda X, Y, rate: descend(X, Y, 0), "are the weights corrected?"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate, axis=0), "expected row by row"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate, after=True), "note it before"),
    (check_descend, lambda X, Y, rate: 60 * descend(X, Y, rate), "the sum of all pictures"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate, smallest=0), "a loss is infinite"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate, log=np.log2), "the loss is ln 4"),
    (check_descend, random_start, "with weights of 0"),
    (check_descend, overflows, "holds NaN"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate)[-1], "expected the 20 losses"),
    (check_descend, lambda X, Y, rate: list(descend(X, Y, rate)), "expected a NumPy array"),
    (check_descend, lambda X, Y, rate: descend(X, Y, rate, steps=19), "off by one"),
    (check_descend, lambda X, Y, rate: print(descend(X, Y, rate)), "does it end with `return`?"),
]
