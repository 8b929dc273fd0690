"""What is in force and where it stands, as a list."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from labelaudit.cli.configuration.names import catalogue_of, options_of, unknown
from labelaudit.cli.configuration.options import defaults
from labelaudit.cli.configuration.setting import Configuration, Setting
from labelaudit.jsontext import dumps

DEFAULT = "default"


@dataclass(frozen=True)
class Entry:
    """The value of an option in force for some commands, and where it stands."""

    option: str
    value: Any  # None: nothing
    source: str  # FILE:LINE, a variable, or default
    commands: tuple[str, ...]


def entries(found: Configuration, ctx: click.Context, command: str | None) -> list[Entry]:
    """What is set, for every command; of one command all options. Raises UsageError for a command there is not."""
    root = ctx.find_root()
    assert isinstance(root.command, click.Group)
    catalogue = catalogue_of(root.command, root)
    if command is None:
        return _joined([e for name in catalogue for e in _of(found, root, name) if e.source != DEFAULT])
    if command not in catalogue:
        raise unknown("config", "command that can be configured", command, catalogue)
    return _of(found, root, command)


def _of(found: Configuration, root: click.Context, name: str) -> list[Entry]:
    assert isinstance(root.command, click.Group)
    command = root.command.get_command(root, name)
    assert command is not None
    values = defaults(found, command, root)
    values = command.make_context(name, [], parent=root, resilient_parsing=True, default_map=values).params
    settings = found.of(name)
    return [
        Entry(key, _plain(values[str(option.name)]), _source(settings.get(key)), (name,))
        for key, option in options_of(command).items()
    ]


def _source(setting: Setting | None) -> str:
    return DEFAULT if setting is None else setting.where()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _joined(found: list[Entry]) -> list[Entry]:
    """Entries that differ in their commands alone, as one; in the order of the first."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(dumps([entry.option, entry.value, entry.source]), []).append(entry)
    return [Entry(g[0].option, g[0].value, g[0].source, tuple(e.commands[0] for e in g)) for g in groups.values()]


def render_json(found: Configuration, listed: Sequence[Entry]) -> str:
    """The list for programs; docs/formats.md has the fields."""
    settings = [
        {"option": e.option, "value": e.value, "source": e.source, "commands": list(e.commands)} for e in listed
    ]
    files = [file.name for file in found.files]
    return dumps({"files": files, "unused_variables": list(found.unused), "settings": settings}, indent=2) + "\n"


def render_text(found: Configuration, listed: Sequence[Entry], command: str | None) -> str:
    """The list for people."""
    from labelaudit.report.words import plural, printable, shortened, table

    files = " below ".join(printable(file.name) for file in found.files)
    lines = [f"Configuration file: {files}." if files else "No configuration file."]
    if found.unused:
        lines.append(f"No option, and not used: {', '.join(map(printable, found.unused))}.")
    if not listed:
        return "\n".join([*lines, "Nothing is set: every option has its default."]) + "\n"
    header = ["option", "value", "from", *([] if command else ["for"])]
    rows = [
        [e.option, shortened(_told(e.value), 24), printable(e.source), *([] if command else [_for(e.commands)])]
        for e in listed
    ]
    count = sum(e.source != DEFAULT for e in listed)
    lines.append(f"{plural(count, 'option')} set{f' for {command}' if command else ''}:")
    return "\n".join([*lines, "", table(header, rows, left=frozenset(range(4)))]) + "\n"


def _told(value: Any) -> str:
    return "-" if value is None or value == [] else dumps(value)


def _for(commands: Sequence[str]) -> str:
    return ", ".join(commands) if len(commands) <= 2 else f"{commands[0]}, {commands[1]} and {len(commands) - 2} more"
