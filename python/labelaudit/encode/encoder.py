"""The encoder of a whole table, in one of several encodings."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit._core import CsrMatrix, IndicatorMatrix
from labelaudit.blocks import on_threads
from labelaudit.encode.columns import ColumnEncoder, OneHot, Rank, Spline, Standardised
from labelaudit.encode.components import Components
from labelaudit.encode.content import Hashes, moments, sample
from labelaudit.encode.dates import date_parts
from labelaudit.encode.embedding import Embedding
from labelaudit.encode.kernel import LANDMARKS, KernelMap
from labelaudit.encode.text import TfIdf
from labelaudit.kernels.native import Laid
from labelaudit.table.table import Column
from labelaudit.threads import importing

Array = NDArray[np.float64]
Encoding = Literal["linear", "spline", "kernel", "rank-kernel", "spline+kernel", "terms"]
TRIED: tuple[Encoding, ...] = ("linear", "spline", "kernel", "rank-kernel", "spline+kernel")
ENCODINGS: tuple[Encoding, ...] = (*TRIED, "terms")
WHOLE = -1  # the place of what is fitted to all columns
Fitted = dict[tuple[int, type[Any]], Any]  # by the column's place: two may have one name; WHOLE for kernel maps
FITTED_ROWS = 100_000  # numbers are scaled, ranked and bent by as many, drawn by content: more would hardly differ
FEWEST_FOR_SPLINE = 3  # different values; two lie on a line
CATEGORY_SCALE = 4.0  # of one-hot columns beside ranks: two categories are then as far apart as two booleans, 1/2
PACKED = 0.8  # of a dense row's bytes, at most which rows with the places of their ones are the faster; a guess
SLOT_BYTES = 4  # of such a place


@dataclass(frozen=True)
class Encoder:
    """Column encoders, fitted; `columns` make the model's columns, `base` those that the kernel's features see."""

    encoding: Encoding
    columns: tuple[ColumnEncoder, ...]
    base: tuple[ColumnEncoder, ...]
    kernel: KernelMap | None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The encoded columns, the constant last."""
        landmarks = 0 if self.kernel is None else len(self.kernel.landmarks)
        kernel = tuple(f"kernel {i + 1}" for i in range(landmarks))
        return (*(n for c in self.columns for n in c.names), *kernel, "(constant)")

    def encode(self, columns: Sequence[Column], rows: NDArray[np.int64], room: Array | None = None) -> Laid:
        """The rows (positions in the table), encoded, with the constant 1 as the last column.

        An array, in the room for it if that is given, or with a text's terms among the columns a CsrMatrix of all.
        """
        if self.has_terms:
            return sparse([*_parts(self.columns, columns, rows), np.ones((len(rows), 1))])
        out = np.empty((len(rows), len(self.names))) if room is None else room
        at = _put(self.columns, columns, rows, out)
        self._put_kernel(columns, rows, out[:, at:-1])
        out[:, -1] = 1.0
        return out

    @property
    def has_terms(self) -> bool:
        """Whether a text's terms are columns themselves."""
        return any(isinstance(encoder, TfIdf) for encoder in self.columns)

    @property
    def packs(self) -> bool:
        """Whether rows as `pack` makes them are much smaller: then they are the faster, and have the same sums."""
        hot = [len(e.names) for e in self.columns if isinstance(e, OneHot)]
        return not self.has_terms and pays(len(self.names), [count for count in hot if count])

    @property
    def packed_numbers(self) -> int:
        """The numbers of a packed row."""
        return len(self.names) - 1 - sum(len(e.names) for e in self.columns if isinstance(e, OneHot))

    def pack(self, columns: Sequence[Column], rows: NDArray[np.int64], room: Array | None = None) -> IndicatorMatrix:
        """The rows as `encode` gives them, but of each category only which of its columns is 1; room: for numbers."""
        ends = np.cumsum([len(encoder.names) for encoder in self.columns]).tolist()
        each = list(zip(self.columns, columns, ends, strict=True))
        hot = [(e, c, end - len(e.names)) for e, c, end in each if isinstance(e, OneHot) and e.names]
        rest = [(e, c) for e, c, _ in each if not isinstance(e, OneHot)]
        is_number = np.arange(len(self.names)) < len(self.names) - 1
        slots = np.empty((len(rows), len(hot)), dtype=np.int32)
        for k, (encoder, column, start) in enumerate(hot):
            is_number[start : start + len(encoder.names)] = False
            slot = encoder.slots(column.values[rows])
            slots[:, k] = np.where(slot < 0, -1, start + slot)
        places = np.flatnonzero(is_number)
        numbers = np.empty((len(rows), len(places))) if room is None else room
        at = _put([e for e, _ in rest], [c for _, c in rest], rows, numbers)
        self._put_kernel(columns, rows, numbers[:, at:])
        return IndicatorMatrix(numbers, slots, places, len(self.names))

    def _put_kernel(self, columns: Sequence[Column], rows: NDArray[np.int64], out: Array) -> None:
        """The kernel's features of the rows, if there are any, into out (rows, landmarks)."""
        if self.kernel is not None:
            base = np.empty((len(rows), sum(len(c.names) for c in self.base)))
            _put(self.base, columns, rows, base)
            out[:] = self.kernel.encode(base)


