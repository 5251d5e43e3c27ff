"""Lay the map of the nine steps into each lesson: a table whose names lead to the lessons."""

import json

from contents import lessons, notebook_text, source

from bloodcell_tut.plots import STEPS

ID = "5e7e9a1d"
NAMES = ["why a CNN", *(step.replace("\n", " ") for step in STEPS)]


def table(lesson: str) -> str:
    """Return the map with a lesson lit."""
    numbers, names = list[str](), list[str]()
    for number, (name, other) in enumerate(zip(NAMES, lessons(), strict=True)):
        for column, text in ((numbers, str(number)), (names, name)):
            column.append(f"**{text}**" if other == lesson else f"[{text}]({other}.ipynb)")
    lines = [numbers, [":-:"] * len(NAMES), names]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def mapped(notebook: str, lesson: str) -> str:
    """Return a lesson's text with the map above what says where we are."""
    read = json.loads(notebook)
    cell = {"cell_type": "markdown", "id": ID, "metadata": {}}
    cell["source"] = table(lesson).splitlines(keepends=True)
    cells = [cell for cell in read["cells"] if cell["id"] != ID]
    (at,) = (i for i, c in enumerate(cells) if "".join(c["source"]).startswith("**Where we are.**"))
    read["cells"] = [*cells[:at], cell, *cells[at:]]
    return notebook_text(read)


if __name__ == "__main__":
    for lesson in lessons():
        before = source(lesson).read_text(encoding="utf-8")
        source(lesson).write_text(mapped(before, lesson), encoding="utf-8")
