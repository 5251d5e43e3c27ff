"""Answers that never end, exit, shout or change what is not theirs cost their own check only."""

import _thread
import builtins
import contextlib
import random
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bloodcell_tut.exercises import guard
from bloodcell_tut.exercises.engine import Reply, Wrong, ask, compare, describe, exercise
from bloodcell_tut.exercises.guard import built_in, contained, loops, mend, shown, told


@exercise(5, hint="a hint", why="the reason")
def check_double(answer: object) -> None:
    """Double an array."""
    for n in (2, 3):
        compare(ask(answer, np.arange(n)), 2 * np.arange(n))


def right(a: np.ndarray) -> np.ndarray:
    return 2 * a


def forever(a: np.ndarray) -> None:
    while True:
        pass


@pytest.fixture
def leave() -> Iterator[threading.Event]:
    """What ends the answers that nothing stops."""
    event = threading.Event()
    yield event
    event.set()


def catches(a: np.ndarray) -> None:
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            return


def prints_forever(a: np.ndarray) -> None:
    while True:
        print("again and again")


class EndlessText(Exception):
    def __str__(self) -> str:
        while True:
            pass


def raises_endless_text(a: np.ndarray) -> None:
    raise EndlessText


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.2)


ENDLESS = [forever, catches, prints_forever, raises_endless_text]


def test_the_stated_time() -> None:
    assert guard.SECONDS == 20


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("answer", ENDLESS)
def test_what_never_ends_is_stopped(answer: object) -> None:
    threads = threading.active_count()
    reply = check_double(answer)
    assert reply.state == "wrong" and "stopped after 0.2 seconds" in reply.message, reply
    assert threading.active_count() == threads
    assert check_double(right).state == "right"


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("answer", [forever, catches])
def test_what_never_ends_is_stopped_outside_of_the_main_thread(answer: object) -> None:
    replies: list[Reply] = []
    thread = threading.Thread(
        target=lambda: replies.extend([check_double(answer), check_double(right)]), daemon=True
    )
    thread.start()
    thread.join(30)
    assert [reply.state for reply in replies] == ["wrong", "right"]
    assert "stopped after" in replies[0].message


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("way", ["swallows", "waits"])
def test_what_nothing_stops_is_left_to_itself(way: str, leave: threading.Event) -> None:
    def swallows(a: np.ndarray) -> None:
        while not leave.is_set():
            with contextlib.suppress(BaseException):
                while not leave.is_set():
                    pass

    def waits(a: np.ndarray) -> None:
        leave.wait()

    reply = check_double({"swallows": swallows, "waits": waits}[way])
    assert reply.state == "wrong" and "after 0.2 seconds" in reply.message
    assert way == "swallows" or "can't be stopped" in reply.message
    assert loops(by_while, (np.ones(4),), (np.ones(60),))
    assert check_double(right).state == "right"


@pytest.mark.usefixtures("short")
def test_each_question_has_the_whole_time() -> None:
    def slow(a: np.ndarray) -> np.ndarray:
        time.sleep(0.15)
        return 2 * a

    assert check_double(slow).state == "right"


@pytest.mark.usefixtures("short")
def test_a_right_result_that_comes_too_late_is_told() -> None:
    def late(a: np.ndarray) -> np.ndarray:
        with contextlib.suppress(BaseException):
            forever(a)
        return 2 * a

    assert "stopped after" in check_double(late).message


def test_ctrl_c_gets_through_and_stops_the_answer() -> None:
    ended = threading.Event()

    def interrupted(a: object) -> None:
        _thread.interrupt_main()
        try:
            while True:
                pass
        finally:
            ended.set()

    with pytest.raises(KeyboardInterrupt):
        check_double(interrupted)
    assert ended.is_set()


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("not even this")

    __repr__ = __str__


class Odd:
    def __repr__(self) -> str:
        raise SystemExit


def raising(error: BaseException) -> object:
    def answer(a: np.ndarray) -> None:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (raising(KeyboardInterrupt()), "your code was interrupted before it was done"),
        (raising(SystemExit(3)), "ends the whole program"),
        (lambda a: sys.exit(), "ends the whole program"),
        (raising(GeneratorExit()), "stopped with GeneratorExit"),
        (raising(BaseException("base")), "stopped with BaseException: base"),
        (raising(Mute()), "stopped with Mute: <"),
        (raising(ValueError("x" * 9999)), "xxx..."),
        (raising(ValueError(10**9999)), "stopped with ValueError: <"),
        (lambda a: Odd(), "Odd without a text> (Odd)"),
        (Odd(), "expected a function"),
        (lambda a: 10**9999, "expected a NumPy array"),
        (lambda a: "x" * 10**6, "expected a NumPy array"),
        (lambda a: answer_calls_itself(a), "RecursionError"),
    ],
)
def test_every_way_to_end_is_answered_shortly(answer: object, message: str) -> None:
    reply = check_double(answer)
    assert reply.state == "wrong" and message in reply.message, reply
    assert len(reply.message) < 1100
    assert check_double(right).state == "right"


def answer_calls_itself(a: np.ndarray) -> object:
    return answer_calls_itself(a)


def test_a_long_mistake_is_cut() -> None:
    @exercise(5, hint="a hint", why="the reason")
    def check(answer: object) -> None:
        """Complain at length."""
        raise Wrong("x" * 10**6)

    assert len(check(3).message) < 1100


def test_exit_in_a_notebook_does_not_end_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    shell = SimpleNamespace(ask_exit=lambda: ended.append(True))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    reply = check_double(lambda a: shell.ask_exit())
    assert "ends the whole program" in reply.message and ended == []
    shell.ask_exit()
    assert ended == [True]


