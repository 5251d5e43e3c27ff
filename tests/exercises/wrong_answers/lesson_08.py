"""Wrong answers to the exercises of lesson 08."""

import math
from functools import partial

import keras
import numpy as np
from keras import layers

from bloodcell_tut.exercises.lesson_08 import (
    check_early_stop,
    check_network,
    check_sgd_step,
    check_softmax,
)


def build(
    loss="sparse_categorical_crossentropy", rate=0.001, size=32, n=4, end="softmax", scale=1 / 255
):
    """A network that is right but for what is asked for."""
    model = keras.Sequential([keras.Input((size, size, 3)), layers.Rescaling(scale)])
    for filters in (16, 32):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(n, activation=end))
    if loss:
        model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
    return model


def without_input():
    model = keras.Sequential([layers.Flatten(), layers.Dense(4, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def only_brightness():
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(1 / 255)])
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(keras.optimizers.Adam(0.3), "sparse_categorical_crossentropy")
    return model


def overflowing(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def over_everything(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def along_columns(logits):
    powers = np.exp(logits - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def one_maximum_for_all(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum(axis=1, keepdims=True)


def clipped(logits):
    powers = np.exp(np.clip(logits, -700, 700))
    return powers / powers.sum(axis=1, keepdims=True)


def without_division(logits):
    return np.exp(logits - logits.max(axis=1, keepdims=True))


def minus(number):
    """A softmax that takes another number away first."""

    def answer(logits):
        powers = np.exp(logits - number(logits))
        return powers / powers.sum(axis=1, keepdims=True)

    return answer


def in_python(logits):
    powers = [[math.exp(number) for number in row] for row in logits]
    return np.array([[power / sum(row) for power in row] for row in powers])


def logarithms(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def in_place(logits):
    logits -= logits.max(axis=1, keepdims=True)
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def shares_of_logits(logits):
    return logits / logits.sum(axis=1, keepdims=True)


def as_float32(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def prints(*arguments):
    print(arguments[0])


def slope(weights, x, target):
    return 2 * x.T @ (x @ weights - target) / len(x)


def step_in_place(weights, x, target, rate):
    weights -= rate * slope(weights, x, target)
    return weights


def averaged_over_weights(weights, x, target, rate):
    return weights - rate * slope(weights, x, target).mean()


def not_transposed(weights, x, target, rate):
    return weights - rate * 2 * x @ (x @ weights - target) / len(x)


def counting_from_one(losses, patience):
    stop, best = right(losses, patience)
    return stop + 1, best + 1


def right(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            return epoch, best
    return len(losses) - 1, best


def ties_are_better(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss <= losses[best]:
            best = epoch
        if epoch - best == patience:
            return epoch, best
    return len(losses) - 1, best


def against_the_epoch_before(losses, patience):
    worse = 0
    for epoch in range(1, len(losses)):
        worse = worse + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if worse == patience:
            return epoch, int(np.argmin(losses[: epoch + 1]))
    return len(losses) - 1, int(np.argmin(losses))


def falls_off_the_end(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        if epoch - best == patience:
            return epoch, best


def or_else(last):
    return lambda a, n: falls_off_the_end(a, n) or (last(a), int(np.argmin(a)))


def one_more(losses, patience):
    return right(losses, patience + 1)


def one_less(losses, patience):
    return right(losses, patience - 1) if patience > 1 else right(losses, 1)


WRONG = [
    (check_softmax, overflowing, "with logits of 1000 the result holds NaN"),
    (check_softmax, over_everything, "all images together add up to 1"),
    (check_softmax, along_columns, "the wrong axis"),
    (check_softmax, one_maximum_for_all, "with logits of both the result holds NaN"),
    (check_softmax, clipped, "with logits of 1000 all classes get the same share"),
    (check_softmax, without_division, "powers of e, not yet shares"),
    (check_softmax, logarithms, "logarithms"),
    (check_softmax, in_place, "changes the array"),
    (check_softmax, shares_of_logits, "the logits themselves were divided"),
    (check_softmax, as_float32, "holds float32; expected float64"),
    (check_softmax, lambda logits: logits.argmax(axis=1), "1 axis and not 2"),
    (check_softmax, prints, "returns nothing"),
    (check_softmax, np.exp, "these are powers of e, not yet shares"),
    (check_softmax, lambda logits: logits, "the logits as they came in"),
    (check_softmax, lambda logits: 1 / (1 + np.exp(-logits)), "which is the sigmoid"),
    (check_softmax, lambda logits: overflowing(-logits), "a minus too many"),
    (check_softmax, lambda logits: overflowing(logits * np.log(2)), "powers of 2"),
    (check_softmax, lambda logits: np.nan_to_num(overflowing(logits)), "a row adds up to 0"),
    (check_softmax, minus(lambda a: a.max(axis=0)), "from each column (`axis=0`)"),
    (check_softmax, minus(lambda a: a.max(axis=1)), "unless `keepdims=True`"),
    (check_softmax, minus(lambda a: 1000), "NaN or infinity even for small logits"),
    (check_softmax, minus(lambda a: a.mean(axis=1, keepdims=True)), "of both in one row"),
    (check_softmax, minus(lambda a: a.min(axis=1, keepdims=True)), "of both in one row"),
    (check_softmax, in_python, "with logits of 1000 your code stopped with OverflowError"),
    (check_softmax, 0.25, "expected a function"),
    (check_sgd_step, lambda w, x, t, r: w + r * slope(w, x, t), "up the slope"),
    (check_sgd_step, lambda w, x, t, r: w - slope(w, x, t), "where is the learning rate"),
    (check_sgd_step, lambda w, x, t, r: slope(w, x, t), "this is the gradient"),
    (check_sgd_step, lambda w, x, t, r: -r * slope(w, x, t), "the step alone"),
    (check_sgd_step, lambda w, x, t, r: w - r * len(x) * slope(w, x, t), "grows with the batch"),
    (check_sgd_step, lambda w, x, t, r: w - r * slope(w, x, t) / 2, "slope of a square"),
    (check_sgd_step, lambda w, x, t, r: w, "did not change"),
    (check_sgd_step, step_in_place, "changes the array"),
    (check_sgd_step, averaged_over_weights, "the new weights is"),
    (check_sgd_step, not_transposed, "your code stopped with ValueError"),
    (check_sgd_step, prints, "returns nothing"),
    (check_early_stop, counting_from_one, "epochs count from 0"),
    (check_early_stop, lambda a, n: right(a, n)[::-1], "changed places"),
    (check_early_stop, lambda a, n: (right(a, n)[0],) * 2, "of the last epoch, not of the best"),
    (check_early_stop, lambda a, n: (right(a, n)[0], int(np.argmin(a))), "after the stop"),
    (check_early_stop, one_more, "one epoch too late"),
    (check_early_stop, lambda a, n: (len(a) - 1, int(np.argmin(a))), "training never stops early"),
    (check_early_stop, lambda a, n: (len(a), int(np.argmin(a))), "training never stops early"),
    (check_early_stop, falls_off_the_end, "goes on to the last epoch, your function returns noth"),
    (check_early_stop, or_else(len), "the number of the last epoch as the stop"),
    (check_early_stop, or_else(lambda a: None), "the number of the last epoch as the stop"),
    (check_early_stop, one_less, "one epoch too early"),
    (check_early_stop, ties_are_better, "an equal loss does not count as lower"),
    (check_early_stop, against_the_epoch_before, "only when it beats the best so far"),
    (check_early_stop, lambda a, n: right(a, n)[0], "expected a tuple of two ints"),
    (check_early_stop, lambda a, n: list(right(a, n)), "expected a tuple of two ints"),
    (check_early_stop, lambda a, n: (right(a, n)[0], min(a)), "and not their losses"),
    (check_early_stop, prints, "returns nothing"),
    (check_network, lambda: [layers.Flatten()], "put the layers into keras.Sequential"),
    (check_network, lambda: None, "returns nothing"),
    (check_network, lambda: "a network", "expected a network"),
    (check_network, build(), "expected a function that builds it"),
    (check_network, without_input, "begin with keras.Input"),
    (check_network, partial(build, size=64), "(64, 64, 3); expected (32, 32, 3)"),
    (check_network, partial(build, n=10), "the shape (10,); expected four numbers"),
    (check_network, partial(build, loss=None), "it is not compiled"),
    (check_network, partial(build, end=None), "activation='softmax'"),
    (check_network, partial(build, loss="categorical_crossentropy"), "labels that are plain"),
    (check_network, partial(build, rate=1.0), "near that of a guess"),
    (check_network, partial(build, rate=1e-7), "near that of a guess"),
    (check_network, only_brightness, "has it convolutions to see with?"),
]
