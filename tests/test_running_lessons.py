"""The full lessons in a real kernel, on real images; test_jupyterlab.py runs learners' copies."""

import json
import shutil
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from lessons import LESSONS, run_lesson
from notebooks import with_source

import bloodcell_tut as bt

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda p: p.stem)


@pytest.fixture(scope="module")
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
def test_lesson_runs_on_real_images(lesson: Path, real_part: Path, tmp_path: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    on_real = with_source(text, real_part)
    assert on_real != text
    run_lesson(on_real, tmp_path)


# steps 8 and 9 train for minutes
@pytest.mark.parametrize("lesson", LESSONS[:8], ids=lambda p: p.stem)
def test_cells_may_be_run_again(lesson: Path, tmp_path: Path) -> None:
    notebook = json.loads(bt.learners_copy(lesson))
    codes = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    at_once = [cell | {"id": f"{cell['id']}-at-once"} for cell in codes]
    later = [cell | {"id": f"{cell['id']}-later"} for cell in codes]
    notebook["cells"] = [*chain.from_iterable(zip(codes, at_once, strict=True)), *later]
    run_lesson(json.dumps(notebook), tmp_path)
