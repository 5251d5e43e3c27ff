"""The nearest neighbors, against a look at all of them."""

import numpy as np
import pytest

from bloodcell_tut.photographs import grouping


def all_compared(vectors: np.ndarray, k: int) -> np.ndarray:
    likeness = vectors.astype(float) @ vectors.astype(float).T
    np.fill_diagonal(likeness, -np.inf)
    return np.argsort(-likeness, axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize(("n", "k"), [(2, 6), (7, 6), (8, 6), (700, 6), (700, 1)])
def test_the_nearest_are_found(n: int, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_AT_ONCE", 100)
    vectors = np.random.default_rng(n).standard_normal((n, 20)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = grouping._nearest(vectors, k)
    assert found.shape == (n, min(k, n - 1))
    assert np.array_equal(found, all_compared(vectors, min(k, n - 1)))


def test_one_alone_has_no_neighbor() -> None:
    assert grouping._nearest(np.ones((1, 4), np.float32), 6).shape == (1, 0)


def test_a_vector_is_never_its_own_neighbor() -> None:
    vectors = np.zeros((9, 4), np.float32)
    vectors[:, 0] = 1  # all alike
    found = grouping._nearest(vectors, 6)
    assert not (found == np.arange(9)[:, None]).any()


def test_what_shows_nothing_is_far_from_all() -> None:
    """A text without words must not push out those that share some."""
    vectors = np.array([[1, 0, 0], [0.1, 0.99, 0], [0.1, 0, 0.99], [0, 0, 0]], np.float32)
    assert 3 not in grouping._nearest(vectors, 2)[:3]


def test_neighbors_of_the_first_among_all() -> None:
    vectors = np.random.default_rng(3).standard_normal((60, 20)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert np.array_equal(grouping._nearest(vectors, 4, 25), all_compared(vectors, 4)[:25])


def test_many_vectors_are_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a few directions keeps its neighbors."""
    monkeypatch.setattr(grouping, "_MANY", 100)
    random = np.random.default_rng(4)
    vectors = random.standard_normal((300, 12)) @ random.standard_normal((12, 200))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    vectors[7] = 0
    short = grouping._shortened(vectors)
    assert short.shape == (300, 64) and not short[7].any()
    assert grouping._shortened(vectors[:100]).shape == (100, 200)
    some = np.arange(300) != 7
    assert np.array_equal(grouping._nearest(short, 3)[some], all_compared(vectors, 3)[some])


def test_each_pair_once_and_none_with_itself() -> None:
    nearest = np.array([[1, 2], [0, 1], [1, 0]])
    pairs = grouping._pairs(
        (np.array([4, 5, 9]), nearest), (np.array([5, 2]), np.array([[1], [0]]))
    )
    assert pairs.tolist() == [[4, 5], [5, 9], [4, 9], [2, 5]]
