"""Step 4: shuffle."""

import random

import numpy as np
import pytest
from builders import belong_together, number, training_data
from hypothesis import given
from hypothesis import strategies as st

from bloodcell_tut import (
    ArgumentError,
    shuffle,
    split_by_image,
    split_by_photograph,
)

SEEDS = st.integers(0, 2**32 - 1)
DATA = training_data()


@given(SEEDS)
def test_shuffle_keeps_together_what_belongs_together(seed: int) -> None:
    mixed = shuffle(DATA, seed)
    assert belong_together(mixed, DATA) and sorted(number(mixed)) == list(range(len(DATA)))
    assert (number(shuffle(DATA, seed)) == number(mixed)).all()


def test_shuffle_mixes_and_leaves_the_original() -> None:
    assert (number(shuffle(DATA, 0)) != number(shuffle(DATA, 1))).any()
    assert (number(DATA) == np.arange(len(DATA))).all()


@pytest.mark.parametrize("seed", [-1, -(2**40)])
def test_impossible_seeds(seed: int) -> None:
    for call in (shuffle, split_by_image, split_by_photograph):
        with pytest.raises(ArgumentError, match=f"seed: found {seed}; expected"):
            call(DATA, seed=seed)


def test_seeds_too_large_to_split() -> None:
    for split in (split_by_image, split_by_photograph):
        with pytest.raises(ArgumentError, match="seed: found 4294967296; expected"):
            split(DATA, seed=2**32)


def test_random_numbers_of_others_are_left_alone() -> None:
    before = random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    for call in (shuffle, split_by_image, split_by_photograph):
        call(DATA, seed=3)
    assert before == (random.getstate(), repr(np.random.get_state()))  # noqa: NPY002


@pytest.mark.parametrize("seed", [None, -1, 0.5, "0"])
def test_a_seed_is_a_whole_number(seed) -> None:
    for step in (shuffle, split_by_image, split_by_photograph):
        with pytest.raises(ArgumentError, match="seed: found"):
            step(DATA, seed=seed)
