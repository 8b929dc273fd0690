"""Encoders of one column each: a frozen state fitted on all values, and `encode` for any rows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.encode.content import moments, unit_scaled
from labelaudit.table.table import Column

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

RAREST = 5  # levels with fewer rows are pooled: fewer rows than folds cannot be learned out of fold
QUANTILES = 200
KNOTS = 5
DEGREE = 3
SPLINE_COLUMNS = KNOTS + DEGREE - 2  # one basis function is dropped: they sum to 1, as the constant column does
MISSING_RANK = 0.5  # how far a missing number is from one in the middle: as far as two booleans
SMALLEST_VALUE = 1e-200  # of a column whose largest value is near 1


class ColumnEncoder(Protocol):
    """How one column becomes encoded columns, named `names`."""

    kind: ClassVar[str]

    @property
    def column(self) -> str:
        """The table's column."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The encoded columns."""
        ...

    def encode(self, values: NDArray[Any]) -> Array | csr_array:
        """(rows, encoded columns); sparse where few of them are not zero."""
        ...


def _scale(values: Array) -> tuple[Array, Array]:
    """Means and standard deviations of columns, 1 for a constant one."""
    mean, scale = moments(values)
    return mean, np.where(scale > 1e-12 * np.abs(values).max(0, initial=1.0), scale, 1.0)


@dataclass(frozen=True)
class Standardised:
    """A number, missing values filled with the median and marked by an indicator, scaled to mean 0 and variance 1."""

    kind: ClassVar[str] = "standardised"
    column: str
    exponent: int  # values are first divided by 2 ** exponent, which is exact and keeps squares finite
    fill: float
    indicator: bool
    mean: Array
    scale: Array

    @property
    def names(self) -> tuple[str, ...]:
        """The column, and its indicator where values are missing."""
        return (self.column, f"{self.column} missing") if self.indicator else (self.column,)

    @classmethod
    def fit(cls, column: Column) -> Standardised:
        """From all of the column's values."""
        values = column.values
        exponent = int(np.frexp(np.nanmax(np.abs(values), initial=0.0))[1])
        present = values[~np.isnan(values)]  # may be empty: the encoding is chosen on a sample of the rows
        fill = float(np.median(unit_scaled(present))) if len(present) else 0.0
        indicator = bool(np.isnan(values).any())
        width = 2 if indicator else 1
        plain = cls(column.name, exponent, fill, indicator, np.zeros(width), np.ones(width))
        mean, scale = _scale(plain.encode(values))
        return cls(column.name, exponent, fill, indicator, mean, scale)

    def encode(self, values: NDArray[np.generic]) -> Array:
        """(rows, 1 or 2)."""
        out = np.empty((len(values), len(self.mean)))
        self.put(values, np.arange(len(values)), out, 0)
        return out

    def put(self, values: NDArray[np.generic], rows: NDArray[np.int64], out: Array, at: int) -> None:
        """What `encode` gives for some rows, into the columns of out (rows, cols) that begin with `at`."""
        numbers = np.ascontiguousarray(values, dtype=np.float64)
        _core.standardise(numbers, rows, self.exponent, self.fill, self.mean, self.scale, out, at)


def _divided(values: Array, exponent: int) -> Array:
    """values / 2 ** exponent; what is next to nothing beside the largest is 0, so that slopes stay finite."""
    scaled = np.ldexp(values, -exponent)
    out: Array = np.where(np.abs(scaled) < SMALLEST_VALUE, 0.0, scaled)
    return out


def _quantiles(values: Array, exponent: int) -> Array:
    """QUANTILES of the values that are there, divided by 2 ** exponent."""
    present = _divided(values[~np.isnan(values)], exponent)
    out: Array = np.quantile(present, np.linspace(0, 1, QUANTILES)) if len(present) else np.zeros(1)
    return out


def _ranks(values: Array, quantiles: Array) -> Array:
    """The share of values below, in [0, 1]; ties take the middle of their range."""
    grid = np.linspace(0, 1, len(quantiles))
    above: Array = np.interp(values, quantiles, grid)
    if (quantiles[1:] > quantiles[:-1]).all():
        return above
    below = -np.interp(-values, -quantiles[::-1], -grid[::-1])
    out: Array = (above + below) / 2
    return out


def _cubic_basis(rank: Array) -> Array:
    """The cubic B-splines on KNOTS even knots at ranks in [0, 1], but the last one: (rows, SPLINE_COLUMNS).

    The closed form on even knots; checked against SciPy's in test_columns.
    """
    place = rank * (KNOTS - 1)
    interval = np.minimum(place.astype(np.int64), KNOTS - 2)
    u = place - interval
    v, squared = 1.0 - u, u * u
    cubed = squared * u
    first = np.arange(len(rank)) * (SPLINE_COLUMNS + 1) + interval
    out = np.zeros(len(rank) * (SPLINE_COLUMNS + 1))
    out[first] = v * v * v / 6
    out[first + 1] = cubed / 2 - squared + 2 / 3
    out[first + 2] = (squared + u - cubed) / 2 + 1 / 6
    out[first + 3] = cubed / 6
    return out.reshape(len(rank), SPLINE_COLUMNS + 1)[:, :SPLINE_COLUMNS]


