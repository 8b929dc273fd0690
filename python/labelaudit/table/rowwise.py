"""Arrays with one entry a row, made and looked at some rows at a time, so that no copy of them is ever in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

SPAN = 1 << 17  # rows

BoolArray = npt.NDArray[np.bool_]


class Growing:
    """A one-dimensional array that grows at its end."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._values, self._size = np.empty(0, dtype), 0

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Appends; most of the time without moving what is there."""
        size = self._size + len(values)
        if size > len(self._values):
            before = self._values[: self._size]
            self._values = np.empty(max(size, 2 * self._size), self._values.dtype)
            self._values[: self._size] = before
        self._values[self._size : size] = values
        self._size = size

    def whole(self) -> npt.NDArray[Any]:
        """All values, not to be extended any more."""
        return self._values[: self._size]


def spans(rows: int) -> Iterator[slice]:
    """All rows, some at a time."""
    for start in range(0, rows, SPAN):
        yield slice(start, min(start + SPAN, rows))


def picked(
    values: npt.NDArray[Any], kept: BoolArray | None = None, place: npt.NDArray[Any] | None = None
) -> npt.NDArray[Any]:
    """`place[values]` of the kept rows; all rows are kept, and the values taken as they are, where None says so."""
    if kept is None and place is None:
        return values
    count = len(values) if kept is None else int(np.count_nonzero(kept))
    out = np.empty((count, *values.shape[1:]), values.dtype if place is None else place.dtype)
    at = 0
    for span in spans(len(values)):
        some = values[span] if kept is None else values[span][kept[span]]
        out[at : at + len(some)] = some if place is None else place[some]
        at += len(some)
    return out


def counts(codes: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """How many rows have each of so many codes; negative ones are of no word."""
    total = np.zeros(size + 1, dtype=np.int64)
    for span in spans(len(codes)):
        total += np.bincount(codes[span] + 1, minlength=size + 1)
    return total[1:]


def numbered(first: int, rows: int) -> npt.NDArray[np.int64]:
    """Consecutive numbers."""
    out = np.empty(rows, np.int64)
    for span in spans(rows):
        out[span] = np.arange(first + span.start, first + span.stop)
    return out
