"""The rows of a table as an encoder makes them, in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit import storage
from labelaudit._core import CsrMatrix
from labelaudit.blocks import CHUNK_ROWS, Layout, MatrixBlock, RowBlocks, on_threads
from labelaudit.encode.encoder import Encoder, sparse
from labelaudit.kernels import native
from labelaudit.kernels.native import Precision, Rows, stored
from labelaudit.table.table import Column

SPARSE = 0.1  # of the entries not zero, below which products of sparse rows are the faster; of many classes


def encode_blocks(
    encoder: Encoder,
    columns: Sequence[Column],
    layout: Layout,
    *,
    threads: int = 1,
    precision: Precision = "float64",
    packed: bool = False,
) -> RowBlocks:
    """Every row, encoded, in the layout's storage order; `precision` is the type its values are kept in.

    Where large arrays live on disk, each block of arrays has a checksum, taken before its rows can leave the cache.

    packed: float64 with the places of categories' ones instead of their columns, where that is much smaller.
    """
    packs = packed and precision == "float64" and encoder.packs
    width = encoder.packed_numbers if packs else 0 if encoder.has_terms else len(encoder.names)

    def encoded(rows: NDArray[np.int64], room: NDArray[Any]) -> Rows:
        if packs:
            return encoder.pack(columns, rows, room)
        if encoder.has_terms or precision == "float64":
            return stored(encoder.encode(columns, rows, room), precision)
        room[:] = stored(encoder.encode(columns, rows), precision)
        return room

    def block(i: int) -> MatrixBlock:
        start, stop, fold = layout.bounds[i]
        x = encoded(layout.order[start:stop], rooms[i])
        checksum = native.checksum(x) if sealed and not isinstance(x, CsrMatrix) else None  # whose memory is its own
        return MatrixBlock(start, stop, fold, x, checksum=checksum)

    sealed = storage.is_on_disk()
    rooms = _rooms([stop - start for start, stop, _ in layout.bounds], width, precision)
    blocks = tuple(on_threads(block, range(len(layout.bounds)), threads))
    return RowBlocks(blocks, layout.rows, len(encoder.names), threads)


def _rooms(rows: Sequence[int], width: int, precision: Precision) -> list[NDArray[Any]]:
    """An array for each block of so many rows, those of some CHUNK_ROWS rows in one.

    Where large arrays live on disk, the small ones would stay in memory, all of them.
    """
    rooms: list[NDArray[Any]] = []
    ends = np.cumsum([0, *rows])
    while (first := len(rooms)) < len(rows):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + CHUNK_ROWS, side="right")) - 1)
        whole = np.empty((ends[last] - ends[first], width), dtype=precision)
        rooms += np.split(whole, ends[first + 1 : last] - ends[first])
    return rooms


def verify(blocks: RowBlocks) -> None:
    """One pass over the rows that live on disk; raises OutputError where they are no longer what was encoded."""
    on_disk = [b for b in blocks.blocks if isinstance(b, MatrixBlock) and b.checksum is not None]
    is_other = list(on_threads(lambda block: native.checksum(block.x) != block.checksum, on_disk, blocks.threads))
    if any(is_other):
        raise storage.changed(f"encoded rows ({sum(is_other):,} of {len(is_other):,} blocks)")


def thinned(blocks: RowBlocks) -> RowBlocks:
    """The same rows, dense ones as sparse where few entries are not zero, as those of categories with many levels."""
    dense = [block for block in blocks.blocks if isinstance(block, MatrixBlock) and isinstance(block.x, np.ndarray)]
    if sum(np.count_nonzero(block.x) for block in dense) >= SPARSE * sum(block.x.size for block in dense):
        return blocks
    verify(blocks)
    thin = (replace(b, x=sparse([b.x]), checksum=None) if isinstance(b.x, np.ndarray) else b for b in dense)
    return replace(blocks, blocks=tuple(thin)) if len(dense) == len(blocks.blocks) else blocks
