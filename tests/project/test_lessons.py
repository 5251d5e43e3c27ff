"""The lessons keep to their form."""

import ast
import itertools
import re
import symtable
from pathlib import Path

import glossary
import lesson_map
import lesson_table
import pytest
from lesson_table import FOLDED, code_lines, is_export, parts
from lessons import (
    BEYOND,
    LESSONS,
    NBS,
    NOTEBOOKS,
    ROOT,
    cells,
    code,
    imports_only,
    markdown,
    output_bytes,
    prose,
    tagged,
)

from bloodcell_tut.lab import bound_names

SECTIONS = ["Break it", "Your turn", "What to remember", "Further reading"]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda p: p.stem)


def headings(lesson: Path) -> list[tuple[int, str]]:
    lines = [line for text in markdown(lesson) for line in text.splitlines()]
    found = (re.match(r"(#+) (.+)", line) for line in lines)
    return [(len(match[1]), match[2]) for match in found if match]


def test_there_are_ten_lessons() -> None:
    assert [lesson.stem[:2] for lesson in LESSONS] == [f"{n:02}" for n in range(10)]


@each_lesson
def test_length(lesson: Path) -> None:
    text = lesson.read_text("utf-8")
    assert 40 <= len({cell.id for cell in parts(text) if not cell.is_folded}) <= 100
    counted = lesson_table.count(lesson)
    assert 5 <= counted.main_road / counted.own_code <= 11


def test_the_main_road_is_short_and_things_move_on_it() -> None:
    counts = {lesson.stem[:2]: lesson_table.count(lesson) for lesson in LESSONS}
    assert sum(count.main_road for count in counts.values()) <= 18_000
    assert counts["08"].main_road <= 2800 and counts["08"].seconds <= 180
    assert all(count.library_share < 0.15 for count in counts.values())
    assert sum(count.moving for count in counts.values()) >= 10


def test_the_table_of_the_lessons_is_fresh() -> None:
    table = lesson_table.table({n.stem: lesson_table.count(n) for n in LESSONS})
    assert table in markdown(NBS / "results.ipynb"), "run `make export`"
    for lesson in LESSONS:
        assert lesson_table.reading(lesson_table.count(lesson)) in "".join(markdown(lesson)[:4])


def needed_names(source: str) -> set[str]:
    """The names that a cell takes from others, also inside its functions."""
    tables = [symtable.symtable(source, "cell", "exec")]
    for table in tables:
        tables += table.get_children()
    found = ((table, symbol) for table in tables for symbol in table.get_symbols())
    return {
        symbol.get_name()
        for table, symbol in found
        if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global())
    }


@each_lesson
def test_going_deeper_is_folded_and_can_be_skipped(lesson: Path) -> None:
    road, deeper = [], []
    for cell in parts(lesson.read_text("utf-8")):
        if re.match(rf"#+ {FOLDED}", cell.source):
            # what stands in the heading's own cell isn't folded with what follows
            assert re.fullmatch(rf"#+ {FOLDED}: .+ \(\d+ min\)", cell.source)
            (metadata,) = (c["metadata"] for c in cells(lesson) if c["id"] == cell.id)
            assert metadata["jp-MarkdownHeadingCollapsed"] and metadata["heading_collapsed"]
        if cell.is_code and cell.is_folded:
            deeper.append(cell.source)
        elif cell.is_code:
            road.append(cell.source)
    only_deeper = set().union(*map(bound_names, deeper)) - set().union(*map(bound_names, road))
    assert only_deeper & set().union(*map(needed_names, road)) == set()


@each_lesson
def test_cells_are_short(lesson: Path) -> None:
    own = [s for s in code(lesson) if not is_export(s) and not imports_only(s)]
    long = [source for source in own if code_lines(source) > 12]
    assert long == []


@each_lesson
def test_imports_stand_alone(lesson: Path) -> None:
    for source in code(lesson):
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(source).body):
            assert imports_only(source), source


@each_lesson
def test_headings_nest_and_sections_follow(lesson: Path) -> None:
    found = headings(lesson)
    levels = [level for level, _ in found]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    titles = [title for level, title in found if level == 2]
    assert titles[-4:] == SECTIONS
    assert lesson.stem.startswith("00") or "What the article does" in titles
    exercises = [title for level, title in found if title.startswith("Exercise")]
    step = int(lesson.stem[:2])
    assert 2 <= len(exercises) <= 4
    for n, title in enumerate(exercises, 1):
        assert title.startswith(f"Exercise {step}.{n}: ")


