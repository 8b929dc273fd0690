"""An embedding as it is, or its principal components where it has many dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import Hashes, sample
from labelaudit.table.table import Column

Array = NDArray[np.float64]

DIMENSIONS = 100  # kept; as many as a text's components
FITTED_ROWS = 10_000  # drawn by content: the directions of more rows are hardly others


@dataclass(frozen=True)
class Embedding:
    """An embedding less its mean, on one scale: mean variance 1 over the dimensions that are kept.

    Dimensions keep their proportions, as distances between embeddings do. More than DIMENSIONS become the principal
    components of largest variance: dense, and too few to learn rows by heart.
    """

    kind: ClassVar[str] = "embedding"
    column: str
    exponent: int  # values are first divided by 2 ** exponent, which is exact and keeps squares finite
    directions: Array  # (dimensions, kept)
    mean: Array  # (dimensions,)
    scale: float

    @property
    def names(self) -> tuple[str, ...]:
        """The column and the number of the dimension or component."""
        return tuple(f"{self.column} {i + 1}" for i in range(self.directions.shape[1]))

    @classmethod
    def fit(cls, column: Column, hashes: Hashes) -> Embedding:
        """From at most FITTED_ROWS of its rows; hashes (rows,) choose them."""
        drawn = sample(hashes, FITTED_ROWS)
        drawn = drawn[np.argsort(hashes[drawn], kind="stable")]  # so that shuffled rows change no bit
        exponent = int(np.frexp(np.abs(column.values).max(initial=0.0).astype(np.float64))[1])
        x = np.ldexp(column.values[drawn].astype(np.float64), -exponent)
        mean = x.mean(0)
        directions = _directions(x - mean)
        spread = float(np.sqrt(((x - mean) @ directions).var(0).mean()))
        return cls(column.name, exponent, directions, mean, spread if spread > 0 else 1.0)

    def encode(self, values: NDArray[Any]) -> Array:
        """(rows, kept)."""
        x = np.ldexp(values.astype(np.float64), -self.exponent) - self.mean
        out: Array = x @ self.directions / self.scale
        return out


def _directions(x: Array) -> Array:
    """The dimensions themselves, or the principal directions of largest variance, the largest entry of each positive.

    x (rows, dimensions) has mean 0.
    """
    dimensions = x.shape[1]
    if dimensions <= DIMENSIONS:
        return np.eye(dimensions)
    from scipy.linalg import eigh

    _, vectors = eigh(x.T @ x, subset_by_index=(dimensions - DIMENSIONS, dimensions - 1))
    vectors = vectors[:, ::-1]
    largest = np.abs(vectors).argmax(0)
    out: Array = np.ascontiguousarray(vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])]))
    return out
