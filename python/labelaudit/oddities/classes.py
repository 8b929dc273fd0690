"""Classes that may be one and the same, and classes too small to learn."""

from __future__ import annotations

import re
import unicodedata

from labelaudit.oddities.result import MOST_CLASSES, Oddity
from labelaudit.table.words import counted, quoted

NUMBER = re.compile(r"([+-]?)0*([0-9]+)(?:\.([0-9]*?)0*)?")
FEW_ROWS = 2

Counts = dict[str, int]


def alike_classes(counts: Counts) -> list[Oddity]:
    """Classes that differ only by case, spaces, Unicode form or the form of a number; `counts`: rows of each class."""
    forms: dict[str, list[str]] = {}
    for name in counts:
        forms.setdefault(plain(name), []).append(name)
    return [_told({name: counts[name] for name in names}) for names in forms.values() if len(names) > 1]


def plain(name: str) -> str:
    """The name without what is no difference in meaning: NFKC, one space between words, case, zeros of a number."""
    text = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    number = NUMBER.fullmatch(text)
    if number is None or not text.isascii():
        return text
    sign, whole, fraction = number.groups()
    value = f"{whole}.{fraction}" if fraction else whole
    return f"-{value}" if sign == "-" and value.strip("0.") else value


def _told(counts: Counts) -> Oddity:
    return Oddity(
        "alike classes",
        f"The classes {_named(counts)} differ only in case, spaces, Unicode form or the form of a number. If they mean "
        "the same, make them one in the data: they are now told apart.",
        classes=tuple(list(counts.items())[:MOST_CLASSES]),
    )


def rare_classes(counts: Counts) -> list[Oddity]:
    """Classes of one or two rows, all in one oddity."""
    rare = {name: rows for name, rows in counts.items() if rows <= FEW_ROWS}
    if not rare:
        return []
    one = len(rare) == 1
    return [
        Oddity(
            "rare classes",
            f"{'The class' if one else f'The {len(rare):,} classes'} {_named(rare)} {'is' if one else 'are'} too small "
            "to learn from. Look for slips of the pen, or join them with others.",
            classes=tuple(list(rare.items())[:MOST_CLASSES]),
        )
    ]


def _named(counts: Counts) -> str:
    shown = [f"{quoted(name)} ({counted(rows, 'row')})" for name, rows in list(counts.items())[:MOST_CLASSES]]
    more = len(counts) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
