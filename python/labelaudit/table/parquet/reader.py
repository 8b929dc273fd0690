"""Parquet files as a Table or as texts, with the answer that a DataFrame of the same columns gives."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.errors import InputError, UsageError
from labelaudit.table.build import Rows, build, refuse_other_count
from labelaudit.table.frame import columns_as_read
from labelaudit.table.parquet.cells import SORTS, Filled, Words, lost_in, read_chunks, sort_of, texts
from labelaudit.table.parquet.file import Parquet, names_of, refusals, source_of
from labelaudit.table.roles import Roles, refuse_unknown
from labelaudit.table.table import NO_LINE, IntArray, LeftOutColumn, Table
from labelaudit.table.words import listed, not_there, quoted

if TYPE_CHECKING:
    import pandas as pd

NULL = "null"  # the type of a column without any value, which goes with every other


@dataclass(frozen=True)
class ParquetPlaces:
    """Rows of Parquet files, counted from 1 in each; `starts`: the first row of each file over all."""

    files: Sequence[Parquet]
    starts: IntArray
    cells: pd.DataFrame

    def at(self, row: int) -> str:
        """`train.parquet, row 17`."""
        file = int(np.searchsorted(self.starts, row, side="right")) - 1
        return f"{self.files[file].name}, row {row - int(self.starts[file]) + 1}"

    def cell(self, row: int, column: str) -> str:
        """The cell as str() writes it."""
        return str(self.cells[column].iloc[row])


def read_parquet(
    files: Sequence[Parquet], wanted: Roles, *, expect: Table | None, expect_rows: int | None, threads: int = 1
) -> Table:
    """The labelled rows of Parquet files with the same columns; lines and offsets are NO_LINE.

    Nested and binary columns and durations are left out, unless they are declared categorical or text, as is what
    pandas stored of a DataFrame's index, unless it is asked for. Raises as `labelaudit.table.reader.read_table`.
    """
    _check_headers(files, wanted.label)
    header = files[0].header
    refuse_other_count(names_of(files), sum(file.rows for file in files), expect_rows)
    if expect is None:
        refuse_unknown(wanted, header)
        left_out = _left_out(files, wanted)
        needed = [name for name in header if name not in left_out and name not in wanted.drop]
        worded = {*wanted.as_words, *(name for name, kind in wanted.kinds.items() if kind != "numeric")}
    else:
        left_out = {}
        needed = _expected(files, wanted, expect)
        worded = {*wanted.as_words, *(c.name for c in expect.columns if c.kind in ("categorical", "text"))}
    columns, lost = _columns(files, needed, worded, threads)
    frame = columns_as_read(columns, wanted)
    counts = [file.rows for file in files]
    starts = np.cumsum([0, *counts[:-1]], dtype=np.int64)
    nowhere = np.full(len(frame), NO_LINE, dtype=np.int64)
    of_file = np.repeat(np.arange(len(files), dtype=np.int64), counts)
    rows = Rows(of_file, nowhere, nowhere, ParquetPlaces(files, starts, columns))
    sources = tuple(source_of(file, n) for file, n in zip(files, lost, strict=True))
    known = tuple(name for name in header if name not in left_out)
    return _with_left_out(build(frame, known, wanted, rows, sources, expect), header, left_out)


def parquet_cells(files: Sequence[Parquet], label: str) -> pd.DataFrame:
    """The text of every cell of every data row, labelled or not; rows and columns in file order.

    Raises as `read_parquet`.
    """
    import pandas as pd

    _check_headers(files, label)
    header = files[0].header
    filled = {name: Words(sum(file.rows for file in files)) for name in header}
    first = 0
    for file in files:
        for name, start, chunk in read_chunks(file, header):
            with refusals(file.name):
                filled[name].put(first + start, chunk)
        first += file.rows
    return pd.DataFrame({name: column.series() for name, column in filled.items()}, copy=False)


def label_texts(file: Parquet, label: str) -> list[str]:
    """The text of every row's label."""
    return [word for _, _, chunk in read_chunks(file, [label]) for word in texts(chunk).tolist()]


def _check_headers(files: Sequence[Parquet], label: str) -> None:
    """Raises InputError unless all files have rows and the same distinct names, the label among them."""
    first = files[0].header
    for file in files:
        _check_names(file, label)
        if file.header != first:
            raise InputError(
                f"{file.name}: expected the columns of {files[0].name} ({listed(first)}), got {listed(file.header)}. "
                "All files need the same columns in the same order."
            )
        if file.rows == 0:
            raise InputError(f"{file.name}: there are no rows, only columns.")


def _check_names(file: Parquet, label: str) -> None:
    if not all(name.strip() for name in file.header):
        raise InputError(f"{file.name}: a column has an empty name. Give the column a name.")
    name, count = Counter(file.header).most_common(1)[0] if file.header else ("", 0)
    if count > 1:
        raise InputError(
            f"{file.name}: the name {quoted(name)} stands {count} times among the columns. Rename all but one."
        )
    if label not in file.header:
        raise InputError(f"{file.name}: there is no label column {quoted(label)}.{not_there(label, file.header)}")


