"""What a program runs on and what it needs."""

import subprocess
import sys

import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.runs.environment import versions


def test_peak_memory_is_our_own() -> None:
    code = (
        "import subprocess, sys, numpy as np; large = np.ones(1_600_000_000, np.uint8)\n"
        "code = 'import bloodcell_tut as bt; print(bt.runs.peak_memory_mb())'\n"
        "subprocess.run([sys.executable, '-c', code])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    imported = float(said)
    assert 20 < imported < 1500
    held = np.ones(200_000_000, np.uint8)
    assert bt.runs.peak_memory_mb() > held.nbytes / 1e6


def test_the_version_of_tensorflow_is_told_whichever_package_brings_it() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    assert versions()["tensorflow"] == tensorflow.__version__
