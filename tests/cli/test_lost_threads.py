"""Memory that runs out where a thread begins: Python tells nobody, and would wait for it for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = """
import sys, threading
import labelaudit.cli as cli

def lost(self):
    raise MemoryError

listen = cli.end_on_signals
def begun():
    listen()
    threading.Thread._bootstrap = lost
cli.end_on_signals = begun
cli.main(sys.argv[1:])
"""


def test_a_thread_without_memory_ends_the_audit_with_5(folder: Path) -> None:
    arguments = ["audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01", "-q"]
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == 5, done.stderr
    assert done.stderr == b"labelaudit: memory is exhausted. Audit fewer rows or columns (--drop).\n"
    assert not list(folder.rglob(".labelaudit-*"))
