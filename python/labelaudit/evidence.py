"""What the model says of a row that it has not seen: leave-one-out in closed form, or leave-fold-out by Newton steps.

Both start from one fit on all rows. Leaving a row out is exact to first order and free of the luck of a partition,
but needs the factored Hessian; beyond the direct solver's reach whole folds are left out instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import Block
from labelaudit.curvature import CgCurvature, DirectCurvature
from labelaudit.influence import residuals
from labelaudit.kernels import native
from labelaudit.model.fit import Solver
from labelaudit.model.objective import Objective
from labelaudit.model.targets import class_probabilities

Array = NDArray[np.float64]

FOLD_CG_TOLERANCE = 1e-6  # one Newton step is itself no closer to the fold's optimum
LEVERAGE_SLACK = 1e-9  # keeps a row with leverage 1, whose label nothing else supports, from dividing by zero


@dataclass(frozen=True)
class Alike:
    """Which rows have exactly the same features: of (rows,) numbers the groups from 0, count (groups,) their rows."""

    of: NDArray[np.int64]
    count: NDArray[np.int64]

    def means(self, values: Array) -> Array:
        """Each row's group mean: values (rows, columns), same shape out."""
        sums = np.stack([np.bincount(self.of, weights=v, minlength=len(self.count)) for v in values.T], 1)
        out: Array = (sums / self.count[:, None])[self.of]
        return out


def alike(hashes: NDArray[np.uint64]) -> Alike:
    """Groups of rows by content hash."""
    _, of, count = np.unique(hashes, return_inverse=True, return_counts=True)
    return Alike(of.astype(np.int64), count.astype(np.int64))


def out_of_sample(objective: Objective, theta: Array, solver: Solver, same: Alike) -> Array:
    """Class probabilities (rows, classes) of each row from a model that has not seen it nor its exact duplicates."""
    if solver == "cg":
        return out_of_fold(objective, theta)
    return leave_one_out(objective, theta, same)


def leave_one_out(objective: Objective, theta: Array, same: Alike) -> Array:
    """Out-of-sample probabilities in closed form, for unit weights.

    Leaving out the m rows with features x moves their logits by m Q (I - m S Q)^-1 r, where r is their mean residual,
    S their softmax curvature and Q_ab = x^T [H^-1]_ab x / rows (one Newton step from the optimum, by Woodbury's
    identity). Source: Pregibon 1981 for two classes, Rad and Maleki 2020; checked against refitting in test_evidence.
    """
    rows = residuals(objective.blocks, objective.targets, theta)
    mean = same.means(rows.r)
    count = same.count[same.of]
    matrices = DirectCurvature(objective, theta).pair_matrices() / objective.rows

    def part(block: Block) -> Array:
        here = slice(block.start, block.stop)
        q = _square(block.quadratic(matrices), rows.r.shape[1]) * count[here, None, None]
        s = _square(native.curvature(rows.p[here], np.ones(block.stop - block.start)), rows.r.shape[1])
        bent = np.linalg.solve((1 + LEVERAGE_SLACK) * np.eye(q.shape[1]) - s @ q, mean[here, :, None])
        z = block.forward(theta) + (q @ bent)[:, :, 0]
        return class_probabilities(native.probabilities(np.ascontiguousarray(z)))

    return objective.blocks.map(part)


def _square(packed: Array, outputs: int) -> Array:
    """From pairs (rows, pairs) to symmetric matrices (rows, outputs, outputs)."""
    out = np.empty((len(packed), outputs, outputs))
    first, second = np.triu_indices(outputs)
    out[:, first, second] = packed
    out[:, second, first] = packed
    return out


def out_of_fold(objective: Objective, theta: Array) -> Array:
    """Class probabilities (rows, classes) of each row by a model that forgets the row's fold, by conjugate gradient.

    That model is one Newton step from theta, the optimum on all rows, on the rows of the other folds.
    Source: Beirami et al. 2017; checked against refitting without the fold in test_evidence.
    """
    folds = sorted({block.fold for block in objective.blocks.blocks})
    moved = {}
    for fold in folds:
        rest = objective.without_fold(fold) if len(folds) > 1 else objective
        _, gradient = rest.loss_and_gradient(theta)
        step = CgCurvature(rest, theta, tolerance=FOLD_CG_TOLERANCE).solve(gradient[None])[0]
        moved[fold] = np.ascontiguousarray(theta - step)

    def part(block: Block) -> Array:
        return class_probabilities(native.probabilities(block.forward(moved[block.fold])))

    return objective.blocks.map(part)
