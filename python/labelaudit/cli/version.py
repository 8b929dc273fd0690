"""`--version`, of the group and of the commands that audit."""

from __future__ import annotations

import click


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    from labelaudit import __version__, _core

    click.echo(f"labelaudit {__version__} (kernel {_core.instruction_set()}, torch {version('torch')})")
    ctx.exit()


version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the versions of labelaudit, its kernel and torch.",
)