def _parts(encoders: Sequence[ColumnEncoder], columns: Sequence[Column], rows: NDArray[np.int64]) -> list[Any]:
    # by position: a date's part may have the name of another column
    pairs = zip(encoders, columns, strict=True) if encoders else ()
    return [np.empty((len(rows), 0)), *(e.encode(c.values[rows]) for e, c in pairs)]


def _put(encoders: Sequence[ColumnEncoder], columns: Sequence[Column], rows: NDArray[np.int64], out: Array) -> int:
    """The rows, encoded, in the first columns of out (rows, cols); returns how many columns these are."""
    at = 0
    for encoder, column in zip(encoders, columns, strict=True) if encoders else ():
        width = len(encoder.names)
        if isinstance(encoder, Standardised):
            encoder.put(column.values, rows, out, at)
        else:
            out[:, at : at + width] = np.asarray(encoder.encode(column.values[rows]))
        at += width
    return at


def packed_bytes(cols: int, one_hot: Sequence[int]) -> int:
    """Bytes of a packed row of so many columns, the constant included, of which each category makes so many."""
    return 8 * (cols - sum(one_hot) - 1) + SLOT_BYTES * len(one_hot)


def pays(cols: int, one_hot: Sequence[int]) -> bool:
    """Whether such rows should be packed."""
    return bool(one_hot) and packed_bytes(cols, one_hot) <= PACKED * 8 * cols


def sparse(parts: Sequence[Any]) -> CsrMatrix:
    """Arrays or sparse matrices (rows, columns) of each, side by side."""
    with importing:
        from scipy.sparse import csr_array, hstack

    x = csr_array(hstack([csr_array(part) for part in parts], format="csr"))
    x.sort_indices()
    return CsrMatrix(x.indptr.astype(np.int64), x.indices, x.data, x.shape[1])


