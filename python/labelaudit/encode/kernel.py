"""Features of a kernel by Nystroem's method, on landmark rows chosen by content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import moments
from labelaudit.threads import importing

Array = NDArray[np.float64]
Metric = Literal["gaussian", "laplace"]

LANDMARKS = 150
# Of the landmarks' kernel matrix. Rounding, which the order of the rows decides, moves the whitening by its size times
# eigenvalue^-1.5: at 1e-12 a shuffled table had other scores in the sixth digit, at 1e-6 in the twelfth, and no
# ranking was the worse for it.
SMALLEST_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class KernelMap:
    """k(z, landmarks) whitened and standardised; z are columns less `mean`, over `scale`.

    gaussian: k(a, b) = exp(-|a - b|^2 / (2 columns)), on standardised columns. laplace: exp(-|a - b|_1 / bandwidth), on
    ranks and categories, which no monotone change of a column moves.
    Source: Williams and Seeger 2001.
    """

    metric: Metric
    bandwidth: float

    mean: Array  # of the columns z is made from
    scale: Array
    landmarks: Array  # (landmarks, columns), standardised
    whitening: Array  # (landmarks, landmarks)
    feature_mean: Array
    feature_scale: Array

    @classmethod
    def gaussian(cls, x: Array, landmarks: NDArray[np.int64]) -> KernelMap:
        """x (rows, columns) unscaled; landmarks are positions of rows."""
        mean, scale = moments(x)
        return cls._fit(x, landmarks, "gaussian", 2.0 * max(1, x.shape[1]), mean, np.where(scale > 0, scale, 1.0))

    @classmethod
    def laplace(cls, x: Array, landmarks: NDArray[np.int64], scale: Array, columns: int) -> KernelMap:
        """x (rows, encoded columns), made of so many columns, is divided by `scale`; the bandwidth is their root."""
        return cls._fit(x, landmarks, "laplace", max(1, columns) ** 0.5, np.zeros(x.shape[1]), scale)

    @classmethod
    def _fit(
        cls, x: Array, landmarks: NDArray[np.int64], metric: Metric, bandwidth: float, mean: Array, scale: Array
    ) -> KernelMap:
        z = (x[landmarks] - mean) / scale
        values, vectors = np.linalg.eigh(_kernel(z, z, metric, bandwidth))
        whitening = vectors / np.sqrt(np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
        plain = cls(metric, bandwidth, mean, scale, z, whitening, np.zeros(1), np.ones(1))
        features = plain.encode(x)
        spread = features.std(0)
        return replace(plain, feature_mean=features.mean(0), feature_scale=np.where(spread > 0, spread, 1.0))

    def encode(self, x: Array) -> Array:
        """(rows, landmarks)."""
        kernel = _kernel((x - self.mean) / self.scale, self.landmarks, self.metric, self.bandwidth)
        out: Array = kernel @ self.whitening
        out -= self.feature_mean
        out /= self.feature_scale
        return out


def _kernel(a: Array, b: Array, metric: Metric, bandwidth: float) -> Array:
    if metric == "laplace":
        with importing:
            from scipy.spatial.distance import cdist  # late, for the time it takes to import

        out: Array = cdist(a, b, "cityblock")
    else:
        out = a @ (-2 * b.T)
        out += np.einsum("ij,ij->i", a, a)[:, None]
        out += np.einsum("ij,ij->i", b, b)
        np.maximum(out, 0.0, out=out)
    out /= -bandwidth
    return np.exp(out, out=out)
