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

work = cli.run
def begun(*arguments):
    threading.Thread._bootstrap = lost  # for what is started from here on
    return work(*arguments)
cli.run = begun
cli.main(sys.argv[1:])
"""


def test_a_thread_without_memory_ends_the_audit_with_5(folder: Path) -> None:
    arguments = ["audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01", "-q"]
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == 5, done.stderr
    assert done.stderr == b"labelaudit: memory is exhausted. Audit fewer rows or columns (--drop).\n"
    assert not list(folder.rglob(".labelaudit-*"))


def test_any_other_failure_that_nobody_meets_is_told_as_before(folder: Path) -> None:
    command = COMMAND.replace("raise MemoryError", "raise ValueError('odd')").replace(
        "return work(*arguments)", "import _thread, time; _thread.start_new_thread(lost, (1,)); time.sleep(1); return 7"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, timeout=60, check=False)
    assert done.returncode == 7, done.stderr
    assert b"ValueError: odd" in done.stderr
