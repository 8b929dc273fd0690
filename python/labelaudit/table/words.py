"""Words for messages: cells and names shown safely, places in files, the nearest of some names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

LONGEST_SHOWN = 60  # characters of a cell; a guess at what still helps
MOST_LISTED = 12


def printable(text: str) -> str:
    """The text without anything that acts on a terminal: control and bidirectional characters become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(cell: str) -> str:
    """A cell in double quotes, cut where it is long."""
    cut = cell if len(cell) <= LONGEST_SHOWN else cell[:LONGEST_SHOWN] + "…"
    return f'"{printable(cut)}"'


def as_option(value: str) -> str:
    """A value as it can be typed after an option."""
    return value if re.fullmatch(r"[\w.-]+", value) else quoted(value)


def listed(names: Sequence[str]) -> str:
    """Names for a sentence; a long list is cut and counted."""
    shown = ", ".join(quoted(name) for name in names[:MOST_LISTED])
    return shown if len(names) <= MOST_LISTED else f"{shown} and {len(names) - MOST_LISTED:,} more"


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant: the same but for case and spaces, else the most alike."""
    known = list(names)
    same = [other for other in known if other.strip().casefold() == name.strip().casefold()]
    return next(iter(same or difflib.get_close_matches(name, known, n=1)), None)


def not_there(name: str, names: Sequence[str]) -> str:
    """What to say after `there is no column X`."""
    guess = nearest(name, names)
    meant = "" if guess is None else f" Did you mean {quoted(guess)}?"
    return f"{meant} Columns: {listed(names)}."
