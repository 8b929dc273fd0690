"""Where rows can be read again: byte ranges of CSV files, rows of Parquet files, with what their columns are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.addresses import is_address
from labelaudit.cluster.current import in_use
from labelaudit.cluster.messages import Read, Segment
from labelaudit.table.compression import PLAIN
from labelaudit.table.source import STDIN
from labelaudit.table.table import Column, Source, Table

UTF8 = ("utf-8", "utf-8-sig", "")  # charsets whose bytes are those of the text; a Parquet file has none


@dataclass(frozen=True)
class Origin:
    """Rows of a table that was read from files: their positions in it, and the words for a missing value."""

    table: Table
    rows: NDArray[np.int64]
    missing: tuple[str, ...]

    def outline(self) -> Table:
        """What a reader has to know of the table: its columns' kinds and levels, and its classes."""
        nothing = np.empty(0, dtype=np.int64)
        columns = tuple(Column(c.name, c.kind, nothing, c.levels) for c in self.table.columns)
        empty: dict[str, Any] = dict.fromkeys(("given", "row", "file", "line", "offset"), nothing)
        empty.update(ids={}, left_out_columns=(), left_out_rows=(), group=None)
        return replace(self.table, columns=columns, **empty)

    def read(self, outline: int, order: NDArray[np.int64], columns: Sequence[Column]) -> Read:
        """How to read rows again, positions among these rows; columns hold their values, in the order of `order`."""
        at = self.rows[order]
        first, last = int(at.min()), int(at.max())
        pick = (at - first).astype(np.min_scalar_type(last - first))
        segments = tuple(self._segments(first, last + 1))
        return Read(outline, segments, last + 1 - first, pick, self.missing, tuple(map(digest, columns)))

    def _segments(self, first: int, stop: int) -> Iterator[Segment]:
        """The rows first to stop of the table, file by file."""
        table = self.table
        for number in range(int(table.file[first]), int(table.file[stop - 1]) + 1):
            begin, end = np.searchsorted(table.file, [number, number + 1])
            a, b = max(first, int(begin)), min(stop, int(end))
            if a < b:
                yield self._segment(table.sources[number], a, b, int(begin), int(end))

    def _segment(self, source: Source, a: int, b: int, begin: int, end: int) -> Segment:
        table = self.table
        if source.format == "parquet":
            before = sum(s.rows for s in table.sources[: int(table.file[a])])
            bounds = int(table.row[a]) - 1 - before, int(table.row[b - 1]) - before
        else:
            bounds = int(table.offset[a]), int(table.offset[b]) if b < end else source.size_bytes
        path = source.path if is_address(source.path) else os.fspath(Path(source.path).absolute())
        return Segment(path, source.format, *bounds, source.header, source.delimiter, table.label)


def came_from(columns: Sequence[Column], table: Table, rows: NDArray[np.int64], missing: tuple[str, ...]) -> None:
    """Notes for the cluster in use, if there is one, that these feature columns hold these rows of a table of files."""
    grid = in_use()
    if grid is not None:
        grid.origins = {id(columns): (columns, Origin(table, rows, missing))} if _can_be_read_again(table) else {}


def _can_be_read_again(table: Table) -> bool:
    in_files = all(c.kind != "embedding" for c in table.columns)
    return in_files and bool(table.sources) and all(_is_plain(source) for source in table.sources)


def _is_plain(source: Source) -> bool:
    if source.path == STDIN or source.compression != PLAIN or source.charset not in UTF8:
        return False
    return is_address(source.path) or Path(source.path).is_file()


def digest(column: Column) -> bytes:
    """Of the values of a column, every bit of them."""
    found = hashlib.blake2b(digest_size=16)
    if column.values.dtype == object:
        for text in column.values:
            data = text.encode("utf-8", "surrogatepass")
            found.update(b"%d:" % len(data))
            found.update(data)
    else:
        found.update(column.values.tobytes())
    return found.digest()
