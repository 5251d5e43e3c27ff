"""What all benches share: a process of its own for each measurement, one table, one JSON file."""

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bloodcell_tut.runs.environment import versions

ROOT = Path(__file__).parent.parent
REAL = ROOT.parent / "shared" / "data" / "blood-cells-train.zip"
RESULTS = ROOT / "nbs" / "results"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TQDM_DISABLE": "1"}
"""Environment of a process that is measured: no greeting and no bars."""


def in_new_process(
    script: str, *arguments: object, python: Path | str = sys.executable, **environment: str
) -> dict[str, Any]:
    """Run a script beside this one and return the JSON of its last line."""
    command = [str(python), str(Path(__file__).with_name(script)), *map(str, arguments)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env=os.environ | QUIET | environment
    )
    return json.loads(done.stdout.splitlines()[-1])


def middle(values: Sequence[float]) -> str:
    """The median, and where there are several the smallest and largest."""
    values = [v for v in values if v is not None]
    digits = 0 if min(values, default=0) >= 100 else 2 if min(values, default=0) < 1 else 1
    shown = f"{statistics.median(values):,.{digits}f}" if values else "unknown"
    if len(values) < 2:
        return shown
    return f"{shown} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a Markdown table; a list of numbers is shown as its median and range."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    for row in rows:
        lines.append([middle(v) if isinstance(v, list) else str(v) for v in row.values()])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> dict[str, Any]:
    """The processor, its cores, the memory and the system, and nothing else."""
    cpu, info = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        cpu = next((line.split(": ")[1] for line in lines if line.startswith("model name")), cpu)
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if os.name == "posix" else 0
    memory = round(pages / 1e9)
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_gb": memory, "os": platform.system()}


def save(name: str, data: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the table and keep it for the page of results."""
    date = datetime.now(UTC).date().isoformat()
    facts = {"date": date, "machine": machine(), "versions": versions(), "data": data}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(facts | {"table": table(rows), "rows": list(rows)}, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(table(rows))
