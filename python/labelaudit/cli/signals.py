"""Ctrl-C and a request to end are answered at once, whatever the command is doing.

An exception from a handler would not do: code that is being imported may swallow it, and other threads' work is waited
for. So a thread waits for signals and ends the process; only code that holds Python's lock can keep it waiting.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from labelaudit.staging import abandon

ENDINGS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}
CLEAR_LINE = b"\r\x1b[2K\x1b[?25h"  # the progress line goes, the cursor comes back


def end_on_signals() -> None:
    """From now on; what the process was told to ignore stays ignored.

    Where the system has no pipe or thread left for it, Python's own KeyboardInterrupt stays, and TERM ends at once.
    """
    try:
        reader, writer = os.pipe()
        threading.Thread(target=_watch, args=(reader,), daemon=True).start()
    except (OSError, RuntimeError):
        return
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _left_to_the_thread)


class Terminated(BaseException):
    """TERM came, while `as_exceptions` was in force."""


@contextlib.contextmanager
def as_exceptions() -> Iterator[None]:
    """Within, INT and TERM raise KeyboardInterrupt and Terminated: for a command that has to take leave.

    It must not keep them from coming through.
    """
    wakeup = signal.set_wakeup_fd(-1)
    before = {number: signal.getsignal(number) for number in ENDINGS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def finish() -> None:
    """All is done, and the exit code stands: signals come too late while Python takes itself apart."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _left_to_the_thread(number: int, frame: FrameType | None) -> None:
    """Python writes the number to the pipe as soon as the signal comes; that is all that is needed."""


def _watch(reader: int) -> None:
    while number := os.read(reader, 1):
        if number[0] in ENDINGS:
            _end(*ENDINGS[signal.Signals(number[0])])


def _end(code: int, word: str) -> NoReturn:
    abandon()
    with contextlib.suppress(OSError):
        start = CLEAR_LINE if os.isatty(2) else b""
        os.write(2, start + f"labelaudit: {word}; no file is half-written\n".encode())
    os._exit(code)
