"""A DataFrame as CSV: cells as they are, floats shortest round-trip, true and false, LF line ends."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit import _core, storage

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1 << 15  # written at a time: between two calls Ctrl-C is heard
AHEAD = 2  # threads that write, each some rows ahead of the caller


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Header and records in UTF-8; what it cannot hold (a lone surrogate) as an escape. Missing cells are empty."""
    return b"".join(csv_pieces(frame))


def csv_pieces(frame: pd.DataFrame) -> Iterator[bytes]:
    """The same, some rows at a time: a thread writes the next while the caller has this one."""
    columns: list[Any] = [_column(frame[name]) for name in frame.columns]
    yield b",".join(_quoted(frame.columns)) + b"\n"
    with storage.threads(AHEAD) as pool:
        waiting: deque[Future[bytes]] = deque()
        for start in range(0, len(frame), ROWS):
            waiting.append(pool.submit(_records, columns, start, min(start + ROWS, len(frame))))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _records(columns: list[Any], start: int, stop: int) -> bytes:
    some = [(c[0][start:stop], c[1]) if isinstance(c, tuple) else c[start:stop] for c in columns]
    return _core.csv_records(some, stop - start, 0, stop - start)


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
