"""The compiled kernels as functions that return new arrays.

x holds (rows, cols) in float64 or float32, as an array or a CsrMatrix, or in float64 as an IndicatorMatrix.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit._core import CsrMatrix, IndicatorMatrix
from labelaudit.errors import InputError

Array = NDArray[np.float64]
Laid = NDArray[Any] | CsrMatrix
Rows = Laid | IndicatorMatrix
Precision = Literal["float64", "float32"]

FEWEST_FOR_BLAS = 2  # outputs; measured by benchmarks/speed.py on blocks of 1,640 rows


def pair_count(outputs: int) -> int:
    """The number of unordered pairs of logits, a pair with itself included."""
    return outputs * (outputs + 1) // 2


def _by_blas(x: Rows, outputs: int) -> TypeGuard[Array]:
    """Whether numpy's matrix product is the faster: for dense float64 with several outputs, up to three times."""
    return outputs >= FEWEST_FOR_BLAS and isinstance(x, np.ndarray) and x.dtype == np.float64


def _product(a: Array, b: Array) -> Array:
    with np.errstate(
        all="ignore"
    ):  # what overflows is refused by whoever reads the result, as the kernels' results are
        out: Array = a @ b
    return out


def forward(x: Rows, theta: Array) -> Array:
    """x theta: theta (cols, outputs), returns (rows, outputs)."""
    if _by_blas(x, theta.shape[1]):
        return _product(x, theta)
    out = np.empty((len(x), theta.shape[1]))
    _core.forward(x, theta, out)
    return out


def backward(x: Rows, r: Array) -> Array:
    """x^T r: r (rows, outputs), returns (cols, outputs)."""
    if _by_blas(x, r.shape[1]):
        return _product(x.T, r)
    out = np.zeros((x.shape[1], r.shape[1]))
    _core.add_backward(x, r, out)
    return out


def squares(x: Rows, w: Array) -> Array:
    """(x * x)^T w, the diagonals of grams: w (rows, outputs), returns (cols, outputs)."""
    return backward(x.squared() if isinstance(x, CsrMatrix) else np.square(to_numpy(x)), w)


def gram(x: Rows, w: Array) -> Array:
    """x^T diag(w[:, p]) x for every pair p, upper triangles: w (rows, pairs), returns (pairs, cols, cols)."""
    out = np.zeros((w.shape[1], x.shape[1], x.shape[1]))
    _core.add_gram(x, w, out)
    return out


def quadratic(x: Rows, m: Array) -> Array:
    """x_i^T m_p x_i for every row i and pair p: m (pairs, cols, cols), returns (rows, pairs)."""
    out = np.empty((len(x), len(m)))
    _core.quadratic(x, m, out)
    return out


def probabilities(z: Array) -> Array:
    """Class probabilities in the layout of the logits z (rows, outputs): for one logit, of the second class."""
    out = np.empty_like(z)
    _core.probabilities(z, out)
    return out


def residual(z: Array, t: Array, w: Array) -> tuple[Array, float]:
    """w (softmax(z) - t), shape (rows, outputs), and the sum of w times the row losses. t like z, w (rows,)."""
    out = np.empty_like(z)
    return out, _core.residual(z, t, w, out)


def curvature(p: Array, w: Array) -> Array:
    """w (p_a [a = b] - p_a p_b) for the pairs a <= b: p (rows, outputs), w (rows,), returns (rows, pairs)."""
    out = np.empty((len(p), pair_count(p.shape[1])))
    _core.curvature(p, w, out)
    return out


def apply_curvature(p: Array, w: Array, u: Array) -> Array:
    """w (diag(p) - p p^T) u for every row and vector: u and the result (rows, outputs, vectors)."""
    out = np.empty_like(u)
    _core.apply_curvature(p, w, u, out)
    return out


def loss_and_gradient(x: Rows, theta: Array, t: Array, w: Array) -> tuple[float, Array]:
    """The sum of w times the rows' losses at theta (cols, outputs), and its gradient: t (rows, outputs), w (rows,)."""
    if theta.shape[1] == 1 and not isinstance(x, CsrMatrix):
        out = np.zeros(theta.shape)
        return _core.add_logistic_gradient(x, theta[:, 0], t[:, 0], w, out[:, 0]), out
    r, loss = residual(forward(x, theta), t, w)
    return loss, backward(x, r)


def sum_losses_and_gradients(
    xs: Sequence[NDArray[Any] | IndicatorMatrix],
    starts: Sequence[int],
    theta: Array,
    t: Array | NDArray[np.int64],
    w: Array,
) -> tuple[Array, Array]:
    """The loss and gradient of two classes of each block in one call, summed in the tree of `tree.folded`.

    theta (cols, 1); block i has the rows of t and w (all rows,) from starts[i] on. t: class codes (all rows,), or
    probabilities of both classes (all rows, 2).
    """
    out = np.empty(theta.shape)
    return np.array(_core.sum_logistic_gradients(xs, starts, theta[:, 0], t, w, out[:, 0])), out


def stored(x: Laid, precision: Precision) -> Laid:
    """The rows with their values in this type; raises InputError for a value beyond its range.

    It is the type of storage alone: every function above widens a value before it is multiplied or added.
    """
    values = x.values if isinstance(x, CsrMatrix) else x
    if values.dtype == precision:
        return x
    with np.errstate(over="ignore", under="ignore"):  # below the range is 0, beyond it is refused
        narrow = values.astype(precision)
    if not np.isfinite(narrow).all():
        largest = float(np.abs(values).max())
        raise InputError(
            f"an encoded value is {largest:.1e}, beyond the range of {precision}. Use --precision float64."
        )
    return CsrMatrix(x.indptr, x.indices, narrow, x.shape[1]) if isinstance(x, CsrMatrix) else narrow


def take(x: Rows, rows: NDArray[np.int64]) -> Rows:
    """Some of the rows, by position."""
    if isinstance(x, IndicatorMatrix):
        return IndicatorMatrix(x.numbers[rows], x.slots[rows], x.places, x.shape[1])
    return x.take(rows) if isinstance(x, CsrMatrix) else x[rows]


def checksum(x: NDArray[Any] | IndicatorMatrix) -> int:
    """CRC-32 of the arrays that hold the rows; the GIL is released."""
    if isinstance(x, IndicatorMatrix):
        return zlib.crc32(x.slots.data, zlib.crc32(x.numbers.data))
    return zlib.crc32(x.data)


def to_numpy(x: Rows) -> Array:
    """The rows as a float64 array."""
    return np.asarray(x, dtype=np.float64) if isinstance(x, np.ndarray) else x.to_dense()
