"""Step 6: normalize."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloodcell_tut import (
    ArgumentError,
    normalize,
    one_hot,
)
from bloodcell_tut.normalization import PIXEL_MAX


def test_normalize_is_division_in_float32() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert normalize(every).dtype == np.float32
    assert np.array_equal(normalize(every), (every / PIXEL_MAX).astype(np.float32))
    assert normalize(np.empty((0, 8, 8, 3), np.uint8)).shape == (0, 8, 8, 3)
    for wrong in (normalize(every), every.astype(int)):
        with pytest.raises(ArgumentError, match="normalize only once"):
            normalize(wrong)


@given(st.lists(st.integers(0, 6)))
def test_one_hot_has_one_one(y: list[int]) -> None:
    rows = one_hot(np.array(y, int), 7)
    assert rows.shape == (len(y), 7) and rows.dtype == np.float32
    assert (rows.sum(axis=1) == 1).all() and rows.argmax(axis=1).tolist() == y


def test_normalize_leaves_the_bytes_and_agrees_with_the_networks_layer() -> None:
    import keras

    X = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)
    before = X.copy()
    unit = normalize(X)
    assert (before == X).all() and unit.min() >= 0 and unit.max() <= 1
    layer = keras.layers.Rescaling(1 / PIXEL_MAX)
    np.testing.assert_allclose(np.asarray(layer(X)), unit, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_one_hot_is_keras_own_and_its_loss_the_sparse_one(dtype: type) -> None:
    import keras

    y: np.ndarray = np.array([2, 0, 3, 3, 1], dtype)
    rows = one_hot(y, 4)
    assert (rows == keras.utils.to_categorical(y, 4)).all()
    answers = np.random.default_rng(0).dirichlet(np.ones(4), 5)
    np.testing.assert_allclose(
        keras.losses.categorical_crossentropy(rows, answers),
        keras.losses.sparse_categorical_crossentropy(y, answers),
        rtol=1e-5,
    )


@pytest.mark.parametrize("y", [[4], [-1], [0.5], [[0, 1]], ["a"]])
def test_one_hot_refuses(y: list) -> None:
    with pytest.raises(ArgumentError, match="y: found"):
        one_hot(np.array(y), 4)
