"""The configuration as a whole: every source read, every name known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from labelaudit.cli.configuration.names import (
    COMMAND_LINE_ONLY,
    PREFIX,
    UNCONFIGURED,
    Catalogue,
    all_names,
    nearest,
    unknown,
    variables,
)
from labelaudit.cli.configuration.setting import Configuration, Setting
from labelaudit.cli.configuration.toml_file import TomlFile, found_files, read_file
from labelaudit.errors import UsageError

SURELY_MISSPELT = 0.8  # a guess: one letter of five; the environment is shared, so that less like names are let be
OWN_VARIABLES = frozenset(PREFIX + name.upper().replace("-", "_") for name in COMMAND_LINE_ONLY)


def read_files(file: Path | None) -> list[TomlFile]:
    """The files that configure, weakest first: the one that is named, or those found from the working folder up.

    Raises UsageError for a file that cannot be read, or has no table of ours where it is named.
    """
    if file is None:
        try:
            return found_files(Path.cwd(), _home())
        except FileNotFoundError:  # the working folder itself is gone
            return []
    named = read_file(file)
    if named is None:
        raise UsageError(f"--config: {file} has no table [tool.labelaudit].")
    return [named]


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):
        return None


def configuration_of(files: list[TomlFile], environment: Mapping[str, str], catalogue: Catalogue) -> Configuration:
    """What they say; raises UsageError for a name that no command, or not this command, has."""
    settings = [setting for file in files for setting in _of_file(file, catalogue)]
    from_environment, unused = _of_environment(environment, catalogue)
    return Configuration((*settings, *from_environment), tuple(files), tuple(unused))


def _of_file(file: TomlFile, catalogue: Catalogue) -> Iterator[Setting]:
    tables = {name: value for name, value in file.content.items() if isinstance(value, dict)}
    common = {name: value for name, value in file.content.items() if name not in tables}
    for written, value in common.items():
        yield Setting(None, _known(file, (written,), all_names(catalogue)), value, file, (written,))
    for command, table in tables.items():
        if command in UNCONFIGURED:
            raise UsageError(f"{file.told((command,))}: this command takes nothing from configuration.")
        if command not in catalogue:
            raise unknown(file.told((command,)), "command", command, catalogue)
        for written, value in table.items():
            key = (command, written)
            yield Setting(command, _known(file, key, catalogue[command]), value, file, key)


def _known(file: TomlFile, key: tuple[str, ...], known: Mapping[str, object] | set[str]) -> str:
    name = key[-1].replace("_", "-")
    if name in COMMAND_LINE_ONLY:
        raise UsageError(f"{file.told(key)}: --{name} is for the command line only.")
    if name not in known:
        raise unknown(file.told(key), "option" if len(key) == 1 else f"option of {key[0]}", key[-1], known)
    return name


def _of_environment(environment: Mapping[str, str], catalogue: Catalogue) -> tuple[list[Setting], list[str]]:
    known = variables(catalogue)
    ours = sorted(name for name, text in environment.items() if name.startswith(PREFIX) and text)  # empty: not set
    unused = [name for name in ours if name not in known and name not in OWN_VARIABLES]
    for name in unused:
        if nearest(name.removeprefix(PREFIX), (k.removeprefix(PREFIX) for k in known), SURELY_MISSPELT):
            raise unknown("environment", "variable of an option", name, known)
    settings = [Setting(*known[name], environment[name], name) for name in ours if name in known]
    return sorted(settings, key=lambda s: s.command is not None), unused
