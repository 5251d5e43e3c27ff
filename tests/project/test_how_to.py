"""The how-to pages: one screen each, and what they show as a command is what they run."""

import json
import re
from pathlib import Path

import citing
import command_examples
import contents
import pytest
from lessons import NBS, cells, code, markdown

PAGES = sorted(NBS.glob("how_to/*.ipynb"))
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)


def in_sight(page: Path) -> list[str]:
    """The lines of text and code that a reader sees, without outputs."""
    seen = [c["source"] for c in cells(page) if not re.match(r"#\| (hide|echo)", c["source"])]
    return [line for source in seen for line in source.splitlines() if line.strip()]


@each_page
def test_a_page_is_one_screen(page: Path) -> None:
    lines = in_sight(page)
    assert len(lines) <= 25 and sum(map(len, lines)) < 1500
    assert all(len(source.splitlines()) <= 5 for source in code(page) if source[:2] != "#|")


@each_page
def test_a_page_shows_the_task_the_way_out_and_the_reason(page: Path) -> None:
    text = "\n".join(markdown(page))
    assert re.match(r"# .+\n\n> .+\n\n", text)
    assert "**If it goes wrong**\n\n- " in text
    reasons = re.findall(r"\]\((.+?)\)", text.partition("\n**Why:** ")[2])
    assert reasons and all((page.parent / reason.split("#")[0]).exists() for reason in reasons)
    assert any(cell.get("outputs") for cell in cells(page)), "run it and keep its outputs"


@each_page
def test_a_command_is_run_as_it_is_shown(page: Path) -> None:
    text, source = "\n".join(markdown(page)), "\n".join(code(page))
    shown = re.findall(r"^```sh\n(.+)\n```$", text, re.M)
    run = re.findall(r"^ *f?['\"](bloodcell-tut .+?)['\"](?:, last=\d+\))?\)?$", source, re.M)
    run += re.findall(r"^shell\(\"(.+?)\"", source, re.M)
    names = dict(re.findall(r"^(\w+) = \"(.+)\"$", source, re.M))
    assert {line.format(**names) for line in run} <= set(shown)


def test_every_page_is_listed_and_the_front_page_leads_to_it() -> None:
    assert sorted(contents.HOW_TO) == [page.stem for page in PAGES] and len(PAGES) == 10
    front = "\n".join(markdown(NBS / "index.ipynb"))
    assert all(f"(how_to/{name}.ipynb)" in front for name in contents.HOW_TO)


def test_the_citation_is_the_repositorys() -> None:
    (bibtex,) = re.findall(r"```bibtex\n.*?```", citing.page(), re.S)
    assert bibtex in markdown(NBS / "how_to" / "cite.ipynb")[0]


def masked(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def test_the_examples_of_the_commands_are_fresh() -> None:
    """Those that train take a minute and are run by `make notebooks` alone."""
    kept = json.loads(command_examples.KEPT.read_text(encoding="utf-8"))
    lines = {name: [example["line"] for example in found] for name, found in kept.items()}
    name = command_examples.NAME
    assert lines == {c: [f"{name} {x}" for x in xs] for c, xs in command_examples.EXAMPLES.items()}
    again = command_examples.outcomes(("audit", "copy", "progress"))
    for command, found in again.items():
        assert masked(json.dumps(found)) == masked(json.dumps(kept[command])), "make notebooks"
