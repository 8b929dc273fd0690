"""The matrix functions in torch, for blocks that live on a GPU (or, to exercise the code, on torch's CPU device).

x is a tensor (rows, cols) in float64 or float32; parameters and row-aligned arrays come and go as NumPy float64.
Arithmetic is float64, as in the compiled kernels.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from labelaudit.kernels import native

Array = NDArray[np.float64]


def _like(values: Array, x: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(values, dtype=torch.float64, device=x.device)


def _back(values: torch.Tensor) -> Array:
    out: Array = values.cpu().numpy()
    return out


def forward(x: torch.Tensor, theta: Array) -> Array:
    """x theta: theta (cols, outputs), returns (rows, outputs)."""
    return _back(x.double() @ _like(theta, x))


def backward(x: torch.Tensor, r: Array) -> Array:
    """x^T r: r (rows, outputs), returns (cols, outputs)."""
    return _back(x.double().T @ _like(r, x))


def squares(x: torch.Tensor, w: Array) -> Array:
    """(x * x)^T w, the diagonals of grams: w (rows, outputs), returns (cols, outputs)."""
    return _back(x.double().square().T @ _like(w, x))


def gram(x: torch.Tensor, w: Array) -> Array:
    """x^T diag(w[:, p]) x for every pair p, upper triangles: w (rows, pairs), returns (pairs, cols, cols)."""
    wide, weights = x.double(), _like(w, x)
    out = torch.empty((w.shape[1], x.shape[1], x.shape[1]), dtype=torch.float64, device=x.device)
    for p in range(w.shape[1]):
        out[p] = torch.triu(wide.T @ (wide * weights[:, p, None]))
    return _back(out)


def quadratic(x: torch.Tensor, m: Array) -> Array:
    """x_i^T m_p x_i for every row i and pair p: m (pairs, cols, cols), returns (rows, pairs)."""
    wide, matrices = x.double(), _like(m, x)
    columns = [((wide @ matrices[p]) * wide).sum(1) for p in range(len(m))]
    return _back(torch.stack(columns, 1))


def loss_and_gradient(x: torch.Tensor, theta: Array, t: Array, w: Array) -> tuple[float, Array]:
    """The sum of w times the rows' losses at theta (cols, outputs), and its gradient: t (rows, outputs), w (rows,)."""
    r, loss = native.residual(forward(x, theta), t, w)
    return loss, backward(x, r)


def take(x: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
    """Some of the rows, by position."""
    return x[torch.as_tensor(rows, device=x.device)]


def to_numpy(x: torch.Tensor) -> Array:
    """The rows as float64."""
    return _back(x.double())
