"""Newton's method for many rows: most of the way on some, the rest with one Hessian of all (the chord method)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import CurvatureError
from labelaudit.kernels.solve import Cholesky
from labelaudit.model.fit import MAX_STEPS, Fit, Solver, newton
from labelaudit.model.objective import Objective, flat, unflat

Array = NDArray[np.float64]

CONTRACTION = 0.5  # a chord step that leaves more of the gradient costs more than a Newton step; a guess
MAX_CHORDS = 50
MANY_BLOCKS = 20  # some 130,000 rows: from here on the rows of every EVERY-th block say where the optimum about is
EVERY = 8
NEAR_TOLERANCE = 1e-4  # of the gradient on these rows: the others move the optimum by more


def chord(objective: Objective, theta: Array, factor: Cholesky, tolerance: float) -> tuple[Array, int]:
    """Steps from theta with one factored Hessian, while each shrinks the gradient enough; with their number."""
    _, gradient = objective.loss_and_gradient(theta)
    for step in range(MAX_CHORDS):
        norm = np.abs(gradient).max()
        if norm <= tolerance:
            return theta, step
        there = theta - unflat(factor.solve(flat(gradient)), objective.blocks.cols)
        _, after = objective.loss_and_gradient(there)
        if not np.abs(after).max() <= CONTRACTION * norm:
            return theta, step
        theta, gradient = there, after
    return theta, MAX_CHORDS


def newton_of_many(
    objective: Objective,
    *,
    start: Array | None = None,
    solver: Solver = "direct",
    tolerance: float,
    chord_tolerance: float | None = None,
    max_steps: int = MAX_STEPS,
) -> Fit:
    """`newton`, but that many rows, with the direct solver, cost one Hessian of all of them instead of one a step.

    Where chord steps no longer serve, Newton's method goes on: the optimum is the same. They go on to chord_tolerance,
    by default the tolerance itself.
    """
    if solver != "direct" or len(objective.blocks.blocks) < MANY_BLOCKS:
        return newton(objective, start=start, solver=solver, tolerance=tolerance, max_steps=max_steps)
    near = newton(_some(objective), start=start, tolerance=NEAR_TOLERANCE, max_steps=max_steps)
    theta, steps = near.theta, 0
    try:
        factor = Cholesky(objective.hessian(theta))
    except CurvatureError:  # far from the optimum it may be singular; Newton's method damps it
        pass
    else:
        theta, steps = chord(objective, theta, factor, tolerance if chord_tolerance is None else chord_tolerance)
    fit = newton(objective, start=theta, tolerance=tolerance, max_steps=max_steps)
    return replace(fit, iterations=near.iterations + steps + fit.iterations)


def _some(objective: Objective) -> Objective:
    """The objective on every EVERY-th block, spread over the whole table."""
    starts = {block.start for block in objective.blocks.blocks[::EVERY]}
    keep = objective.keep
    return replace(objective, keep=lambda block: block.start in starts and (keep is None or keep(block)))
