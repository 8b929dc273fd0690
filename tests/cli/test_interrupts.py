"""Signals at random times: the sweep of benchmarks/interrupts.py, small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "interrupts.py"


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_signals_at_random_times_end_an_audit_at_once_and_leave_nothing_half_written():
    command = [sys.executable, SCRIPT, "--rows", "500", "--times", "12", "--options", "--encoding linear --l2 0.01"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 signals" in done.stdout
