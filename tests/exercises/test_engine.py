"""The engine behind the exercises: what it says to all kinds of answers."""

import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.exercises import engine
from bloodcell_tut.exercises.engine import Exercise, Reply, Wrong, ask, compare, describe, exercise

RGB = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
UNIT = np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3)


@exercise(5, hint="a hint", why="the reason")
def check_double(answer: object) -> None:
    """Double an array."""
    compare(ask(answer, np.array([1, 2])), np.array([2, 4]))


def test_the_states() -> None:
    assert isinstance(check_double, Exercise) and check_double.__doc__ == "Double an array."
    assert check_double(...).state == "untried"
    assert check_double(lambda a: ...).state == "untried"
    assert check_double(lambda a: 2 * a) == Reply("right", "the reason")
    assert check_double.hint() == Reply("hint", "a hint")
    wrong = check_double(lambda a: 3 * a)
    assert wrong.state == "wrong" and "check_double.hint()" in wrong.message
    assert wrong._repr_markdown_().startswith("**Not yet:** ")
    assert "check_double" in repr(check_double)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (7, "found 7 (int); expected a function"),
        (np.zeros(2), "found an array of float64 of shape (2,); expected a function"),
        (None, "found nothing (None); expected a function"),
        (lambda a: None, "does it end with `return`?"),
        (lambda a: a.__imul__(2), "changes the array"),
        (lambda a: 1 / 0, "stopped with ZeroDivisionError: division by zero"),
        (lambda: 1, "stopped with TypeError"),
    ],
)
def test_what_no_check_need_care_for(answer: object, message: str) -> None:
    reply = check_double(answer)
    assert reply.state == "wrong" and message in reply.message


@pytest.mark.parametrize(
    ("found", "expected", "message"),
    [
        (RGB.tolist(), RGB, "a list of length 2; expected a NumPy array"),
        (RGB.transpose(2, 0, 1), RGB, "the axes changed places"),
        (RGB[:1], RGB, "off by one"),
        (RGB[0], RGB, "2 axes and not 3"),
        (RGB.astype(int), RGB, "holds int64; expected uint8"),
        (RGB[..., ::-1], RGB, "BGR"),
        (RGB + np.uint8(1), RGB, "off by +1 everywhere"),
        (RGB * np.uint8(2), RGB, "at [0, 0, 1]; expected 1 there"),
        (UNIT * 255, UNIT, "reaches from 0 to 255; expected 0 to 1"),
        (UNIT - 1, UNIT, "expected nothing below 0"),
        (UNIT / 255, UNIT, "scaled down twice"),
        (UNIT * 0, UNIT, "nothing but zeros"),
        (UNIT * np.nan, UNIT, "NaN"),
        (25, 0.25, "a percentage"),
        (0.75, 0.25, "the other share"),
        (8, 7, "off by one"),
        (3, 7, "too small"),
        (70, 7, "too large"),
        ("7", 7, "'7' (str); expected a number"),
        (True, 1, "True (bool); expected a number"),
        ([1, 2], (1, 2), "a list of length 2; expected a tuple"),
        ("cat", "dog", "'cat': that is not right"),
    ],
)
def test_compare_names_what_differs(found: object, expected: object, message: str) -> None:
    with pytest.raises(Wrong) as caught:
        compare(found, expected)
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [RGB, UNIT, 7, 0.25, "dog", (1, 2), True, np.zeros((0, 3))])
def test_equal_values_pass(value: object) -> None:
    compare(value, value)


def test_describe_is_short() -> None:
    assert describe("x" * 500) == f"'{'x' * 56}... (str)"
    assert describe(len) == "a function"


def test_a_missing_solution_is_told(tmp_path, monkeypatch) -> None:
    (tmp_path / "05_x.ipynb").write_text('{"cells": []}')
    monkeypatch.setattr(engine, "lessons_folder", lambda: tmp_path)
    with pytest.raises(bt.BloodcellError, match="found no solution of check_double"):
        check_double.solution()
