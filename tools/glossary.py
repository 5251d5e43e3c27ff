"""Link each glossary term where it first stands in a lesson, and nowhere else."""

import re
from pathlib import Path

from fastcore.nbio import nb2str, read_nb
from lesson_map import ID as MAP

NBS = Path(__file__).parent.parent / "nbs"
LINK = re.compile(r"\[([^\]]+)\]\(glossary\.ipynb#[\w-]+\)")
# what holds no prose of ours: titles of papers, code, headings, links, formulas
NO_PROSE = (
    r"^## Further reading[\s\S]*|```[\s\S]*?```|`[^`\n]*`|^#[^\n]*"
    r"|!?\[[^\]]*\]\([^)]*\)|\$[^$\n]+\$"
)

# where a term's word means something else
OTHER_SENSES = "|".join(
    [
        r"\bkernels? (?:runs?|starts?|restarts?|stops?|dies|crashed)\b",
        r"\b(?:notebook|Jupyter|Python)(?:['’]s)? kernels?\b",
        r"\b(?:two|both|neither) groups?\b",
        r"\bthree weights\b",
        r"\bmask of true and false\b",
        r"\b(?:a threshold|its thresholds)\b",
        r"\bmasks and slices\b",
        r"\bfeature that it maps\b",
        r"\b(?:layer|instance) normalization\b",
    ]
)


def terms() -> dict[str, str]:
    """All forms of all terms, in lower case, and the anchor of each."""
    found: dict[str, str] = {}
    for cell in read_nb(NBS / "glossary.ipynb").cells:
        if heading := re.match(r"## (.+)", cell.source):
            also = re.search(r"^\*Also: (.+)\.\*$", cell.source, re.M)
            forms = [heading[1], *(also[1].split(", ") if also else [])]
            found |= {form.lower(): heading[1].replace(" ", "-") for form in forms}
    return found


def link(text: str, forms: dict[str, str], seen: set[str]) -> str:
    """Link the terms of a Markdown text that were not seen before."""
    words = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    pattern = re.compile(
        rf"{NO_PROSE}|{OTHER_SENSES}|(?<![\w-])(?P<form>{words})(?![\w-])", re.M | re.I
    )

    def linked(match: re.Match[str]) -> str:
        if not match["form"] or (anchor := forms[match["form"].lower()]) in seen:
            return match[0]
        seen.add(anchor)
        return f"[{match[0]}](glossary.ipynb#{anchor})"

    return pattern.sub(linked, LINK.sub(r"\1", text))


def link_lesson(lesson: Path) -> str:
    """Return a lesson's text with its glossary links."""
    notebook, forms = read_nb(lesson), terms()
    seen: set[str] = set()
    for cell in notebook.cells[1:]:
        if cell.cell_type == "markdown" and cell.id != MAP:
            cell.source = link(cell.source, forms, seen)
    return nb2str(notebook)


if __name__ == "__main__":
    for lesson in NBS.glob("[0-9]*.ipynb"):
        lesson.write_text(link_lesson(lesson), encoding="utf-8")
