"""Wrong answers to the exercises, lesson by lesson, and a part of what the check must say."""

import importlib
from pathlib import Path

ALL = {
    path.stem: importlib.import_module(f"wrong_answers.{path.stem}").WRONG
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
}
