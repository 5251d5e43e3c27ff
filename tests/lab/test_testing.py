"""What the lessons' cells test with."""

import numpy as np
import pytest

from bloodcell_tut.lab import testing


@pytest.mark.parametrize(
    ("a", "b"), [(1, 2), ([1, 2], [1]), ("a", "b"), (np.zeros(2), np.ones(2)), ({1: 2}, {1: 3})]
)
def test_unequal_things_are_shown(a: object, b: object) -> None:
    testing.test_eq(a, a)
    with pytest.raises(AssertionError):
        testing.test_eq(a, b)


def test_near_numbers() -> None:
    testing.test_close([1, 2], (1, 2 + 1e-6))
    with pytest.raises(AssertionError, match="1e-05"):
        testing.test_close(1000, 1000.001)


def test_an_error_is_one_of_a_kind_and_says_something() -> None:
    testing.test_fail(int, "invalid literal", ValueError, ["x"])
    with pytest.raises(AssertionError, match="found no error; expected ValueError"):
        testing.test_fail(int, exc=ValueError)
    with pytest.raises(AssertionError, match=r"found \"invalid .* expected 'no such' in it"):
        testing.test_fail(int, "no such", args=["x"])
    with pytest.raises(ValueError, match="invalid literal"):
        testing.test_fail(int, exc=TypeError, args=["x"])
