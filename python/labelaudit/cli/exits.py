"""Exit codes: the one place where exceptions become text and a number.

0 fine, 1 only `check`, 2 wrong usage, 3 input refused, 4 output not written, 5 memory or disk exhausted or a cluster
lost, 6 not converged under --strict, 70 a bug of ours, 130, 143 and 141 for INT, TERM (`signals`) and a closed pipe.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

import click

from labelaudit.cli.signals import Terminated
from labelaudit.errors import LabelauditError

USAGE, UNWRITTEN, EXHAUSTED, BUG, INTERRUPTED, PIPE, TERMINATED = 2, 4, 5, 70, 130, 141, 143
COMPLETION = "_LABELAUDIT_COMPLETE"  # the variable by which a shell asks Click
SPENT = "memory is exhausted. Audit fewer rows or columns (--drop)."
# what no file of ours is to blame for: open files, disk and memory are spent, or a device fails
REFUSED = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN}


@dataclass
class Call:
    """What is known of a call when it fails; the context's object, which configuration may change."""

    debug: bool


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    call = Call("--debug" in arguments)
    try:
        code = command.main(args=arguments, prog_name="labelaudit", standalone_mode=False, obj=call)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        with _telling():
            error.show()
        return USAGE
    except LabelauditError as error:
        return _said(str(error), error.exit_code, call.debug)
    except SystemExit as end:
        return _ended(end)
    except BrokenPipeError:
        _drop(sys.stdout)
        return PIPE
    except (KeyboardInterrupt, click.Abort):
        return _said("interrupted; no file is half-written", INTERRUPTED, call.debug)
    except Terminated:
        return _said("terminated; no file is half-written", TERMINATED, call.debug)
    except MemoryError:
        return _said(SPENT, EXHAUSTED, call.debug)
    except OSError as error:
        return _failed(error, call.debug)
    except Exception as error:
        return _said(SPENT, EXHAUSTED, call.debug) if _is_of_memory(error) else _bug()


def _ended(end: SystemExit) -> int:
    """Click exits by itself where a pipe is closed (1), and completes for a shell (0) that it knows (else 1)."""
    if COMPLETION in os.environ:
        return USAGE if end.code else 0
    _drop(sys.stdout)
    return PIPE


def _failed(error: OSError, debug: bool) -> int:
    """An error of the system that nobody met on the way: without a file's name it is of standard output or error.

    But no output opens a file: where too many are open, it was a socket or a pipe of ours.
    """
    if error.errno == errno.ENOMEM:
        return _said(SPENT, EXHAUSTED, debug)
    if error.filename is None and error.errno in (errno.EMFILE, errno.ENFILE):
        return _said(f"the system failed: {error.strerror}. Raise its limit (ulimit -n).", EXHAUSTED, debug)
    if error.filename is not None and error.errno in REFUSED:
        return _said(f"the system failed: {error.strerror} ({error.filename})", EXHAUSTED, debug)
    if error.filename is not None:
        return _bug()
    _drop(sys.stdout)
    return _said(f"standard output cannot be written: {error.strerror or error}", UNWRITTEN, debug)


def _is_of_memory(error: Exception) -> bool:
    """Threads and libraries that find no memory raise other errors than MemoryError."""
    return any(words in str(error) for words in ("can't start new thread", "failed to map segment", "bad_alloc"))


def _bug() -> int:
    return _said("this is a bug of labelaudit: please report it with the lines above.", BUG, trace=True)


def _said(message: str, code: int, trace: bool) -> int:
    from labelaudit.report.words import printable

    lines = [printable(line) for line in message.split("\n")]
    with _telling():
        if trace:
            traceback.print_exc()
        click.echo("labelaudit: " + "\n".join(lines), err=True)
    return code


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    """The exit code stays what it is where standard error cannot be written."""
    try:
        yield
    except OSError:
        _drop(sys.stderr)


def _drop(stream: TextIO | None) -> None:
    """Nothing more goes there; Python would fail on what is left in its buffer when it ends, with its own exit code."""
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
