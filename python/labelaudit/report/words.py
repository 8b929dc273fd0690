"""Texts from the data, made safe to print: no control or bidirectional character reaches a terminal."""

from __future__ import annotations

import unicodedata
from itertools import accumulate, takewhile

from labelaudit.jsontext import is_unsafe


def printable(text: str) -> str:
    """The text with control, format and unassigned characters written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if is_unsafe(c) else c for c in text)


def _escaped(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")


def width(text: str) -> int:
    """Terminal cells: wide characters take two, combining ones none."""
    return len(text) if text.isascii() else sum(_cells(c) for c in text)


def _cells(c: str) -> int:
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def shortened(text: str, cells: int) -> str:
    """The printable text, cut to so many cells with an ellipsis."""
    text = printable(text[: 1 + 4 * cells])  # combining characters take no cell: a bound on their number
    if width(text) <= cells:
        return text
    ends = accumulate(_cells(c) for c in text)
    return text[: sum(1 for _ in takewhile(lambda end: end < cells, ends))] + "…"


def table(header: list[str], rows: list[list[str]], *, left: frozenset[int] = frozenset(), indent: str = "  ") -> str:
    """Cells in aligned columns; those named in `left` are aligned left, the others right."""
    widths = [max(width(r[i]) for r in [header, *rows]) for i in range(len(header))]

    def line(cells: list[str]) -> str:
        padded = [_padded(c, w, i in left) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
        return (indent + "  ".join(padded)).rstrip()

    return "\n".join(line(r) for r in [header, *rows])


def _padded(cell: str, cells: int, left: bool) -> str:
    space = " " * (cells - width(cell))
    return cell + space if left else space + cell


def listed(items: list[str], most: int) -> str:
    """Items joined by commas, at most so many."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def plural(count: int, noun: str) -> str:
    """1 row, 2 rows, 1 class, 2 classes."""
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def wrapped(text: str, cells: int, indent: str = "") -> str:
    """The text in lines of at most so many cells, those after the first indented; a longer word is cut in pieces."""
    lines, line = [], ""
    for word in text.split(" "):
        for piece in _pieces(word, cells - len(indent)):
            if line.strip() and width(line) + 1 + width(piece) > cells:
                lines.append(line)
                line = indent + piece
            else:
                line = f"{line} {piece}" if line.strip() else line + piece
    return "\n".join([*lines, line])


def _pieces(word: str, cells: int) -> list[str]:
    pieces = [""]
    for c in word:
        if width(pieces[-1] + c) > cells:
            pieces.append("")
        pieces[-1] += c
    return pieces
