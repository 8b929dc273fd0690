"""The command line: a thin face on the library. One file a command, loaded when it is called."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Sequence

import click

from labelaudit.cli.completion import completing
from labelaudit.cli.configuration.options import configured
from labelaudit.cli.exits import run
from labelaudit.cli.lost_threads import ended_by_lost_threads
from labelaudit.cli.signals import end_on_signals, finish
from labelaudit.cli.version import version_option

UNCOLLECTED = 50_000  # objects made since garbage was collected; by default 700, and imports make many that all stay

COMMANDS = {
    "audit": "Rank the rows of a labelled CSV file, most suspect label first.",
    "check": "Fail when more labels than allowed are probably wrong: the gate for CI.",
    "report": "Render a saved audit as text, CSV, JSON, SARIF, JUnit and more.",
    "explain": "Say what speaks for and against the label of one row.",
    "review": "Step through the suspects on a local web page and decide.",
    "validate": "Plant errors in copies of a file and measure what the audit finds.",
    "plan": "Predict memory, disk and time of an audit.",
    "apply": "Write a cleaned copy of the file from decisions or suggestions.",
    "undo": "Restore the original of a cleaned copy.",
    "config": "Print which options configuration sets, and where.",
    "synth": "Write a synthetic data set with planted label errors.",
    "benchmark": "Measure the method on synthetic data.",
}


class LazyGroup(click.Group):
    """Lists commands without importing them, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Imports the command's module."""
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"labelaudit.cli.{name}"), name)
        return completing(configured(command)) if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list, from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Names the nearest command for one that is not there."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"no command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@version_option
def group() -> None:
    """Find the rows of a labelled table whose label is probably wrong.

    \b
    Example:
      labelaudit audit data.csv --label species
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: runs a command and ends the process with its exit code."""
    gc.set_threshold(UNCOLLECTED)
    end_on_signals()
    with ended_by_lost_threads():
        code = run(group, arguments)
    finish()
    raise SystemExit(code)
