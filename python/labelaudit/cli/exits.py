"""Exit codes: the one place where exceptions become text and a number.

0 fine, 1 only `check`, 2 wrong usage, 3 input refused, 4 output not written, 5 memory or disk exhausted,
6 not converged under --strict, 70 a bug of ours, 130, 143 and 141 for INT, TERM and a closed pipe.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

import click

from labelaudit.errors import LabelauditError

USAGE, EXHAUSTED, BUG, PIPE, INTERRUPTED, TERMINATED = 2, 5, 70, 141, 130, 143


class Terminated(BaseException):
    """SIGTERM came."""


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(args=arguments, prog_name="labelaudit", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except LabelauditError as error:
        return _said(str(error), error.exit_code, arguments)
    except BrokenPipeError:
        _drop_stdout()
        return PIPE
    except (KeyboardInterrupt, click.Abort):
        return _said("interrupted; nothing was written", INTERRUPTED, arguments)
    except Terminated:
        return _said("terminated; nothing was written", TERMINATED, arguments)
    except MemoryError:
        return _said("memory is exhausted. Audit fewer rows or columns (--drop).", EXHAUSTED, arguments)
    except Exception:
        traceback.print_exc()
        return _said("this is a bug of labelaudit: please report it with the lines above.", BUG, arguments)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _said(message: str, code: int, arguments: Sequence[str]) -> int:
    if "--debug" in arguments and code != BUG:
        traceback.print_exc()
    click.echo(f"labelaudit: {message}", err=True)
    return code


def _drop_stdout() -> None:
    """Python would complain when it flushes stdout at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
