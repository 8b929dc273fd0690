"""The delimiter of a text: the one asked for, the one that its name tells, and the one it plainly has instead."""

from __future__ import annotations

from pathlib import PurePath

from labelaudit.errors import UsageError
from labelaudit.table.words import quoted

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
TAB_SUFFIXES = (".tsv", ".tab")
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")


def delimiter_of(path: str, delimiter: str | None) -> str:
    """The delimiter to read with: the one that was asked for, else tab or comma by the file's name.

    Raises UsageError if it is not one ASCII character that may delimit.
    """
    if delimiter is None:
        name = PurePath(path.lower())
        suffix = PurePath(name.stem).suffix if name.suffix in COMPRESSED_SUFFIXES else name.suffix
        return "\t" if suffix in TAB_SUFFIXES else ","
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise UsageError(f"the delimiter {delimiter!r} is not one ASCII character other than a quote or a line end.")
    return delimiter


def separated_by(other: str, used: str) -> str:
    """The sentence for a text that has another delimiter than the one it was read with."""
    option = "$'\\t'" if other == "\t" else f"'{other}'"
    instead = DELIMITERS.get(used, quoted(used))
    return f"the fields are separated by {DELIMITERS[other]}, not by {instead}. Add --delimiter {option}."
