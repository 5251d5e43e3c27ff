"""The lessons beyond the nine steps keep to their form."""

import json
import re
from pathlib import Path

import contents
import pytest
from lesson_table import code_lines, is_export
from lessons import BEYOND, NBS, cells, code, imports_only, markdown, tagged
from test_lessons import SECTIONS, headings

each_lesson = pytest.mark.parametrize("lesson", BEYOND, ids=lambda p: p.stem)


def test_the_sidebar_and_the_front_page_list_each() -> None:
    assert sorted(contents.BEYOND) == [lesson.stem for lesson in BEYOND]
    front = "".join(markdown(NBS / "index.ipynb"))
    assert all(f"(beyond/{name}.ipynb)" in front for name in contents.BEYOND)


@each_lesson
def test_it_is_short_and_in_order(lesson: Path) -> None:
    assert sum(len(text.split()) for text in markdown(lesson)) <= 2500
    assert "**Where we are.**" in "".join(markdown(lesson)[:2])
    titles = [title for level, title in headings(lesson) if level == 2]
    assert titles[-4:] == SECTIONS
    own = [s for s in code(lesson) if not is_export(s) and not imports_only(s)]
    assert [source for source in own if code_lines(source) > 12] == []


@each_lesson
def test_every_exercise_has_stub_solution_and_check(lesson: Path) -> None:
    sources = [cell["source"] for cell in cells(lesson)]
    solutions = tagged(lesson, "solution")
    exercises = [title for _, title in headings(lesson) if title.startswith("Exercise")]
    assert len(solutions) == len(exercises) >= 2
    for solution in solutions:
        at = sources.index(solution)
        assert "..." in sources[at - 1] and solution.startswith("#| code-fold: true\n")
        assert re.fullmatch(r"check_\w+\(\w+\)", sources[at + 1])


def test_the_table_of_real_cells_is_the_measured_one() -> None:
    said = "\n".join(markdown(NBS / "beyond" / "another_laboratory.ipynb"))
    found = json.loads((NBS / "results" / "laboratories.json").read_text(encoding="utf-8"))
    assert found["table"] in said and found["date"] in said
