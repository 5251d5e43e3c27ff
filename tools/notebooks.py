"""Run every notebook, keep its outputs, draw the site's frames of the lessons' sliders, and write
into each lesson how long it took.

With `--source PATH` the lessons run on that data set instead, and nothing is kept.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

NBS = Path(__file__).parent.parent / "nbs"
NBDEV_TEST = Path(sys.executable).with_name("nbdev-test")
DRAW_FRAMES = Path(__file__).with_name("draw_frames.py")


def call(notebook: Path, *command: str | Path) -> str:
    """Call what runs a notebook, and return what it prints."""
    environment = os.environ | {"TQDM_DISABLE": "1"}
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    # lesson 9 would take the network of lesson 8, and its stored outputs would change
    (notebook.parent / "my_network.keras").unlink(missing_ok=True)
    return done.stdout


def run(notebook: Path, *options: str) -> float:
    """Run a notebook and return the seconds it took."""
    start = time.perf_counter()
    call(notebook, NBDEV_TEST, notebook, *options)
    return time.perf_counter() - start


def run_and_draw(lesson: Path) -> float:
    """Run a lesson, keep its outputs and its frames; return the seconds it took without these."""
    start = time.perf_counter()
    drawing = call(lesson, sys.executable, DRAW_FRAMES, lesson)
    return time.perf_counter() - start - float(drawing)


def note_time(lesson: Path, seconds: float) -> None:
    """Write the measured time into the lesson's first page."""
    versions = f"Python {platform.python_version()} and Keras {version('keras')}"
    day = datetime.now(UTC).date()
    line = f"*Measured: {seconds:.0f} s on {os.cpu_count()} cores, {day}, {versions}.*"
    text = lesson.read_text(encoding="utf-8")
    lesson.write_text(re.sub(r"\*Measured: [^*]+\*", line, text), encoding="utf-8")


def with_source(text: str, source: Path) -> str:
    """Return a lesson's text with its one variable set to another data set."""
    return text.replace('SOURCE = \\"sample\\"', f'SOURCE = \\"{source.resolve().as_posix()}\\"')


def run_on(lesson: Path, source: Path) -> float:
    """Run a copy of a lesson on another data set and return the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / lesson.name
        text = with_source(lesson.read_text(encoding="utf-8"), source)
        copy.write_text(text, encoding="utf-8")
        return run(copy, "--cell-timeout", "1800")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, help="folder or archive to run the lessons on")
    source = parser.parse_args().source
    lessons = sorted(NBS.glob("[0-9]*.ipynb"))
    if source is None:
        for notebook in sorted(set(NBS.rglob("*.ipynb")) - set(lessons)):
            run(notebook, "--save")
    total = 0.0
    for lesson in lessons:
        seconds = run_and_draw(lesson) if source is None else run_on(lesson, source)
        if source is None:
            note_time(lesson, seconds)
        total += seconds
        print(f"{lesson.stem}: {seconds:.0f} s", flush=True)
    print(f"all lessons: {total:.0f} s")


if __name__ == "__main__":
    main()
