"""A Table from columns of cells, whether they come from files or from a DataFrame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.errors import InputError
from labelaudit.table.cells import Cells, words_of
from labelaudit.table.distinct import Distinct
from labelaudit.table.kinds import Places, as_kind, infer
from labelaudit.table.label import check_classes, codes_of_known, given_labels
from labelaudit.table.roles import Roles
from labelaudit.table.rowwise import BoolArray, counts, numbered, picked, spans
from labelaudit.table.table import NO_GROUP, Column, IntArray, LeftOutColumn, LeftOutRow, Source, Table
from labelaudit.table.words import counted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """Where every data row stands, with or without a label; `places` says it in words."""

    file: IntArray
    line: IntArray
    offset: IntArray
    places: Places


def build(
    cells: Mapping[str, pd.Series | Cells],
    header: tuple[str, ...],
    roles: Roles,
    rows: Rows,
    sources: tuple[Source, ...],
    expect: Table | None,
) -> Table:
    """The table of the labelled rows; raises InputError for labels or cells that no audit can work on."""
    labels = words_of(cells[roles.label])
    kept, row, left_out_rows = _labelled(labels, rows)
    names = ", ".join(source.path for source in sources)
    if expect is None:
        classes, given = given_labels(labels, kept)
        check_classes(roles.label, classes, given, names)
        columns, left_out = _features(cells, header, roles, rows.places, kept)
    else:
        classes = expect.classes
        given = codes_of_known(labels, kept, classes, roles.label, rows.places)
        columns, left_out = _expected(cells, header, roles, rows.places, kept, expect)
    return Table(
        sources=sources,
        label=roles.label,
        classes=classes,
        given=given,
        row=row,
        file=picked(rows.file, kept),
        line=picked(rows.line, kept),
        offset=picked(rows.offset, kept),
        ids={name: words_of(cells[name]).text(kept) for name in roles.ids if name in cells},
        columns=columns,
        left_out_columns=left_out,
        left_out_rows=left_out_rows,
        group=None if roles.group is None else _group(words_of(cells[roles.group]), roles.missing, kept),
    )


def refuse_other_count(names: str, rows: int, expected: int | None) -> None:
    """Raise InputError if the data has another number of rows than its user knows it to have."""
    if expected is not None and rows != expected:
        raise InputError(
            f"{names}: expected {counted(expected, 'row')} (--expect-rows), got {rows:,}. The data may be cut "
            "short, or hold rows twice."
        )


def _group(words: Distinct, missing: tuple[str, ...], kept: BoolArray | None) -> IntArray:
    """The group of each labelled row as a number, NO_GROUP where its cell is empty or a word for a missing value."""
    absent = np.array([*(word in missing for word in words.words), True])
    return picked(words.codes, kept, np.where(absent, NO_GROUP, np.arange(len(absent))))


def _labelled(labels: Distinct, rows: Rows) -> tuple[BoolArray | None, IntArray, tuple[LeftOutRow, ...]]:
    """Which rows have a label, or None for all; their numbers; one entry for each other, which alone are named."""
    has_label = np.array([*(word != "" for word in labels.words), False])
    if has_label[:-1].all() and all((labels.codes[span] >= 0).all() for span in spans(len(labels.codes))):
        return None, numbered(1, len(labels.codes)), ()
    labelled = picked(labels.codes, place=has_label)
    without = np.flatnonzero(~labelled)
    places = zip((without + 1).tolist(), rows.file[without].tolist(), rows.line[without].tolist(), strict=True)
    left_out = tuple(LeftOutRow(row, file, line, "no label") for row, file, line in places)
    return labelled, picked(numbered(1, len(labelled)), labelled), left_out


def _features(
    cells: Mapping[str, pd.Series | Cells],
    header: tuple[str, ...],
    roles: Roles,
    places: Places,
    kept: BoolArray | None,
) -> tuple[tuple[Column, ...], tuple[LeftOutColumn, ...]]:
    """Kinds come from all rows; whether a column says anything, from the labelled ones."""
    found = [_feature(name, cells, roles, places, kept) for name in header if name not in roles.as_words]
    columns = tuple(column for column in found if isinstance(column, Column))
    return columns, tuple(column for column in found if isinstance(column, LeftOutColumn))


def _feature(
    name: str, cells: Mapping[str, pd.Series | Cells], roles: Roles, places: Places, kept: BoolArray | None
) -> Column | LeftOutColumn:
    if name in roles.drop:
        return LeftOutColumn(name, "dropped on request")
    declared = roles.kinds.get(name)
    column = infer(name, cells[name], places) if declared is None else as_kind(name, cells[name], declared, places)
    if isinstance(column, LeftOutColumn):
        return column
    narrowed = _narrowed(column, kept)
    reason = _says_nothing(narrowed)
    return narrowed if reason is None else LeftOutColumn(name, reason)


def _narrowed(column: Column, kept: BoolArray | None) -> Column:
    """The column on the labelled rows, without levels that only other rows have."""
    values = picked(column.values, kept)
    if column.kind != "categorical":
        return Column(column.name, column.kind, values)
    used = np.flatnonzero(counts(values, len(column.levels)))
    if len(used) == len(column.levels):
        return Column(column.name, column.kind, values, column.levels)
    place = np.full(len(column.levels) + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    levels = tuple(column.levels[code] for code in used.tolist())
    return Column(column.name, column.kind, picked(values, place=place), levels)


def missing_in(column: Column) -> BoolArray:
    """Which rows have no value."""
    if column.kind == "embedding":
        return np.zeros(len(column.values), dtype=bool)
    if column.kind == "text":
        return np.asarray(column.values == "", dtype=bool)
    return column.values < 0 if column.kind == "categorical" else np.isnan(column.values)


def _says_nothing(column: Column) -> str | None:
    """Why a column cannot tell rows apart. One value beside missing cells can: which cells are missing tells."""
    some_missing = all_missing = all_same = None
    for span in spans(len(column.values)):
        values = column.values[span]
        missing = missing_in(Column(column.name, column.kind, values))
        some_missing = bool(some_missing) or bool(missing.any())
        all_missing = all_missing is not False and bool(missing.all())
        all_same = all_same is not False and bool((values == column.values[0]).all())
        if not all_missing and (some_missing or not all_same):
            return None
    if all_missing:
        return "all missing: no row has a value"
    return "constant: every row has the same value"


def _expected(
    cells: Mapping[str, pd.Series | Cells],
    header: tuple[str, ...],
    roles: Roles,
    places: Places,
    kept: BoolArray | None,
    expect: Table,
) -> tuple[tuple[Column, ...], tuple[LeftOutColumn, ...]]:
    """The columns of the audited table, in its order, kinds and levels."""
    columns = []
    for column in expect.columns:
        levels = column.levels if column.kind == "categorical" else None
        read = as_kind(column.name, cells[column.name], column.kind, places, levels)
        columns.append(Column(read.name, read.kind, picked(read.values, kept), read.levels))
    known = {column.name for column in expect.columns}
    others = [name for name in header if name not in known and name not in (roles.label, *roles.ids)]
    return tuple(columns), tuple(LeftOutColumn(name, "not used in the audited data") for name in others)
