"""JSON becomes the dataclass that it was made from, or the error names the place."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloodcell_tut.files.typed_json import from_json


@dataclass(frozen=True)
class Part:
    name: str
    size: float | None


@dataclass(frozen=True)
class Whole:
    parts: dict[str, Part]
    pair: tuple[int, float]
    rows: tuple[tuple[int, ...], ...]
    flags: list[bool]
    note: str | None = None


GOOD: dict[str, Any] = {
    "parts": {"a": {"name": "b", "size": 1.5}}, "pair": [1, 2.0], "rows": [[1], []], "flags": [],
}  # fmt: skip

PARTS = st.builds(Part, st.text(), st.none() | st.floats(allow_nan=False))
WHOLES = st.builds(
    Whole,
    st.dictionaries(st.text(), PARTS),
    st.tuples(st.integers(), st.floats(allow_nan=False)),
    st.lists(st.lists(st.integers()).map(tuple)).map(tuple),
    st.lists(st.booleans()),
    st.none() | st.text(),
)


@given(WHOLES)
def test_round_trip(whole: Whole) -> None:
    assert from_json(Whole, json.loads(json.dumps(asdict(whole))), "x") == whole


def test_whole_numbers_may_stand_for_others() -> None:
    size = from_json(Part, {"name": "a", "size": 2}, "x").size
    assert size == 2 and type(size) is float


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pair": [1]}, "x.pair: found 1 entries; expected 2"),
        ({"pair": [True, 1.0]}, "x.pair[0]: found True; expected a whole number"),
        ({"pair": [1.0, 1.0]}, "x.pair[0]: found 1.0; expected a whole number"),
        ({"pair": {}}, "x.pair: found {}; expected a list"),
        ({"rows": [[1], ["2"]]}, "x.rows[1][0]: found '2'; expected a whole number"),
        ({"flags": [0]}, "x.flags[0]: found 0; expected true or false"),
        ({"parts": []}, "x.parts: found []; expected a mapping"),
        ({"parts": {"a": {"name": "b"}}}, "x.parts.a: found no size; expected one"),
        ({"parts": {"a": None}}, "x.parts.a: found None; expected a mapping"),
        ({"note": 1}, "x.note: found 1; expected a text"),
        ({"more": 1}, "x: found more; expected no field of that name"),
    ],
)
def test_what_does_not_fit(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as wrong:
        from_json(Whole, GOOD | changes, "x")
    assert str(wrong.value) == said


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_anything_else_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^x"):
        from_json(Whole, value, "x")
