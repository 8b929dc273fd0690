"""Some rows of a Parquet file, as a Parquet file in memory; its footer knows how many there are."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from labelaudit.addresses import Address, is_address, shown
from labelaudit.table.parquet.file import Parquet, _pyarrow, refusals
from labelaudit.table.words import printable

SAMPLE_ROWS = 20_000
GROUPS = 4  # row groups that are read from


def parquet_excerpt(given: str | os.PathLike[str] | Parquet) -> tuple[Parquet, int, int]:
    """Some of its rows, the number of all, and its bytes; raises InputError where it cannot be read.

    A file by its name is not hashed, as reading it all would.
    """
    if isinstance(given, Parquet):
        return (given if given.rows <= SAMPLE_ROWS else _some(given)), given.rows, given.size_bytes
    path = os.fspath(given)
    name = printable(shown(path))
    arrow = _pyarrow(name)
    with refusals(name):
        source: Any = Address(path, name).open() if is_address(path) else arrow.OSFile(os.fsencode(path))
        size = source.seek(0, os.SEEK_END) if is_address(path) else source.size()
        reader = arrow.parquet.ParquetFile(source)
    whole = Parquet(shown(path), name, "", size, reader, None)
    return (whole if whole.rows <= SAMPLE_ROWS else _some(whole)), whole.rows, whole.size_bytes


def _some(file: Parquet) -> Parquet:
    """The first rows of a few row groups."""
    arrow = _pyarrow(file.name)
    with refusals(file.name):
        count = file.reader.metadata.num_row_groups
        groups = np.unique(np.linspace(0, count - 1, min(GROUPS, count)).astype(int)).tolist()
        batches = [_first(file.reader, group, SAMPLE_ROWS // len(groups)) for group in groups]
        table = arrow.Table.from_batches([b for b in batches if b is not None], file.reader.schema_arrow)
        sink = arrow.BufferOutputStream()
        arrow.parquet.write_table(table, sink)
        reader = arrow.parquet.ParquetFile(arrow.BufferReader(sink.getvalue()))
    return Parquet(file.path, file.name, file.sha256, file.size_bytes, reader, None)


def _first(reader: Any, group: int, rows: int) -> Any:
    return next(iter(reader.iter_batches(batch_size=rows, row_groups=[group])), None)
