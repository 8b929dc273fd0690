"""What the model says of a row that it has not seen: leave-one-out in closed form, or leave-fold-out by Newton steps.

Both start from one fit on all rows. Leaving a row out is exact to first order and free of the luck of a partition,
but needs the factored Hessian; beyond the direct solver's reach whole folds are left out instead. So they are where
rows with different features belong together: for these there is no closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import Block, RowBlocks
from labelaudit.curvature import CgCurvature, Curvature, DirectCurvature, along, batch_of, curvature_at, trace
from labelaudit.errors import CurvatureError
from labelaudit.influence import residuals
from labelaudit.kernels import native
from labelaudit.kernels.solve import Cholesky
from labelaudit.model.fit import Solver, chord, newton
from labelaudit.model.objective import Objective, flat, unflat
from labelaudit.model.system import has_product, solve_without
from labelaudit.model.targets import class_probabilities

Array = NDArray[np.float64]

FOLD_CG_TOLERANCE = 1e-4  # one Newton step is itself no closer to the fold's optimum
REST_TOLERANCE = 1e-7  # largest entry of the gradient of a fit without a fold
FORMS_BYTES = 256 * 2**20  # of quadratic forms that are kept
LEVERAGE_SLACK = 1e-9  # keeps a row with leverage 1, whose label nothing else supports, from dividing by zero


@dataclass(frozen=True)
class Alike:
    """Which rows have exactly the same features: of (rows,) numbers the groups from 0, count (groups,) their rows.

    by_fold: other rows as well must be left out with a row, and folds keep all of them together.
    """

    of: NDArray[np.int64]
    count: NDArray[np.int64]
    by_fold: bool = False

    @property
    def all_differ(self) -> bool:
        """Whether no row has a duplicate."""
        return len(self.count) == len(self.of)

    def means(self, values: Array) -> Array:
        """Each row's group mean: values (rows, columns), same shape out."""
        sums = np.stack([np.bincount(self.of, weights=v, minlength=len(self.count)) for v in values.T], 1)
        out: Array = (sums / self.count[:, None])[self.of]
        return out


def out_of_sample(
    objective: Objective, theta: Array, solver: Solver, same: Alike, curvature: Curvature | None = None
) -> Array:
    """Class probabilities (rows, classes) of each row from a model that has not seen it nor its exact duplicates.

    With same.by_fold it has seen no row of the fold, so that no row that belongs to it has a say. The curvature, where
    it is known already, is the objective's at theta.
    """
    if same.by_fold:
        return without_folds(objective, theta, solver)
    if solver == "cg":
        return out_of_fold(objective, theta)
    return leave_one_out(objective, theta, same, curvature)


def leave_one_out(objective: Objective, theta: Array, same: Alike, curvature: Curvature | None = None) -> Array:
    """Out-of-sample probabilities in closed form, for unit weights.

    Leaving out the m rows with features x moves their logits by m Q (I - m S Q)^-1 r, where r is their mean residual,
    S their softmax curvature and Q_ab = x^T [H^-1]_ab x / rows (one Newton step from the optimum, by Woodbury's
    identity). Source: Pregibon 1981 for two classes, Rad and Maleki 2020; checked against refitting in test_evidence.
    """
    forms = _forms(DirectCurvature(objective, theta) if curvature is None else curvature, objective)
    means = count = None
    if not same.all_differ:
        means = same.means(residuals(objective.blocks, objective.targets, theta).r)
        count = same.count[same.of]

    def part(block: Block) -> Array:
        here = slice(block.start, block.stop)
        z = block.forward(theta)
        p = native.probabilities(z)
        mean = p - objective.targets(block.start, block.stop) if means is None else means[here]
        q = forms(block) / objective.rows
        if count is not None:
            q *= count[here, None]
        z += _moved(p, mean, q)
        return class_probabilities(native.probabilities(z))

    return objective.blocks.map(part)


def _moved(p: Array, r: Array, forms: Array) -> Array:
    """Q (I - S Q)^-1 r of rows (rows, outputs): S the curvature at p, Q the quadratic forms of pairs (rows, pairs)."""
    if p.shape[1] == 1:
        return forms * r / (1 + LEVERAGE_SLACK - p * (1 - p) * forms)
    q = _square(forms, p.shape[1])
    left = q - (p[:, None, :] @ q)  # S Q = diag(p) (Q - 1 p^T Q)
    left *= -p[:, :, None]
    left += (1 + LEVERAGE_SLACK) * np.eye(q.shape[1])
    out: Array = (q @ np.linalg.solve(left, r[:, :, None]))[:, :, 0]
    return out


def _forms(curvature: Curvature, objective: Objective) -> Callable[[Block], Array]:
    """x^T [H^-1]_ab x of a block's rows, (block rows, pairs)."""
    if isinstance(curvature, DirectCurvature):
        matrices = curvature.pair_matrices()
        return lambda block: block.quadratic(matrices)
    of_all = curvature.quadratic(objective.blocks)
    return lambda block: of_all[block.start : block.stop]


