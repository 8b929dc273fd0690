"""The Hessian at a fit as something to solve with: factored (direct), or as an operator for conjugate gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import Block, RowBlocks
from labelaudit.kernels.native import pair_count
from labelaudit.kernels.solve import CG_TOLERANCE, Cholesky, conjugate_gradient
from labelaudit.model.fit import Solver
from labelaudit.model.objective import Objective, flat, unflat
from labelaudit.sketch import pair_sums, random_images, standard_error

Array = NDArray[np.float64]

FORMED_LIMIT = 10_000  # parameters: 800 MB
BATCH_BYTES = 64 * 2**20  # right-hand sides that are held at a time
IMAGES = 200  # solves for the estimated quadratic forms: a relative standard error of 10 %
IMAGE_TOLERANCE = 1e-4  # of those solves: far below the error of the estimate


class Curvature(Protocol):
    """The inverse Hessian of an objective at one point."""

    def solve(self, rhs: Array) -> Array:
        """H^-1 times right-hand sides (m, cols, outputs), in the same shape."""
        ...

    def quadratic(self, blocks: RowBlocks) -> Array:
        """x_i^T [H^-1]_ab x_i for every row and the pairs a <= b of outputs: (rows, pairs)."""
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


@dataclass(frozen=True)
class CgCurvature:
    """The Hessian as an operator over the blocks; raises ConvergenceError where a system does not converge."""

    objective: Objective
    theta: Array
    tolerance: float = CG_TOLERANCE
    seed: int = 0  # of the estimated quadratic forms

    def solve(self, rhs: Array) -> Array:
        """See Curvature."""
        apply, diagonal = self.objective.operator(self.theta)
        vectors = flat(rhs)
        batch = max(1, BATCH_BYTES // (8 * vectors.shape[1]))
        out = np.empty_like(vectors)
        for i in range(0, len(vectors), batch):
            some = conjugate_gradient(apply, vectors[i : i + batch], diagonal, tolerance=self.tolerance)
            out[i : i + batch] = some.required()
        return unflat(out, self.objective.blocks.cols)

    def quadratic(self, blocks: RowBlocks) -> Array:
        """See Curvature. Up to FORMED_LIMIT parameters the Hessian is factored for it.

        Beyond, the forms are estimated: for any vectors a, the forms of a_i^T x_i are within the relative standard
        error that `quadratic_error` states.
        """
        if not quadratic_error(self.objective.parameters, "cg"):
            return DirectCurvature(self.objective, self.theta).quadratic(blocks)
        k, cols = self.objective.outputs, self.objective.blocks.cols
        loose = replace(self, tolerance=IMAGE_TOLERANCE)
        batch = max(1, BATCH_BYTES // (8 * self.objective.parameters))
        total = np.zeros((blocks.rows, pair_count(k)))
        for first in range(0, IMAGES, batch):
            count = min(batch, IMAGES - first)
            solved = loose.solve(random_images(self.objective, self.theta, count, [self.seed, first]))
            wide = np.ascontiguousarray(solved.transpose(1, 2, 0)).reshape(cols, k * count)

            def sums(block: Block, wide: Array = wide, count: int = count) -> Array:
                return pair_sums(block.forward(wide).reshape(-1, k, count))

            total += blocks.map(sums)
        return total / IMAGES


def quadratic_error(parameters: int, solver: Solver) -> float:
    """The relative standard error of quadratic forms, and so of self-influence and leverage; 0 where they are exact."""
    return standard_error(IMAGES) if solver == "cg" and parameters > FORMED_LIMIT else 0.0


def curvature_at(objective: Objective, theta: Array, solver: Solver) -> Curvature:
    """The curvature of the objective at theta by this solver."""
    return DirectCurvature(objective, theta) if solver == "direct" else CgCurvature(objective, theta)
