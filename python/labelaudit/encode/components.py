"""Running text as a few numbers: the principal directions of its TF-IDF weights (latent semantic analysis)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import Hashes, moments, sample
from labelaudit.encode.text import TfIdf
from labelaudit.table.table import Column
from labelaudit.threads import importing

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

COMPONENTS = 100
FITTED_ROWS = 10_000  # drawn by content: the directions of more rows are hardly others
SMALLEST = 1e-9  # of the largest singular value: below, a direction is rounding


@dataclass(frozen=True)
class Components:
    """A text's TF-IDF weights along the right singular vectors of largest singular value, less their mean.

    They keep their scale: standardised, the last of them would count as much as the first, and they hold the words of
    few texts, which an encoding learns by heart.

    Source: Deerwester et al. 1990.
    """

    kind: ClassVar[str] = "components"
    column: str
    weights: TfIdf
    directions: NDArray[np.float32]  # (terms, components), in float32: a saved model holds them
    mean: Array

    @property
    def names(self) -> tuple[str, ...]:
        """The column and the component's number."""
        return tuple(f"{self.column} component {i + 1}" for i in range(self.directions.shape[1]))

    @classmethod
    def fit(cls, column: Column, hashes: Hashes) -> Components:
        """Terms from all of the column's texts, directions from at most FITTED_ROWS of them; hashes (rows,)."""
        weights = TfIdf.fit(column)
        drawn = sample(hashes, FITTED_ROWS)
        drawn = drawn[np.argsort(hashes[drawn], kind="stable")]  # so that shuffled rows change no bit
        x = weights.encode(column.values[drawn])
        plain = cls(column.name, weights, _directions(x), np.zeros(1))
        mean, _ = moments(plain._raw(x))
        return cls(column.name, weights, plain.directions, mean)

    def _raw(self, weights: csr_array) -> Array:
        return np.asarray(weights @ self.directions.astype(np.float64))

    def encode(self, values: NDArray[Any]) -> Array:
        """(rows, components)."""
        return self._raw(self.weights.encode(values)) - self.mean


def _directions(x: csr_array) -> NDArray[np.float32]:
    """Right singular vectors (terms, components), largest first, the largest entry of each positive."""
    with importing:
        from scipy.sparse.linalg import svds

    count = min(COMPONENTS, min(x.shape) - 1)
    if count < 1 or not x.nnz:
        return np.zeros((x.shape[1], 0), dtype=np.float32)
    start = np.random.default_rng(0).normal(size=min(x.shape))
    _, values, right = svds(x, count, v0=start, solver="arpack")
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > SMALLEST * values.max()]
    vectors = right[order]
    largest = np.abs(vectors).argmax(1)
    signs = np.sign(vectors[np.arange(len(vectors)), largest])
    return np.ascontiguousarray((vectors * signs[:, None]).T, dtype=np.float32)
