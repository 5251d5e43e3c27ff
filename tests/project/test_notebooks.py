"""Each notebook runs from its first cell to its last; a lesson does so on real images as well.

Each cell of a lesson may be run again, at once and later, since learners do. In a real kernel the
lessons run in tests/lab/test_running_in_jupyterlab.py.
"""

import json
import shutil
from itertools import chain
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lessons import LESSONS, NBS, NOTEBOOKS, TRAINING, with_checked_stubs
from nbdev.doclinks import nbglob
from notebook_runs import Notebooks
from notebooks import with_source
from site_pages import find_chromium

import bloodcell_tut as bt

SHORT = [lesson for lesson in LESSONS if lesson not in TRAINING]
# where there is a browser, tests/lab/test_running_in_jupyterlab.py runs them
ELSEWHERE = TRAINING if find_chromium() else []
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda p: p.stem)


def test_none_is_left_out() -> None:
    assert sorted(map(Path, nbglob(NBS))) == NOTEBOOKS


@pytest.mark.parametrize(
    "notebook",
    [notebook for notebook in NOTEBOOKS if notebook not in [*SHORT, *ELSEWHERE]],
    ids=lambda p: p.relative_to(NBS).with_suffix("").as_posix(),
)
def test_it_runs(notebook: Path, notebooks: Notebooks) -> None:
    notebooks.run(notebook)


def again(notebook: dict) -> str:
    """A notebook's code, and behind its last cell each cell twice."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    later = [cell | {"id": f"{cell['id']}-later"} for cell in cells]
    at_once = [cell | {"id": f"{cell['id']}-at-once"} for cell in cells]
    twice = chain.from_iterable(zip(later, at_once, strict=True))
    return json.dumps(notebook | {"cells": [*cells, *twice]})


@pytest.mark.parametrize("lesson", SHORT, ids=lambda p: p.stem)
def test_it_runs_and_each_cell_may_be_run_again(
    lesson: Path, notebooks: Notebooks, tmp_path: Path
) -> None:
    (tmp_path / lesson.name).write_text(again(with_checked_stubs(lesson)), encoding="utf-8")
    notebooks.run(tmp_path / lesson.name)


def test_a_cell_that_fails_is_noticed(notebooks: Notebooks, tmp_path: Path) -> None:
    code = nbformat.v4.new_code_cell
    sources = ["#| eval: false\n1 / 0", "rows = [[1], [2]]", "rows = [row[0] for row in rows]"]
    notebook = nbformat.v4.new_notebook(cells=[code(source) for source in sources])
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook, path)
    notebooks.run(path)
    path.write_text(again(json.loads(path.read_text())), encoding="utf-8")
    with pytest.raises(AssertionError, match="'int' object is not subscriptable"):
        notebooks.run(path)


@pytest.fixture(scope="session")
def real_part(real_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of all real photographs, some 360 of each class, in the archive's layout."""
    dataset = bt.choose_dataset(real_archive)
    folder = tmp_path_factory.mktemp("real")
    assert dataset.photographs is not None
    table = ["class,file,original"]
    for label, name in enumerate(dataset.class_names):
        (folder / "TRAIN" / name).mkdir(parents=True)
        ids = dataset.photographs[dataset.labels == label]
        photographs = np.unique(ids)
        for photograph in photographs:
            is_its = (dataset.labels == label) & (dataset.photographs == photograph)
            for place in np.flatnonzero(is_its)[: -(-360 // len(photographs))]:
                path = dataset.paths[place]
                shutil.copy(path, folder / "TRAIN" / name)
                table.append(f"{name},{path.name},{photograph}")
    (folder / "photographs.csv").write_text("\n".join(table) + "\n")
    return folder


@each_lesson
def test_lesson_runs_on_real_images(
    lesson: Path, real_part: Path, notebooks: Notebooks, tmp_path: Path
) -> None:
    text = lesson.read_text(encoding="utf-8")
    on_real = with_source(text, real_part)
    assert on_real != text
    (tmp_path / lesson.name).write_text(on_real, encoding="utf-8")
    notebooks.run(tmp_path / lesson.name, cell_timeout=600)
