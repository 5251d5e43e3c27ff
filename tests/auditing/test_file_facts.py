"""Which files are one picture saved again: the same answer as by comparing all pairs, sooner."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from bloodcell_tut.auditing import file_facts
from bloodcell_tut.auditing.file_facts import same_pictures, sets_of_two

RANDOM = np.random.default_rng(0)


def unit(pictures: np.ndarray) -> np.ndarray:
    moved = pictures - pictures.mean(axis=1, keepdims=True)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def blurred(n: int) -> np.ndarray:
    small = RANDOM.normal(size=(n, 8, 8))
    return np.repeat(np.repeat(small, 4, axis=1), 4, axis=2).reshape(n, 1024)


def noisy(pictures: np.ndarray, noise: float) -> np.ndarray:
    return unit(pictures + noise * RANDOM.normal(size=pictures.shape))


def along_a_line(n: int) -> np.ndarray:
    turn = np.linspace(0, 3, n)[:, None]
    return unit(np.cos(turn) * blurred(1) + np.sin(turn) * blurred(1))


KINDS: dict[str, Callable[[int], np.ndarray]] = {
    "all the same": lambda n: noisy(np.repeat(blurred(1), n, axis=0), 0.005),
    "about as near as the limit": lambda n: noisy(np.repeat(blurred(1), n, axis=0), 0.0447),
    "hardly as near as the limit": lambda n: noisy(np.repeat(blurred(1), n, axis=0), 0.05),
    "all different": lambda n: noisy(blurred(n), 0.005),
    "noise": lambda n: unit(RANDOM.normal(size=(n, 1024))),
    "twice": lambda n: noisy(np.repeat(blurred(n // 2), 2, axis=0), 0.005),
    "by twenty": lambda n: noisy(np.repeat(blurred(n // 20), 20, axis=0), 0.03),
    "each like the next": along_a_line,
    "half of one color": lambda n: np.append(
        unit(blurred(n // 2)), np.zeros((n // 2, 1024), "f4"), 0
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_that_of_all_pairs(kind: str) -> None:
    pictures = RANDOM.permutation(KINDS[kind](700))
    same = pictures @ pictures.T >= 0.998
    expected = sets_of_two(connected_components(same)[1].tolist())
    assert same_pictures(pictures) == expected


@pytest.mark.parametrize("kind", ["all the same", "all different"])
def test_the_work_grows_with_the_number_and_not_with_its_square(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, joined = [0], file_facts._joined

    def counted(family: np.ndarray, some: np.ndarray, near: np.ndarray, same: np.ndarray) -> object:
        compared[0] += same.size
        return joined(family, some, near, same)

    monkeypatch.setattr(file_facts, "_joined", counted)
    same_pictures(KINDS[kind](4000))
    assert compared[0] <= 500 * 4000, "of 8,000,000 pairs"
