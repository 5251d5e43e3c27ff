"""Every public function says what is wrong with what a beginner gives it, in an error of ours."""

import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from valid_arguments import ANYTHING, ARGUMENTS, HARMLESS, NOT_CALLED_BY_READERS, SAID_OF
from wrong_things import KINDS, World

import bloodcell_tut
from bloodcell_tut.errors import BloodcellError

PACKAGE = Path(bloodcell_tut.__file__).parent


def public() -> dict[str, Any]:
    """Return what the package, its modules and its wings show and can be called, by name."""
    names = [p.stem for p in PACKAGE.glob("[a-z]*.py")]
    names += [p.parent.name for p in PACKAGE.glob("[a-z]*/__init__.py")]
    rooms = [bloodcell_tut, *(importlib.import_module(f"bloodcell_tut.{n}") for n in names)]
    shown = {name: getattr(room, name) for room in rooms for name in room.__all__}
    return {name: value for name, value in shown.items() if callable(value)}


PUBLIC = public()


def kinds_of(name: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in ARGUMENTS[name].split())


def test_no_public_function_is_forgotten() -> None:
    assert ARGUMENTS.keys() | NOT_CALLED_BY_READERS == PUBLIC.keys()
    assert not ARGUMENTS.keys() & NOT_CALLED_BY_READERS
    assert ARGUMENTS.keys() >= HARMLESS.keys()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_no_argument_is_forgotten(name: str) -> None:
    parameters = inspect.signature(PUBLIC[name]).parameters.values()
    named = {p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    assert kinds_of(name).keys() | ANYTHING.get(name, set()) == named


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("wrong")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        patch.setenv("BLOODCELL_TUT_CACHE", str(folder / "cache"))
        yield World(folder)


@pytest.fixture(scope="module")
def things(world: World) -> dict[str, Any]:
    return world.things()


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if ARGUMENTS[name]])
def test_wrong_arguments(name: str, world: World, things: dict[str, Any]) -> None:
    kinds = kinds_of(name)
    right = right_ones(kinds, world)
    found = []
    for argument, kind in kinds.items():
        fine = KINDS[kind.rstrip("?")].right | ({"None"} if kind.endswith("?") else set())
        fine |= HARMLESS.get(name, {}).get(argument, set())
        names = {argument, SAID_OF.get(name, {}).get(argument, argument)}
        for thing in things.keys() - fine:
            said = answer(PUBLIC[name], right | {argument: things[thing]})
            if not any(tells(said, one, things[thing]) for one in names):
                found.append(f"{name}({argument}={thing}): {said}")
    assert found == []


def right_ones(kinds: dict[str, str], world: World) -> dict[str, Any]:
    return {a: None if k.endswith("?") else KINDS[k].make(world) for a, k in kinds.items()}


def answer(function: Callable[..., Any], arguments: dict[str, Any]) -> object:
    """Return what a function raises or returns; what comes later is asked for."""
    try:
        result = function(**arguments)
        if isinstance(result, AbstractContextManager):
            with result:
                pass
        return next(result) if isinstance(result, Iterator) else result
    except Exception as error:
        return error


def tells(said: object, argument: str, thing: object) -> bool:
    """Return whether this is an error of ours that names the argument and a way out."""
    words = str(said)
    if not isinstance(said, BloodcellError):
        return False
    named = re.match(rf"({argument}(\[.*?\])?|tiny): found ", words)
    is_path = isinstance(thing, str | Path) and str(thing) and str(thing) in words
    return bool(named or is_path) and "expected" in words and len(words) < 700


def test_what_is_no_answer_is_seen() -> None:
    assert tells(bloodcell_tut.ArgumentError("size: found None; expected 1"), "size", None)
    for said in (ValueError("size: found None; expected 1"), None, BloodcellError("size")):
        assert not tells(said, "size", None)
