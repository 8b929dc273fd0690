"""Hashes of rows by content, and what is drawn from them: folds, samples and landmarks.

The label takes no part, nor does the order of rows and columns or a power-of-two scale, so none of these moves a
score. Exact duplicates have the same hash and so the same fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.blocks import on_threads
from labelaudit.table.table import Column

Hashes = NDArray[np.uint64]
Codes = NDArray[np.int64]
FOLDS = 5
ENOUGH = 1.5  # times as many as are drawn have low hashes: so many are then looked at
PIECE = 1 << 14  # rows hashed at a time: what is worked on stays in the cache


def mixed(h: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit moves every output bit."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    out: Hashes = h ^ (h >> np.uint64(31))
    return out


def _text_hashes(texts: NDArray[np.object_]) -> Hashes:
    from pandas.util import hash_array

    try:
        hashes: Hashes = hash_array(texts, categorize=False)
    except UnicodeEncodeError:  # a lone surrogate, which only a DataFrame can hold
        plain = [text.encode("utf-8", "backslashreplace").decode() for text in texts]
        hashes = hash_array(np.array(plain, dtype=object), categorize=False)
    return hashes


def _adder(column: Column, salt: np.uint64) -> Callable[[Hashes, slice], None]:
    """A function that adds the hashes of the column's cells in some rows to those rows' totals."""
    if column.kind in ("text", "embedding"):
        whole = mixed((_text_hashes if column.kind == "text" else _embedding_hashes)(column.values) ^ salt)
        return lambda totals, rows: _add(totals, whole[rows])
    if column.kind == "categorical":
        levels = mixed(_text_hashes(np.array(["", *column.levels], dtype=object)) ^ salt)
        return lambda totals, rows: _add(totals, levels[column.values[rows] + 1])
    values, exponent = np.ascontiguousarray(column.values, dtype=np.float64), _unit_exponent(column.values)
    return lambda totals, rows: _core.add_hashes(values[rows], exponent, int(salt), totals.view(np.int64))


def _add(totals: Hashes, hashes: Hashes) -> None:
    totals += hashes


def _bits(values: NDArray[np.float64]) -> Hashes:
    values = values + 0.0  # -0.0 becomes 0.0
    values[np.isnan(values)] = np.nan  # one bit pattern
    return values.view(np.uint64)


def _embedding_hashes(values: NDArray[np.floating[Any]]) -> Hashes:
    """Of all dimensions in their order; one power of two scales them all."""
    scale = -int(np.frexp(np.abs(values).max(initial=0.0).astype(np.float64))[1])
    total = np.zeros(len(values), dtype=np.uint64)
    for dimension in range(values.shape[1]):
        total = mixed(total + _bits(np.ldexp(values[:, dimension].astype(np.float64), scale)))
    return total


def _unit_exponent(values: NDArray[np.float64]) -> int:
    """The power of two that brings the largest value into [1/2, 1); 0 where all are 0 or missing."""
    largest = max(float(np.fmax.reduce(values, initial=0.0)), -float(np.fmin.reduce(values, initial=0.0)))
    return -int(np.frexp(largest)[1]) if largest > 0 else 0


def unit_scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values times the power of two that brings the largest into [1/2, 1): exact, and free of overflow later."""
    return np.ldexp(values, _unit_exponent(values))


def moments(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and standard deviations of columns, summed in the order of the values: the same bits for shuffled rows.

    Whitening the landmarks' kernel matrix would make 1e-9 of a last bit here.
    """
    ordered = np.sort(values, axis=0)
    return ordered.mean(0), ordered.std(0)


def row_hashes(columns: Sequence[Column], rows: int, threads: int = 1) -> Hashes:
    """A 64-bit hash of each row's features, (rows,)."""
    total = np.empty(rows, dtype=np.uint64)
    salts = _text_hashes(np.array([c.name for c in columns], dtype=object))
    adders = list(on_threads(lambda i: _adder(columns[i], salts[i]), range(len(columns)), threads))

    def work(start: int) -> None:
        here = slice(start, start + PIECE)
        part = np.zeros(len(total[here]), dtype=np.uint64)
        for add in adders:  # a sum, so that the order of columns does not matter
            add(part, here)
        total[here] = mixed(part)

    for _ in on_threads(work, range(0, rows, PIECE), threads):
        pass
    return total


@dataclass(frozen=True)
class Duplicates:
    """Rows with equal hashes as groups, in the order of the hashes.

    order: positions of the rows, group by group. start (groups,): where in it each group begins.
    """

    order: Codes
    start: Codes

    @property
    def all_differ(self) -> bool:
        """Whether no row has a duplicate."""
        return len(self.start) == len(self.order)

    @property
    def count(self) -> Codes:
        """The rows of each group, (groups,)."""
        return np.diff(self.start, append=len(self.order))

    @property
    def of(self) -> Codes:
        """Each row's group, (rows,) from 0."""
        out = np.empty_like(self.order)
        out[self.order] = np.repeat(np.arange(len(self.start)), self.count)
        return out


def duplicates(hashes: Hashes) -> Duplicates:
    """The groups of rows (rows,) with equal hashes."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    first = np.ones(len(hashes), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return Duplicates(order, np.flatnonzero(first))


def folds(hashes: Hashes, codes: Codes, count: int = FOLDS, same: Duplicates | None = None) -> Codes:
    """A fold of 0 .. count - 1 for every row, (rows,): alike rows together, classes spread evenly.

    Groups of exact duplicates are dealt out in the order of their hashes, class by class (a group belongs to the
    first of its classes). Classes come in an order of their rows' hashes, so that their names do not matter. same: the
    duplicates, where they are known.
    """
    if not len(hashes):
        return np.empty(0, dtype=np.int64)
    same = duplicates(hashes) if same is None else same
    codes = by_content(hashes, codes)[same.order]
    of_group = codes if same.all_differ else np.minimum.reduceat(codes, same.start)
    narrow = of_group.astype(np.min_scalar_type(int(of_group.max())))  # which sorts many times as fast
    dealt = np.empty(len(of_group), dtype=np.int64)
    dealt[np.argsort(narrow, kind="stable")] = np.arange(len(of_group)) % count
    out = np.empty(len(hashes), dtype=np.int64)
    out[same.order] = dealt if same.all_differ else np.repeat(dealt, same.count)
    return out


def by_content(hashes: Hashes, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The classes numbered by the sum of their rows' hashes."""
    sums = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.uint64)
    np.add.at(sums, codes, hashes)
    rank = np.empty(len(sums), dtype=np.int64)
    rank[np.argsort(sums, kind="stable")] = np.arange(len(sums))
    return rank[codes]


def sample(hashes: Hashes, count: int, salt: int = 0) -> NDArray[np.int64]:
    """Positions of `count` rows (all, if there are fewer) drawn by hash, in row order; other salts, other rows."""
    if len(hashes) <= count:
        return np.arange(len(hashes))
    drawn = mixed(hashes ^ np.uint64((0x9E3779B97F4A7C15 * (salt + 1)) % 2**64))
    few = np.flatnonzero(drawn < np.uint64(min(2**64 - 1, int(2**64 / len(hashes) * ENOUGH * count))))
    if len(few) <= count:  # so many rows are alike
        few = np.arange(len(hashes))
    return np.sort(few[np.argpartition(drawn[few], count)[:count]])
