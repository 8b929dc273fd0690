"""Checks of a header: its names, the label, the delimiter it was split with, and other files' headers."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.errors import InputError
from labelaudit.table.cells import Cells, rows_with
from labelaudit.table.delimiter import DELIMITERS, separated_by
from labelaudit.table.roles import MISSING_WORDS
from labelaudit.table.scan import Header, split_record
from labelaudit.table.words import listed, not_there, quoted

if TYPE_CHECKING:
    import pandas as pd

NO_NAME = re.compile(r"\s*|[-+.0-9eE]+")  # empty, or plainly a number: such a line is data


def check_header(header: Header, *, name: str, label: str, delimiter: str) -> None:
    """Raise InputError unless the names are distinct and not empty, and the label is among them."""
    where = f"{name}:{header.line}"
    if label not in header.names:
        _refuse_delimiter(header, where, label, delimiter)
        _refuse_preamble(header, where, label, delimiter)
        raise InputError(f"{where}: there is no label column {quoted(label)}.{not_there(label, header.names)}")
    for position, column in enumerate(header.names, start=1):
        if not column.strip():
            raise InputError(f"{where}, column {position}: the header has an empty name. Give the column a name.")
    counts = Counter(header.names)
    if len(counts) < len(header.names):
        column = next(column for column in header.names if counts[column] > 1)
        positions = [str(i) for i, other in enumerate(header.names, start=1) if other == column]
        raise InputError(
            f"{where}: the name {quoted(column)} stands {counts[column]} times in the header"
            f" (columns {', '.join(positions[:10])}). Rename all but one."
        )


def _refuse_delimiter(header: Header, where: str, label: str, delimiter: str) -> None:
    """Refuse if another delimiter splits the header plainly better: it finds the label, or splits what was one cell."""
    for other in DELIMITERS:
        if other == delimiter:
            continue
        names = split_record(header.text, other)
        if label in names or (len(header.names) == 1 and len(names) > 1):
            raise InputError(f"{where}: {separated_by(other, delimiter)}")


def _refuse_preamble(header: Header, where: str, label: str, delimiter: str) -> None:
    """Refuse if the label's name stands in a later line: lines before it are then a preamble."""
    first = header.line + header.text.count("\n")
    for line, text in enumerate(header.after.split("\n"), start=first):
        names = split_record(text, delimiter)
        if label in names and len(set(names)) == len(names) and not any(NO_NAME.fullmatch(name) for name in names):
            raise InputError(
                f"{where}: there is no label column {quoted(label)}, but line {line} looks like the header."
                f" Add --skip {line - 1}."
            )


def refuse_repeated_header(
    cells: Mapping[str, pd.Series | Cells], header: tuple[str, ...], label: str, at: Callable[[int], str]
) -> None:
    """Raise InputError at a row that is the header again, as files joined end to end have it; `at`: a row's place."""
    same = rows_with(label, cells[label])
    others = [name for name in header if name in cells and name != label and name not in MISSING_WORDS]
    for name in others:
        if len(same) == 0:
            return
        same = np.intersect1d(same, rows_with(name, cells[name]))
    if others and len(same):
        raise InputError(f"{at(int(same[0]))}: this line is the header again. Remove it where files were joined.")


def check_same_header(first: Header, other: Header, *, first_name: str, name: str) -> None:
    """Raise InputError at the first difference between two files' headers."""
    if first.names == other.names:
        return
    where = f"{name}:{other.line}"
    for position, (a, b) in enumerate(itertools.zip_longest(first.names, other.names), start=1):
        if a != b:
            got = "no more columns" if b is None else quoted(b)
            expected = "no more columns" if a is None else quoted(a)
            raise InputError(
                f"{where}, column {position}: expected {expected} as in {first_name}, got {got}."
                " All files need the same header."
            )


def check_reference_header(header: Header, needed: tuple[str, ...], *, name: str) -> None:
    """Raise InputError if a column that the audited table uses is not in the reference file."""
    for column in needed:
        if column not in header.names:
            raise InputError(
                f"{name}:{header.line}: the reference has no column {quoted(column)}, which the audited data has."
                f" Columns: {listed(header.names)}."
            )
