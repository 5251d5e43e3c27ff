"""Wrong answers to the exercises of lesson 7."""

import random

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from bloodcell_tut.exercises.lesson_07 import (
    check_leaked,
    check_split_groups,
    check_torn,
    check_two_scores,
)


def by_image(labels, groups, share, seed):
    return np.random.default_rng(seed).random(len(labels)) < share


def all_classes_together(labels, groups, share, seed):
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.isin(groups, names[: round(share * len(names))])


def class_by_class(labels, groups, share, seed, rng=None):
    rng = rng or np.random.default_rng(seed)
    held_back = []
    for label in np.unique(labels):
        names = rng.permutation(np.unique(groups[labels == label]))
        held_back.extend(names[: min(max(round(share * len(names)), 1), len(names) - 1)])
    return np.isin(groups, held_back)


def rounds_to_nothing(labels, groups, share, seed):
    rng = np.random.default_rng(seed)
    names = [rng.permutation(np.unique(groups[labels == c])) for c in np.unique(labels)]
    return np.isin(groups, np.concatenate([n[: int(share * len(n))] for n in names]))


def one_of_each(labels, groups, share, seed):
    rng = np.random.default_rng(seed)
    return np.isin(groups, [rng.choice(groups[labels == c]) for c in np.unique(labels)])


def with_numpy_seed(labels, groups, share, seed):
    np.random.seed(seed)  # noqa: NPY002
    return class_by_class(labels, groups, share, seed, np.random)


def with_random_seed(labels, groups, share, seed):
    random.seed(seed)
    return class_by_class(labels, groups, share, random.randrange(10**6))


def stratified_by_image(labels, groups, share, seed):
    held_back = np.zeros(len(labels), bool)
    some = np.arange(len(labels))
    held_back[train_test_split(some, test_size=share, random_state=seed, stratify=labels)[1]] = True
    return held_back


def groups_counted_by_image(labels, groups, share, seed):
    """Draws among the images of a class, so that a group comes up as often as it has images."""
    rng = np.random.default_rng(seed)
    some = [rng.permutation(groups[labels == c]) for c in np.unique(labels)]
    return np.isin(groups, np.concatenate([g[: max(1, int(share * len(g)))] for g in some]))


def labels_are_0_to_n(labels, groups, share, seed):
    keep = labels < len(np.unique(labels))
    return class_by_class(np.where(keep, labels, 0), groups, share, seed) & keep


def first_of_each_class(labels, groups, share, seed):
    names = [np.unique(groups[labels == c]) for c in np.unique(labels)]
    return np.isin(groups, np.concatenate([n[: max(1, round(share * len(n)))] for n in names]))


def neighbors(learned, asked, k=1, metric="euclidean"):
    """Scores a split by the k nearest, with any parts to learn from and to ask about."""

    def answer(features, labels, *splits):
        scores = []
        for held_back in splits:
            there, those = learned(held_back), asked(held_back)
            model = KNeighborsClassifier(k, metric=metric).fit(features[there], labels[there])
            scores.append(model.score(features[those], labels[those]))
        return tuple(scores)

    return answer


def training(held_back):
    return ~held_back


def test(held_back):
    return held_back


def everything(held_back):
    return held_back | True


def nearest_by(near):
    """Takes the training image that is largest by some measure of being near."""

    def answer(features, labels, *splits):
        scores = []
        for held_back in splits:
            learned, asked = features[~held_back], features[held_back]
            said = labels[~held_back][near(asked, learned).argmax(axis=1)]
            scores.append(float((said == labels[held_back]).mean()))
        return tuple(scores)

    return answer


def apart(asked, learned):
    return ((asked[:, None] - learned) ** 2).sum(axis=2)


two_scores = neighbors(training, test)


