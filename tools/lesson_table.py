"""Count what each lesson asks of its reader, and write it into the lessons and nbs/results.ipynb.

The main road is what isn't folded under a heading that begins with "Going deeper".
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from contents import lessons, notebook_text, source
from first_cell import ID as FIRST
from lesson_map import ID as MAP

from bloodcell_tut.lab import learners_copy

FOLDED = "Going deeper"
WORDS_A_MINUTE = 200
READING = r"\*Reading: [^*]+\*"


class Cell(NamedTuple):
    """A cell, or the part of a Markdown cell from one heading to the next."""

    id: str
    source: str
    is_code: bool
    is_folded: bool


def parts(notebook: str) -> Iterator[Cell]:
    """Yield the cells of a notebook's text, Markdown cut at its headings."""
    folded_at = 0
    for cell in json.loads(notebook)["cells"]:
        whole, is_code = "".join(cell["source"]), cell["cell_type"] == "code"
        for part in [whole] if is_code else re.split(r"^(?=#+ )", whole, flags=re.M):
            if not is_code and (heading := re.match(r"(#+) (.*)", part)):
                level = len(heading[1])
                if heading[2].startswith(FOLDED):
                    folded_at = level
                elif level <= folded_at:
                    folded_at = 0
            yield Cell(cell["id"], part, is_code, folded_at > 0)


def words(text: str) -> int:
    """Count words of Markdown, without the targets of its links."""
    shown = re.sub(r"\]\([^)]*\)", "]", text)
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", shown))


def code_lines(code: str) -> int:
    """Count lines that are neither empty nor a comment."""
    return sum(line.strip()[:1] not in ("", "#") for line in code.splitlines())


def is_export(code: str) -> bool:
    return re.match(r"#\| (export|exporti|default_exp)\b", code) is not None


class Count(NamedTuple):
    """What a lesson asks of its reader."""

    main_road: int  # words
    going_deeper: int  # words
    seconds: int
    own_code: int  # lines
    library_share: float  # of the code in a learner's copy, from 0 to 1
    moving: int  # figures with a slider


def count(lesson: Path) -> Count:
    text = lesson.read_text(encoding="utf-8")
    cells = [*parts(text)]
    texts = [cell for cell in cells if not cell.is_code and cell.id != MAP]
    prose = [(words(cell.source), cell.is_folded) for cell in texts]
    own = [c for c in cells if c.is_code and not is_export(c.source) and c.id != FIRST]
    seconds = re.search(r"\*Measured: (\d+) s", text)
    assert seconds, f"{lesson.name}: says not how long it runs"
    return Count(
        sum(n for n, is_folded in prose if not is_folded),
        sum(n for n, is_folded in prose if is_folded),
        int(seconds[1]),
        sum(code_lines(cell.source) for cell in own if not cell.is_folded),
        library_share(lesson),
        sum(re.search(r"^explore\(", cell.source, re.M) is not None for cell in own),
    )


def library_share(lesson: Path) -> float:
    """Return which share of a learner's code is the package's: its source, and the first cell."""
    exported = {cell.id for cell in parts(lesson.read_text("utf-8")) if is_export(cell.source)}
    code = [cell for cell in parts(learners_copy(lesson)) if cell.is_code]
    theirs = [c for c in code if c.id == FIRST or (c.id in exported and "import" not in c.source)]
    return sum(code_lines(c.source) for c in theirs) / sum(code_lines(c.source) for c in code)


def reading(counted: Count) -> str:
    """Return the line at a lesson's head that says how long it takes."""
    minutes = max(1, round(counted.main_road / WORDS_A_MINUTE))
    deeper = round(counted.going_deeper / WORDS_A_MINUTE)
    optional = f' Optional: {deeper} more minutes, folded under "{FOLDED}".' if deeper else ""
    return f"*Reading: about {minutes} minutes; running: {counted.seconds} s.{optional}*"


def table(counts: dict[str, Count]) -> str:
    head = (
        "| lesson | words, main road | words, going deeper | seconds | lines of its own code "
        "| library code in a learner's copy | figures that move |"
    )
    rows = [
        f"| [{name}]({name}.ipynb) | {c.main_road:,} | {c.going_deeper:,} | {c.seconds} "
        f"| {c.own_code} | {c.library_share:.0%} | {c.moving} |"
        for name, c in counts.items()
    ]
    words, deeper, seconds, lines, _, moving = map(sum, zip(*counts.values(), strict=True))
    rows.append(f"| all | {words:,} | {deeper:,} | {seconds} | {lines} | | {moving} |")
    return "\n".join([head, "| --- " + "| --: " * 6 + "|", *rows])


def write(name: str, pattern: str, new: str) -> None:
    """Replace in a notebook's Markdown what the pattern finds."""
    notebook = json.loads(source(name).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            replaced = re.sub(pattern, lambda _: new, "".join(cell["source"]), flags=re.S)
            cell["source"] = replaced.splitlines(keepends=True)
    source(name).write_text(notebook_text(notebook), encoding="utf-8")


def main() -> None:
    counts = {name: count(source(name)) for name in lessons()}
    for name, counted in counts.items():
        write(name, READING, reading(counted))
    write("results", r"\| lesson \| words.*", table(counts))
    print(table(counts))


if __name__ == "__main__":
    main()
