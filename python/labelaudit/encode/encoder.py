"""The encoder of a whole table, in one of several encodings, and the row blocks it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import DenseBlock, Layout, RowBlocks
from labelaudit.encode.columns import ColumnEncoder, OneHot, Rank, Spline, Standardised
from labelaudit.encode.content import Hashes, sample
from labelaudit.encode.dates import date_parts
from labelaudit.encode.kernel import LANDMARKS, KernelMap
from labelaudit.table.table import Column

Array = NDArray[np.float64]
Encoding = Literal["linear", "spline", "kernel", "rank-kernel", "spline+kernel"]
ENCODINGS: tuple[Encoding, ...] = ("linear", "spline", "kernel", "rank-kernel", "spline+kernel")
FEWEST_FOR_SPLINE = 3  # different values; two lie on a line
CATEGORY_SCALE = 4.0  # of one-hot columns beside ranks: two categories are then as far apart as two booleans, 1/2


@dataclass(frozen=True)
class Encoder:
    """Column encoders, fitted; `columns` make the model's columns, `base` those that the kernel's features see."""

    encoding: Encoding
    columns: tuple[ColumnEncoder, ...]
    base: tuple[ColumnEncoder, ...]
    kernel: KernelMap | None

    @property
    def names(self) -> tuple[str, ...]:
        """The encoded columns, the constant last."""
        landmarks = 0 if self.kernel is None else len(self.kernel.landmarks)
        kernel = tuple(f"kernel {i + 1}" for i in range(landmarks))
        return (*(n for c in self.columns for n in c.names), *kernel, "(constant)")

    def encode(self, columns: Sequence[Column], rows: NDArray[np.int64]) -> Array:
        """The rows (positions in the table), encoded, with the constant 1 as the last column."""
        parts = [_encode(self.columns, columns, rows)]
        if self.kernel is not None:
            parts.append(self.kernel.encode(_encode(self.base, columns, rows)))
        return np.hstack([*parts, np.ones((len(rows), 1))])


def _encode(encoders: Sequence[ColumnEncoder], columns: Sequence[Column], rows: NDArray[np.int64]) -> Array:
    # by position: a date's part may have the name of another column
    pairs = zip(encoders, columns, strict=True) if encoders else ()
    return np.hstack([np.empty((len(rows), 0)), *(e.encode(c.values[rows]) for e, c in pairs)])


def feature_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns as the encoders see them: dates split into a number and parts, running text left out."""
    out: list[Column] = []
    for column in columns:
        if column.kind == "date":
            out.extend(date_parts(column))
        elif column.kind != "text":
            out.append(column)
    return tuple(out)


def fit_encoder(encoding: Encoding, columns: Sequence[Column], hashes: Hashes) -> Encoder:
    """Fits an encoding to all rows of feature columns; hashes (rows,) choose the kernel's landmarks."""
    if encoding == "rank-kernel":
        return _rank_kernel(columns, hashes)
    base = tuple(OneHot.fit(c) if c.kind == "categorical" else Standardised.fit(c) for c in columns)
    kernel = None
    if "kernel" in encoding:
        kernel = KernelMap.gaussian(_encode(base, columns, np.arange(len(hashes))), _landmarks(hashes))
    if encoding == "kernel":
        return Encoder(encoding, (), base, kernel)
    if encoding == "linear":
        return Encoder(encoding, base, base, None)
    splines = tuple(Spline.fit(c) if _bends(c) else e for c, e in zip(columns, base, strict=True))
    return Encoder(encoding, splines, base, kernel)


def _rank_kernel(columns: Sequence[Column], hashes: Hashes) -> Encoder:
    base = tuple(OneHot.fit(c) if c.kind == "categorical" else Rank.fit(c) for c in columns)
    scale = np.concatenate([np.full(len(e.names), CATEGORY_SCALE if isinstance(e, OneHot) else 1.0) for e in base])
    x = _encode(base, columns, np.arange(len(hashes)))
    return Encoder("rank-kernel", (), base, KernelMap.laplace(x, _landmarks(hashes), scale, len(columns)))


def _bends(column: Column) -> bool:
    if column.kind != "numeric":
        return False
    present = column.values[~np.isnan(column.values)]
    return len(np.unique(present)) >= FEWEST_FOR_SPLINE


def _landmarks(hashes: Hashes) -> NDArray[np.int64]:
    _, first = np.unique(hashes, return_index=True)  # in the order of the hashes, so that shuffled rows change no bit
    return first[sample(hashes[first], min(LANDMARKS, max(1, len(hashes) // 3)))]


def encode_blocks(encoder: Encoder, columns: Sequence[Column], layout: Layout, *, threads: int = 1) -> RowBlocks:
    """Every row, encoded, in the layout's storage order."""
    blocks = tuple(
        DenseBlock(start, stop, fold, encoder.encode(columns, layout.order[start:stop]))
        for start, stop, fold in layout.bounds
    )
    return RowBlocks(blocks, layout.rows, len(encoder.names), threads)
