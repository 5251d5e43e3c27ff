"""Each lesson from its first cell to its last where learners run it: in JupyterLab.

Three are run in test_jupyterlab.py, where more is done with them. The two that train for minutes
run here alone, so with what else tests/project/test_notebooks.py runs: with their solutions, and
each stub checked before.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_pages import DRIVEN, Lab, new_page, run_all, running_lab
from lessons import LESSONS, TRAINING, with_checked_stubs
from playwright.sync_api import Browser, Page
from site_pages import browser


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def lab(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("home")) as started:
        for lesson in TRAINING:
            full = started.saved(lesson.name) | {"cells": with_checked_stubs(lesson)["cells"]}
            (started.folder / lesson.name).write_text(json.dumps(full), encoding="utf-8")
        yield started


@pytest.fixture
def page(chrome: Browser, lab: Lab) -> Iterator[Page]:
    with new_page(chrome, lab) as opened:
        yield opened


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in LESSONS if lesson not in DRIVEN], ids=lambda path: path.stem
)
def test_run_all(lab: Lab, page: Page, lesson: Path) -> None:
    run_all(page, lab, lesson.name)


def test_the_others_run_in_the_other_file() -> None:
    source = Path(__file__).with_name("test_jupyterlab.py").read_text(encoding="utf-8")
    assert len(DRIVEN) == 3 and not set(DRIVEN) & set(TRAINING)
    for lesson in DRIVEN:
        assert f'run_all(page, lab, "{lesson.name}")' in source
