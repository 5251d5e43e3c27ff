"""Run the fast tests on the lowest versions that `settings.ini` allows: python tools/lowest.py."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from contents import facts

ROOT = Path(__file__).parents[1]
OLDEST = "python3.11"
EXTRAS = ("tensorflow", "kaggle", "heic", "lab")
"""Whose lowest versions are installed; documents and checks are made with the pinned ones."""
TEST_TOOLS = ("hypothesis", "pytest", "pytest-xdist")
FAST = (
    *(f"tests/test_{step}.py" for step in ("dataset", "images", "training_data", "shuffling")),
    *(f"tests/test_{step}.py" for step in ("features", "normalization", "split", "evaluation")),
    *(f"tests/test_{room}.py" for room in ("finder", "plots")),
    "tests/inference/test_keras_file.py",
    "tests/lab/test_widgets.py",
)
"""The fast half: what trains no network and opens no browser.

Those of image files are not among them: Pillow 11.3 writes some of the files they begin with
wrongly, or crashes while it does.
"""
MAX_SECONDS = 1200


def lowest(requirement: str) -> str:
    """Return a requirement of its lowest version alone: ``a>=1,!=2; m`` becomes ``a==1; m``."""
    versions, _, marker = requirement.partition(";")
    return f"{versions.partition(',')[0].replace('>=', '==')}; {marker}".rstrip("; ")


def lowest_of(settings: Path) -> list[str]:
    """Return the lowest allowed version of each direct requirement."""
    lists = ("requirements", *(f"{extra}_requirements" for extra in EXTRAS))
    return [lowest(line) for name in lists for line in facts(settings)[name].strip().splitlines()]


def install(python: Path) -> None:
    """Install the package as it is here, on the lowest versions."""
    pip = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--editable",
        f"{ROOT}[{','.join(EXTRAS)}]",
    ]
    done = subprocess.run(
        [*pip, *TEST_TOOLS, *lowest_of(ROOT / "settings.ini")], text=True, stderr=subprocess.PIPE
    )
    if done.returncode and "(from versions: none)" in done.stderr:
        not_tested("no package can be reached from here")
    if done.returncode:
        sys.exit(done.stderr)


def not_tested(why: str) -> None:
    """End, and say loudly that nothing was tested."""
    print(f"NOT TESTED on the lowest versions: {why}", flush=True)
    sys.exit(0)


def main() -> None:
    interpreter = shutil.which(OLDEST)
    if interpreter is None or subprocess.run([interpreter, "-c", ""]).returncode:
        not_tested(f"found no {OLDEST}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([interpreter, "-m", "venv", folder], check=True)
        python = Path(folder, "bin", "python")
        install(python)
        tests = [str(python), "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *FAST]
        sys.exit(subprocess.run(tests, cwd=ROOT, timeout=MAX_SECONDS).returncode)


if __name__ == "__main__":
    main()
