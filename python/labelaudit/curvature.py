"""The Hessian at a fit as something to solve with: factored (direct), or as an operator for conjugate gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import Block, RowBlocks
from labelaudit.kernels import native
from labelaudit.kernels.native import pair_count
from labelaudit.kernels.solve import CG_TOLERANCE, Cholesky
from labelaudit.model.fit import Solver
from labelaudit.model.objective import Objective, flat, unflat
from labelaudit.model.system import WIDEST, KroneckerProduct, has_product, solve_hessian
from labelaudit.model.targets import MANY_CLASSES
from labelaudit.sketch import pair_sums, random_images, standard_error

Array = NDArray[np.float64]
Images = Callable[[Block], Array]

FORMED_LIMIT = 5_000  # parameters: 200 MB
BATCH_BYTES = 64 * 2**20  # right-hand sides that are held at a time
LOGIT_BYTES = 256 * 2**20  # and their logits of the rows in work
IMAGES = 50  # solves for the estimated quadratic forms: a relative standard error of 20 %
IMAGE_TOLERANCE = 1e-4  # of those solves: far below the error of the estimate
SCALING_IMAGES = 4  # of many classes, for sums over all rows: 26 % off in the worst table of the test
SCALING_TOLERANCE = 1e-2
PRODUCT_ERROR = 0.9  # of a row's forms then, with an L2 of 0.001; 0.7 with 0.01 or more: test_many_classes


class Curvature(Protocol):
    """The inverse Hessian of an objective at one point."""

    def solve(self, rhs: Array) -> Array:
        """H^-1 times right-hand sides (m, cols, outputs), in the same shape."""
        ...

    def quadratic(self, blocks: RowBlocks) -> Array:
        """x_i^T [H^-1]_ab x_i for every row and the pairs a <= b of outputs: (rows, pairs)."""
        ...

    def row_forms(self, blocks: RowBlocks, r: Array, p: Array) -> Array:
        """(rows, 2): r_i^T Q_i r_i and trace(S_i Q_i), Q_i the row's quadratic forms, S_i the softmax curvature at p_i.

        r and p (rows, outputs). The forms of all rows are never held at once: with many classes these are many.
        """
        ...


@dataclass(frozen=True)
class DirectCurvature:
    """The Hessian formed and factored by Cholesky; raises CurvatureError where it is singular."""

    objective: Objective
    theta: Array

    @cached_property
    def factor(self) -> Cholesky:
        """The factored Hessian."""
        return Cholesky(self.objective.hessian(self.theta))

    def solve(self, rhs: Array) -> Array:
        """See Curvature."""
        return unflat(self.factor.solve(flat(rhs).T).T, self.objective.blocks.cols)

    def pair_matrices(self) -> Array:
        """The inverse Hessian's blocks [H^-1]_ab for the pairs a <= b of outputs: (pairs, cols, cols)."""
        k, inverse = self.objective.outputs, self.factor.inverse()
        parts = inverse.reshape(k, len(inverse) // k, k, -1)
        return np.stack([parts[a, :, b, :] for a in range(k) for b in range(a, k)])

    def quadratic(self, blocks: RowBlocks) -> Array:
        """See Curvature."""
        matrices = self.pair_matrices()
        return blocks.map(lambda block: block.quadratic(matrices))

    def row_forms(self, blocks: RowBlocks, r: Array, p: Array) -> Array:
        """See Curvature."""
        matrices = self.pair_matrices()

        def part(block: Block) -> Array:
            here, forms = slice(block.start, block.stop), block.quadratic(matrices)
            return np.stack([along(r[here], forms), trace(p[here], forms)], 1)

        return blocks.map(part)


@dataclass(frozen=True)
class CgCurvature:
    """The Hessian as an operator over the blocks; raises ConvergenceError where a system does not converge."""

    objective: Objective
    theta: Array
    tolerance: float = CG_TOLERANCE
    seed: int = 0  # of the estimated quadratic forms

    def solve(self, rhs: Array) -> Array:
        """See Curvature."""
        vectors = flat(rhs)
        batch = batch_of(self.objective)
        out = np.empty_like(vectors)
        for i in range(0, len(vectors), batch):
            some = solve_hessian(self.objective, self.theta, vectors[i : i + batch], tolerance=self.tolerance)
            out[i : i + batch] = some.required()
        return unflat(out, self.objective.blocks.cols)

    def quadratic(self, blocks: RowBlocks) -> Array:
        """See Curvature. Up to FORMED_LIMIT parameters the Hessian is factored for it.

        Beyond, the forms are estimated: for any vectors a, the forms of a_i^T x_i are within the relative standard
        error that `quadratic_error` states.
        """
        if not quadratic_error(self.objective.parameters, "cg"):
            return DirectCurvature(self.objective, self.theta).quadratic(blocks)
        total = np.zeros((blocks.rows, pair_count(self.objective.outputs)))
        for images in self._images():
            total += blocks.map(lambda block, images=images: pair_sums(images(block)))  # type: ignore[misc]
        return total / IMAGES

    def row_forms(self, blocks: RowBlocks, r: Array, p: Array) -> Array:
        """See Curvature; estimated beyond FORMED_LIMIT parameters, as `quadratic` is.

        Of many classes they are those of the Kronecker product, times what some images make of their sums.
        """
        if self.objective.outputs > MANY_CLASSES and has_product(self.objective):
            return self._scaled(blocks, r, p)
        if not quadratic_error(self.objective.parameters, "cg"):
            return DirectCurvature(self.objective, self.theta).row_forms(blocks, r, p)
        return self._estimated(blocks, r, p, IMAGES, IMAGE_TOLERANCE)

    def _scaled(self, blocks: RowBlocks, r: Array, p: Array) -> Array:
        product = KroneckerProduct.of(self.objective, self.theta)

        def part(block: Block) -> Array:
            here = slice(block.start, block.stop)
            return product.row_forms(block, r[here], p[here])

        forms = blocks.map(part)
        sums = self._estimated(blocks, r, p, SCALING_IMAGES, SCALING_TOLERANCE).sum(0)
        out: Array = forms * (sums / np.maximum(forms.sum(0), np.finfo(np.float64).tiny))
        return out

    def _estimated(self, blocks: RowBlocks, r: Array, p: Array, count: int, tolerance: float) -> Array:
        total = np.zeros((blocks.rows, 2))
        for images in self._images(count, tolerance):

            def part(block: Block, images: Images = images) -> Array:
                here, u = slice(block.start, block.stop), images(block)
                bent = native.apply_curvature(p[here], np.ones(len(u)), np.ascontiguousarray(u))
                along_r = np.einsum("na,nam->nm", r[here], u)
                return np.stack([np.einsum("nm,nm->n", along_r, along_r), np.einsum("nam,nam->n", u, bent)], 1)

            total += blocks.map(part)
        return total / count

    def _images(self, images: int = IMAGES, tolerance: float = IMAGE_TOLERANCE) -> Iterator[Images]:
        """Images of the inverse Hessian's square root, some at a time, as functions of a block: (rows, outputs, m)."""
        k, cols = self.objective.outputs, self.objective.blocks.cols
        loose, batch = replace(self, tolerance=tolerance), batch_of(self.objective)
        for first in range(0, images, batch):
            count = min(batch, images - first)
            solved = loose.solve(random_images(self.objective, self.theta, count, [self.seed, first]))
            wide = np.ascontiguousarray(solved.transpose(1, 2, 0)).reshape(cols, k * count)
            yield lambda block, wide=wide, count=count: block.forward(wide).reshape(-1, k, count)  # type: ignore[misc]


def batch_of(objective: Objective) -> int:
    """How many vectors are worked on at a time: bounded by their parameters, and by the logits of busy rows."""
    logits = 8 * objective.blocks.busy_rows * objective.outputs
    return max(1, min(BATCH_BYTES // (8 * objective.parameters), LOGIT_BYTES // logits))


def along(r: Array, forms: Array) -> Array:
    """r_i^T Q_i r_i, (rows,), from r (rows, outputs) and the quadratic forms of pairs (rows, pairs)."""
    if r.shape[1] == 1:
        return r[:, 0] ** 2 * forms[:, 0]
    out: Array = (pair_products(r, r) * forms).sum(1)
    return out


def trace(p: Array, forms: Array) -> Array:
    """trace(S_i Q_i), (rows,), S_i the softmax curvature at p_i, likewise."""
    k = p.shape[1]
    if k == 1:
        return p[:, 0] * (1 - p[:, 0]) * forms[:, 0]
    twice = np.array([1.0 if i == j else 2.0 for i in range(k) for j in range(i, k)])
    out: Array = (native.curvature(p, np.ones(len(p))) * forms * twice).sum(1)
    return out


def pair_products(a: Array, b: Array) -> Array:
    """a_i b_j + a_j b_i over pairs i < j, a_i b_i for i = j: (rows, pairs) from (rows, outputs)."""
    k = a.shape[1]
    columns = [a[:, i] * b[:, j] + (a[:, j] * b[:, i] if i < j else 0.0) for i in range(k) for j in range(i, k)]
    return np.stack(columns, 1)


def quadratic_error(parameters: int, solver: Solver, outputs: int = 1) -> float:
    """The relative standard error of quadratic forms, and so of self-influence and leverage; 0 where they are exact."""
    if solver == "cg" and outputs > MANY_CLASSES and parameters <= WIDEST * outputs:
        return PRODUCT_ERROR
    return standard_error(IMAGES) if solver == "cg" and parameters > FORMED_LIMIT else 0.0


def curvature_at(objective: Objective, theta: Array, solver: Solver) -> Curvature:
    """The curvature of the objective at theta by this solver."""
    return DirectCurvature(objective, theta) if solver == "direct" else CgCurvature(objective, theta)
