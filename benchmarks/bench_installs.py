"""`make bench ARGS=installs`: how large each extra is on the disk, and how long pip takes."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_tools import ROOT, save

EXTRAS = ("", "tensorflow", "jax", "torch", "lab", "lab,tensorflow", "dev")

PINS = str(ROOT / "constraints.txt")


def disk_mb(folder: Path) -> float:
    """What the files take on the disk, in MB, as `du -sm` counts."""
    files = [path.lstat() for path in folder.rglob("*")]
    return sum(getattr(file, "st_blocks", file.st_size / 512) * 512 for file in files) / 2**20


def install(extra: str) -> tuple[float, float]:
    """Install one extra into an empty environment; return its MB and pip's seconds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "bin" if os.name == "posix" else "Scripts", "python")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--constraint", PINS]
        started = time.perf_counter()
        with_extra = f"{ROOT}[{extra}]" if extra else str(ROOT)
        subprocess.run([*pip, "--editable", with_extra], check=True)
        return disk_mb(Path(folder)), time.perf_counter() - started


def main() -> None:
    install("dev")  # fills pip's cache
    rows, base = [], None
    for extra in EXTRAS:
        mb, seconds = install(extra)
        base = base or seconds
        name = f"[{extra}]" if extra else "none"
        rows.append(
            {"extra": name, "MB": f"{mb:,.0f}", "times the base's time": f"{seconds / base:.1f}"}
        )
    save("installs", "whole environments, pip's cache warm", rows)
