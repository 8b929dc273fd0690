"""A pandas DataFrame as a Table, with the same answer as from a file that holds the same cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np

from labelaudit.errors import InputError, UsageError
from labelaudit.table.build import Rows, build, refuse_other_count
from labelaudit.table.distinct import as_words, distinct
from labelaudit.table.roles import Named, Roles, refuse_unknown, roles
from labelaudit.table.table import NO_LINE, Table
from labelaudit.table.words import not_there, quoted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FramePlaces:
    """Rows of a DataFrame, counted from 1 in messages."""

    frame: pd.DataFrame

    def at(self, row: int) -> str:
        """`row 17`."""
        return f"row {row + 1}"

    def cell(self, row: int, column: str) -> str:
        """The cell as str() writes it."""
        return str(self.frame[column].iloc[row])


def table_from_frame(
    frame: pd.DataFrame,
    *,
    expect_rows: int | None = None,
    expect: Table | None = None,
    **named: Unpack[Named],
) -> Table:
    """The labelled rows of a DataFrame; its index is not used, lines and offsets are NO_LINE.

    `named`: as `roles` takes them. With `expect`, kinds, levels and classes are that table's, as for `read_table`.

    Raises UsageError for column names that are not distinct strings or do not fit the arguments, InputError as
    `read_table`.
    """
    wanted = roles(**named)
    header = _header(frame, wanted.label)
    refuse_unknown(wanted, header)
    refuse_other_count("the DataFrame", len(frame), expect_rows)
    cells = columns_as_read(frame, wanted)
    nowhere = np.full(len(frame), NO_LINE, dtype=np.int64)
    rows = Rows(np.zeros(len(frame), dtype=np.int64), nowhere, nowhere, FramePlaces(frame))
    lacking = [c.name for c in expect.columns if c.name not in header] if expect else []
    if lacking:
        raise InputError(f"the reference DataFrame has no column {quoted(lacking[0])}.")
    return build(cells, header, wanted, rows, (), expect)


def cells_of_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Every cell as its text, "" where missing: what a file would hold."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(distinct(frame[name]).text(), dtype=object) for name in frame.columns})


def _header(frame: pd.DataFrame, label: str) -> tuple[str, ...]:
    names = list(frame.columns)
    for name, count in Counter(names).items():
        if not isinstance(name, str):
            raise UsageError(
                f"the column name {name!r} is not a string; rename the columns with frame.columns = [...]."
            )
        if count > 1:
            raise UsageError(f"the name {quoted(name)} stands {count} times among the columns; rename all but one.")
    if label not in names:
        raise InputError(f"there is no label column {quoted(label)}.{not_there(label, names)}")
    if len(frame) == 0:
        raise InputError("the DataFrame has no rows.")
    return tuple(names)


def columns_as_read(frame: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """The columns as a file's reader gives them: missing words are missing, labels and ids are words."""
    import pandas as pd

    columns = {}
    for name in frame.columns:
        cells = frame[name].reset_index(drop=True)
        if name in roles.as_words:
            columns[name] = pd.Series(distinct(cells).text(), dtype=object)
        elif name not in roles.drop:
            columns[name] = _without_missing_words(cells, roles)
    return pd.DataFrame(columns, copy=False)


def _without_missing_words(cells: pd.Series, roles: Roles) -> pd.Series:
    import pandas as pd

    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells
    if pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = pd.to_numeric(pd.Series(roles.missing, dtype=object), errors="coerce").dropna()
        if len(numbers) == 0:
            return cells
        return cells.mask(cells.isin(numbers.to_numpy()).to_numpy(dtype=bool))
    if pd.api.types.infer_dtype(cells, skipna=True) in ("boolean", "integer", "floating", "mixed-integer-float"):
        return cells
    words = as_words(cells)
    return words.mask(words.isin(roles.missing).to_numpy(dtype=bool), np.nan)