def test_what_is_printed_is_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    def prints(a: np.ndarray) -> np.ndarray:
        print("first")
        for _ in range(1000):
            print("x" * 1000, flush=True)
            sys.stderr.writelines(["y" * 1000])
        sys.stdout.close()
        return 2 * a

    stdout = sys.stdout
    assert check_double(prints).state == "right"
    assert sys.stdout is stdout
    print("and later")
    out, err = capsys.readouterr()
    assert out.startswith("first\nxxx") and out.endswith("and later\n")
    assert len(out) < guard.OUTPUT + 200 and out.count("is left out") == 1
    assert len(err) < guard.OUTPUT + 200 and err.count("is left out") == 1


def replaces(module: object, name: str) -> object:
    def answer(a: np.ndarray) -> np.ndarray:
        setattr(module, name, lambda *_, **__: True)
        return 2 * a

    return answer


@pytest.mark.parametrize(
    ("module", "name", "said"),
    [
        (np, "sum", "np.sum"),
        (np, "allclose", "np.allclose"),
        (np.random, "default_rng", "np.random.default_rng"),
        (np.linalg, "norm", "np.linalg.norm"),
        (random, "shuffle", "random.shuffle"),
        (builtins, "sorted", "builtins.sorted"),
    ],
)
def test_what_is_replaced_is_put_back_and_told(module: object, name: str, said: str) -> None:
    original = getattr(module, name)
    reply = check_double(replaces(module, name))
    assert getattr(module, name) is original
    assert reply.state == "wrong" and f"replaces `{said}`" in reply.message
    assert check_double(right) == Reply("right", "the reason")


def test_what_is_deleted_is_put_back() -> None:
    original = np.sum
    assert "`np.sum`" in check_double(lambda a: delattr(np, "sum")).message
    assert np.sum is original


def test_what_an_earlier_cell_replaced_is_put_back_first() -> None:
    original = np.multiply
    np.multiply = max  # type: ignore[assignment]
    reply = check_double(right)
    assert np.multiply is original
    assert reply.state == "right" and "`np.multiply` had been replaced" in reply.message
    assert mend() == []


def test_settings_and_chance_are_as_before() -> None:
    def changes(a: np.ndarray) -> np.ndarray:
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        np.seterr(all="raise")
        np.set_printoptions(precision=1)
        warnings.simplefilter("error")
        return 2 * a

    settings = np.geterr(), np.get_printoptions(), list(warnings.filters)
    states = repr(np.random.get_state()), random.getstate()  # noqa: NPY002
    assert check_double(changes).state == "right"
    assert (np.geterr(), np.get_printoptions(), list(warnings.filters)) == settings
    assert (repr(np.random.get_state()), random.getstate()) == states  # noqa: NPY002


def test_an_input_is_changed_for_its_own_check_only() -> None:
    assert "changes the array" in check_double(lambda a: a.__imul__(2)).message
    assert check_double(right).state == "right"


def test_contained_lets_errors_through() -> None:
    with pytest.raises(ValueError, match="through"), contained():
        raise ValueError("through")


def test_words() -> None:
    assert shown("abc") == "'abc'" and shown("x" * 99, str, 10) == "xxxxxxx..."
    assert describe(Odd()).endswith("(Odd)")
    assert told(ValueError("small")) == "your code stopped with ValueError: small"


def reads_beyond(a: np.ndarray) -> float:
    last = len(a)
    return a[last]


def test_an_exception_is_told_with_the_line_and_the_input() -> None:
    said = check_double(reads_beyond).message
    line = reads_beyond.__code__.co_firstlineno + 2
    assert f"IndexError: index 2 is out of bounds for axis 0 with size 2, in line {line}" in said
    assert (
        "of your code, `return a[last]`; it was given an array of int64 of shape (2,), [0, 1]"
        in said
    )


def test_of_code_without_source_the_number_is_told() -> None:
    names: dict = {}
    exec("def answer(a):\n    return a.nothing", names)
    assert "in line 2 of your code; it was given an array" in check_double(names["answer"]).message


def test_an_error_in_a_library_names_the_line_that_called_it() -> None:
    assert "`lambda a: np.stack([])" in check_double(lambda a: np.stack([])).message
    assert "of your code" not in check_double(np.linalg.inv).message


def by_recursion(a: np.ndarray) -> float:
    return a[0] + by_recursion(a[1:]) if len(a) else 0


def by_while(a: np.ndarray) -> float:
    total, i = 0, 0
    while i < len(a):
        total, i = total + a[i], i + 1
    return total


def sides_only(a: np.ndarray) -> float:
    return a.sum() + sum(n for n in a.shape)


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (np.sum, False),
        (lambda a: a.sum(), False),
        (sides_only, False),
        (lambda a: np.pad(a, 1).max(), False),
        (lambda a: np.array(np.split(a, len(a))).sum(), False),
        (by_while, True),
        (by_recursion, True),
        (lambda a: [x for x in a], True),  # noqa: C416
        (lambda a: list(map(lambda x: x + 1, a)), True),  # noqa: C417
        (lambda a: np.vectorize(lambda x: x + 1)(a), True),
        (lambda a: exec("for x in a: x + 1", {"a": a}), True),
    ],
)
def test_loops_are_seen_by_their_steps(function: Any, found: bool) -> None:
    tracer = sys.gettrace()
    assert loops(function, (np.ones(4),), (np.ones(60),)) is found
    assert sys.gettrace() is tracer


def test_c_functions_are_seen() -> None:
    profiler = sys.getprofile()
    assert len in built_in(lambda a: len(a), np.ones(2))
    assert len not in built_in(lambda a: a.sum(), np.ones(2))
    assert sys.getprofile() is profiler
