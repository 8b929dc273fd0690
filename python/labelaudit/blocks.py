"""Rows in blocks, and the two verbs over them: a sum over blocks, combined in one fixed tree, and a map over rows.

Rows stand in *storage order*: consecutive rows of the table form a chunk, and a chunk's rows are grouped by fold, so
every block belongs to one fold. Blocks depend on the rows alone, never on the thread count, and partial sums are
combined in a fixed binary tree over the block index: the same bits for any number of threads.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labelaudit import storage
from labelaudit.kernels import native
from labelaudit.tree import Collected, Sum, folded

Array = NDArray[np.float64]

CHUNK_ROWS = 32_768  # five folds: blocks of some 6,500 rows, so that a call costs little beside its work
TASKS = 16  # of a sum, for each thread at the most: so many that threads end together
SHORT = 3e-3  # seconds on one thread, up to which two threads take longer: to begin and to wait for each other


class Block(Protocol):
    """Some consecutive rows of one fold, with the matrix functions; the last column is the constant 1."""

    @property
    def start(self) -> int:
        """Its first row in storage order."""
        ...

    @property
    def stop(self) -> int:
        """One past its last row."""
        ...

    @property
    def fold(self) -> int:
        """The fold of all its rows."""
        ...

    def forward(self, theta: Array) -> Array:
        """x theta, (rows, outputs)."""
        ...

    def backward(self, r: Array) -> Array:
        """x^T r, (cols, outputs)."""
        ...

    def gram(self, w: Array) -> Array:
        """x^T diag(w[:, p]) x, upper triangles, (pairs, cols, cols)."""
        ...

    def quadratic(self, m: Array) -> Array:
        """x_i^T m_p x_i, (rows, pairs)."""
        ...

    def squares(self, w: Array) -> Array:
        """(x * x)^T w, (cols, outputs)."""
        ...

    def loss_and_gradient(self, theta: Array, t: Array, w: Array) -> tuple[float, Array]:
        """The summed loss of its rows for targets t (rows, outputs) and weights w (rows,); its gradient like theta."""
        ...

    def outer(self, r: Array) -> Array:
        """x_i (x) r_i, (rows, cols, outputs)."""
        ...

    def take(self, rows: NDArray[np.int64]) -> Block:
        """Some of its rows, by position in the block, as a block that starts at 0."""
        ...


@dataclass(frozen=True)
class MatrixBlock:
    """Rows start to stop of the storage order as x (array, CsrMatrix, tensor), with the kernel module that knows it."""

    start: int
    stop: int
    fold: int
    x: Any
    kernel: Any = native
    checksum: int | None = None  # of x as it was encoded, where it lives on disk

    def forward(self, theta: Array) -> Array:
        """x theta, (rows, outputs)."""
        out: Array = self.kernel.forward(self.x, np.ascontiguousarray(theta))
        return out

    def backward(self, r: Array) -> Array:
        """x^T r, (cols, outputs)."""
        out: Array = self.kernel.backward(self.x, np.ascontiguousarray(r))
        return out

    def gram(self, w: Array) -> Array:
        """x^T diag(w[:, p]) x, upper triangles, (pairs, cols, cols)."""
        out: Array = self.kernel.gram(self.x, np.ascontiguousarray(w))
        return out

    def quadratic(self, m: Array) -> Array:
        """x_i^T m_p x_i, (rows, pairs)."""
        out: Array = self.kernel.quadratic(self.x, np.ascontiguousarray(m))
        return out

    def squares(self, w: Array) -> Array:
        """(x * x)^T w, (cols, outputs): the diagonals of grams."""
        out: Array = self.kernel.squares(self.x, np.ascontiguousarray(w))
        return out

    def loss_and_gradient(self, theta: Array, t: Array, w: Array) -> tuple[float, Array]:
        """The summed loss of its rows for targets t (rows, outputs) and weights w (rows,); its gradient like theta."""
        out: tuple[float, Array] = self.kernel.loss_and_gradient(self.x, np.ascontiguousarray(theta), t, w)
        return out

    def outer(self, r: Array) -> Array:
        """x_i (x) r_i for every row, (rows, cols, outputs)."""
        out: Array = self.kernel.to_numpy(self.x)[:, :, None] * r[:, None, :]
        return out

    def take(self, rows: NDArray[np.int64]) -> MatrixBlock:
        """Some of its rows, by position in the block, as a block that starts at 0."""
        return replace(self, start=0, stop=len(rows), x=self.kernel.take(self.x, rows), checksum=None)


@dataclass(frozen=True)
class Layout:
    """Where the rows stand: order[s] is the table's row at storage position s; bounds are (start, stop, fold)."""

    order: NDArray[np.int64]
    bounds: tuple[tuple[int, int, int], ...]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.order)

    def to_table_order(self, values: NDArray[Any]) -> NDArray[Any]:
        """Row-aligned values from storage order to the table's row order."""
        return values.take(self._place, axis=0)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """Where in storage order each of the table's rows stands."""
        place = np.empty_like(self.order)
        place[self.order] = np.arange(self.rows)
        return place


