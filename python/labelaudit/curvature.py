"""The Hessian at a fit as something to solve with: factored (direct), or as an operator for conjugate gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import RowBlocks
from labelaudit.kernels.solve import CG_TOLERANCE, Cholesky, conjugate_gradient
from labelaudit.model.fit import Solver
from labelaudit.model.objective import Objective, flat, unflat

Array = NDArray[np.float64]

FORMED_LIMIT = 10_000  # parameters: 800 MB
BATCH_BYTES = 64 * 2**20  # right-hand sides that are held at a time


class Curvature(Protocol):
    """The inverse Hessian of an objective at one point."""

    def solve(self, rhs: Array) -> Array:
        """H^-1 times right-hand sides (m, cols, outputs), in the same shape."""
        ...

    def pair_matrices(self) -> Array:
        """The inverse Hessian's blocks [H^-1]_ab for the pairs a <= b of outputs: (pairs, cols, cols)."""
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
        """See Curvature."""
        return _pair_matrices(self.factor.inverse(), self.objective.outputs)


@dataclass(frozen=True)
class CgCurvature:
    """The Hessian as an operator over the blocks; raises ConvergenceError where a system does not converge."""

    objective: Objective
    theta: Array
    tolerance: float = CG_TOLERANCE

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

    def pair_matrices(self) -> Array:
        """See Curvature. The whole inverse is asked for, so up to FORMED_LIMIT parameters the Hessian is factored.

        Beyond, every unit vector is solved for: as many systems as there are parameters.
        """
        if self.objective.parameters <= FORMED_LIMIT:
            return DirectCurvature(self.objective, self.theta).pair_matrices()
        inverse = flat(self.solve(unflat(np.eye(self.objective.parameters), self.objective.blocks.cols)))
        return _pair_matrices((inverse + inverse.T) / 2, self.objective.outputs)


def _pair_matrices(inverse: Array, outputs: int) -> Array:
    parts = inverse.reshape(outputs, len(inverse) // outputs, outputs, -1)
    return np.stack([parts[a, :, b, :] for a in range(outputs) for b in range(a, outputs)])


def quadratic(curvature: Curvature, blocks: RowBlocks) -> Array:
    """x_i^T [H^-1]_ab x_i for every row and the pairs a <= b of outputs: (rows, pairs)."""
    matrices = curvature.pair_matrices()
    return blocks.map(lambda block: block.quadratic(matrices))


def curvature_at(objective: Objective, theta: Array, solver: Solver) -> Curvature:
    """The curvature of the objective at theta by this solver."""
    return DirectCurvature(objective, theta) if solver == "direct" else CgCurvature(objective, theta)
