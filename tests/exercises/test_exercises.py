"""Every exercise: its stub is untried, its solution right, and each wrong answer named."""

import importlib
import re
from pathlib import Path

import pytest
from lessons import BEYOND, cells, code, imports_only
from lessons import LESSONS as NINE_STEPS
from wrong_answers import ALL

import bloodcell_tut
from bloodcell_tut.exercises.engine import Exercise

MODULES = Path(bloodcell_tut.__file__).parent / "exercises"
LESSONS = [*NINE_STEPS, *BEYOND]


def module_of(lesson: Path) -> str:
    """The name of the module with a lesson's checks."""
    return f"lesson_{lesson.stem[:2]}" if lesson in NINE_STEPS else lesson.stem


def test_every_lesson_has_exercises_and_wrong_answers() -> None:
    assert all((MODULES / f"{module_of(lesson)}.py").exists() for lesson in LESSONS)
    assert set(ALL) == set(map(module_of, LESSONS))


def exercises(lesson: Path) -> dict[str, Exercise]:
    module = importlib.import_module(f"bloodcell_tut.exercises.{module_of(lesson)}")
    return {name: getattr(module, name) for name in module.__all__}


def stub_and_solution(lesson: Path, name: str) -> tuple[str, str, str]:
    """The stub's and the solution's source, and the answer's name."""
    sources = [cell["source"] for cell in cells(lesson)]
    (at,) = (i for i, source in enumerate(sources) if source.startswith(f"{name}("))
    return sources[at - 2], sources[at - 1], sources[at].split("(")[1].rstrip(")")


def namespace(lesson: Path) -> dict:
    """What a solution may use: the lesson's imports, and what it exported before."""
    names: dict = {}
    exported = re.findall(r"^#\| default_exp (\w+)", "\n".join(code(lesson)), re.M)
    for source in code(lesson):
        if imports_only(source):
            exec(source, names)
        elif source.startswith("#| export\n"):
            defined = re.findall(r"^(?:def|class) ([A-Za-z]\w+)", source, re.M)
            module = importlib.import_module(f"bloodcell_tut.{exported[0]}")
            names |= {name: getattr(module, name) for name in defined}
    return names


CHECKS = [(lesson, name) for lesson in LESSONS for name in exercises(lesson)]


@pytest.mark.parametrize(("lesson", "name"), CHECKS, ids=[name for _, name in CHECKS])
def test_stub_is_untried_and_solution_right(lesson: Path, name: str) -> None:
    check = exercises(lesson)[name]
    stub, solution, answer = stub_and_solution(lesson, name)
    names = namespace(lesson)
    exec(stub, names)
    assert check(names[answer]).state == "untried"
    exec(solution, names)
    reply = check(names[answer])
    assert reply.state == "right" and len(reply.message) > 30, reply
    named = int(lesson.stem[:2]) if lesson in NINE_STEPS else f"beyond/{lesson.stem}"
    assert check.lesson == named and len(check.hint().message) > 30
    assert solution.removeprefix("#| code-fold: true\n") in check.solution().message
    code_of_solution = solution.split("\n")[-1].strip()
    assert code_of_solution not in check.hint().message


WRONG = [(lesson, *row) for lesson in LESSONS for row in ALL[module_of(lesson)]]


@pytest.mark.parametrize(
    ("lesson", "check", "answer", "message"),
    WRONG,
    ids=[f"{module_of(lesson)}-{check.name}-{message}" for lesson, check, _, message in WRONG],
)
def test_wrong_answer_is_named(lesson: Path, check: Exercise, answer: object, message: str) -> None:
    reply = check(answer)
    assert reply.state == "wrong" and message in reply.message, reply


@pytest.mark.parametrize(("lesson", "name"), CHECKS, ids=[name for _, name in CHECKS])
def test_every_exercise_has_three_wrong_answers(lesson: Path, name: str) -> None:
    messages = {message for _, check, _, message in WRONG if check.name == name}
    assert len(messages) >= 3
