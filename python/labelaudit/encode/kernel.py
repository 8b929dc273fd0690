"""Features of a Gaussian kernel by Nystroem's method, on landmark rows chosen by content."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import moments

Array = NDArray[np.float64]

LANDMARKS = 150
# Of the landmarks' kernel matrix. Rounding, which the order of the rows decides, moves the whitening by its size times
# eigenvalue^-1.5: at 1e-12 a shuffled table had other scores in the sixth digit, at 1e-6 in the twelfth, and no
# ranking was the worse for it.
SMALLEST_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class KernelMap:
    """k(z, landmarks) whitened and standardised; k(a, b) = exp(-gamma |a - b|^2) on standardised columns z.

    Source: Williams and Seeger 2001.
    """

    mean: Array  # of the columns z is made from
    scale: Array
    landmarks: Array  # (landmarks, columns), standardised
    whitening: Array  # (landmarks, landmarks)
    feature_mean: Array
    feature_scale: Array

    @classmethod
    def fit(cls, x: Array, landmarks: NDArray[np.int64]) -> KernelMap:
        """x (rows, columns) unscaled; landmarks are positions of rows. gamma is 1 / (2 columns)."""
        mean, scale = moments(x)
        scale = np.where(scale > 0, scale, 1.0)
        z = (x[landmarks] - mean) / scale
        values, vectors = np.linalg.eigh(_gaussian(z, z))
        whitening = vectors / np.sqrt(np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
        plain = cls(mean, scale, z, whitening, np.zeros(1), np.ones(1))
        features = plain.encode(x)
        spread = features.std(0)
        return cls(mean, scale, z, whitening, features.mean(0), np.where(spread > 0, spread, 1.0))

    def encode(self, x: Array) -> Array:
        """(rows, landmarks)."""
        kernel = _gaussian((x - self.mean) / self.scale, self.landmarks)
        out: Array = (kernel @ self.whitening - self.feature_mean) / self.feature_scale
        return out


def _gaussian(a: Array, b: Array) -> Array:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    out: Array = np.exp(np.maximum(squares, 0.0) * (-0.5 / max(1, a.shape[1])))
    return out
