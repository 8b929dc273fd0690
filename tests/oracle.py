"""The numerical definitions as plain loops over Python floats: slow, and to be read beside the formula.

Rows are lists of lists or arrays; theta is (cols, outputs); pairs (a, b) with a <= b run (0,0) (0,1) .. (1,1) ..
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def error(got: Any, expected: Any) -> float:
    """The largest difference over the largest expected entry; the difference itself where all of those are zero."""
    got, expected = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert got.shape == expected.shape
    scale = float(np.abs(expected).max(initial=0.0))
    return float(np.abs(got - expected).max(initial=0.0)) / (scale or 1.0)


def pairs(outputs: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(outputs) for b in range(a, outputs)]


def forward(x: Array, theta: Array) -> Array:
    rows, cols, outputs = len(x), len(theta), theta.shape[1]
    out = np.zeros((rows, outputs))
    for i in range(rows):
        for c in range(outputs):
            out[i, c] = math.fsum(float(x[i, j]) * float(theta[j, c]) for j in range(cols))
    return out


def backward(x: Array, r: Array) -> Array:
    rows, cols, outputs = len(x), x.shape[1], r.shape[1]
    out = np.zeros((cols, outputs))
    for j in range(cols):
        for c in range(outputs):
            out[j, c] = math.fsum(float(x[i, j]) * float(r[i, c]) for i in range(rows))
    return out


def gram(x: Array, w: Array) -> Array:
    """Upper triangles, zero below."""
    rows, cols = x.shape
    out = np.zeros((w.shape[1], cols, cols))
    columns = [[float(v) for v in x[:, j]] for j in range(cols)]
    for p in range(w.shape[1]):
        weights = [float(v) for v in w[:, p]]
        for a in range(cols):
            for b in range(a, cols):
                out[p, a, b] = math.fsum(columns[a][i] * weights[i] * columns[b][i] for i in range(rows))
    return out


def quadratic(x: Array, m: Array) -> Array:
    rows, cols = x.shape
    out = np.zeros((rows, len(m)))
    for p in range(len(m)):
        matrix = m[p].tolist()
        for i in range(rows):
            row = [float(v) for v in x[i]]
            out[i, p] = math.fsum(row[a] * matrix[a][b] * row[b] for a in range(cols) for b in range(cols))
    return out


def probabilities(z: Array) -> Array:
    """For one logit, the probability of the second class."""
    out = np.zeros(z.shape)
    for i in range(len(z)):
        p = softmax(z[i].tolist())
        out[i] = p[1:] if z.shape[1] == 1 else p
    return out


def softmax(z: Sequence[float]) -> list[float]:
    """Of every class; one logit is the second class's, the first one's being 0."""
    logits = [0.0, *z] if len(z) == 1 else list(z)
    top = max(logits)
    exps = [math.exp(v - top) for v in logits]
    return [e / math.fsum(exps) for e in exps]


def residual(z: Array, t: Array, w: Array) -> tuple[Array, float]:
    p = probabilities(z)
    out = np.zeros(z.shape)
    losses = []
    for i in range(len(z)):
        for c in range(z.shape[1]):
            out[i, c] = float(w[i]) * (float(p[i, c]) - float(t[i, c]))
        losses.append(float(w[i]) * row_loss(z[i].tolist(), t[i].tolist()))
    return out, math.fsum(losses)


def row_loss(z: Sequence[float], t: Sequence[float]) -> float:
    """log sum exp(z) - t z."""
    logits = [0.0, *z] if len(z) == 1 else list(z)
    top = max(logits)
    partition = top + math.log(math.fsum(math.exp(v - top) for v in logits))
    return partition - math.fsum(a * b for a, b in zip(z, t, strict=True))


def curvature(p: Array, w: Array) -> Array:
    outputs = p.shape[1]
    out = np.zeros((len(p), len(pairs(outputs))))
    for i in range(len(p)):
        for n, (a, b) in enumerate(pairs(outputs)):
            out[i, n] = float(w[i]) * (float(p[i, a]) * float(a == b) - float(p[i, a]) * float(p[i, b]))
    return out


def apply_curvature(p: Array, w: Array, u: Array) -> Array:
    rows, outputs, vectors = u.shape
    out = np.zeros(u.shape)
    for i in range(rows):
        for v in range(vectors):
            mean = math.fsum(float(p[i, c]) * float(u[i, c, v]) for c in range(outputs))
            for c in range(outputs):
                out[i, c, v] = float(w[i]) * float(p[i, c]) * (float(u[i, c, v]) - mean)
    return out


def objective(x: Array, t: Array, w: Array, ridge: Array, theta: Array) -> float:
    """Mean loss, L2, and half the squared sum over outputs of every unpenalised column where there are several."""
    _, loss = residual(forward(x, theta), t, w)
    cols, outputs = theta.shape
    l2 = math.fsum(float(ridge[j]) * float(theta[j, c]) ** 2 for j in range(cols) for c in range(outputs)) / 2
    free = [j for j in range(cols) if ridge[j] == 0 and outputs > 1]
    gauge = math.fsum(math.fsum(theta[j].tolist()) ** 2 for j in free) / 2
    return loss / len(x) + l2 + gauge


def gradient(x: Array, t: Array, w: Array, ridge: Array, theta: Array) -> Array:
    """Of the objective, (cols, outputs)."""
    r, _ = residual(forward(x, theta), t, w)
    out = backward(x, r) / len(x)
    for j in range(len(theta)):
        for c in range(theta.shape[1]):
            out[j, c] += float(ridge[j]) * float(theta[j, c])
            if ridge[j] == 0 and theta.shape[1] > 1:
                out[j, c] += math.fsum(theta[j].tolist())
    return out


def hessian(x: Array, w: Array, ridge: Array, theta: Array) -> Array:
    """Of the objective; index a * cols + i stands for column i of output a."""
    rows, cols = x.shape
    outputs = theta.shape[1]
    p = probabilities(forward(x, theta))
    out = np.zeros((outputs * cols, outputs * cols))
    for a in range(outputs):
        for b in range(outputs):
            s = [float(w[i]) * float(p[i, a]) * (float(a == b) - float(p[i, b])) for i in range(rows)]
            for i in range(cols):
                for j in range(cols):
                    total = math.fsum(float(x[n, i]) * s[n] * float(x[n, j]) for n in range(rows)) / rows
                    if i == j and a == b:
                        total += float(ridge[i])
                    if i == j and ridge[i] == 0 and outputs > 1:
                        total += 1.0
                    out[a * cols + i, b * cols + j] = total
    return out


def row_gradients(x: Array, t: Array, theta: Array) -> Array:
    """x_i (x) (p_i - t_i) of every row, flattened class by class: (rows, parameters)."""
    p = probabilities(forward(x, theta))
    rows, cols = x.shape
    outputs = theta.shape[1]
    out = np.zeros((rows, outputs * cols))
    for i in range(rows):
        for a in range(outputs):
            for j in range(cols):
                out[i, a * cols + j] = float(x[i, j]) * (float(p[i, a]) - float(t[i, a]))
    return out
