"""The article on one page: short, in its own names, each repair linked to its defect."""

import re

import pytest
from lesson_table import code_lines
from lessons import NBS, cells, code, markdown
from test_lessons import headings, slug

PAGE = NBS / "article_repaired.ipynb"
NAMES = re.findall(
    r"\w+",
    """CATEGORIES, IMG_SIZE, img_array, new_array, training, createTrainingData, class_num, X, y,
    X_train, X_test, y_train, y_test, batch_size, nb_classes, nb_epochs, nb_filters, nb_pool,
    nb_conv, model""",
)


def sections() -> dict[str, tuple[str, str]]:
    """The prose and the code of each part of the page, by its heading."""
    found: dict[str, tuple[str, str]] = {}
    title = ""
    for cell in cells(PAGE):
        if cell["cell_type"] == "code":
            prose, lines = found.get(title, ("", ""))
            found[title] = (prose, f"{lines}\n{cell['source']}")
            continue
        for part in re.split(r"^(?=## )", cell["source"], flags=re.M):
            title = part.splitlines()[0] if part.startswith("## ") else title
            prose, lines = found.get(title, ("", ""))
            found[title] = (prose + part, lines)
    return found


def test_it_has_nine_steps_in_at_most_70_lines_of_code() -> None:
    steps = [title for title in sections() if title.startswith("## Step ")]
    assert [int(title.split()[2].rstrip(":")) for title in steps] == list(range(1, 10))
    assert 40 < sum(code_lines(source) for source in code(PAGE)) <= 70
    assert code(PAGE)[0].count("\n") == 0 and code(PAGE)[0].startswith('SOURCE = "sample"')


def test_the_article_s_reader_meets_its_names() -> None:
    source = "\n".join(code(PAGE))
    assert [name for name in NAMES if not re.search(rf"\b{name}\b", source)] == []
    (line,) = re.findall(r"^img_array = cv2.imread\(.*$", source, re.M)
    assert line.endswith("# 15")


@pytest.mark.parametrize("title", [title for title in sections() if title.startswith("## Step ")])
def test_each_repaired_line_leads_to_its_defect(title: str) -> None:
    prose, source = sections()[title]
    marked = {n for found in re.findall(r"# (\d+(?:, \d+)*)", source) for n in found.split(", ")}
    linked = dict(re.findall(r"\[(\d+)\]\(errata\.ipynb#([\w-]+)\)", prose))
    assert marked <= linked.keys() and (marked or "Step 6" in title)
    defects = {slug(text) for _, text in headings(NBS / "errata.ipynb")}
    for number, anchor in linked.items():
        assert anchor in defects and anchor.startswith(f"{number}-")


def test_it_names_and_links_the_article() -> None:
    address = "https://www.analyticsvidhya.com/blog/2021/01/image-classification-using-"
    assert address in markdown(PAGE)[0]
    assert address in (NBS.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert address in (NBS.parent / "README.md").read_text(encoding="utf-8")