@dataclass(frozen=True)
class Remembered:
    """A curvature that keeps the quadratic forms of all rows of its objective: they are asked for twice."""

    curvature: Curvature
    blocks: RowBlocks

    @cached_property
    def forms(self) -> Array:
        """(rows, pairs)."""
        return self.curvature.quadratic(self.blocks)

    def solve(self, rhs: Array) -> Array:
        """See Curvature."""
        return self.curvature.solve(rhs)

    def quadratic(self, blocks: RowBlocks) -> Array:
        """See Curvature."""
        return self.forms if blocks is self.blocks else self.curvature.quadratic(blocks)

    def row_forms(self, blocks: RowBlocks, r: Array, p: Array) -> Array:
        """See Curvature."""
        if blocks is not self.blocks:
            return self.curvature.row_forms(blocks, r, p)
        forms = self.forms

        def part(block: Block) -> Array:
            here = slice(block.start, block.stop)
            return np.stack([along(r[here], forms[here]), trace(p[here], forms[here])], 1)

        return blocks.map(part)


def remembered(objective: Objective, theta: Array, solver: Solver) -> Curvature:
    """The objective's curvature at theta, which keeps what is asked of it again, where memory allows."""
    curvature = curvature_at(objective, theta, solver)
    size = 8 * objective.blocks.rows * native.pair_count(objective.outputs)
    return Remembered(curvature, objective.blocks) if solver == "direct" and size <= FORMS_BYTES else curvature


def _square(packed: Array, outputs: int) -> Array:
    """From pairs (rows, pairs) to symmetric matrices (rows, outputs, outputs)."""
    place = np.empty((outputs, outputs), dtype=np.int64)
    first, second = np.triu_indices(outputs)
    place[first, second] = place[second, first] = np.arange(len(first))
    return packed.take(place.ravel(), axis=1).reshape(-1, outputs, outputs)


def out_of_fold(objective: Objective, theta: Array) -> Array:
    """Class probabilities (rows, classes) of each row by a model that forgets the row's fold, by conjugate gradient.

    That model is one Newton step from theta, the optimum on all rows, on the rows of the other folds.
    Source: Beirami et al. 2017; checked against refitting without the fold in test_evidence.
    """
    folds = _folds(objective)
    rests = [objective.without_fold(fold) if len(folds) > 1 else objective for fold in folds]
    gradients = [rest.loss_and_gradient(theta)[1] for rest in rests]
    if len(folds) > 1 and has_product(objective) and batch_of(objective) >= len(folds):
        solved = solve_without(objective, theta, folds, flat(np.stack(gradients)), tolerance=FOLD_CG_TOLERANCE)
        steps = [*unflat(solved.required(), objective.blocks.cols)]
    else:
        at = [CgCurvature(rest, theta, tolerance=FOLD_CG_TOLERANCE) for rest in rests]
        steps = [rest.solve(gradient[None])[0] for rest, gradient in zip(at, gradients, strict=True)]
    moved = {fold: np.ascontiguousarray(theta - step) for fold, step in zip(folds, steps, strict=True)}
    return _each_by_its_own(objective, moved)


def without_folds(objective: Objective, theta: Array, solver: Solver, *, tolerance: float = REST_TOLERANCE) -> Array:
    """Class probabilities (rows, classes) of each row by the model fitted to the rows of all other folds.

    Fitted until no entry of the gradient exceeds the tolerance, whatever theta it starts from: one Newton step alone
    would still carry what the left-out rows did to the optimum. The Hessians are all of theta, those of the folds
    summed in one pass (the direct solver's); where they no longer serve, Newton's method takes over.
    Checked against refitting, and against other labels in the fold, in test_evidence.
    """
    folds = _folds(objective)
    if len(folds) < 2:
        raise ValueError("one fold cannot be left out: nothing would remain to fit")
    factors = _rest_factors(objective, theta, folds) if solver == "direct" else {}
    moved = {}
    for fold in folds:
        rest = objective.without_fold(fold)
        start = chord(rest, theta, factors[fold], tolerance).theta if fold in factors else theta
        moved[fold] = newton(rest, start=start, solver=solver, tolerance=tolerance).theta
    return _each_by_its_own(objective, moved)


def _rest_factors(objective: Objective, theta: Array, folds: list[int]) -> dict[int, Cholesky]:
    """For each fold the factored Hessian at theta of the rows of all others, where it can be factored."""
    grams = {}
    for fold in folds:
        share = objective.blocks.sum(lambda b: (objective.gram(b, theta),), keep=lambda b, f=fold: b.fold == f)  # type: ignore[misc]
        grams[fold] = share[0]
    factors = {}
    for fold in folds:
        rest: Array = np.sum([gram for other, gram in grams.items() if other != fold], axis=0)
        with suppress(CurvatureError):  # without penalty, a column may be constant in the rest: Newton's method damps
            factors[fold] = Cholesky(objective.assemble(rest, objective.without_fold(fold).rows))
    return factors


def _folds(objective: Objective) -> list[int]:
    return sorted({block.fold for block in objective.blocks.blocks})


def _each_by_its_own(objective: Objective, theta: dict[int, Array]) -> Array:
    """Class probabilities (rows, classes) of each row at the parameters of its fold."""

    def part(block: Block) -> Array:
        return class_probabilities(native.probabilities(block.forward(theta[block.fold])))

    return objective.blocks.map(part)
