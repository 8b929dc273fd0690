"""The table that everything else works on: typed columns, codes of the given labels, and where each row stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["numeric", "boolean", "categorical", "date", "text", "embedding"]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
ObjectArray = npt.NDArray[np.object_]

NO_LINE = -1  # the line and offset of a row that comes from no file
NO_GROUP = -1  # of a row whose group is missing


@dataclass(frozen=True)
class Column:
    """One feature, one value a row.

    numeric, boolean (0 or 1) and date (seconds since 1970, UTC): float64, NaN where missing.
    categorical: int64 codes into the sorted `levels`, -1 where missing (or unknown to the table it was read against).
    text: str objects, "" where missing.
    embedding: (rows, dimensions) of float16, float32 or float64, none missing; it came beside the data.
    """

    name: str
    kind: Kind
    values: npt.NDArray[Any]
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOutColumn:
    """A column that is no feature, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LeftOutRow:
    """A row that is not audited, and why; `row` counts all data rows from 1, `file` indexes the sources."""

    row: int
    file: int
    line: int
    reason: str


@dataclass(frozen=True)
class Source:
    """One input as it was read; `sha256` and `size_bytes` are those of the bytes on disk, still compressed.

    `format`: csv or parquet, which has no delimiter, charset, skipped or blank lines ("" and 0).
    `lost_characters`: U+FFFD in the text, which earlier conversions put where they could not read a character.
    """

    path: str
    sha256: str
    size_bytes: int
    compression: str
    rows: int
    header: tuple[str, ...]
    delimiter: str
    charset: str
    skip: int
    blank_lines: int
    lost_characters: int
    format: str = "csv"


@dataclass(frozen=True)
class Table:
    """The labelled rows of one or more files, in file order.

    `given`: index of each row's label into the sorted `classes`. `row`: from 1 over all data rows, with those left out.
    `line`: physical line in its file from 1, NO_LINE for a DataFrame. `offset`: the record's first byte in the
    decompressed UTF-8 text, NO_LINE likewise. `group`: rows that belong together have the same number from 0, NO_GROUP
    belongs to no other; None where no column says so.
    """

    sources: tuple[Source, ...]
    label: str
    classes: tuple[str, ...]
    given: IntArray
    row: IntArray
    file: IntArray
    line: IntArray
    offset: IntArray
    ids: dict[str, ObjectArray]
    columns: tuple[Column, ...]
    left_out_columns: tuple[LeftOutColumn, ...]
    left_out_rows: tuple[LeftOutRow, ...]
    group: IntArray | None = None

    def __len__(self) -> int:
        return len(self.given)
