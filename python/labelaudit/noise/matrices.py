"""The noise matrix and what follows from it.

A noise matrix is an array (classes, classes): noise[g, t] = P(given g | true t), columns sum to 1. The likelihood of a
given label g of a row with class probabilities p is sum_t noise[g, t] p[t].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

SMALLEST_LIKELIHOOD = 1e-12


@dataclass(frozen=True)
class OneRate:
    """The matrix of one rate for all classes, in two numbers."""

    rate: float
    classes: int

    def matrix(self) -> Array:
        """It as an array (classes, classes)."""
        return one_rate_matrix(self.rate, self.classes)


Noise = Array | OneRate


def dense(noise: Noise) -> Array:
    """The matrix as an array."""
    return noise.matrix() if isinstance(noise, OneRate) else noise


def likelihoods(noise: Noise, given: Codes) -> Array:
    """P(given label | true class) of rows, (classes, rows)."""
    if not isinstance(noise, OneRate):
        return noise.T.take(given, axis=1)
    out = np.full((noise.classes, len(given)), noise.rate / (noise.classes - 1))
    out[given, np.arange(len(given))] = 1 - noise.rate
    return out


def soft_counts(belief: Array, given: Codes) -> Array:
    """Expected rows with each (given, true): (classes, classes) from P(true | ..) (rows, classes)."""
    classes = belief.shape[1]
    return np.stack([np.bincount(given, weights=belief[:, t], minlength=classes) for t in range(classes)], 1)


def one_rate_matrix(rate: float, classes: int) -> Array:
    """Every label wrong with the same probability, every wrong class as likely."""
    out: Array = np.eye(classes) + rate * any_class(classes)
    return out


def any_class(classes: int) -> Array:
    """The direction of one rate for all: 1 + rate * direction is the matrix."""
    direction = np.full((classes, classes), 1 / (classes - 1))
    np.fill_diagonal(direction, -1.0)
    return direction


def one_class(wrong: int, other_way: float) -> Array:
    """The direction for two classes of which labels of `wrong` go astray, the other's `other_way` times as often."""
    direction = any_class(2)
    direction[:, 1 - wrong] *= other_way
    return direction


def error_rates(noise: Noise) -> Array:
    """The share of each true class that is given as another, (classes,)."""
    if isinstance(noise, OneRate):
        return np.full(noise.classes, noise.rate)
    out: Array = 1 - np.diagonal(noise)
    return out