@each_lesson
def test_top_of_a_lesson(lesson: Path) -> None:
    top = "\n".join(cell["source"] for cell in cells(lesson)[:12])
    assert lesson_map.table(lesson.stem) in top and "**Where we are.**" in top
    assert re.search(r"^\*Measured: .+\*$", top, re.M), "how long it takes"
    assert re.search(r"^\*\*The article\.\*\* This lesson follows .+analyticsvidhya", top, re.M)
    assert [s.split("  #")[0] for s in tagged(lesson, "parameters")] == ['SOURCE = "sample"']
    uses = [s for s in code(lesson) if "choose_dataset(" in s and not is_export(s)]
    assert any("choose_dataset(SOURCE" in s for s in uses)


STIFF = (
    r"\b(whoever|in earnest|(?<!by )one (may|speaks|might|would|could)|shall|in goe?s?|out comes?"
    r"|be it|upon|at hand|hand(s|ed)? out|in truth|thereby|thereof|is put right)\b"
    r"|(?-i:(?<![^.;:] )\bWho [^?.]*\.)"
)
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
TEMPLATES = sorted(ROOT.glob("bloodcell_tut/pages/templates/*.html"))


def texts(page: Path) -> list[str]:
    """What a page says; of a notebook also its docstrings and its commands' help."""
    if page.suffix != ".ipynb":
        return [page.read_text(encoding="utf-8")]
    nodes = [node for source in code(page) for node in ast.walk(ast.parse(source))]
    values = [node.value for node in nodes if isinstance(node, ast.Expr)]
    values += [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg == "help"]
    strings = [node.value for node in values if isinstance(node, ast.Constant)]
    return markdown(page) + [text for text in strings if isinstance(text, str)]


@pytest.mark.parametrize("page", [*NOTEBOOKS, *PAGES, *TEMPLATES], ids=lambda p: p.name)
def test_the_prose_speaks_to_you(page: Path) -> None:
    for stiff in ("In go two numbers; what wins?", "A note. Who has one keeps it."):
        assert re.search(STIFF, stiff, re.I)
    assert [text for text in texts(page) if re.search(STIFF, " ".join(text.split()), re.I)] == []


@pytest.mark.parametrize("lesson", [*LESSONS, *BEYOND], ids=lambda p: p.stem)
def test_every_exercise_has_stub_solution_and_check(lesson: Path) -> None:
    sources = [cell["source"] for cell in cells(lesson)]
    solutions = [
        i for i, c in enumerate(cells(lesson)) if "solution" in c["metadata"].get("tags", [])
    ]
    assert len(solutions) == sum(title.startswith("Exercise") for _, title in headings(lesson))
    for i in solutions:
        assert "..." in sources[i - 1], f"no stub before:\n{sources[i]}"
        assert sources[i].startswith("#| code-fold: true\n")
        # JupyterLab, Colab and Kaggle hide it; what is laid for others to open is without it
        hidden = {"jupyter": {"source_hidden": True}, "cellView": "form", "_kg_hide-input": True}
        assert hidden.items() <= cells(lesson)[i]["metadata"].items()
        assert re.fullmatch(r"check_\w+\(\w+\)", sources[i + 1]), sources[i + 1]


def slug(heading: str) -> str:
    """A heading's anchor as JupyterLab, Quarto and the site agree on it for lower-case words."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_links_lead_somewhere(notebook: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(notebook)):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        path = notebook.parent / name if name else notebook
        assert path.exists(), target
        if anchor:
            assert anchor in {slug(title) for _, title in headings(path)}, target


def test_glossary_terms_are_linked_where_they_first_stand() -> None:
    stale = [n.stem for n in LESSONS if glossary.link_lesson(n) != n.read_text(encoding="utf-8")]
    assert stale == [], "run `make export`"


def test_every_glossary_term_is_used_and_explained() -> None:
    terms = [title for level, title in headings(NBS / "glossary.ipynb") if level == 2]
    assert terms == sorted(terms) and len(terms) > 50
    linked = set(re.findall(r"glossary\.ipynb#([\w-]+)", "".join(map(prose, LESSONS))))
    assert {slug(term) for term in terms} == linked
    for text in markdown(NBS / "glossary.ipynb")[1:]:
        assert re.search(r"Explained in \[.+\]\(0\d_\w+\.ipynb\)", text), text


def test_stored_outputs_are_small() -> None:
    assert sum(output_bytes(lesson) for lesson in LESSONS) < 6e6
