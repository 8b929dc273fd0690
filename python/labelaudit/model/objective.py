"""The mean log-loss plus L2 of a softmax model, with gradient, Hessian and Hessian-vector product as sums over blocks.

Parameters theta have shape (cols, outputs). Flattened, they are class by class: index a * cols + i for column i of
output a. With several outputs, adding a constant to one column's coefficients of all classes changes no probability:
a null direction wherever that column is unpenalised (the intercept always is). The *gauge* term fixes it with half
the squared sum over classes, which is zero at the optimum, so it changes neither probabilities nor influences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelaudit._core import CsrMatrix
from labelaudit.blocks import Block, MatrixBlock, RowBlocks
from labelaudit.kernels import native
from labelaudit.model.targets import Targets, two_class_rows

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Objective:
    """sum_i w_i loss_i / rows + sum of ridge / 2 * theta^2 + gauge, on the blocks that `keep` lets through.

    weights (all rows,), ridge (cols,) with 0 for the intercept. `rows` counts the rows let through.
    """

    blocks: RowBlocks
    targets: Targets
    weights: Array
    ridge: Array
    outputs: int
    keep: Callable[[Block], bool] | None = None

    @cached_property
    def rows(self) -> int:
        """Rows that take part."""
        return sum(b.stop - b.start for b in self.blocks.blocks if self.keep is None or self.keep(b))

    @property
    def parameters(self) -> int:
        """The length of flattened theta."""
        return self.blocks.cols * self.outputs

    @cached_property
    def passed(self) -> RowBlocks:
        """The rows for passes with one vector of parameters."""
        return self.blocks.for_passes(self.outputs)

    def without_fold(self, fold: int) -> Objective:
        """The same objective on the rows of all other folds."""
        return replace(self, keep=lambda block: block.fold != fold)

    def loss_and_gradient(self, theta: Array) -> tuple[float, Array]:
        """The objective and its gradient (cols, outputs)."""

        def part(block: Block) -> tuple[Array, ...]:
            rows = slice(block.start, block.stop)
            loss, gradient = block.loss_and_gradient(theta, self.targets(block.start, block.stop), self.weights[rows])
            return np.array(loss), gradient

        def at_once(blocks: Sequence[Block]) -> tuple[Array, ...] | None:
            t = two_class_rows(self.targets)
            if t is None or not all(map(_by_kernel, blocks)):
                return None
            xs, starts = [b.x for b in blocks], [b.start for b in blocks]  # type: ignore[attr-defined]
            return native.sum_losses_and_gradients(xs, starts, theta, t, self.weights)

        loss, gradient = self.passed.sum(part, keep=self.keep, at_once=at_once)
        return float(loss) / self.rows + self.penalty(theta), gradient / self.rows + self.penalty_gradient(theta)

    def hessian(self, theta: Array) -> Array:
        """The Hessian of the objective, (parameters, parameters)."""
        blocks = self.blocks.for_passes(self.blocks.cols * native.pair_count(self.outputs))
        (gram,) = blocks.sum(lambda block: (self.gram(block, theta),), keep=self.keep)
        return self.assemble(gram, self.rows)

    def gram(self, block: Block, theta: Array) -> Array:
        """One block's share of the Hessian: (pairs, cols, cols), upper triangles, neither averaged nor penalised."""
        p = native.probabilities(block.forward(theta))
        return block.gram(native.curvature(p, self.weights[block.start : block.stop]))

    def assemble(self, gram: Array, rows: int) -> Array:
        """The whole Hessian (parameters, parameters) from summed grams over so many rows."""
        cols, k = self.blocks.cols, self.outputs
        whole = np.empty((k, cols, k, cols))
        pair = 0
        for a in range(k):
            for b in range(a, k):
                upper = gram[pair] / rows
                whole[a, :, b, :] = whole[b, :, a, :] = upper + np.triu(upper, 1).T
                pair += 1
        each = np.arange(cols)
        for a in range(k):
            whole[a, each, a, each] += self.ridge
            if k > 1:
                whole[a, each, :, each] += (self.ridge == 0)[:, None]
        return whole.reshape(k * cols, k * cols)

    def operator(self, theta: Array) -> tuple[Callable[[Array], Array], Array]:
        """The Hessian as a function of vectors (m, parameters), and its diagonal (parameters,)."""
        p = self._probabilities(theta)

        def diagonal(block: Block) -> tuple[Array, ...]:
            rows = slice(block.start, block.stop)
            return (block.squares(self.weights[rows, None] * p[rows] * (1 - p[rows])),)

        (summed,) = self.passed.sum(diagonal, keep=self.keep)
        gauge = float(self.outputs > 1) * (self.ridge == 0)
        return lambda v: self._apply(p, v, self.rows), (summed / self.rows + (self.ridge + gauge)[:, None]).T.ravel()

    def operator_without(self, folds: Sequence[int], theta: Array) -> Callable[[Array, Indices], Array]:
        """The Hessians of `without_fold` for these folds, of vectors (m, parameters) and the places of their folds."""
        p, fold = self._probabilities(theta), np.array(folds)
        rows = np.array([self.without_fold(f).rows for f in folds])
        return lambda v, which: self._apply(p, v, rows[which], fold[which])

    def _probabilities(self, theta: Array) -> Array:
        return self.passed.map(lambda block: native.probabilities(block.forward(theta)))

    def _apply(self, p: Array, v: Array, count: int | Indices, without: Indices | None = None) -> Array:
        """The Hessian of so many rows times vectors v (m, parameters), for each without the rows of a fold, if any."""
        cols, k, m = self.blocks.cols, self.outputs, len(v)
        theta = np.ascontiguousarray(v.reshape(m, k, cols).transpose(2, 1, 0)).reshape(cols, k * m)

        def part(block: Block) -> tuple[Array, ...]:
            rows = slice(block.start, block.stop)
            u = block.forward(theta).reshape(-1, k, m)
            if without is not None:
                u[:, :, without == block.fold] = 0.0
            return (block.backward(native.apply_curvature(p[rows], self.weights[rows], u).reshape(-1, k * m)),)

        (product,) = self.blocks.for_passes(k * m).sum(part, keep=self.keep)
        out = product.reshape(cols, k, m) / count + self.ridge[:, None, None] * theta.reshape(cols, k, m)
        if k > 1:
            free = self.ridge == 0
            out[free] += theta.reshape(cols, k, m)[free].sum(1, keepdims=True)
        return np.ascontiguousarray(out.transpose(2, 1, 0)).reshape(m, k * cols)

    def penalty(self, theta: Array) -> float:
        """L2 and gauge."""
        gauge = theta[self.ridge == 0].sum(1) if self.outputs > 1 else np.zeros(1)
        return float((self.ridge[:, None] * theta**2).sum() + (gauge**2).sum()) / 2

    def penalty_gradient(self, theta: Array) -> Array:
        """Its gradient, (cols, outputs)."""
        out: Array = self.ridge[:, None] * theta
        if self.outputs > 1:
            free = self.ridge == 0
            out[free] += theta[free].sum(1, keepdims=True)
        return out


def _by_kernel(block: Block) -> bool:
    return isinstance(block, MatrixBlock) and block.kernel is native and not isinstance(block.x, CsrMatrix)


def flat(theta: Array) -> Array:
    """theta (.., cols, outputs) as vectors (.., parameters), class by class."""
    swapped = np.swapaxes(theta, -1, -2)
    return np.ascontiguousarray(swapped).reshape(*theta.shape[:-2], theta.shape[-1] * theta.shape[-2])


def unflat(vector: Array, cols: int) -> Array:
    """The inverse of `flat`."""
    shaped = vector.reshape(*vector.shape[:-1], vector.shape[-1] // cols, cols)
    return np.ascontiguousarray(np.swapaxes(shaped, -1, -2))
