"""A test that ends its process, or hangs, is named, and the others are run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
from spread import Spread

def pytest_xdist_make_scheduler(config, log):
    return Spread(config, log)
"""
TEST = """
import os, time, pytest

@pytest.mark.parametrize("i", range(4))
def test(i):
    time.sleep(0.02)
    if i == 1:
        {}
"""


@pytest.mark.parametrize(
    ("fault", "said"), [("os._exit(1)", ""), ("time.sleep(60)", "Timeout (0:00:03)!")]
)
def test_the_rest_is_run_and_the_test_named(fault: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    for name in "abcdef":
        text = TEST.format(fault if name == "a" else "pass")
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
    options = "-n 2 --dist loadfile -o faulthandler_timeout=3 -o faulthandler_exit_on_timeout=true"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options.split()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "1 failed, 23 passed" in done.stdout, done.stdout + done.stderr
    assert "crashed while running 'test_a.py::test[1]'" in done.stdout
    assert said in done.stderr
