"""A thread that finds no memory to begin with: Python waits for its beginning for ever, and tells a hook alone.

Not even the hook can be Python's code then, as a call needs memory of the thread. So it is a queue's `put`, and a
thread that has begun long before ends the process.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import sys
from collections.abc import Iterator
from queue import SimpleQueue
from typing import NoReturn

from labelaudit.cli.exits import EXHAUSTED, SPENT
from labelaudit.staging import abandon

END = f"labelaudit: {SPENT}\n".encode()


@contextlib.contextmanager
def ended_by_lost_threads() -> Iterator[None]:
    """Within, such a thread ends the process; where the system has no thread left for that, all stays as it was."""
    told: SimpleQueue[sys.UnraisableHookArgs] = SimpleQueue()
    before = sys.unraisablehook
    with contextlib.suppress(RuntimeError):
        _thread.start_new_thread(_watch, (told,))  # which waits for no beginning
        sys.unraisablehook = told.put
    try:
        yield
    finally:
        sys.unraisablehook = before


def _watch(told: SimpleQueue[sys.UnraisableHookArgs]) -> NoReturn:
    while True:
        event = told.get()
        if issubclass(event.exc_type, MemoryError) and "in thread" in (event.err_msg or ""):
            abandon()
            with contextlib.suppress(OSError):
                os.write(2, END)
            os._exit(EXHAUSTED)
        sys.__unraisablehook__(event)
        del event  # what it holds is to go
