"""Wrong answers to the exercises of the lesson on captions."""

import numpy as np

from bloodcell_tut.exercises.captioning import (
    check_encode,
    check_recall_and_precision,
    check_teacher_forcing,
)


def numbers(words, vocabulary):
    return [vocabulary.index(word) for word in words]


def row(sentence, vocabulary, length, *, start=True, end=True, fill=0, left=False, plus=0):
    words = ["<start>"] * start + sentence.split() + ["<end>"] * end
    found = numbers(words, vocabulary)
    rest = [fill] * (length - len(found))
    return np.array(rest + found if left else found + rest) + plus


def without_padding(sentence, vocabulary, length):
    return np.array(numbers(["<start>", *sentence.split(), "<end>"], vocabulary))


def shifted(rows):
    return rows[:, :-1], rows[:, 1:], rows[:, 1:] != 0


def same(true, said):
    return len(true.items() & said.items())


def of_places(true, said):
    both = len(true.keys() & said.keys())
    return both / len(true), both / max(len(said), 1)


def of_names(true, said):
    both = len(set(true.values()) & set(said.values()))
    return both / len(true), both / max(len(said), 1)


def right(true, said):
    return same(true, said) / len(true), same(true, said) / len(said) if said else 1.0


WRONG = [
    (check_encode, lambda s, v, n: row(s, v, n).tolist(), "expected an array of whole numbers"),
    (check_encode, lambda s, v, n: row(s, v, n) * 1.0, "expected an array of whole numbers"),
    (check_encode, lambda s, v, n: row(s, v, n, start=False), "begin with the number of <start>"),
    (check_encode, lambda s, v, n: row(s, v, n, end=False), "<end> is missing"),
    (check_encode, lambda s, v, n: row(s, v, n, left=True), "stand before the words"),
    (check_encode, lambda s, v, n: row(s, v, n, fill=2), "filled with <end>"),
    (check_encode, lambda s, v, n: row(s, v, n, plus=1), "one too large"),
    (check_encode, without_padding, "isn't filled up"),
    (check_encode, lambda s, v, n: np.array([ord(c) for c in s]), "the row has shape"),
    (check_teacher_forcing, lambda rows: shifted(rows)[:2], "expected inputs, targets and weights"),
    (check_teacher_forcing, lambda rows: (rows, rows, rows != 0), "repeat the word"),
    (
        check_teacher_forcing,
        lambda rows: (rows[:, 1:], rows[:, :-1], rows[:, 1:] != 0),
        "swapped",
    ),
    (
        check_teacher_forcing,
        lambda rows: (rows, np.roll(rows, -1, axis=1), rows != 0),
        "the first word again",
    ),
    (
        check_teacher_forcing,
        lambda rows: (*shifted(rows)[:2], rows[:, :-1] != 0),
        "the weights of the inputs",
    ),
    (
        check_teacher_forcing,
        lambda rows: (*shifted(rows)[:2], rows[:, 1:] == 0),
        "the other way round",
    ),
    (
        check_teacher_forcing,
        lambda rows: (*shifted(rows)[:2], np.ones(rows[:, 1:].shape)),
        "the weights",
    ),
    (check_recall_and_precision, lambda true, said: same(true, said), "expected two shares"),
    (check_recall_and_precision, lambda true, said: right(true, said)[::-1], "swapped"),
    (check_recall_and_precision, of_places, "with the same cell there"),
    (check_recall_and_precision, of_names, "only at the right place"),
    (check_recall_and_precision, lambda true, said: (same(true, said),) * 2, "divide each"),
    (
        check_recall_and_precision,
        lambda true, said: (right(true, said)[0],) * 2,
        "divide it by those said",
    ),
    (
        check_recall_and_precision,
        lambda true, said: (same(true, said) / len(true), same(true, said) / len(said)),
        "division by zero",
    ),
]
