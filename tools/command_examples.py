"""Run the examples on the page of all commands, and keep what they print."""

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path

import cv2
import numpy as np
from contents import ROOT
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut.cli import app

KEPT = ROOT / "docs" / "command_examples.json"
NAME = "bloodcell-tut"
EXAMPLES = {
    "run": [
        "run --data sample --out runs/mine",
        "run --data nowhere --out runs/mine",
    ],
    "predict": [
        "predict smear.png notes.txt --model runs/mine/model.keras --pictures marked",
        "predict cell.jpeg --model runs/mine/model.keras --json",
    ],
    "audit": ["audit train --against test --html audit.html"],
    "copy": ["copy my_lessons"],
    "lab": ["lab my_lessons --port 0"],
    "progress": ["progress my_lessons", "progress class"],
}


def outcomes(commands: Iterable[str]) -> dict[str, list[dict]]:
    """Run the examples of these commands in a new folder; return each with what it printed."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        lay_files()
        return {command: [outcome(line) for line in EXAMPLES[command]] for command in commands}


def lay_files() -> None:
    """Make the files that the examples name."""
    drawn = bt.draw_sample("drawn", n_photographs=16, n_images=48, seed=1)
    images = next(drawn.rglob("TRAIN")).rename("my_images")
    for number, file in enumerate(sorted(images.rglob("*.jpeg"))):
        side = Path("test" if number % 4 == 0 else "train", file.parent.name)
        side.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, side)
    shutil.copy(min(images.rglob("*.jpeg")), "cell.jpeg")
    smear, _ = bt.drawing.draw_field(3, np.random.default_rng(1))
    cv2.imwrite("smear.png", smear[..., ::-1])
    Path("notes.txt").write_text("not an image")
    Path("class").mkdir()
    first, second, *_ = bt.lab.exercise_names()
    for student, checks in {"ada": [*first, *second], "ben": first[:1]}.items():
        solved = {"solved": dict.fromkeys(checks, "2026-01-31")}
        Path("class", f"{student}.json").write_text(json.dumps(solved))


def outcome(line: str) -> dict:
    """Run an example; return it with its exit code and what it printed, paths seen from here."""
    ran = CliRunner().invoke(app, shlex.split(line))
    printed = ran.output.replace(f"{Path.cwd()}{os.sep}", "").strip()
    return {"line": f"{NAME} {line}", "printed": printed, "code": ran.exit_code}


def markdown(command: str) -> str:
    """Return a command's examples for its page, as they were kept."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")).get(command, [])
    parts = [
        f"```sh\n{example['line']}\n```\n\n```text\n{example['printed']}\n```"
        + f"\n\nExit code {example['code']}." * bool(example["code"])
        for example in kept
    ]
    return "\n\n".join(["**Examples**:", *parts]) if parts else ""


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"
    text = json.dumps(outcomes(EXAMPLES), indent=1, ensure_ascii=False)
    KEPT.write_text(text + "\n", encoding="utf-8")
