"""Notebooks run as `nbdev-test` runs them, one after the other in a process of their own.

What one of them has trained, another that trains the very same takes over.
"""

import io
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from nbdev.config import get_config
from nbdev.test import test_nb as run_cells
from trained_once import train_once

ROOT = Path(__file__).parent.parent


def error_of(notebook: Path, cell_timeout: int, trained: Path) -> str:
    """Run a notebook's cells in this process; return what its first error says."""
    from bloodcell_tut import model  # not before, since it loads TensorFlow

    os.environ["TQDM_DISABLE"] = "1"
    flags, said = get_config(ROOT).tst_flags.split(), io.StringIO()
    once = train_once(model.train, trained)
    with patch.object(model, "train", once), patch.object(sys, "__stderr__", said):
        passed, _ = run_cells(
            notebook, skip_flags=flags, basepath=ROOT, cell_timeout=cell_timeout, profile=False
        )
    return "" if passed else said.getvalue() or "it failed"


class Notebooks:
    """A process that runs notebooks and keeps what they have loaded, as nbdev-test's do."""

    def __init__(self, pool: ProcessPoolExecutor, trained: Path) -> None:
        self._pool, self._trained = pool, trained

    def run(self, notebook: Path, cell_timeout: int | None = None) -> None:
        """Run a notebook; its first error is an AssertionError."""
        seconds = cell_timeout or get_config(ROOT).cell_timeout
        ran = self._pool.submit(error_of, notebook, seconds, self._trained)
        assert (error := ran.result()) == "", error


@contextmanager
def a_process(trained: Path) -> Iterator[Notebooks]:
    """Start the process; it ends with the block, or after 30 notebooks, and another follows.

    What is trained is kept in the folder `trained`.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=30) as pool:
        yield Notebooks(pool, trained)
