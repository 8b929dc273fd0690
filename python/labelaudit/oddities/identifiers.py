"""Columns that name or number the rows, and are used as features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.oddities.result import Oddity
from labelaudit.table.table import Column
from labelaudit.table.words import as_option, quoted

FEWEST_ROWS = 20
FIRST = 1000  # rows that are looked at first
NEARLY_ALL = 0.9  # share of different values, of a category; a guess
EXPECTED_TWICE = 10.0  # pairs of equal numbers expected by chance, where there is none: a chance of e^-10


def identifiers(columns: Sequence[Column]) -> list[Oddity]:
    """The columns in use that look like identifiers; `columns` holds those that are used."""
    return [oddity for column in columns if (oddity := _identifier(column)) is not None]


def _identifier(column: Column) -> Oddity | None:
    if column.kind == "categorical":
        codes = column.values[column.values >= 0]
        different = len(np.unique(codes))
        if len(codes) < FEWEST_ROWS or different < NEARLY_ALL * len(codes):
            return None
        return _told(column.name, f"nearly every value is different ({different:,} in {len(codes):,} rows)")
    if column.kind == "numeric" and numbers_the_rows(column):
        return _told(column.name, f"it numbers the rows: {len(column.values):,} different whole numbers")
    return None


def numbers_the_rows(column: Column) -> bool:
    """Whether its values are whole numbers, all different and so close that chance would have repeated some.

    n numbers drawn from a range of w are expected to hold n (n - 1) / 2 w equal pairs, more where they gather.
    """
    values = column.values
    if len(values) < FEWEST_ROWS or (values[:FIRST] != np.round(values[:FIRST])).any():
        return False
    if np.isnan(values).any() or (values != np.round(values)).any():
        return False
    span = float(values.max() - values.min()) + 1
    if len(values) * (len(values) - 1) / (2 * span) < EXPECTED_TWICE:
        return False
    return len(np.unique(values)) == len(values)


def _told(name: str, why: str) -> Oddity:
    return Oddity(
        "identifier",
        f"The column {quoted(name)} looks like an identifier and is used as a feature: {why}. Add "
        f"--id {as_option(name)} to carry it instead, if it says nothing about the label.",
        column=name,
    )
