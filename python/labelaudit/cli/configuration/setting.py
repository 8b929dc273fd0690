"""A value that configuration gives to an option, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labelaudit.cli.configuration.toml_file import TomlFile


@dataclass(frozen=True)
class Setting:
    """One value of one source: a key of a file, or a variable of the environment."""

    command: str | None  # None: of every command that has the option
    option: str
    value: object  # as the TOML has it; of a variable, its text
    source: TomlFile | str  # a file, or the variable's name
    key: tuple[str, ...] = ()  # where it stands in the file

    @property
    def folder(self) -> Path | None:
        """Where its relative paths start; None for the working folder."""
        return None if isinstance(self.source, str) else self.source.path.parent

    def where(self) -> str:
        """The file and line, or the variable."""
        return self.source if isinstance(self.source, str) else self.source.place(self.key)

    def told(self) -> str:
        """The same with the key, for a message."""
        return self.source if isinstance(self.source, str) else self.source.told(self.key)


@dataclass(frozen=True)
class Configuration:
    """What files and environment say, weakest source first, with a source's common values before a command's own."""

    settings: tuple[Setting, ...] = ()
    files: tuple[TomlFile, ...] = ()
    unused: tuple[str, ...] = ()  # variables that begin as ours do and name no option

    def of(self, command: str) -> dict[str, Setting]:
        """What is in force for a command, by option; of options that it does not have, too."""
        return {s.option: s for s in self.settings if s.command in (None, command)}