def _type(file: Parquet, name: str) -> Any:
    return file.reader.schema_arrow.field(name).type


def _left_out(files: Sequence[Parquet], wanted: Roles) -> dict[str, str]:
    """Columns that are no features, with the reason; raises InputError if one is to be read as numbers."""
    asked = {*wanted.as_words, *wanted.drop, *wanted.kinds}
    found = dict.fromkeys(index_columns(files[0]), "the index of the DataFrame that was stored")
    for name in files[0].header:
        kind = _type(files[0], name)
        if sort_of(kind) is not None:
            continue
        if wanted.kinds.get(name) == "numeric":
            raise InputError(f"{files[0].name}, column {quoted(name)}: expected numbers, got {kind}. Drop the column.")
        found[name] = f"{kind} is no feature; --categorical or --text takes it as it is written"
    return {name: reason for name, reason in found.items() if name not in asked}


def index_columns(file: Parquet) -> list[str]:
    """The columns that hold a DataFrame's index, as pandas notes them in the file."""
    noted = (file.reader.schema_arrow.metadata or {}).get(b"pandas")
    try:
        listed_names = json.loads(noted)["index_columns"] if noted is not None else []
        return [name for name in listed_names if isinstance(name, str) and name in file.header]
    except (ValueError, KeyError, TypeError, RecursionError):  # another's note under this name
        return []


def _expected(files: Sequence[Parquet], wanted: Roles, expect: Table) -> list[str]:
    """The columns that the audited table has, with label and ids."""
    kinds = {column.name: column.kind for column in expect.columns if column.kind != "embedding"}
    for name in kinds:
        if name not in files[0].header:
            raise InputError(
                f"{files[0].name}: the reference has no column {quoted(name)}, which the audited data has. "
                f"Columns: {listed(files[0].header)}."
            )
        kind = _type(files[0], name)
        if sort_of(kind) is None and kinds[name] not in ("categorical", "text"):
            raise InputError(
                f"{files[0].name}, column {quoted(name)}: expected {kinds[name]} values as in the audited data, got "
                f"{kind}."
            )
    known = {wanted.label, *wanted.ids, *kinds}
    return [name for name in files[0].header if name in known]


def _columns(
    files: Sequence[Parquet], needed: Sequence[str], worded: set[str], threads: int
) -> tuple[pd.DataFrame, list[int]]:
    """The columns of all files, and how many lost characters were read from each."""
    import pandas as pd

    rows = sum(file.rows for file in files)
    filled = {name: _filled(files, name, rows, as_text=name in worded) for name in needed}
    first, lost = 0, []
    for file in files:
        in_file = 0
        for name, start, chunk in read_chunks(file, needed, threads=threads):
            with refusals(file.name):
                in_file += lost_in(chunk)
                if str(chunk.type) != NULL:
                    filled[name].put(first + start, chunk)
        first += file.rows
        lost.append(in_file)
    return pd.DataFrame({name: column.series() for name, column in filled.items()}, copy=False), lost


def _filled(files: Sequence[Parquet], name: str, rows: int, *, as_text: bool) -> Filled:
    """An empty column for what the files hold; raises InputError where one has another sort of values."""
    if as_text:
        return Words(rows)
    typed = [(file, _type(file, name)) for file in files if str(_type(file, name)) != NULL]
    for file, kind in typed[1:]:
        if sort_of(kind) != sort_of(typed[0][1]):
            raise InputError(
                f"{file.name}, column {quoted(name)}: expected {typed[0][1]} as in {typed[0][0].name}, got {kind}. "
                "Write all files with the same types."
            )
    return SORTS[(sort_of(typed[0][1]) if typed else None) or "text"](rows)


def _with_left_out(table: Table, header: Sequence[str], left_out: dict[str, str]) -> Table:
    """The table with these columns among those that are no features, in the order of the file."""
    if not left_out:
        return table
    every = [*table.left_out_columns, *(LeftOutColumn(name, reason) for name, reason in left_out.items())]
    return replace(table, left_out_columns=tuple(sorted(every, key=lambda column: header.index(column.name))))


def refuse_csv_options(file: Parquet, *, skip: int, delimiter: str | None, charset: str, rejects: str | None) -> None:
    """Raises UsageError, with its name, for an option that says how CSV is written."""
    given = {
        "--skip": skip != 0,
        "--delimiter": delimiter is not None,
        "--charset": charset.lower().replace("_", "-") not in ("utf-8", "utf8"),
        "--rejects": rejects is not None,
    }
    for option, is_given in given.items():
        if is_given:
            raise UsageError(f"{option} is for CSV, and {file.name} is a Parquet file. Leave {option} out.")
