from __future__ import annotations

import calendar
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.encode.dates import date_parts
from labelaudit.table.table import Column

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(st.lists(moments, min_size=1, max_size=5))
def test_parts_are_those_of_the_calendar(times: list[datetime]) -> None:
    seconds = np.array([calendar.timegm(t.timetuple()) for t in times], dtype=np.float64)
    number, month, weekday, hour = date_parts(Column("when", "date", seconds))
    assert (number.name, number.kind) == ("when", "numeric")
    assert np.array_equal(number.values, seconds)
    assert [month.levels[m] for m in month.values] == [calendar.month_abbr[t.month] for t in times]
    assert [weekday.levels[d] for d in weekday.values] == [calendar.day_abbr[t.weekday()] for t in times]
    assert [hour.levels[h] for h in hour.values] == [f"{t.hour:02d}h" for t in times]
    assert [p.name for p in (month, weekday, hour)] == ["when month", "when weekday", "when hour"]


def test_missing_dates_have_missing_parts() -> None:
    number, *parts = date_parts(Column("when", "date", np.array([0.0, np.nan])))
    assert np.isnan(number.values[1])
    assert all(p.values[1] == -1 and p.values[0] >= 0 for p in parts)


def test_the_parts_do_not_depend_on_the_rows() -> None:
    """A reference whose dates are all midnight must encode like the audited rows."""
    midnight = date_parts(Column("when", "date", np.array([0.0, 86400.0])))
    hours = date_parts(Column("when", "date", np.array([0.0, 3600.0])))
    assert [(p.name, p.levels) for p in midnight] == [(p.name, p.levels) for p in hours]
