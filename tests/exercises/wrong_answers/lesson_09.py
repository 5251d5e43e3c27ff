"""Wrong answers to the exercises of lesson 9."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from sklearn.tree import DecisionTreeClassifier

from bloodcell_tut.exercises.lesson_09 import (
    check_balanced,
    check_interval,
    check_shares,
    check_two_methods,
)


def table(true, predicted, n):
    return confusion_matrix(true, predicted, labels=range(n))


def present_classes_only(true, predicted, n):
    return confusion_matrix(true, predicted, normalize="true")


def empty_class_is_nan(true, predicted, n):
    counts = table(true, predicted, n)
    return counts / counts.sum(axis=1, keepdims=True)


def empty_class_is_zero(true, predicted, n):
    return confusion_matrix(true, predicted, labels=range(n), normalize="true")


def by_column(true, predicted, n):
    return confusion_matrix(true, predicted, labels=range(n), normalize="pred")


def by_all(true, predicted, n):
    return confusion_matrix(true, predicted, labels=range(n), normalize="all")


def transposed(true, predicted, n):
    return empty_class_is_zero(true, predicted, n).T


def labels_exchanged(true, predicted, n):
    return confusion_matrix(predicted, true, labels=range(n), normalize="true")


def percentages(true, predicted, n):
    return 100 * empty_class_is_zero(true, predicted, n)


def as_lists(true, predicted, n):
    return empty_class_is_zero(true, predicted, n).tolist()


def counts_into_too_few(true, predicted, n):
    counts = np.zeros((len(np.unique(true)),) * 2)
    np.add.at(counts, (true, predicted), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def only_true_classes(true, predicted, n):
    return confusion_matrix(true, predicted, labels=np.unique(true), normalize="true")


def divides_in_python(true, predicted, n):
    rows = table(true, predicted, n).tolist()
    return np.array([[count / sum(row) for count in row] for row in rows])


def empty_class_is(value):
    def answer(true, predicted, n):
        shares = empty_class_is_zero(true, predicted, n)
        empty = ~np.isin(np.arange(n), true)
        shares[empty] = value(n)[empty]
        return shares

    return answer


def whole_numbers(true, predicted, n):
    return np.round(empty_class_is_zero(true, predicted, n)).astype(int)


def changes_labels(true, predicted, n):
    true += 1
    return table(true - 1, predicted, n)


def recalls(counts):
    return counts.diagonal() / np.maximum(counts.sum(axis=1), 1)


def in_percent(counts):
    return float(100 * recalls(counts)[counts.sum(axis=1) > 0].mean())


def precision(counts):
    return float((counts.diagonal() / np.maximum(counts.sum(axis=0), 1)).mean())


def empty_class_is_one(counts):
    return float(np.where(counts.sum(axis=1), recalls(counts), 1).mean())


def draws(correct, photographs, n=1000, seed=7):
    """Scores of bootstrap draws over photographs, with the rest that wrong answers need."""
    names, index = np.unique(photographs, return_inverse=True)
    right, files = np.bincount(index, weights=correct), np.bincount(index)
    drawn = np.random.default_rng(seed).integers(len(names), size=(n, len(names)))
    return drawn, right, files


def middle(scores, share=0.95):
    low, high = np.quantile(scores, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def share_of(share):
    def answer(correct, photographs):
        drawn, right, files = draws(correct, photographs)
        return middle(right[drawn].sum(axis=1) / files[drawn].sum(axis=1), share)

    return answer


def by_file(correct, photographs):
    rng = np.random.default_rng(0)
    return middle(correct[rng.integers(len(correct), size=(1000, len(correct)))].mean(axis=1))


def mean_of_photographs(correct, photographs):
    drawn, right, files = draws(correct, photographs)
    return middle((right / files)[drawn].mean(axis=1))


def forgets_repeats(correct, photographs):
    drawn, *_ = draws(correct, photographs)
    names = np.unique(photographs)
    return middle([correct[np.isin(photographs, names[some])].mean() for some in drawn])


def without_repetition(correct, photographs):
    _, right, files = draws(correct, photographs)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(files)) for _ in range(100)]
    return middle([right[order].sum() / files[order].sum() for order in orders])


def five_of_them(correct, photographs):
    drawn, right, files = draws(correct, photographs)
    return middle(right[drawn[:, :5]].sum(axis=1) / files[drawn[:, :5]].sum(axis=1))


def neighbors(correct, photographs):
    """Takes files that stand together for a photograph."""
    n = len(np.unique(photographs))
    parts = np.array_split(correct, n)
    rng = np.random.default_rng(0)
    return middle(
        [np.concatenate([parts[i] for i in rng.integers(n, size=n)]).mean() for _ in range(1000)]
    )


def standard_deviation(correct, photographs):
    drawn, right, files = draws(correct, photographs)
    reach = 1.96 * (right[drawn].sum(axis=1) / files[drawn].sum(axis=1)).std()
    return correct.mean() - reach, correct.mean() + reach


def right_interval(correct, photographs):
    return share_of(0.95)(correct, photographs)


def row_of_sums(true, predicted, n):
    counts = table(true, predicted, n)
    return counts / np.maximum(counts.sum(axis=1), 1)


def each_kind_once(true, predicted, n):
    counts = np.zeros((n, n))
    counts[true, predicted] += 1
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def by_largest(true, predicted, n):
    counts = table(true, predicted, n)
    return counts / np.maximum(counts.max(axis=1, keepdims=True), 1)


def floor_division(true, predicted, n):
    counts = table(true, predicted, n)
    return counts // np.maximum(counts.sum(axis=1, keepdims=True), 2) / 1


def never_found_left_out(counts):
    found = counts.diagonal() > 0
    return float(recalls(counts)[found].mean())


def scores(correct, photographs, n=1000, times=1.0):
    drawn, right, files = draws(correct, photographs, n)
    width = int(times * len(files))
    drawn = np.concatenate([drawn, drawn[::-1]], axis=1)[:, :width]
    return right[drawn].sum(axis=1) / files[drawn].sum(axis=1)


def percent_and_share(correct, photographs):
    """Takes `np.percentile` for `np.quantile`."""
    low, high = np.percentile(scores(correct, photographs), [0.025, 0.975])
    return float(low), float(high)


def smallest_and_largest(correct, photographs):
    found = scores(correct, photographs)
    return float(found.min()), float(found.max())


def guess(train_labels, test_labels, choose=np.argmax):
    return float((test_labels == choose(np.bincount(train_labels))).mean())


def tree(x, y, test_x, test_y, score=None, **settings):
    settings = {"max_depth": 3, "random_state": 0} | settings
    said = DecisionTreeClassifier(**settings).fit(x, y).predict(test_x)
    return float((score or (lambda a, b: (a == b).mean()))(test_y, said))


def right_methods(x, y, test_x, test_y):
    return guess(y, test_y), tree(x, y, test_x, test_y)


def tree_with(**settings):
    return lambda x, y, a, b: (guess(y, b), tree(x, y, a, b, **settings))


WRONG = [
    (check_two_methods, lambda x, y, a, b: (guess(b, b), 0.5), "the majority of the test part"),
    (check_two_methods, lambda x, y, a, b: (guess(y, y), 0.5), "guess was scored on the training"),
    (check_two_methods, lambda x, y, a, b: (guess(y, b, np.argmin), 0.5), "the rarest class"),
    (check_two_methods, lambda x, y, a, b: (1 / 3, 0.5), "guess was scored with balanced"),
    (check_two_methods, lambda x, y, a, b: (guess(y, b) * len(b), 0.5), "how many the guess has"),
    (
        check_two_methods,
        lambda x, y, a, b: (guess(y, b), tree(x, y, x, y)),
        "the tree was scored on the training part",
    ),
    (
        check_two_methods,
        lambda x, y, a, b: (guess(y, b), tree(a, b, a, b)),
        "the tree was trained on the test part; expected",
    ),
    (
        check_two_methods,
        lambda x, y, a, b: (guess(y, b), tree(a, b, x, y)),
        "they changed places",
    ),
    (check_two_methods, tree_with(max_depth=None), "no `max_depth=3`"),
    (check_two_methods, tree_with(max_depth=5), "as deep as in the lesson"),
    (check_two_methods, tree_with(class_weight="balanced"), "expected a tree without it"),
    (check_two_methods, tree_with(score=balanced_accuracy_score), "tree was scored with balanced"),
    (
        check_two_methods,
        tree_with(score=lambda a, b: (a == b).sum()),
        "how many the tree has right",
    ),
    (check_two_methods, tree_with(score=lambda a, b: (a != b).mean()), "the other share"),
    (check_two_methods, lambda *a: right_methods(*a)[::-1], "the two accuracies changed places"),
    (check_two_methods, lambda *a: list(right_methods(*a)), "expected a tuple of two scores"),
    (check_two_methods, lambda *a: right_methods(*a)[1], "expected a tuple of two scores"),
    (check_two_methods, lambda *a: tuple(map(str, right_methods(*a))), "as a score"),
    (check_two_methods, lambda *a: tuple(100 * s for s in right_methods(*a)), "a percentage"),
    (check_shares, row_of_sums, "the columns were divided by the sums of the rows"),
    (check_shares, each_kind_once, "adds 1 to a field, however often"),
    (check_shares, by_largest, "divided by its largest field"),
    (check_shares, floor_division, "rounded down to whole numbers"),
    (check_shares, lambda t, p, n: empty_class_is_zero(t, p, n).diagonal(), "1 axis and not 2"),
    (check_shares, lambda t, p, n: empty_class_is_zero(t, p, n).round(2), "expected 0.666667"),
    (check_balanced, never_found_left_out, "it has images, and its recall is 0"),
    (check_balanced, lambda counts: float(recalls(counts).sum()), "the sum of the recalls"),
    (check_balanced, lambda c: float(np.median(recalls(c)[c.sum(axis=1) > 0])), "the median"),
    (check_interval, percent_and_share, "`np.percentile` wants percent"),
    (check_interval, smallest_and_largest, "the smallest and the largest score"),
    (check_interval, lambda c, p: middle(scores(c, p, n=20)), "are there 1,000 draws?"),
    (check_interval, lambda c, p: middle(scores(c, p, times=2)), "as there are, not more"),
    (check_interval, lambda c, p: middle(scores(c, p, times=0.5)), "fewer photographs"),
    (check_interval, share_of(0.5), "middle 50 %"),
    (check_interval, lambda c, p: middle(1 - scores(c, p)), "below the accuracy"),
    (check_shares, table, "these are counts; expected shares"),
    (
        check_shares,
        lambda t, p, n: table(p, t, n),
        "these are counts, and rows and columns changed",
    ),
    (
        check_shares,
        present_classes_only,
        "rows and columns for 4 classes; expected 5: a class without any image",
    ),
    (check_shares, only_true_classes, "rows and columns for 3 classes; expected 5"),
    (check_shares, counts_into_too_few, "[2, 4] have no image, and your code stopped with Index"),
    (check_shares, divides_in_python, "[2, 4] have no image, and your code divides by 0"),
    (check_shares, empty_class_is(np.eye), "of a class without any image is not zero"),
    (check_shares, empty_class_is(lambda n: np.full((n, n), 1 / n)), "image is not zero"),
    (check_shares, empty_class_is_nan, "NaN in the row of a class without images"),
    (check_shares, by_column, "each column was divided by its sum"),
    (check_shares, by_all, "divided by the number of all images"),
    (check_shares, transposed, "the true class is the row"),
    (check_shares, labels_exchanged, "the fields of a row do add up to 1"),
    (check_shares, percentages, "percentages; expected shares"),
    (check_shares, as_lists, "a list of length 3; expected a NumPy array"),
    (check_shares, whole_numbers, "holds int64; expected float64"),
    (check_shares, lambda t, p, n: np.zeros((n, n)), "all fields are 0"),
    (check_shares, changes_labels, "changes the array"),
    (check_shares, lambda t, p, n: print(table(t, p, n)), "returns nothing"),
    (check_shares, 3, "expected a function"),
    (check_balanced, lambda counts: counts.trace() / counts.sum(), "micro average"),
    (check_balanced, precision, "mean precision"),
    (check_balanced, lambda counts: float(recalls(counts).mean()), "counted as 0"),
    (check_balanced, empty_class_is_one, "counted as 1"),
    (check_balanced, lambda c: float((c.diagonal() / c.sum(axis=1)).mean()), "is NaN"),
    (check_balanced, recalls, "one number for each class"),
    (check_balanced, in_percent, "a percentage; expected a share"),
    (check_balanced, lambda c: 1 - float(recalls(c).mean()), "the other share"),
    (check_balanced, lambda counts: f"{recalls(counts).mean():.0%}", "expected a number"),
    (check_interval, by_file, "each file had been drawn by itself"),
    (check_interval, neighbors, "each file had been drawn by itself"),
    (check_interval, mean_of_photographs, "mean of the photographs' scores"),
    (check_interval, forgets_repeats, "has to count twice"),
    (check_interval, without_repetition, "with repetition"),
    (check_interval, share_of(0.9), "2.5 % beyond each end"),
    (check_interval, share_of(0.99), "middle 99 %"),
    (check_interval, share_of(0.68), "middle 68 %"),
    (check_interval, five_of_them, "as many photographs as there are"),
    (check_interval, standard_deviation, "percentiles of the draws"),
    (check_interval, lambda c, p: right_interval(c, p)[::-1], "changed places"),
    (check_interval, lambda c, p: list(right_interval(c, p)), "expected a tuple"),
    (check_interval, lambda c, p: c.mean(), "expected a tuple of two numbers"),
    (check_interval, lambda c, p: tuple(100 * e for e in right_interval(c, p)), "percentages"),
]
