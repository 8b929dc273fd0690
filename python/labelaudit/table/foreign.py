"""Numbers written as no CSV reader takes them: decimal commas, thousands marks, quotes, digits of other scripts."""

from __future__ import annotations

import re

SIGN = r"[+\-\u2212\uff0d]?"
MARK = r"[,' \u00a0\u2009\u202f]"  # between thousands
POWER = r"(?:[eE][+-]?\d+)?"
FOREIGN = re.compile(
    rf"{SIGN}\d+,\d+{POWER}"  # 1,5
    rf"|{SIGN}\d{{1,3}}(?:{MARK}\d{{2,3}})+(?:\.\d+)?"  # 1,234.5 and 12,34,567
    rf"|{SIGN}\d{{1,3}}(?:\.\d{{3}})+,\d+"  # 1.234,5
    rf"|'{SIGN}\d+(?:[.,]\d+)?{POWER}'"  # '1.5'
    rf"|{SIGN}\d+(?:[.\uff0e]\d+)?{POWER}"  # digits or a minus beyond ASCII: a plain number is never asked about
)


def is_foreign_number(word: str) -> bool:
    """Whether a word that is no number would be one if it were written plainly; a cell of spaces would be empty."""
    return FOREIGN.fullmatch(word) is not None or word.isspace()


def how_to_write(word: str) -> str:
    """What to do with such a word, as the start of a cure; empty for other words."""
    if word.isspace():
        return "Empty the cell of its spaces. "
    if FOREIGN.fullmatch(word):
        return "Write numbers as 1234.5: with a point, without thousands marks or quotes, in ASCII digits. "
    return ""
