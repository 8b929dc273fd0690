"""Dates as a number (the time itself) and as parts that recur: month, weekday, hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.table.table import Column

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")  # 1 January 1970 was a Thursday
DAY = 86400


def _part(column: Column, name: str, codes: NDArray[np.int64], levels: tuple[str, ...]) -> Column:
    codes = np.where(np.isnan(column.values), -1, codes)
    return Column(f"{column.name} {name}", "categorical", codes, levels)


def date_parts(column: Column) -> tuple[Column, ...]:
    """A date column (seconds since 1970, NaN for missing) as a numeric column and its parts.

    All parts always, though one may not vary: other rows of the same column must have the same parts.
    """
    seconds = np.where(np.isnan(column.values), 0.0, column.values)
    whole = np.floor(seconds).astype(np.int64)
    month = (whole // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return (
        Column(column.name, "numeric", column.values),
        _part(column, "month", month, MONTHS),
        _part(column, "weekday", whole // DAY % 7, WEEKDAYS),
        _part(column, "hour", whole % DAY // 3600, tuple(f"{h:02d}h" for h in range(24))),
    )
