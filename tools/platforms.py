"""The runtimes of Colab and Kaggle, made here from lists of pins, as far as the lessons meet them.

    python tools/platforms.py colab FOLDER

makes the environment FOLDER/colab and prints its Python. What runs the lessons there is
tests/project/test_platforms.py.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

PLATFORMS = ("colab", "kaggle")


def pins(platform: str) -> Path:
    """Return the list of a platform's versions."""
    return Path(__file__).with_name(f"platforms_{platform}.txt")


def python_version(platform: str) -> str:
    """Return the version of Python that a list of pins names."""
    found = re.search(r"Python (\d\.\d+)", pins(platform).read_text(encoding="utf-8"))
    assert found, f"{pins(platform)}: names no Python; expected it in the first line"
    return found[1]


def find_python(version: str) -> str:
    """Return a Python of this version, or the one that runs, with a warning."""
    by_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), reverse=True)
    for found in filter(None, (shutil.which(f"python{version}"), *map(str, by_pyenv))):
        # pyenv has a name for each version, and behind it perhaps none
        if not subprocess.run([found, "-c", "import ensurepip"], capture_output=True).returncode:
            return found
    warnings.warn(f"no Python {version} here: {sys.version.split()[0]} instead", stacklevel=2)
    return sys.executable


def make(platform: str, folder: Path) -> Path:
    """Make a platform's environment and return its Python."""
    home = folder / platform
    subprocess.run([find_python(python_version(platform)), "-m", "venv", home], check=True)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "--requirement"]
    subprocess.run([*install, str(pins(platform))], check=True)
    return python


def has_network() -> bool:
    """Return whether pip reaches a package index; a small wheel is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        ask = ["download", "--quiet", "--no-deps", "--dest", folder, "lazy_loader==0.4"]
        asked = subprocess.run([sys.executable, "-m", "pip", *ask], capture_output=True)
    return asked.returncode == 0


def freeze(python: Path) -> set[str]:
    """Return what is installed, each with its version."""
    command = [str(python), "-m", "pip", "freeze", "--all"]
    return set(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    )


def make_wheel(folder: Path) -> Path:
    """Build the package's wheel into a folder and return it; two may do so at once."""
    root, source = Path(__file__).parent.parent, folder / "source"
    source.mkdir()
    for name in ("setup.py", "pyproject.toml", "settings.ini", "README.md", "LICENSE"):
        shutil.copy(root / name, source)
    for name in ("bloodcell_tut", "nbs"):
        shutil.copytree(root / name, source / name)
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


if __name__ == "__main__":
    print(make(sys.argv[1], Path(sys.argv[2])))
