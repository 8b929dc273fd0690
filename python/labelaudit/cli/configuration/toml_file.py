"""A TOML file that configures labelaudit: where it is looked for, what it says, and in which line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from labelaudit.errors import UsageError

OWN, PROJECT = "labelaudit.toml", "pyproject.toml"


@dataclass(frozen=True)
class TomlFile:
    """A file with its table of ours: the whole of labelaudit.toml, [tool.labelaudit] of pyproject.toml."""

    path: Path
    text: str
    table: tuple[str, ...]
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """The path, from the working folder."""
        return os.path.relpath(self.path)

    @cached_property
    def lines(self) -> dict[tuple[str, ...], int]:
        """The line in which each key and table begins, by its whole path.

        TOML's own parser gives no lines, but a file can be cut after any whole statement and still be parsed: a key is
        in the statement that ends the shortest beginning of the file in which the key is there.
        """
        found: dict[tuple[str, ...], int] = {}
        lines, begin = self.text.split("\n"), 0
        for end in range(1, len(lines) + 1):
            try:
                content = tomllib.loads("\n".join(lines[:end]) + "\n")
            except tomllib.TOMLDecodeError:
                continue
            for key in _keys(content):
                found.setdefault(key, begin + 1)
            begin = end
        return found

    def place(self, key: tuple[str, ...]) -> str:
        """The file and the line of a key, as FILE:LINE."""
        line = self.lines.get((*self.table, *key))
        return self.name if line is None else f"{self.name}:{line}"

    def told(self, key: tuple[str, ...]) -> str:
        """The same with the key itself."""
        return f'{self.place(key)}, key "{".".join(key)}"'


def _keys(content: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in content.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _keys(value, (*above, key))


def found_files(start: Path, home: Path | None) -> list[TomlFile]:
    """The nearest pyproject.toml with a table of ours and the nearest labelaudit.toml, weakest first."""
    folders = folders_above(start, home)
    nearest = [next(_readable(folders, name), None) for name in (PROJECT, OWN)]
    return [file for file in nearest if file is not None]


def folders_above(start: Path, home: Path | None) -> list[Path]:
    """The folder and its parents up to a repository's root or the home; the folder alone where there is neither.

    So nobody's file in a folder like /tmp has a say.
    """
    chain = [start, *start.parents]
    for i, folder in enumerate(chain):
        if folder == home or _there(folder / ".git"):
            return chain[: i + 1]
    return chain[:1]


def _readable(folders: list[Path], name: str) -> Iterator[TomlFile]:
    for folder in folders:
        if _there(folder / name) and (file := read_file(folder / name)) is not None:
            yield file


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def read_file(path: Path) -> TomlFile | None:
    """The file; None for a pyproject.toml without a table of ours. Raises UsageError for what is no TOML."""
    name = os.path.relpath(path)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        content: Any = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: expected UTF-8, got other bytes at byte {error.start + 1}.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: expected TOML: {_placed(str(error), text)}.") from error
    except RecursionError as error:
        raise UsageError(f"{name}: its lists and tables are nested too deep.") from error
    table = ("tool", "labelaudit") if path.name == PROJECT else ()
    for depth, key in enumerate(table, 1):
        content = content.get(key)
        if content is None:
            return None
        if not isinstance(content, dict):
            raise UsageError(f"{name}: expected a table [{'.'.join(table[:depth])}].")
    return TomlFile(path, text, table, content)


def _placed(message: str, text: str) -> str:
    """The parser's message with a line where it only says that the file ended too early."""
    return message.replace("at end of document", f"at the end, line {text.rstrip().count(chr(10)) + 1}")
