"""Random images of the Hessian's square root, by which quadratic forms with its inverse are estimated from few solves.

H = B^T B, with a row of B for each row of the data and output, each penalised coefficient, and each column of the
gauge. So v^T H^-1 v = |B H^-1 v|^2, and |G B H^-1 v|^2 with m rows of random signs in G, over m, estimates it without
bias, with a relative standard error of at most sqrt(2 / m). H^-1 B^T G^T is m solves, whatever the number of columns.
Source: Spielman and Srivastava 2011, Johnson and Lindenstrauss 1984; checked against the exact forms in test_sketch.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import Block, RowBlocks
from labelaudit.kernels import native
from labelaudit.model.objective import Objective

Array = NDArray[np.float64]
Bits = NDArray[np.uint64]


def standard_error(images: int) -> float:
    """The bound on the relative standard error of a quadratic form estimated from so many random images."""
    return math.sqrt(2 / images)


def random_images(objective: Objective, theta: Array, count: int, seed: list[int]) -> Array:
    """B^T g for `count` vectors g of random signs, (count, cols, outputs), at theta.

    Signs go with the content of the rows, not with their order: shuffled rows give the same images but for rounding.
    """
    cols, k = objective.blocks.cols, objective.outputs
    rng = np.random.default_rng(seed)
    place = _ranks(objective.blocks, rng.normal(size=(cols, 1)))
    row_bits, ridge_bits, gauge_bits = (_bits(rng, n, count) for n in ((len(place), k), (cols, k), (cols, 1)))
    row_bits = row_bits[place]

    def part(block: Block) -> tuple[Array, ...]:
        rows = slice(block.start, block.stop)
        p = native.probabilities(block.forward(theta))
        root = curvature_root(p, objective.weights[rows], _signs(row_bits[rows], count))
        return (block.backward(root.reshape(len(p), k * count)),)

    (total,) = objective.blocks.sum(part, keep=objective.keep)
    images = total.reshape(cols, k, count) / math.sqrt(objective.rows)
    images += np.sqrt(objective.ridge)[:, None, None] * _signs(ridge_bits, count)
    if k > 1:
        free = objective.ridge == 0
        images[free] += _signs(gauge_bits[free], count)
    return np.ascontiguousarray(images.transpose(2, 0, 1))


def curvature_root(p: Array, w: Array, u: Array) -> Array:
    """C u with C C^T = w (diag(p) - p p^T), the softmax curvature of each row; u and the result (rows, outputs, m).

    C = sqrt(w) diag(s) (I - s s^T) with s the square roots of the probabilities, a unit vector; of one logit,
    C = sqrt(w p (1 - p)).
    """
    if p.shape[1] == 1:
        out: Array = np.sqrt(w * p[:, 0] * (1 - p[:, 0]))[:, None, None] * u
    else:
        s = np.sqrt(p)[:, :, None]
        out = np.sqrt(w)[:, None, None] * s * (u - s * (s * u).sum(1, keepdims=True))
    return out


def pair_sums(u: Array) -> Array:
    """sum_l u_al u_bl for the pairs a <= b of outputs: (rows, pairs) from (rows, outputs, m)."""
    k = u.shape[1]
    return np.stack([np.einsum("nl,nl->n", u[:, a], u[:, b]) for a in range(k) for b in range(a, k)], 1)


def _ranks(blocks: RowBlocks, projection: Array) -> NDArray[np.int64]:
    """Each row's place in an order of the rows that their content decides; rows that tie are alike, so any will do."""
    fingerprint = blocks.map(lambda block: block.forward(projection)[:, 0])
    ranks = np.empty(len(fingerprint), dtype=np.int64)
    ranks[np.argsort(fingerprint, kind="stable")] = np.arange(len(fingerprint))
    return ranks


def _bits(rng: np.random.Generator, shape: tuple[int, ...], count: int) -> Bits:
    """`count` random bits for each entry, packed: 64 to a number."""
    return rng.integers(2**64, size=(*shape, -(-count // 64)), dtype=np.uint64)


def _signs(bits: Bits, count: int) -> Array:
    """+1 or -1 for each bit, (..., count)."""
    one_by_one = np.unpackbits(np.ascontiguousarray(bits).view(np.uint8), axis=-1, count=count)
    return 2.0 * one_by_one.astype(np.float64) - 1.0
