"""Values of cells as plain data: of one row, and the usual one of some rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.explanations.result import Value
from labelaudit.table.build import missing_in
from labelaudit.table.table import Column

LARGEST_WHOLE = 2.0**53  # beyond, a float64 does not tell whole numbers apart
CLOSE = 0.1  # of the range of the middle values; a guess at what one calls alike
MIDDLE = (0.1, 0.9)  # quantiles: a spread that neither outliers nor a frequent value spoil


def value_at(column: Column, row: int) -> Value:
    """The cell of this row (a position in the column)."""
    return values_at(column, np.array([row]))[0]


def values_at(column: Column, rows: NDArray[np.int64]) -> tuple[Value, ...]:
    """The cells of these rows (positions in the column)."""
    values = column.values[rows]
    if column.kind == "embedding":
        return tuple(f"{len(value)} numbers" for value in values)
    if column.kind == "text":
        return tuple(str(value) or None for value in values)
    if column.kind == "categorical":
        levels = (*column.levels, None)  # which -1 is
        return tuple(levels[code] for code in values.tolist())
    plain = values.tolist()
    if column.kind == "numeric" and not (np.isnan(values) | (values == np.floor(values))).any():
        return tuple(plain)
    return tuple(map(_VALUE_OF.get(column.kind, _number), plain))


def _number(value: float) -> Value:
    if value.is_integer() and abs(value) < LARGEST_WHOLE:
        return int(value)
    return value if value == value else None


def _boolean(value: float) -> Value:
    return value == 1.0 if value == value else None


def _date(seconds: float) -> Value:
    if seconds != seconds:
        return None
    moment = np.datetime64(round(seconds * 1e6), "us")
    day = moment.astype("datetime64[D]")
    return str(day) if day == moment else str(np.datetime_as_string(moment, unit="auto"))


_VALUE_OF = {"boolean": _boolean, "date": _date}


def usual_value(column: Column, rows: NDArray[np.int64]) -> Value:
    """The lower median of numbers and dates that are there, the most frequent value of all else; None for no rows."""
    if not len(rows):
        return None
    missing = missing_in(column)[rows]
    if column.kind in ("numeric", "date"):
        present = rows[~missing]
        if not len(present):
            return None
        middle = (len(present) - 1) // 2
        return value_at(column, int(present[np.argpartition(column.values[present], middle)[middle]]))
    if missing.all() or column.kind in ("text", "embedding"):
        return None
    _, first, counts = np.unique(np.where(missing, -1, column.values[rows]), return_index=True, return_counts=True)
    return value_at(column, int(rows[first[counts.argmax()]]))


def agrees(column: Column, row: int, others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the other rows have the row's value, or in numbers and dates one close to it; both missing agree."""
    values = column.values
    missing = missing_in(column)
    if missing[row]:
        return missing[others]
    if column.kind == "embedding":
        return np.asarray((values[others] == values[row]).all(1), dtype=bool)
    if column.kind not in ("numeric", "date"):
        return np.asarray(values[others] == values[row], dtype=bool)
    quarters = values / 4  # so that no difference of float64s overflows
    low, high = np.quantile(quarters[~missing], MIDDLE)
    close = np.abs(quarters[others] - quarters[row]) < CLOSE * (high - low)
    out: NDArray[np.bool_] = close | (values[others] == values[row])
    return out