@dataclass(frozen=True)
class Rank:
    """A number as its rank in [0, 1], a missing one as 1/2, marked by an indicator of MISSING_RANK."""

    kind: ClassVar[str] = "rank"
    column: str
    exponent: int  # as in Standardised; the quantiles are of the divided values
    indicator: bool
    quantiles: Array

    @property
    def names(self) -> tuple[str, ...]:
        """The column, and its indicator where values are missing."""
        return (self.column, f"{self.column} missing") if self.indicator else (self.column,)

    @classmethod
    def fit(cls, column: Column) -> Rank:
        """From all of the column's values."""
        exponent = int(np.frexp(np.nanmax(np.abs(column.values), initial=0.0))[1])
        indicator = bool(np.isnan(column.values).any())
        return cls(column.name, exponent, indicator, _quantiles(column.values, exponent))

    def encode(self, values: NDArray[np.generic]) -> Array:
        """(rows, 1 or 2)."""
        numbers = _divided(values.astype(np.float64), self.exponent)
        missing = np.isnan(numbers)
        rank = np.where(missing, 0.5, _ranks(np.where(missing, 0.0, numbers), self.quantiles))
        return np.stack([rank, MISSING_RANK * missing], 1) if self.indicator else rank[:, None]


@dataclass(frozen=True)
class Spline:
    """A number as a cubic B-spline of its rank: smooth, bounded, and the same for any monotone scale."""

    kind: ClassVar[str] = "spline"
    column: str
    exponent: int  # as in Standardised; the quantiles and the fill are of the divided values
    fill: float
    indicator: bool
    quantiles: Array
    mean: Array
    scale: Array

    @property
    def names(self) -> tuple[str, ...]:
        """One name for each basis function, and the indicator where values are missing."""
        basis = tuple(f"{self.column} spline {i + 1}" for i in range(SPLINE_COLUMNS))
        return (*basis, f"{self.column} missing") if self.indicator else basis

    @classmethod
    def fit(cls, column: Column) -> Spline:
        """From all of the column's values."""
        values = column.values
        exponent = int(np.frexp(np.nanmax(np.abs(values), initial=0.0))[1])
        present = _divided(values[~np.isnan(values)], exponent)
        quantiles = _quantiles(values, exponent)
        fill, indicator = float(np.median(present)), len(present) < len(values)
        plain = cls(column.name, exponent, fill, indicator, quantiles, np.zeros(1), np.ones(1))
        mean, scale = _scale(plain._raw(values))
        return cls(column.name, exponent, fill, indicator, quantiles, mean, scale)

    def _raw(self, values: NDArray[np.generic]) -> Array:
        numbers = _divided(values.astype(np.float64), self.exponent)
        missing = np.isnan(numbers)
        rank = _ranks(np.where(missing, self.fill, numbers), self.quantiles)
        basis = _cubic_basis(rank)
        return np.hstack([basis, missing[:, None]]) if self.indicator else basis

    def encode(self, values: NDArray[np.generic]) -> Array:
        """(rows, SPLINE_COLUMNS), one more where values are missing."""
        out = self._raw(values) - self.mean
        out /= self.scale
        return out


@dataclass(frozen=True)
class OneHot:
    """A category as 0/1 columns: one for each level with RAREST rows or more, one for missing, one for all the rest.

    A category that is the same in every row has no column: the constant says it all.
    """

    kind: ClassVar[str] = "one-hot"
    column: str
    levels: tuple[str, ...]  # what each encoded column stands for
    slot: NDArray[np.int64]  # of code + 1: which encoded column, -1 for none

    @property
    def names(self) -> tuple[str, ...]:
        """column = level."""
        return tuple(f"{self.column} = {level}" for level in self.levels)

    @classmethod
    def fit(cls, column: Column) -> OneHot:
        """From all of the column's codes."""
        counts = np.bincount(column.values + 1, minlength=len(column.levels) + 1)
        if np.count_nonzero(counts) <= 1:
            return cls(column.name, (), np.full(len(counts), -1, dtype=np.int64))
        kept = np.flatnonzero(counts >= RAREST)
        if not len(kept):  # all would be pooled into one column of ones
            return cls(column.name, (), np.full(len(counts), -1, dtype=np.int64))
        rare = len(kept) < np.count_nonzero(counts)
        slot = np.full(len(counts), len(kept) if rare else -1, dtype=np.int64)
        slot[kept] = np.arange(len(kept))
        words = ["(missing)", *column.levels]
        return cls(column.name, (*(words[i] for i in kept), *(["(rare)"] if rare else [])), slot)

    def slots(self, values: NDArray[np.generic]) -> NDArray[np.int64]:
        """Which encoded column is 1, -1 for none, (rows,)."""
        return self.slot[values.astype(np.int64) + 1]

    def encode(self, values: NDArray[np.generic]) -> Array:
        """(rows, levels)."""
        slot = self.slots(values)
        out = np.zeros((len(values), len(self.levels)))
        seen = np.flatnonzero(slot >= 0)
        out[seen, slot[seen]] = 1.0
        return out
