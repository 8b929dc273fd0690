"""Cells of Parquet columns: read by row group, as numbers, truth values, dates, or as text.

The text of a cell, by which a row's content is known, is what `str` writes of its value in Python, empty where it is
missing; a float that is whole is written without its point, as a DataFrame's is. Moments that Python does not know are
as Arrow writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from labelaudit.table.distinct import as_word
from labelaudit.table.parquet.file import Parquet, refusals, refuse_changed
from labelaudit.table.table import IntArray, ObjectArray

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 1 << 27  # bytes of a row group, decompressed, that are read together; else column by column
MOST_KNOWN = 10_000  # words of a column that later row groups share; a guess
LOST = "\ufffd"


def read_chunks(file: Parquet, names: Sequence[str], *, threads: int = 1) -> Iterator[tuple[str, int, Any]]:
    """Each column's pieces as (name, first row, pyarrow Array), row group after row group.

    Raises InputError at damaged data, and at the end if the file has been changed.
    """
    first = 0
    for group in range(file.reader.num_row_groups):
        about = file.reader.metadata.row_group(group)
        parts = [list(names)] if about.total_byte_size <= AT_ONCE else [[name] for name in names]
        for part in parts:
            with refusals(file.name):
                found = file.reader.read_row_group(group, columns=part, use_threads=threads > 1)
                found.validate(full=True)  # strings that are no UTF-8, above all
            for name in part:
                start = first
                for chunk in found.column(found.schema.get_field_index(name)).chunks:
                    yield name, start, _plain(chunk)
                    start += len(chunk)
        first += about.num_rows
    refuse_changed(file)


def _plain(chunk: Any) -> Any:
    """The values: of an extension type those that it stores, of a dictionary those that its codes stand for."""
    chunk = getattr(chunk, "storage", chunk)
    return chunk.dictionary_decode() if hasattr(chunk, "dictionary_decode") else chunk


def plain_type(kind: Any) -> Any:
    """The type of such values."""
    kind = getattr(kind, "storage_type", kind)
    return getattr(kind, "value_type", kind) if hasattr(kind, "index_type") else kind


def texts(chunk: Any) -> ObjectArray:
    """The text of each cell, "" where it is missing."""
    codes, words = coded_texts(chunk)
    found: ObjectArray = _objects(words)[codes]
    return found


def coded_texts(chunk: Any) -> tuple[IntArray, list[str]]:
    """The same as the number of each cell's text among the texts, which are each there once, but for nested values."""
    import pyarrow

    try:
        coded = chunk.dictionary_encode()
    except pyarrow.ArrowNotImplementedError:  # nested
        return np.arange(len(chunk)), _said(chunk)
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), [*_said(coded.dictionary), ""]


def is_finite(chunk: Any) -> bool:
    """Whether all values are finite numbers, or missing."""
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_floating(chunk.type):
        return not pc.any(pc.is_inf(chunk)).as_py()
    return bool(types.is_integer(chunk.type))


def _said(values: Any) -> list[str]:
    try:
        return [_text(value) for value in values.to_pylist()]
    except (ValueError, OverflowError):  # beyond the year 9999, or nanoseconds of a time of day
        return [_text_of_scalar(value) for value in values]


def _text_of_scalar(value: Any) -> str:
    try:
        return _text(value.as_py())
    except (ValueError, OverflowError):
        return str(value.cast("string").as_py())


def _text(value: object) -> str:
    return "" if value is None or value != value else as_word(value)


def _objects(values: Sequence[object]) -> ObjectArray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


class Filled(Protocol):
    """A column of the whole table that is filled piece by piece."""

    def put(self, start: int, chunk: Any) -> None: ...  # noqa: D102
    def series(self) -> pd.Series: ...  # noqa: D102


class Numbers:
    """float64, NaN where missing."""

    def __init__(self, rows: int) -> None:
        self._values = np.full(rows, np.nan)

    def put(self, start: int, chunk: Any) -> None:
        """Integers beyond 2^53 are rounded as Python rounds them."""
        values = chunk.cast("float64", safe=False)
        self._values[start : start + len(chunk)] = values.to_numpy(zero_copy_only=False)

    def series(self) -> pd.Series:
        """The column."""
        import pandas as pd

        return pd.Series(self._values, copy=False)


class Flags:
    """Truth values, of which some may be missing."""

    def __init__(self, rows: int) -> None:
        self._values = np.full(rows, -1, dtype=np.int8)

    def put(self, start: int, chunk: Any) -> None:
        """-1 stands for a missing one."""
        values = chunk.cast("int8").fill_null(-1)
        self._values[start : start + len(chunk)] = values.to_numpy(zero_copy_only=False)

    def series(self) -> pd.Series:
        """The column."""
        import pandas as pd

        return pd.Series(pd.arrays.BooleanArray(self._values == 1, self._values < 0))


class Moments:
    """Dates and moments in UTC, to the microsecond."""

    def __init__(self, rows: int) -> None:
        self._values = np.full(rows, np.iinfo(np.int64).min)  # what NumPy keeps for a missing one

    def put(self, start: int, chunk: Any) -> None:
        """Finer ones are cut, as `table.distinct.seconds` does."""
        values = chunk.to_numpy(zero_copy_only=False).astype("datetime64[us]")
        self._values[start : start + len(chunk)] = values.astype(np.int64)

    def series(self) -> pd.Series:
        """The column."""
        import pandas as pd

        return pd.Series(self._values.view("datetime64[us]"), copy=False)


class Words:
    """Texts; equal ones are one object, in a column of few."""

    def __init__(self, rows: int) -> None:
        self._values = _objects([""] * rows)
        self._known: dict[str, str] = {}

    def put(self, start: int, chunk: Any) -> None:
        """See `texts`."""
        known, words = self._known, texts(chunk)
        if len(known) < MOST_KNOWN:
            words = _objects([known.setdefault(word, word) for word in words])
        self._values[start : start + len(chunk)] = words

    def series(self) -> pd.Series:
        """The column."""
        import pandas as pd

        return pd.Series(self._values, dtype=object, copy=False)


SORTS: dict[str, Callable[[int], Filled]] = {
    "number": Numbers, "truth value": Flags, "date": Moments, "text": Words,
}  # fmt: skip


def sort_of(kind: Any) -> str | None:
    """Which of SORTS the values of a type are; None for what is no feature: nested, binary and durations."""
    from pyarrow import types

    kind = plain_type(kind)
    if types.is_integer(kind) or types.is_floating(kind):
        return "number"
    if types.is_boolean(kind):
        return "truth value"
    if types.is_timestamp(kind) or types.is_date(kind):
        return "date"
    worded = (types.is_string, types.is_large_string, types.is_string_view, types.is_decimal, types.is_time)
    return "text" if types.is_null(kind) or any(is_one(kind) for is_one in worded) else None


def lost_in(chunk: Any) -> int:
    """How many U+FFFD stand in the texts of a piece."""
    import pyarrow.compute as pc
    from pyarrow import types

    if not (types.is_string(chunk.type) or types.is_large_string(chunk.type)):
        return 0
    return int(pc.sum(pc.count_substring(chunk, LOST)).as_py() or 0)
