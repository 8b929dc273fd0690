"""The names that options have in configuration: the long option without its leading dashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from labelaudit.errors import UsageError

Catalogue = Mapping[str, Mapping[str, click.Option]]  # the options of every command, by their names

COMMAND_LINE_ONLY = frozenset({"help", "version", "config", "no-config"})
UNCONFIGURED = frozenset({"config"})  # the command that prints the configuration takes nothing from it
PREFIX = "LABELAUDIT_"
PATHS = frozenset({"FILE", "FILE.npy", "DIR", "CLEAN"})


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options that configuration can set."""
    options = [option for option in command.params if isinstance(option, click.Option)]
    named = {name: option for option in options if (name := _long_name(option)) is not None}
    return {name: option for name, option in named.items() if name not in COMMAND_LINE_ONLY}


def _long_name(option: click.Option) -> str | None:
    return next((word.removeprefix("--") for word in option.opts if word.startswith("--")), None)


def catalogue_of(group: click.Group, ctx: click.Context) -> dict[str, dict[str, click.Option]]:
    """The options of every command that configuration can set."""
    names = [name for name in group.list_commands(ctx) if name not in UNCONFIGURED]
    commands = {name: group.get_command(ctx, name) for name in names}
    return {name: options_of(command) for name, command in commands.items() if command is not None}


def all_names(catalogue: Catalogue) -> set[str]:
    """The names of all options of all commands."""
    return {name for options in catalogue.values() for name in options}


def variables(catalogue: Catalogue) -> dict[str, tuple[str | None, str]]:
    """Every environment variable with its command, None for all that have the option, and its option."""
    own = {_variable(f"{c}_{name}"): (c, name) for c, options in catalogue.items() for name in options}
    common: dict[str, tuple[str | None, str]] = {_variable(name): (None, name) for name in all_names(catalogue)}
    return {**own, **common}


def _variable(name: str) -> str:
    return PREFIX + name.upper().replace("-", "_")


def is_path(option: click.Option) -> bool:
    """Whether the option names a file or a folder."""
    return isinstance(option.type, click.Path) or option.metavar in PATHS


def unknown(where: str, what: str, name: str, known: Iterable[str]) -> UsageError:
    """The refusal of a name that is not known, with the nearest one."""
    near = nearest(name, known)
    return UsageError(f"{where}: {name!r} is no {what}." + (f" Did you mean {near!r}?" if near else ""))


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:  # difflib's own cutoff
    """The known name that is most like this one, where one is like it."""
    import difflib

    near = difflib.get_close_matches(name, sorted(known), 1, cutoff)
    return near[0] if near else None
