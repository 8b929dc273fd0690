"""What a command says: results on stdout, and on stderr what it is doing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from labelaudit.errors import OutputError

if TYPE_CHECKING:
    from labelaudit.audits.result import Audit


def write_stdout(text: str, *, encoding: str | None = None) -> None:
    """The text on standard output, in the terminal's own encoding or the one that the format asks for.

    What the encoding does not hold becomes an escape. Raises OutputError when standard output is closed.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed. Name a file with -o, or do not close it.")
    click.echo(text.encode(encoding or sys.stdout.encoding or "utf-8", "backslashreplace"), nl=False)


def warn_unconverged(audit: Audit) -> None:
    """Says on standard error that the fit did not converge, where it did not."""
    if not audit.summary["fit"]["converged"]:
        click.echo("labelaudit: warning: the fit did not converge; see audit.json", err=True)


@contextmanager
def progress(*, quiet: bool, verbose: bool) -> Iterator[Callable[[str], None]]:
    """A function to call as each stage begins: a line that changes on a terminal, lines under -v, else nothing."""
    if verbose:
        yield _lines()
    elif quiet or not on_terminal():
        yield lambda stage: None
    else:
        yield from _spinner()


def on_terminal() -> bool:
    """Whether standard error is a terminal. FORCE_COLOR does not make it one: it asks for colour, not for movement."""
    return sys.stderr is not None and sys.stderr.isatty()


def _lines() -> Callable[[str], None]:
    start = time.perf_counter()
    return lambda stage: click.echo(f"{time.perf_counter() - start:7.2f} s  {stage}", err=True)


def _spinner() -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task("")
        yield lambda stage: line.update(task, description=stage)
