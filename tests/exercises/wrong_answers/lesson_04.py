"""Wrong answers to the exercises of lesson 4."""

import random

import numpy as np
from numpy.random import default_rng

from bloodcell_tut.exercises.lesson_04 import check_partner, check_put_back, check_together


def two_draws(images, labels, seed):
    rng = np.random.default_rng(seed)
    return rng.permutation(images), rng.permutation(labels)


def in_place(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    images[:], labels[:] = images[order], labels[order]
    return images, labels


def prints(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    print(images[order].shape, labels[order])


def images_only(images, labels, seed):
    return images[np.random.default_rng(seed).permutation(len(labels))]


def swapped(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    return labels[order], images[order]


def no_seed(images, labels, seed):
    order = np.random.default_rng().permutation(len(labels))
    return images[order], labels[order]


def one_seed(images, labels, seed):
    order = np.random.default_rng(0).permutation(len(labels))
    return images[order], labels[order]


def shared_generator(images, labels, seed):
    np.random.seed(seed)  # noqa: NPY002
    order = np.random.permutation(len(labels))  # noqa: NPY002
    return images[order], labels[order]


def shared_list(images, labels, seed):
    random.seed(seed)
    order = random.sample(range(len(labels)), len(labels))
    return images[order], labels[order]


def with_repeats(images, labels, seed):
    order = np.random.default_rng(seed).integers(0, len(labels), len(labels))
    return images[order], labels[order]


def lists(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    return [images[i] for i in order], [labels[i] for i in order]


def inside_images(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    return np.random.default_rng(seed).permuted(images, axis=0), labels[order]


def python_shuffles_array(images, labels, seed):
    images, labels = images.copy(), labels.copy()
    random.Random(seed).shuffle(images)
    random.Random(seed).shuffle(labels)
    return images, labels


def two_generators(images, labels, seed):
    images, labels = images.copy(), labels.copy()
    np.random.default_rng(seed).shuffle(images)
    np.random.default_rng(seed).shuffle(labels)
    return images, labels


def two_imported_generators(images, labels, seed):
    return default_rng(seed).permutation(images), default_rng(seed).permutation(labels)


def two_old_generators(images, labels, seed):
    make = np.random.RandomState
    return make(seed).permutation(images), make(seed).permutation(labels)


def two_python_generators(images, labels, seed):
    images, labels = list(images), labels.tolist()
    random.Random(seed).shuffle(images)
    random.Random(seed).shuffle(labels)
    return np.array(images), np.array(labels)


def draws_twice(place, n, draw):
    draw(n - place)
    return place + draw(n - place)


def rows_by_loop_forgotten(shuffled, order):
    original = shuffled.copy()
    original[order[0]] = shuffled[0]
    return original


def moved_along(images, labels, seed):
    return np.roll(images, seed, axis=0), np.roll(labels, seed)


def list_of_pairs(images, labels, seed):
    pairs = list(zip(images, labels, strict=True))
    random.Random(seed).shuffle(pairs)
    return pairs


def one_too_few(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels) - 1)
    return images[order], labels[order]


def other_order_back(images, labels, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    return images[order], labels[np.argsort(order)]


def draws_until_free(place, n, draw):
    return next(other for other in iter(lambda: draw(n), None) if other >= place)


WRONG = [
    (check_together, moved_along, "each image still has the same neighbors"),
    (check_together, lambda i, labels, seed: (i[::-1], labels[::-1]), "turned around, not mixed"),
    (check_together, list_of_pairs, "a list of length 11; expected two arrays"),
    (check_together, one_too_few, "off by one"),
    (check_together, other_order_back, "11 of 11 images have lost their label"),
    (check_together, two_draws, "have lost their label"),
    (check_together, lambda images, labels, seed: (images, labels), "nothing is mixed"),
    (check_together, in_place, "changes the array that it is given"),
    (check_together, prints, "returns nothing (None)"),
    (check_together, images_only, "expected two arrays"),
    (check_together, swapped, "the first result, the images, has shape (11,)"),
    (check_together, no_seed, "the same seed gave two different orders"),
    (check_together, one_seed, "is the seed used?"),
    (check_together, shared_generator, "a generator that all code shares"),
    (check_together, shared_list, "a generator that all code shares"),
    (check_together, with_repeats, "some images are there twice"),
    (check_together, python_shuffles_array, "some images are there twice"),
    (check_together, inside_images, "the pixels inside the images"),
    (check_together, lists, "expected a NumPy array"),
    (check_together, 3, "expected a function"),
    (check_together, two_generators, "draw one order and use it for both"),
    (check_together, two_imported_generators, "two generators of one seed"),
    (check_together, two_old_generators, "two generators of one seed"),
    (check_together, two_python_generators, "two generators of one seed"),
    (check_partner, draws_twice, "place 0 took 2 draws"),
    (check_together, lambda images, labels: (images, labels), "stopped with TypeError"),
    (check_put_back, lambda shuffled, order: shuffled[order], "applied once more"),
    (check_put_back, lambda shuffled, order: shuffled[::-1], "turned around"),
    (check_put_back, lambda shuffled, order: np.sort(shuffled, axis=0), "sorted by value"),
    (check_put_back, lambda shuffled, order: np.argsort(order), "not yet the data"),
    (check_put_back, lambda shuffled, order: order, "the order itself"),
    (check_put_back, lambda shuffled, order: shuffled, "as it came in"),
    (check_put_back, lambda shuffled, order: shuffled.tolist(), "expected a NumPy array"),
    (check_put_back, lambda shuffled, order: shuffled[np.argsort(order)] / 1, "float64"),
    (check_put_back, rows_by_loop_forgotten, "expected"),
    (check_put_back, lambda shuffled, order: None, "returns nothing"),
    (check_partner, lambda place, n, draw: draw(n), "4/27, the most frequent 5/27"),
    (check_partner, lambda place, n, draw: place + 1 + draw(n - place - 1), "`draw(0)`"),
    (
        check_partner,
        lambda place, n, draw: place + draw(max(n - place - 1, 1)),
        "never come up",
    ),
    (check_partner, lambda place, n, draw: draw(n - place), "never come up"),
    (check_partner, lambda place, n, draw: place + draw(n), "as partner of place"),
    (check_partner, lambda place, n, draw: place, "no card ever moves"),
    (check_partner, lambda place, n, draw: n - 1 - place, "no card ever moves"),
    (check_partner, lambda place, n, draw: n - 1, "every shuffle gives the same order"),
    (check_partner, lambda place, n, draw: draw(n) / 1, "expected a place, a whole number"),
    (
        check_partner,
        lambda place, n, draw: place + 1 + draw(n - place - 1) if place < n - 1 else place,
        "never stays where it is",
    ),
    (check_partner, lambda place, n, draw: print(draw(n)), "returns nothing"),
    (check_partner, lambda place, n, draw: random.randint(place, n - 1), "different orders"),
    (check_partner, draws_until_free, "call `draw` once for each place"),
    (check_partner, lambda place, n, draw: draw(place, n), "`draw` takes one number"),
    (check_partner, lambda place, n, draw: draw(range(place, n)), "it needs a whole number"),
    (check_partner, lambda place, n, draw: max(place, draw(n)), "the most frequent 2/9"),
    (check_partner, lambda place, n, draw: [place + draw(n - place)], "a list of length 1"),
]
