"""A DataFrame as CSV: cells as they are, floats shortest round-trip, true and false, LF line ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit import _core

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1 << 16  # written at a time: between two calls Ctrl-C is heard


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Header and records in UTF-8; what it cannot hold (a lone surrogate) as an escape. Missing cells are empty."""
    columns: list[Any] = [_column(frame[name]) for name in frame.columns]
    pieces = [b",".join(_quoted(frame.columns)) + b"\n"]
    for start in range(0, len(frame), ROWS):
        pieces.append(_core.csv_records(columns, len(frame), start, min(start + ROWS, len(frame))))
    return b"".join(pieces)


def _column(column: pd.Series) -> Any:
    """Numbers as they are; anything else as codes into its distinct words, quoted once each."""
    if column.dtype == np.float64 or column.dtype == np.int64:
        return np.ascontiguousarray(column.to_numpy())
    if column.dtype == bool:
        return column.to_numpy().astype(np.int64), (b"false", b"true")
    return _words(column)


def _words(column: pd.Series) -> Any:
    import pandas as pd

    if isinstance(column.dtype, pd.Int64Dtype):
        if not column.isna().any():
            return column.to_numpy(dtype=np.int64)
        column = column.astype(object)
    codes, words = pd.factorize(column.to_numpy(dtype=object))
    return codes.astype(np.int64), tuple(_quoted(words))


def _quoted(words: Iterable[Any]) -> Iterable[bytes]:
    """Each word as Python's csv module quotes it beside other cells.

    Before Python 3.13 it quotes a CR only if lines end in one: so they do, and the end is cut off with the cell behind.
    """
    end = ",\r\n"
    lines: list[str] = []
    writer = csv.writer(_Lines(lines), lineterminator=end[1:])
    writer.writerows((word, "") for word in words)
    return (line.removesuffix(end).encode("utf-8", "backslashreplace") for line in lines)


class _Lines:
    """Takes a csv writer's lines."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