WRONG = [
    (check_two_scores, neighbors(everything, test), "is its own nearest neighbor"),
    (check_two_scores, neighbors(training, training), "everything is right"),
    (check_two_scores, neighbors(test, training), "the two parts changed places"),
    (check_two_scores, neighbors(training, everything), "the score on all images"),
    (check_two_scores, neighbors(training, test, 5), "several neighbors voted"),
    (check_two_scores, neighbors(training, test, 1, "manhattan"), "sum of absolute differences"),
    (check_two_scores, nearest_by(apart), "the furthest image was taken"),
    (check_two_scores, nearest_by(lambda a, b: a @ b.T), "the largest sum of products"),
    (
        check_two_scores,
        nearest_by(lambda a, b: -((a[:, :1] - b[:, 0]) ** 2)),
        "one feature alone was compared",
    ),
    (check_two_scores, lambda *a: two_scores(*a)[::-1], "changed places"),
    (check_two_scores, lambda *a: two_scores(*a)[:1] * 2, "the split by image: is each split"),
    (check_two_scores, lambda *a: two_scores(*a)[1:] * 2, "the split by photograph: is each"),
    (check_two_scores, lambda *a: tuple(1 - s for s in two_scores(*a)), "named wrong"),
    (check_two_scores, lambda *a: tuple(100 * s for s in two_scores(*a)), "percentages"),
    (
        check_two_scores,
        lambda x, y, *a: tuple(s * m.sum() for s, m in zip(two_scores(x, y, *a), a, strict=True)),
        "numbers of images",
    ),
    (check_two_scores, lambda *a: list(two_scores(*a)), "expected a tuple of two scores"),
    (check_two_scores, lambda *a: two_scores(*a)[0], "expected a tuple of two scores"),
    (check_two_scores, lambda *a: tuple(map(str, two_scores(*a))), "as a score"),
    (check_two_scores, lambda *a: (round(two_scores(*a)[0], 1), 0.66), "the score by image"),
    (check_two_scores, lambda *a: (0.95, two_scores(*a)[1] + 0.02), "the score by photograph"),
    (check_split_groups, stratified_by_image, "it leaks"),
    (check_split_groups, groups_counted_by_image, "is the share of the class's groups meant?"),
    (check_split_groups, labels_are_0_to_n, "the class is missing in the test part"),
    (check_split_groups, first_of_each_class, "is the seed used?"),
    (check_split_groups, lambda *a: class_by_class(*a).astype(float), "float64; expected bool"),
    (check_split_groups, lambda *a: set(np.flatnonzero(class_by_class(*a))), "NumPy array"),
    (check_leaked, lambda train, test: np.isin(train, test).mean(), "ask about the test images"),
    (
        check_leaked,
        lambda train, test: len(set(train) & set(test)) / len(set(test)),
        "counts each photograph once",
    ),
    (
        check_leaked,
        lambda train, test: len(set(train) & set(test)) / len(set(train) | set(test)),
        "share of all photographs",
    ),
    (check_leaked, lambda train, test: np.isin(test, train).sum(), "a number of images"),
    (check_leaked, lambda train, test: len(set(train) & set(test)), "a number of photographs"),
    (check_leaked, lambda train, test: 100 * np.isin(test, train).mean(), "a percentage"),
    (check_leaked, lambda train, test: 1 - np.isin(test, train).mean(), "the other share"),
    (check_leaked, lambda train, test: np.isin(test, train), "expected one number"),
    (check_leaked, lambda train, test: np.isin(test, train).any(), "expected one number"),
    (
        check_leaked,
        lambda train, test: np.isin(test, train).sum() / len(train),
        "the number of training images",
    ),
    (check_leaked, lambda train, test: print(np.isin(test, train).mean()), "returns nothing"),
    (check_leaked, 0.4, "expected a function"),
    (check_leaked, lambda train, test: round(np.isin(test, train).mean(), 1), "too large"),
    (check_leaked, lambda train, test: float(np.isin(train, test).sum()), "of training images"),
    (
        check_leaked,
        lambda train, test: len(set(train) & set(test)) / len(test),
        "a number of photographs by a number of images",
    ),
    (
        check_leaked,
        lambda train, test: len(set(train) & set(test)) / len(set(train)),
        "photographs of training",
    ),
    (
        check_leaked,
        lambda train, test: (
            (np.isin(test, train).sum() + np.isin(train, test).sum()) / (len(train) + len(test))
        ),
        "the images of both sides",
    ),
    (check_leaked, lambda train, test: [name in train for name in test], "expected one number"),
    (check_torn, lambda train, test: set(np.flatnonzero(np.isin(test, train))), "no name"),
    (check_torn, lambda train, test: {*np.isin(test, train).tolist()}, "no name"),
    (check_torn, lambda train, test: {(name, True) for name in test if name in train}, "no name"),
    (check_torn, lambda train, test: {name for name in test if list(test).count(name) > 1}, "not"),
    (check_torn, lambda train, test: set(), "missing: b"),
    (check_torn, lambda train, test: {}, "a dict of length 0"),
    (check_torn, lambda train, test: set(train) | set(test), "either side"),
    (check_torn, lambda train, test: set(train) ^ set(test), "one side only"),
    (check_torn, lambda train, test: set(test) - set(train), "held back and not in training"),
    (check_torn, lambda train, test: set(train) - set(test), "in training and not held back"),
    (check_torn, lambda train, test: np.intersect1d(train, test), "expected a set of names"),
    (check_torn, lambda train, test: [p for p in test if p in train], "expected a set of names"),
    (check_torn, lambda train, test: {p for p in train[:2] if p in test}, "missing: b"),
    (check_torn, lambda train, test: set(train), "not on both sides: a"),
    (check_split_groups, by_image, "it leaks"),
    (check_split_groups, all_classes_together, "of class"),
    (check_split_groups, rounds_to_nothing, "the class is missing in the test part"),
    (check_split_groups, one_of_each, "is the share of the class's groups meant?"),
    (check_split_groups, lambda *a: ~class_by_class(*a), "the other way round"),
    (check_split_groups, lambda *a: np.flatnonzero(class_by_class(*a)), "are these positions?"),
    (check_split_groups, lambda *a: class_by_class(*a).astype(int), "are these positions?"),
    (check_split_groups, lambda *a: class_by_class(*a).tolist(), "expected a NumPy array"),
    (check_split_groups, lambda *a: class_by_class(*a)[1:], "off by one"),
    (check_split_groups, lambda *a: (class_by_class(*a), 1), "expected one array"),
    (check_split_groups, lambda a, b, c, _: class_by_class(a, b, c, 0), "is the seed used?"),
    (check_split_groups, lambda a, b, c, _: class_by_class(a, b, c, None), "two different splits"),
    (check_split_groups, with_numpy_seed, "a generator that all code shares"),
    (check_split_groups, with_random_seed, "a generator that all code shares"),
    (check_split_groups, lambda labels, *a: labels < 0, "nothing is held back"),
    (check_split_groups, lambda labels, *a: labels >= 0, "everything is held back"),
    (check_split_groups, lambda labels, *a: labels == 1, "of class"),
]