def layout_of(fold: NDArray[np.int64], chunk_rows: int = CHUNK_ROWS) -> Layout:
    """The storage order of rows with these folds, in the table's order."""
    order = np.empty(len(fold), dtype=np.int64)
    bounds = []
    for start in range(0, len(fold), chunk_rows):
        here = fold[start : start + chunk_rows]
        order[start : start + len(here)] = start + np.argsort(here, kind="stable")
        folds, counts = np.unique(here, return_counts=True)
        for f, count in zip(folds.tolist(), counts.tolist(), strict=True):
            bounds.append((start, start + count, f))
            start += count
    return Layout(order, tuple(bounds))


@dataclass(frozen=True)
class RowBlocks:
    """Encoded rows as blocks; `cols` counts the constant column. Sums and maps run on `threads` Python threads."""

    blocks: tuple[Block, ...]
    rows: int
    cols: int
    threads: int = 1

    @property
    def busy_rows(self) -> int:
        """At most so many rows are worked on at a time."""
        return min(self.rows, self.threads * max((b.stop - b.start for b in self.blocks), default=0))

    def for_passes(self, outputs: int) -> RowBlocks:
        """The same rows, for sums and maps that take them times so many outputs: a short pass is one thread's.

        The seconds are those of numpy's product and of a softmax on one core of 2026, about.
        """
        seconds = 1e-9 * self.rows * (self.cols * (1 + outputs / 8) + 4 * outputs)
        return replace(self, threads=1) if self.threads > 1 and seconds < SHORT else self

    def sum(
        self,
        part: Callable[[Block], Sum],
        *,
        keep: Callable[[Block], bool] | None = None,
        at_once: Callable[[Sequence[Block]], Sum | None] | None = None,
    ) -> Sum:
        """The sum over blocks of a tuple of arrays, in the fixed tree; `keep` leaves out whole blocks.

        at_once: the sum of some blocks' parts in the tree that `folded` has, or None where it cannot.
        """
        chosen = [b for b in self.blocks if keep is None or keep(b)]
        if not chosen:
            raise ValueError("a sum over no blocks has no shape")

        def summed(task: Sequence[Block]) -> Sum:
            together = None if at_once is None else at_once(task)
            return folded(map(part, task)) if together is None else together

        # A task is an aligned subtree: its size is a power of two, so the whole tree is the same for any size.
        share = len(chosen) / (TASKS * self.threads)
        size = 1 << max(0, math.ceil(math.log2(share))) if self.threads > 1 else len(chosen)
        tasks = [chosen[i : i + size] for i in range(0, len(chosen), size)]
        collected = Collected()
        deque(self._run(lambda i: collected.add(i, summed(tasks[i])), range(len(tasks))), maxlen=0)
        return collected.whole()

    def map(self, part: Callable[[Block], NDArray[Any]]) -> NDArray[Any]:
        """Row-aligned results of every block, joined in storage order; each is dropped as soon as it is copied."""
        joined: list[NDArray[Any]] = []
        first = Lock()

        def work(block: Block) -> None:
            values = part(block)
            with first:
                if not joined:
                    joined.append(np.empty((self.rows, *values.shape[1:]), values.dtype))
            joined[0][block.start : block.stop] = values

        deque(self._run(work, self.blocks), maxlen=0)
        return joined[0]

    def _run(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterable[Any]:
        return on_threads(work, items, self.threads)


def on_threads(work: Callable[[Any], Any], items: Sequence[Any], threads: int) -> Iterable[Any]:
    """The results of `work` for every item, in their order, from so many threads, of which the caller's is one.

    Raises what the first item raises that fails; no item is begun after one that failed.
    """
    if threads == 1 or len(items) <= 1:
        return map(work, items)
    results: list[Any] = [None] * len(items)
    failed: list[tuple[int, BaseException]] = []
    numbers = itertools.count()  # each is given out once, whichever thread asks

    def some() -> None:
        while not failed and (i := next(numbers)) < len(items):
            try:
                results[i] = work(items[i])
            except BaseException as error:
                failed.append((i, error))

    others = min(threads, len(items)) - 1
    with storage.threads(others) as pool:
        begun = [pool.submit(some) for _ in range(others)]
        some()
    for future in begun:
        future.result()
    if failed:
        raise min(failed, key=itemgetter(0))[1]
    return results
