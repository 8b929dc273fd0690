"""`--config` and `--no-config`, which every command has, and what they put in force."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from labelaudit.cli.configuration.names import PREFIX, UNCONFIGURED, catalogue_of, options_of
from labelaudit.cli.configuration.read import configuration_of, read_files
from labelaudit.cli.configuration.setting import Configuration
from labelaudit.cli.exits import Call
from labelaudit.errors import UsageError

CHOICE = "labelaudit.configuration"  # in the context's meta: the file named, or False for none


def configured(command: click.Command) -> click.Command:
    """The command with both options, once."""
    if not any(parameter.name == "no_config" for parameter in command.params):
        command.params.extend([_without(), _file()])
    return command


def _without() -> click.Option:
    return click.Option(
        ["--no-config"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_use_none,
        envvar=f"{PREFIX}NO_CONFIG",
        help="Ignore configuration files and LABELAUDIT_* variables.",
    )


def _file() -> click.Option:
    return click.Option(
        ["--config"],
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=_use_file,
        envvar=f"{PREFIX}CONFIG",
        help="Read this configuration file, and no other.",
    )


def _use_none(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        _choose(ctx, False)


def _use_file(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Puts the configuration in force; both options are eager, and this one comes last unless it alone is given."""
    if value is not None:
        _choose(ctx, value)
    if not ctx.resilient_parsing and ctx.meta.get(CHOICE) is not False and ctx.info_name not in UNCONFIGURED:
        apply(ctx)


def _choose(ctx: click.Context, choice: str | bool) -> None:
    if CHOICE in ctx.meta:
        raise UsageError("--config and --no-config exclude each other.")
    ctx.meta[CHOICE] = choice


def apply(ctx: click.Context) -> None:
    """Gives the command's options the values that configuration has for them, as defaults; raises UsageError."""
    values = defaults(configuration(ctx), ctx.command, ctx)
    ctx.default_map = {**(ctx.default_map or {}), **values}
    if isinstance(ctx.obj, Call) and "debug" in values:
        ctx.obj.debug |= click.BOOL.convert(values["debug"], None, ctx)


def defaults(found: Configuration, command: click.Command, ctx: click.Context) -> dict[str, Any]:
    """The values for a command, by the names of its parameters; raises UsageError for one that does not fit."""
    from labelaudit.cli.configuration.values import value_of

    options = options_of(command)
    in_force = found.of(str(command.name)).items()
    return {str(options[name].name): value_of(s, options[name], ctx) for name, s in in_force if name in options}


def configuration(ctx: click.Context) -> Configuration:
    """What is configured, for every command; nothing under --no-config. Raises UsageError."""
    root, choice = ctx.find_root(), ctx.meta.get(CHOICE)
    if choice is False or not isinstance(root.command, click.Group):
        return Configuration()
    files = read_files(Path(choice) if choice else None)
    ours = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    if not files and not ours:
        return Configuration()  # without a look at the other commands
    return configuration_of(files, ours, catalogue_of(root.command, root))
