"""Faults on purpose: the sweep of benchmarks/faults.py, small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sanitized import SANITIZED

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults.py"


@pytest.mark.skipif(sys.platform != "linux", reason="limits, signals and strace are those of Linux")
def test_faults_lose_nothing_and_end_with_a_documented_code():
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    most = "0" if SANITIZED else "2"  # limits of memory, of which a sanitizer reserves more than any
    command = [sys.executable, SCRIPT, "--most", most, "--kills", "20", "--without-strace"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "broken promises: 0" in done.stdout
