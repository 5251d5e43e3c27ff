"""The lessons beyond the nine steps keep to their form."""

import json
import re
from pathlib import Path

import contents
import pytest
from lesson_table import code_lines, is_export
from lessons import BEYOND, NBS, code, imports_only, markdown, tagged
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
    assert len(tagged(lesson, "solution")) >= 2
    own = [s for s in code(lesson) if not is_export(s) and not imports_only(s)]
    assert [source for source in own if code_lines(source) > 12] == []


@pytest.mark.parametrize(
    ("lesson", "results"),
    [
        ("another_laboratory", "laboratories"),
        ("any_pictures", "picture_choices"),
        ("any_pictures", "pictures"),
        ("more_machines", "audit_scale"),
    ],
)
def test_a_table_is_the_measured_one(lesson: str, results: str) -> None:
    said = "\n".join(markdown(NBS / "beyond" / f"{lesson}.ipynb"))
    found = json.loads((NBS / "results" / f"{results}.json").read_text(encoding="utf-8"))
    assert found["table"] in said and found["date"] in said


def test_siblings_in_cifar10_are_as_many_as_measured() -> None:
    said = "\n".join(markdown(NBS / "beyond" / "any_pictures.ipynb"))
    measured = json.loads((NBS / "results" / "audit_scale.json").read_text(encoding="utf-8"))
    row = measured["rows"][-1]
    (siblings,) = re.findall(r"\d+", str(row["test images with a sibling"]))
    listed = [row["listed, chosen on"], row["listed, others"]]
    found = sum(int(part.split(" of ")[0]) for part in listed)
    assert f"It found {siblings} test images" in said and f"it found {found} of these" in said


def printed(lesson: Path) -> str:
    """What a lesson's stored outputs print."""
    stored = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in stored for output in cell.get("outputs", [])]
    return "".join(line for output in outputs for line in output.get("text", []))


def test_denoising_says_of_its_scores_what_they_are() -> None:
    lesson = NBS / "beyond" / "denoising.ipynb"
    out, said = printed(lesson), "\n".join(markdown(lesson))
    rows = {
        noise: dict(re.findall(r"([a-zA-Z][\w -]+) (\d+\.\d)", row))
        for noise, row in re.findall(r"^(\w[\w ]+?) +(noisy \d.+)$", out, re.M)
    }
    scores = {noise: {name: float(s) for name, s in row.items()} for noise, row in rows.items()}
    filters = ("median", "Gaussian blur", "non-local means")
    networks = ("bottleneck network", "residual network")
    best = {noise: max(row, key=lambda name: row[name]) for noise, row in scores.items()}
    assert best["Gaussian"] == "residual network" and best["salt and pepper"] == "median"
    poisson = scores["Poisson"]
    assert min(poisson[n] for n in networks) > max(poisson[n] for n in filters) + 0.5
    assert "With *salt and pepper* the median wins, by more than five" in said
    pepper = scores["salt and pepper"]
    assert pepper["median"] > 5 + max(pepper[n] for n in networks)
    kept = {n: int(k) for n, k in re.findall(r"^(.+?) +keeps +(\d+)% of the dots", out, re.M)}
    assert kept["median"] < kept["bottleneck network"] < kept["residual network"] < 35
    assert kept["non-local means"] > 90
    (without,) = re.findall(r"^clean: clean cells (\d+) of", out, re.M)
    counts = re.findall(r"^   (\w+: [a-z ]+) (\d+)$", out, re.M)
    assert "No way reaches the dotted line" in said and len(counts) == 15
    assert all(int(count) < int(without) for _, count in counts)


def test_more_machines_says_of_its_table_what_it_is() -> None:
    lesson = NBS / "beyond" / "more_machines.ipynb"
    out, said = printed(lesson), "\n".join(markdown(lesson))
    rows = re.findall(r"^ *([\d,]+)((?: +[\d,]+\.\d\d){4}) +(\w.+)$", out, re.M)
    table = {
        float(files.replace(",", "")): (numbers.replace(",", "").split(), largest)
        for files, numbers, largest in rows
    }
    assert list(table) == [1e4, 1e5, 1e6, 1e7]
    assert "No step takes a night" in said and max(map(float, table[1e4][0])) < 8
    assert "perhaps its weekend" in said and sum(map(float, table[1e5][0])) < 48
    assert "The search has become the largest part" in said
    assert table[1e6][1] == table[1e7][1] == "search neighbors"
    small = json.loads((NBS / "results" / "audit_scale.json").read_text(encoding="utf-8"))["rows"]
    assert "60,000 small pictures take minutes and less than 2 GB" in said
    assert small[-1]["files"] == 60_000 == 60 * small[0]["files"]
    grown = small[-1]["processor s"][0] / small[0]["processor s"][0]
    assert f"60 times the files took {grown:.0f} times the processor seconds" in said
    assert small[-1]["seconds"][0] < 600 and small[-1]["MB"][0] < 2000


def test_more_machines_saw_one_training_in_two_processes() -> None:
    out = printed(NBS / "beyond" / "more_machines.ipynb")
    told = re.findall(r"machine (\d), epoch (\d), loss ([\d.]+)", out)
    losses = {(epoch, round(float(loss), 2)) for _, epoch, loss in told}
    assert len(losses) == 3 and len(told) >= 3 + 6 + 2 + 2
    assert "machine 0 of 0 to 1 stops" in out and "both again" in out
