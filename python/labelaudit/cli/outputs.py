"""What a benchmark leaves: its text on stdout, JSON and pictures where they are asked for, a bar while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from labelaudit.cli.talk import on_terminal, write_stdout
from labelaudit.errors import UsageError
from labelaudit.files import make_folder, write_bytes


@dataclass(frozen=True)
class Outputs:
    """Where results go: a folder for JSON and pictures, a file for the JSON alone; see `outputs`."""

    folder: Path | None
    json_file: Path | None
    pictures: bool
    quiet: bool

    def deliver(self, text: str, document: str, draw: Callable[[Path], list[Path]]) -> None:
        """Prints the text, then writes benchmark.json and what `draw` makes of the folder."""
        write_stdout(text)
        for path in (self.json_file, None if self.folder is None else self.folder / "benchmark.json"):
            if path is not None:
                write_bytes(path, document.encode())
                self._say(f"Wrote {path}")
        if self.folder is not None and self.pictures:
            for path in draw(self.folder):
                self._say(f"Wrote {path}")

    def _say(self, words: str) -> None:
        if not self.quiet:
            click.echo(words, err=True)


def outputs(folder: Path | None, json_file: Path | None, plots: bool | None, quiet: bool) -> Outputs:
    """Checks the options and makes the folder: what could not be written is said before the work."""
    pictures = _with_plots(plots, folder)
    if folder is not None:
        make_folder(folder)
    return Outputs(folder, json_file, pictures, quiet)


def _with_plots(plots: bool | None, folder: Path | None) -> bool:
    """Whether to draw: refused at once, not after a minute's work, where it could not be done."""
    from labelaudit.pictures import require_matplotlib

    if plots is False or (plots is None and folder is None):
        return False
    if folder is None:
        raise UsageError("--plots needs a folder: give --out DIR.")
    try:
        require_matplotlib()
    except UsageError as error:
        if plots:
            raise
        click.echo(f"No plots: {error}", err=True)
        return False
    return True


@contextmanager
def bar(runs: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A bar on stderr with what is being run; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from labelaudit.report.words import printable

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = on_terminal() and not quiet
    with Progress(*columns, console=console, disable=not shown, transient=True) as progress:
        task = progress.add_task("starting", total=runs)
        begun = iter([0] + [1] * runs)

        def tick(what: str) -> None:
            progress.update(task, advance=next(begun), description=escape(printable(what)))

        yield tick
