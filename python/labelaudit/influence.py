"""Influence functions of a logistic model: how each row's label works on the model.

A row's gradient is x_i (x) r_i, with r_i = p_i - y_i its residual, so it is never stored. Source: Koh and Liang 2017;
signs are such that a positive influence helps: upweighting the row lowers the loss of the rows it is measured on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import Block, RowBlocks, on_threads
from labelaudit.curvature import Curvature
from labelaudit.kernels import native
from labelaudit.model.targets import Targets

Array = NDArray[np.float64]

MEMORY_BYTES = 256 * 2**20
PIECE_ROWS = 512  # of the whole matrix: so few that threads end together, so many that a product is fast


@dataclass(frozen=True)
class Residuals:
    """Rows with their probabilities and residuals (rows, outputs) under one model, in storage order."""

    blocks: RowBlocks
    p: Array
    r: Array

    def of(self, block: Block) -> Array:
        """One block's residuals."""
        return self.r[block.start : block.stop]


def residuals(blocks: RowBlocks, targets: Targets, theta: Array) -> Residuals:
    """Probabilities and unweighted residuals of every row at theta (cols, outputs)."""
    passed = blocks.for_passes(theta.shape[1])
    p = passed.map(lambda block: native.probabilities(block.forward(theta)))
    r = passed.map(lambda block: p[block.start : block.stop] - targets(block.start, block.stop))
    return Residuals(blocks, p, r)


def mean_gradient(rows: Residuals, weights: Array) -> Array:
    """The weighted mean of the rows' gradients, (cols, outputs); weights (rows,), not all zero."""

    def part(block: Block) -> tuple[Array, ...]:
        return (block.backward(rows.of(block) * weights[block.start : block.stop, None]),)

    (total,) = rows.blocks.sum(part)
    mean: Array = total / weights.sum()
    return mean


def average_influence(rows: Residuals, curvature: Curvature, reference_gradient: Array) -> Array:
    """The mean over reference rows of g_ref^T H^-1 g_i for every row i, (rows,): one solve and one pass, exact.

    reference_gradient (cols, outputs) is the mean gradient of the reference rows. Checked against refitting without
    the row, and against the whole matrix of pairs, in test_influence.
    """
    solved = curvature.solve(reference_gradient[None])[0]
    return rows.blocks.map(lambda block: (rows.of(block) * block.forward(solved)).sum(1))


def self_influence_and_leverage(rows: Residuals, curvature: Curvature) -> tuple[Array, Array]:
    """g_i^T H^-1 g_i, and how strongly each row pulls its own prediction; (rows,) each.

    Leverage is 0 (not at all) upwards, below 1 for two classes: trace((S_i (x) x_i x_i^T) H^-1) / rows, S_i the softmax
    curvature of row i, H of the mean loss. The quadratic forms of all rows are never held at once.
    Source: Pregibon 1981; checked against the diagonal of the pairs and the hat matrix in test_influence.
    """
    forms = curvature.row_forms(rows.blocks, rows.r, rows.p)
    return forms[:, 0].copy(), forms[:, 1] / len(rows.p)


def pairwise_influence(
    rows: Residuals, on: Residuals, curvature: Curvature, *, memory_bytes: int = MEMORY_BYTES
) -> Iterator[tuple[slice, Array]]:
    """g_on^T H^-1 g_row in slices of the `on` rows: yields (slice, array (rows, slice)), within the memory bound."""
    k, cols = on.r.shape[1], on.blocks.cols
    for block, part, solved in _solved(on, curvature, memory_bytes // _bytes_each(rows, on, 1)):
        m = len(solved)
        theta = np.ascontiguousarray(solved.transpose(1, 2, 0)).reshape(cols, k * m)

        def influence(other: Block, theta: Array = theta, m: int = m) -> Array:
            along, r = other.forward(theta), rows.of(other)
            if k == 1:
                along *= r
                return along
            out: Array = np.einsum("na,nam->nm", r, along.reshape(-1, k, m))
            return out

        yield slice(block.start + part.start, block.start + part.stop), rows.blocks.map(influence)


def influence_matrix(rows: Residuals, on: Residuals, curvature: Curvature) -> Array:
    """What `pairwise_influence` gives, (rows, on rows), as a whole: 8 bytes a pair, written once.

    The rows' blocks are laid out as dense ones, some rows at a time, for products of their gradients.
    """
    solved = np.concatenate([some.reshape(len(some), -1) for _, _, some in _solved(on, curvature, len(on.r))])
    out = np.empty((len(rows.r), len(solved)))
    pieces = [(block, i) for block in rows.blocks.blocks for i in range(0, block.stop - block.start, PIECE_ROWS)]

    def work(piece: tuple[Block, int]) -> None:
        block, first = piece
        places = np.arange(first, min(first + PIECE_ROWS, block.stop - block.start))
        gradients = block.take(places).outer(rows.of(block)[places])
        here = out[block.start + first : block.start + first + len(places)]
        np.matmul(gradients.reshape(len(places), -1), solved.T, out=here)

    deque(on_threads(work, pieces, rows.blocks.threads), maxlen=0)
    return out


def perturbation_influence(
    rows: Residuals, on: Residuals, curvature: Curvature, theta: Array, *, memory_bytes: int = MEMORY_BYTES
) -> Iterator[tuple[slice, Array]]:
    """The derivative of each pairwise influence by each encoded column of `rows`: (slice, array (rows, slice, cols)).

    d/dx of sum_a r_a(x) x^T s_a with s = H^-1 g_on is theta S (x^T s) + s r, the constant column included.
    Checked against finite differences in test_influence.
    """
    k, cols = on.r.shape[1], on.blocks.cols
    ones = np.ones(len(rows.r))
    for block, part, solved in _solved(on, curvature, memory_bytes // _bytes_each(rows, on, cols)):
        m = len(solved)
        wide = np.ascontiguousarray(solved.transpose(1, 2, 0)).reshape(cols, k * m)

        def derivative(other: Block, wide: Array = wide, solved: Array = solved, m: int = m) -> Array:
            here = slice(other.start, other.stop)
            u = np.ascontiguousarray(other.forward(wide).reshape(-1, k, m))
            su = native.apply_curvature(rows.p[here], ones[here], u)
            out: Array = np.einsum("nam,ca->nmc", su, theta)
            out += np.einsum("na,mca->nmc", rows.of(other), solved)
            return out

        yield slice(block.start + part.start, block.start + part.stop), rows.blocks.map(derivative)


def _bytes_each(rows: Residuals, on: Residuals, width: int) -> int:
    """What one more `on` row costs at the most, with `width` numbers for each pair of rows.

    The slice itself and the one before it, which the caller still holds; the blocks in work, with logits, their
    curvature and two arrays of results; and about 16 vectors of parameters, of which conjugate gradient takes most.
    """
    k = rows.r.shape[1]
    in_work = rows.blocks.busy_rows * (2 * k + 2 * width)
    each: int = 8 * (2 * len(rows.r) * width + in_work + 16 * on.blocks.cols * k)
    return each


def _solved(on: Residuals, curvature: Curvature, batch: int) -> Iterator[tuple[Block, slice, Array]]:
    """H^-1 g for the `on` rows, some at a time: yields (block, rows in the block, (m, cols, outputs))."""
    for block in on.blocks.blocks:
        for first in range(0, block.stop - block.start, max(1, batch)):
            part = slice(first, min(first + max(1, batch), block.stop - block.start))
            gradients = block.take(np.arange(part.start, part.stop)).outer(on.of(block)[part])
            yield block, part, curvature.solve(gradients)
