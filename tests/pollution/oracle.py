"""Whether a damaged file shows that it is damaged, found without the reader: by Python's csv and its own numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import datetime

MISSING = {"", "NA", "N/A", "n/a", "nan", "NaN", "null", "None"}
MARK, LOST = "\ufeff", "\ufffd".encode()
MOST = 0.99  # the share of a column that is of one kind, from which on any other cell is a slip
SWITCH = re.compile(r"\x1b[$(]")  # ISO-2022 switches of the character set

Rows = list[list[str]]


def rows_of(data: bytes, delimiter: str) -> Rows | None:
    """The records, header first, blank lines left out; None where the text is not well-formed or not UTF-8."""
    try:
        text = data.decode("utf-8").removeprefix(MARK)
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return None
    bare = '"' in re.sub(
        rf'(?:\A|(?<=[{re.escape(delimiter)}\n]))"(?:[^"]|"")*"(?=[{re.escape(delimiter)}\r\n]|\Z)', "", text
    )
    return None if bare or "\0" in text or re.search(r"\r(?!\n)", re.sub(r'"[^"]*"', "", text)) else rows


def leaves_a_trace(data: bytes, words: tuple[str, ...], delimiter: str) -> bool:
    """In structure (fields, quotes, header), kinds (a cell unlike its column) or encoding (bytes, marks, switches).

    `words`: the columns that are words whatever their cells, the label and ids.
    """
    rows = rows_of(data, delimiter)
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return True
    header, body = rows[0], rows[1:]
    if len(set(header)) < len(header) or not all(name.strip() for name in header) or not set(words) <= set(header):
        return True
    if header in body or any(row[0].startswith(MARK) for row in rows) or SWITCH.search(data.decode()) or LOST in data:
        return True
    return any(is_mixed([row[i] for row in body]) for i, name in enumerate(header) if name not in words)


def is_mixed(cells: list[str]) -> bool:
    """Whether nearly all cells of a column are of one kind and some are not."""
    there = [cell for cell in cells if cell not in MISSING]
    for kind in (is_number, is_date, is_boolean):
        share = sum(map(kind, there)) / max(1, len(there))
        if MOST <= share < 1:
            return True
    foreign = sum(map(is_foreign_number, there))
    return foreign > 0 and foreign + sum(map(is_number, there)) == len(there) and not all(map(str.isspace, there))


def is_number(cell: str) -> bool:
    try:
        return cell.isascii() and "_" not in cell and math.isfinite(float(cell))
    except ValueError:
        return False


def is_foreign_number(cell: str) -> bool:
    """A number but for its decimal or thousands marks, quotes or digits."""
    if cell.isspace():
        return True
    plain = cell.strip("'").replace("'", "").replace(" ", "")
    return not is_number(cell) and any(
        re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", form)
        for form in (plain, plain.replace(",", "."), plain.replace(",", ""), plain.replace(".", "").replace(",", "."))
    )


def is_date(cell: str) -> bool:
    try:
        return bool(re.match(r"\d{4}-\d\d-\d\d", cell)) and bool(datetime.fromisoformat(cell))
    except ValueError:
        return False


def is_boolean(cell: str) -> bool:
    return cell.lower() in ("true", "false")
