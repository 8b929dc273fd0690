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
STEPS = 30  # of the power method: for a picture any direction of about the largest spread serves
CHUNK_ROWS = 8192


def directions(model: FittedModel, columns: Sequence[Column], rows: NDArray[np.int64]) -> Array:
    """Coefficients (encoded columns, 2) of two directions, found on some of these rows (positions in the columns).

    With three classes or more: the principal directions of the logits. With two: the log-odds, and the principal
    direction of what is left of the encoded columns when the log-odds have explained what they can.
    """
    some = rows[np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)]
    x = model.encoder.encode(feature_columns(columns), some)
    logits = native.forward(x, np.ascontiguousarray(model.theta))
    if model.theta.shape[1] > 1:
        return np.ascontiguousarray(model.theta @ _principal(logits))
    return np.hstack([model.theta, _beside(x, model.theta, logits[:, 0])])


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


def _beside(x: native.Rows, theta: Array, logit: Array) -> Array:
    """The direction (columns, 1) of the largest spread of the columns less their regression on the logit.

    By the power method on products with x alone, so that sparse rows stay sparse.
    """
    ones = np.ones((len(logit), 1))
    mean = native.backward(x, ones)[:, 0] / len(logit)
    z = logit - logit.mean()
    square = float(z @ z)
    slope = native.backward(x, z[:, None])[:, 0] / square if square > 0 else np.zeros(len(mean))
    v = np.sin(np.arange(1.0, len(mean) + 1))  # any start that is not special
    v[-1] = 0.0  # the constant
    for _ in range(STEPS):
        u = native.forward(x, np.ascontiguousarray(v[:, None]))[:, 0] - mean @ v - z * (slope @ v)
        v = native.backward(x, np.ascontiguousarray(u[:, None]))[:, 0] - mean * u.sum() - slope * (z @ u)
        length = float(np.linalg.norm(v))
        if length == 0.0:
            return np.zeros_like(theta)
        v /= length
    return _turned(v[:, None] - theta * (slope @ v))


def _turned(along: Array) -> Array:
    """Each direction with its largest entry positive: the sign of a principal direction is nobody's choice."""
    signs = np.sign(along[np.abs(along).argmax(0), np.arange(along.shape[1])])
    out: Array = along * np.where(signs == 0, 1.0, signs)
    return out