def feature_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns as the encoders see them: dates split into a number and parts."""
    return tuple(part for c in columns for part in (date_parts(c) if c.kind == "date" else (c,)))


def fit_encoder(
    encoding: Encoding, columns: Sequence[Column], hashes: Hashes, fitted: Fitted | None = None, threads: int = 1
) -> Encoder:
    """Fits an encoding to the rows of feature columns; hashes (rows,) choose what is fitted on some of them.

    Text becomes components, which are dense and too few to learn rare words by heart; `terms` is the linear encoding
    with a text's terms as columns themselves, sparse. `fitted` keeps what was fitted to these same rows.
    """
    drawn = sample(hashes, FITTED_ROWS)
    known: Fitted = {} if fitted is None else fitted

    def base_of(place: int) -> tuple[Column, ColumnEncoder]:
        column = columns[place]
        few = column if len(drawn) == len(hashes) else _drawn(column, drawn)
        return few, _once(known, place, _base_of(column, encoding), column, few, hashes)

    some, base = zip(*on_threads(base_of, range(len(columns)), threads), strict=True) if columns else ((), ())
    pairs = list(zip(columns, some, strict=True))
    kernel: KernelMap | None = None
    if "kernel" in encoding:
        kernel = known.get((WHOLE, _base_of_numbers(encoding)))
        if kernel is None:
            x = np.hstack(_parts(base, columns, drawn))
            kernel = _kernel(encoding, x, base, _landmarks(hashes[drawn]))
            known[WHOLE, _base_of_numbers(encoding)] = kernel
    if encoding in ("kernel", "rank-kernel"):
        return Encoder(encoding, (), base, kernel)
    if encoding in ("linear", "terms"):
        return Encoder(encoding, base, base, None)
    splines = tuple(
        _once(known, i, Spline, c, few, hashes) if _bends(few) else base[i] for i, (c, few) in enumerate(pairs)
    )
    return Encoder(encoding, splines, base, kernel)


def _drawn(column: Column, drawn: NDArray[np.int64]) -> Column:
    """A column of numbers on the drawn rows, its largest value and one that is missing; the others on all rows."""
    if column.kind in ("categorical", "text", "embedding"):
        return column
    missing = np.isnan(column.values)
    sizes = np.abs(column.values)
    sizes[missing] = -1.0
    rows = [sizes.argmax(), *([missing.argmax()] if missing.any() else [])]
    return Column(column.name, column.kind, column.values[np.append(drawn, rows)])


def _base_of(column: Column, encoding: Encoding) -> type[Any]:
    """What the column becomes in the linear part of an encoding, or in what its kernel sees."""
    if column.kind == "categorical":
        return OneHot
    if column.kind == "text":
        return TfIdf if encoding == "terms" else Components
    if column.kind == "embedding":
        return Embedding
    return _base_of_numbers(encoding)


def _base_of_numbers(encoding: Encoding) -> type[Any]:
    return Rank if encoding == "rank-kernel" else Standardised


def _once(known: Fitted, place: int, kind: type[Any], column: Column, some: Column, hashes: Hashes) -> ColumnEncoder:
    """The encoder of this kind of the column at a place: as it is known, or fitted, numbers to `some` of the rows.

    Whoever comes first fits it; other threads wait: a text's directions are large, and take seconds.
    """
    mine: Future[ColumnEncoder] = Future()
    found: Future[ColumnEncoder] = known.setdefault((place, kind), mine)
    if found is mine:
        try:
            mine.set_result(kind.fit(*((column, hashes) if kind in (Components, Embedding) else (some,))))
        except BaseException as error:
            del known[place, kind]
            mine.set_exception(error)
    return found.result()


def _kernel(encoding: Encoding, x: Array, base: Sequence[ColumnEncoder], landmarks: NDArray[np.int64]) -> KernelMap:
    if encoding != "rank-kernel":
        return KernelMap.gaussian(x, landmarks)
    starts = np.cumsum([0, *(len(e.names) for e in base)])
    scale = [_rank_scale(e, x[:, a:b]) for e, a, b in zip(base, starts[:-1], starts[1:], strict=True)]
    return KernelMap.laplace(x, landmarks, np.concatenate(scale), len(base))


def _rank_scale(encoder: ColumnEncoder, x: Array) -> Array:
    """What the encoded columns are divided by, so that two different values are some 1/2 apart, as two booleans are."""
    if isinstance(encoder, Components | Embedding):
        spread = 2.0 * moments(x)[1].sum()
        return np.full(x.shape[1], spread if spread > 0 else 1.0)
    return np.full(x.shape[1], CATEGORY_SCALE if isinstance(encoder, OneHot) else 1.0)


def _bends(column: Column) -> bool:
    if column.kind != "numeric":
        return False
    present = column.values[~np.isnan(column.values)]
    return len(np.unique(present)) >= FEWEST_FOR_SPLINE


def _landmarks(hashes: Hashes) -> NDArray[np.int64]:
    _, first = np.unique(hashes, return_index=True)  # in the order of the hashes, so that shuffled rows change no bit
    return first[sample(hashes[first], min(LANDMARKS, max(1, len(hashes) // 3)))]
