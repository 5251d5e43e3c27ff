"""Run every command of README.md, in order, as a reader would; stop at the first that fails.

The files that the examples name, `my_images`, `blood-cells.zip` and `cell.jpeg`, are made from
drawn cells first. The lab is started and, once it listens, ended.
"""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
DRAW = "import bloodcell_tut as bt; print(bt.draw_sample(seed=5))"


def commands(readme: str) -> list[str]:
    """Return the lines of all shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def lay_examples(folder: Path) -> None:
    """Make the files that the examples name."""
    python = ROOT / ".venv" / "bin" / "python"
    drawn = subprocess.run([python, "-c", DRAW], check=True, capture_output=True, text=True)
    sample = Path(drawn.stdout.strip().splitlines()[-1])
    (train,) = (path for path in sample.rglob("TRAIN") if path.is_dir())
    shutil.copytree(train, folder / "my_images")
    shutil.make_archive(str(folder / "blood-cells"), "zip", sample)
    shutil.copy(next(train.rglob("*.jpeg")), folder / "cell.jpeg")


def run(command: str, folder: Path) -> None:
    """Run one command; a server is ended when it says where it listens."""
    if not command.endswith(" lab"):
        subprocess.run(command, shell=True, check=True, cwd=folder)
        return
    with subprocess.Popen(
        ["timeout", "120", *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
    ) as server:
        listens = any("is running at" in line for line in server.stdout or [])
        server.terminate()
    if not listens:
        raise SystemExit(f"{command}: it doesn't listen")


def main(folder: Path = ROOT) -> None:
    for command in commands((folder / "README.md").read_text(encoding="utf-8")):
        print(f"$ {command}", flush=True)
        if "my_images" in command and not (folder / "my_images").exists():
            lay_examples(folder)
        run(command, folder)


if __name__ == "__main__":
    main()
