"""A Table from columns of cells, whether they come from files or from a DataFrame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from labelaudit.errors import InputError
from labelaudit.table.distinct import distinct
from labelaudit.table.kinds import Places, as_kind, infer
from labelaudit.table.label import check_classes, codes_of_known, given_labels
from labelaudit.table.roles import Roles
from labelaudit.table.table import NO_GROUP, Column, IntArray, LeftOutColumn, LeftOutRow, Source, Table
from labelaudit.table.words import counted

if TYPE_CHECKING:
    import pandas as pd

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Where every data row stands, with or without a label; `places` says it in words."""

    file: IntArray
    line: IntArray
    offset: IntArray
    places: Places


def build(
    frame: pd.DataFrame,
    header: tuple[str, ...],
    roles: Roles,
    rows: Rows,
    sources: tuple[Source, ...],
    expect: Table | None,
) -> Table:
    """The table of the labelled rows; raises InputError for labels or cells that no audit can work on."""
    labels = distinct(frame[roles.label]).text()
    labelled = labels != ""
    kept = np.flatnonzero(labelled).astype(np.int64)
    names = ", ".join(source.path for source in sources)
    if expect is None:
        classes, given = given_labels(labels[labelled])
        check_classes(roles.label, classes, given, names)
        columns, left_out = _features(frame, header, roles, rows.places, labelled)
    else:
        classes = expect.classes
        given = codes_of_known(labels[labelled], classes, roles.label, rows.places, kept)
        columns, left_out = _expected(frame, header, roles, rows.places, labelled, expect)
    return Table(
        sources=sources,
        label=roles.label,
        classes=classes,
        given=given,
        row=kept + 1,
        file=rows.file[labelled],
        line=rows.line[labelled],
        offset=rows.offset[labelled],
        ids={name: distinct(frame[name]).text()[labelled] for name in roles.ids if name in frame},
        columns=columns,
        left_out_columns=left_out,
        left_out_rows=_left_out_rows(rows, labelled),
        group=None if roles.group is None else _group(frame[roles.group], roles.missing, labelled),
    )


def refuse_other_count(names: str, rows: int, expected: int | None) -> None:
    """Raise InputError if the data has another number of rows than its user knows it to have."""
    if expected is not None and rows != expected:
        raise InputError(
            f"{names}: expected {counted(expected, 'row')} (--expect-rows), got {rows:,}. The data may be cut "
            "short, or hold rows twice."
        )


def _group(cells: pd.Series, missing: tuple[str, ...], labelled: BoolArray) -> IntArray:
    """The group of each labelled row as a number, NO_GROUP where its cell is empty or a word for a missing value."""
    words = distinct(cells)
    absent = np.array([*(word in missing for word in words.words), True])
    return np.where(absent[words.codes], NO_GROUP, words.codes)[labelled]


def _left_out_rows(rows: Rows, labelled: BoolArray) -> tuple[LeftOutRow, ...]:
    """One entry a row without a label: the only rows that are named one by one."""
    without = np.flatnonzero(~labelled)
    places = zip((without + 1).tolist(), rows.file[without].tolist(), rows.line[without].tolist(), strict=True)
    return tuple(LeftOutRow(row, file, line, "no label") for row, file, line in places)


def _features(
    frame: pd.DataFrame, header: tuple[str, ...], roles: Roles, places: Places, labelled: BoolArray
) -> tuple[tuple[Column, ...], tuple[LeftOutColumn, ...]]:
    """Kinds come from all rows; whether a column says anything, from the labelled ones."""
    found = [_feature(name, frame, roles, places, labelled) for name in header if name not in roles.as_words]
    columns = tuple(column for column in found if isinstance(column, Column))
    return columns, tuple(column for column in found if isinstance(column, LeftOutColumn))


def _feature(
    name: str, frame: pd.DataFrame, roles: Roles, places: Places, labelled: BoolArray
) -> Column | LeftOutColumn:
    if name in roles.drop:
        return LeftOutColumn(name, "dropped on request")
    declared = roles.kinds.get(name)
    column = infer(name, frame[name], places) if declared is None else as_kind(name, frame[name], declared, places)
    if isinstance(column, LeftOutColumn):
        return column
    kept = _narrowed(column, labelled)
    reason = _says_nothing(kept)
    return kept if reason is None else LeftOutColumn(name, reason)


def _narrowed(column: Column, labelled: BoolArray) -> Column:
    """The column on the labelled rows, without levels that only other rows have."""
    values = column.values if labelled.all() else column.values[labelled]
    if column.kind != "categorical":
        return Column(column.name, column.kind, values)
    used = np.flatnonzero(np.bincount(values[values >= 0], minlength=len(column.levels)))
    place = np.full(len(column.levels) + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    return Column(column.name, column.kind, place[values], tuple(column.levels[code] for code in used.tolist()))


def missing_in(column: Column) -> BoolArray:
    """Which rows have no value."""
    if column.kind == "embedding":
        return np.zeros(len(column.values), dtype=bool)
    if column.kind == "text":
        return np.asarray(column.values == "", dtype=bool)
    return column.values < 0 if column.kind == "categorical" else np.isnan(column.values)


def _says_nothing(column: Column) -> str | None:
    """Why a column cannot tell rows apart. One value beside missing cells can: which cells are missing tells."""
    missing = missing_in(column)
    if missing.all():
        return "all missing: no row has a value"
    if missing.any() or not (column.values == column.values[0]).all():
        return None
    return "constant: every row has the same value"


def _expected(
    frame: pd.DataFrame, header: tuple[str, ...], roles: Roles, places: Places, labelled: BoolArray, expect: Table
) -> tuple[tuple[Column, ...], tuple[LeftOutColumn, ...]]:
    """The columns of the audited table, in its order, kinds and levels."""
    columns = []
    for column in expect.columns:
        levels = column.levels if column.kind == "categorical" else None
        read = as_kind(column.name, frame[column.name], column.kind, places, levels)
        columns.append(Column(read.name, read.kind, read.values[labelled], read.levels))
    known = {column.name for column in expect.columns}
    others = [name for name in header if name not in known and name not in (roles.label, *roles.ids)]
    return tuple(columns), tuple(LeftOutColumn(name, "not used in the audited data") for name in others)
