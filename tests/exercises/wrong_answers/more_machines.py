"""Wrong answers to the exercises of the lesson on more machines."""

import numpy as np

from bloodcell_tut.exercises.more_machines import check_deal, check_loss_of_all, check_speed_up


def floor(n_rows, n, k):
    return np.arange(n_rows)[k * (n_rows // n) : (k + 1) * (n_rows // n)]


def padded(n_rows, n, k):
    part = -(-n_rows // n)
    return np.arange(k * part, (k + 1) * part) % n_rows


def rest_to_last(n_rows, n, k):
    part = n_rows // n
    return np.arange(k * part, n_rows if k == n - 1 else (k + 1) * part)


def rest_missing(n_rows, n, k):
    part = -(-n_rows // n)
    return np.arange(k * part, min((k + 1) * part, n_rows))


def mean(losses, counts):
    return float((losses * counts).sum() / counts.sum())


WRONG = [
    (check_deal, floor, "32 rows for 3 machines: nobody gets row 30"),
    (check_deal, padded, "32 rows for 3 machines: row 0 is dealt more than once"),
    (check_deal, rest_to_last, "32 rows for 3 machines: they get [10, 10, 12]"),
    (check_deal, rest_missing, "5 rows for 4 machines: they get [2, 2, 1, 0]"),
    (check_deal, lambda n_rows, n, k: np.arange(n_rows), "row 0 is dealt more than once"),
    (check_deal, lambda n_rows, n, k: np.arange(n_rows)[k + 1 :: n], "nobody gets row 0"),
    (check_deal, lambda n_rows, n, k: np.arange(1, n_rows + 1)[k::n], "outside of 0 to 31"),
    (check_deal, lambda n_rows, n, k: range(k, n_rows, n), "an array of whole numbers"),
    (check_deal, lambda n_rows, n, k: np.arange(n_rows) % n == k, "an array of whole numbers"),
    (check_loss_of_all, lambda losses, counts: losses.mean(), "the mean of the means"),
    (check_loss_of_all, lambda losses, counts: losses.sum(), "adds the machines' means"),
    (check_loss_of_all, lambda losses, counts: losses @ counts, "a sum over images"),
    (check_loss_of_all, lambda losses, counts: (losses * counts).mean(), "not of machines"),
    (check_loss_of_all, lambda losses, counts: losses * counts, "expected one number"),
    (check_loss_of_all, lambda losses, counts: mean(losses, counts**2), "the loss"),
    (check_speed_up, lambda share, n: share + (1 - share) / n, "that is the time"),
    (check_speed_up, lambda share, n: 1 / (1 - share + share / n), "exchanged"),
    (check_speed_up, lambda share, n: n, "as if all could be split"),
    (check_speed_up, lambda share, n: share + (1 - share) * n, "adds speeds"),
    (check_speed_up, lambda share, n: f"{n} times", "expected one number"),
]
