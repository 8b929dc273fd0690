"""A worker's reading of its rows: some bytes of a CSV file, some row groups of a Parquet file."""

from __future__ import annotations

import csv
import io
import socket
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.addresses import Address, is_address
from labelaudit.cluster.messages import Read, Segment
from labelaudit.cluster.origin import digest
from labelaudit.encode.encoder import feature_columns
from labelaudit.errors import InputError
from labelaudit.table.compression import PLAIN
from labelaudit.table.intake import Intake, pieces_of
from labelaudit.table.opening import Opened
from labelaudit.table.reader import read_table
from labelaudit.table.source import Text
from labelaudit.table.table import Column, Table


class OtherRowsError(Exception):
    """What is in the files is not what the coordinator has read, or is not told from these rows alone."""


def read_again(how: Read, outline: Table) -> tuple[Column, ...]:
    """The feature columns of the rows; raises InputError for a file that is not there, else OtherRowsError."""
    opened = [_opened(segment) for segment in how.segments]
    first = how.segments[0]
    try:
        table = read_table(
            opened,
            delimiter=first.delimiter or None,
            label=first.label,
            missing=how.missing,
            expect=outline,
            trust_size=True,
        )
        if len(table) != how.rows:
            raise OtherRowsError(f"expected {how.rows} rows, got {len(table)}")
        columns = tuple(Column(c.name, c.kind, c.values[how.pick], c.levels) for c in feature_columns(table.columns))
    except OtherRowsError:
        raise
    except Exception as error:  # whatever it is, the coordinator has read these rows
        raise OtherRowsError(str(error)) from error
    if tuple(map(digest, columns)) != how.digests:
        raise OtherRowsError("other values")
    return columns


def _opened(segment: Segment) -> Opened:
    try:
        return _parquet(segment) if segment.format == "parquet" else _text(segment)
    except InputError as error:  # an address, which this machine may have no package or credentials for
        raise OtherRowsError(str(error)) from error
    except OSError as error:
        raise InputError(
            f"a worker on {socket.gethostname()} cannot read {segment.path}: {error.strerror or error}. The workers of "
            "--cluster read the data themselves: put it where all of them see it under this name, or pass it on "
            "standard input (-) or as a DataFrame, which are sent to them."
        ) from None
    except (ImportError, ValueError) as error:  # no pyarrow; what was a Parquet file is none any more
        raise OtherRowsError(str(error)) from error


def _text(segment: Segment) -> Text:
    """The header and the bytes of some records as a file of its own."""
    header = io.StringIO()
    csv.writer(header, delimiter=segment.delimiter, lineterminator="\n").writerow(segment.header)
    body = header.getvalue().encode() + _bytes_of(segment)
    intake = Intake(segment.path, None)
    for piece in pieces_of(body):
        intake.take(piece)
    taken = intake.finish()
    how: dict[str, Any] = {"sha256": "", "size_bytes": len(body), "compression": PLAIN, "charset": "utf-8"}
    notes: dict[str, Any] = {"lost_characters": taken.lost_characters, "has_minus_zero": taken.has_minus_zero}
    return Text(path=segment.path, name=segment.path, body=taken.body, **how, **notes)


def _bytes_of(segment: Segment) -> bytes:
    count = segment.stop - segment.start
    if is_address(segment.path):
        return Address(segment.path, segment.path).take(segment.start, count)
    with Path(segment.path).open("rb") as file:
        file.seek(segment.start)
        return file.read(count)


def _parquet(segment: Segment) -> Opened:
    """The rows as a file of its own, of the same types."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from labelaudit.table.parquet.file import Parquet

    with Address(segment.path, segment.path).open() if is_address(segment.path) else pa.OSFile(segment.path) as source:
        file = pq.ParquetFile(source)
        counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        ends = np.cumsum(counts)
        first, last = np.searchsorted(ends, [segment.start, segment.stop - 1], side="right").tolist()
        before = int(ends[first]) - counts[first]
        groups = file.read_row_groups(list(range(first, last + 1)))
        rows = groups.slice(segment.start - before, segment.stop - segment.start)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    written = sink.getvalue()
    return Parquet(segment.path, segment.path, "", written.size, pq.ParquetFile(pa.BufferReader(written)), None)
