"""The rows in two dimensions: along what the model tells the classes apart by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.fitted import FittedModel
from labelaudit.encode.encoder import feature_columns
from labelaudit.kernels import native
from labelaudit.table.table import Column

Array = NDArray[np.float64]

SAMPLE = 2000  # rows that directions are found on; a guess
CELLS = 10_000_000  # of their encoded columns, at most: 80 MB
STEPS = 50  # of the power method: for a picture any direction of about the largest spread serves
CHUNK_ROWS = 8192


def directions(model: FittedModel, columns: Sequence[Column], rows: NDArray[np.int64]) -> Array:
    """Coefficients (encoded columns, 2) of two directions, found on some of these rows (positions in the columns).

    With three classes or more: the principal directions of the logits. With two: the log-odds, and the main direction
    of what is left of the encoded columns when the log-odds have explained what they can.
    """
    count = max(1, min(SAMPLE, len(rows), CELLS // len(model.theta)))
    some = rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]
    x = native.to_numpy(model.encoder.encode(feature_columns(columns), some))
    if model.theta.shape[1] > 1:
        return np.ascontiguousarray(model.theta @ _principal(x @ model.theta))
    return np.hstack([model.theta, _beside(x, model.theta)])


def projected(model: FittedModel, columns: Sequence[Column], rows: NDArray[np.int64], along: Array) -> Array:
    """The rows (positions) along these directions, (rows, 2); a chunk is encoded at a time."""
    features = feature_columns(columns)
    out = np.empty((len(rows), along.shape[1]))
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        out[chunk] = native.forward(model.encoder.encode(features, rows[chunk]), np.ascontiguousarray(along))
    return out


def _principal(logits: Array) -> Array:
    """The two principal directions of logits (rows, classes), (classes, 2)."""
    _, _, v = np.linalg.svd(logits - logits.mean(0), full_matrices=False)
    found = np.zeros((logits.shape[1], 2))
    found[:, : min(2, len(v))] = v[:2].T
    return _turned(found)


def _beside(x: Array, theta: Array) -> Array:
    """The direction (columns, 1) of the largest spread of the columns less their regression on the logit.

    A spherical principal direction (Locantore et al. 1999): a row further out than half of the rows counts as if it
    were not, so that a few odd rows do not press all others into one line. By the power method.
    """
    logit = x @ theta
    z = logit - logit.mean()
    centred = x - x.mean(0)
    square = float(z[:, 0] @ z[:, 0])
    slope = z.T @ centred / square if square > 0 else np.zeros((1, x.shape[1]))
    rest = centred - z * slope
    size = np.linalg.norm(rest, axis=1, keepdims=True)
    rest /= np.maximum(size, np.median(size)) + np.finfo(float).tiny
    v = np.sin(np.arange(1.0, x.shape[1] + 1))[:, None]  # any start that is not special
    for _ in range(STEPS):
        v = rest.T @ (rest @ v)
        length = float(np.linalg.norm(v))
        if length == 0.0:
            return np.zeros_like(theta)
        v /= length
    return _turned(v - theta * (slope @ v))


def _turned(along: Array) -> Array:
    """Each direction with its largest entry positive: the sign of a principal direction is nobody's choice."""
    signs = np.sign(along[np.abs(along).argmax(0), np.arange(along.shape[1])])
    out: Array = along * np.where(signs == 0, 1.0, signs)
    return out
