"""Newton's method for many rows: most of the way on some, the rest with the Hessian of these (the chord method)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import CurvatureError
from labelaudit.kernels.solve import Cholesky
from labelaudit.model.fit import MAX_STEPS, Fit, Solver, chord, newton
from labelaudit.model.objective import Objective

Array = NDArray[np.float64]

MANY_BLOCKS = 20  # some 130,000 rows: from here on the rows of every EVERY-th block say where the optimum about is
EVERY = 8
NEAR_TOLERANCE = 1e-4  # of the gradient on these rows: the others move the optimum by more


def newton_of_many(
    objective: Objective,
    *,
    start: Array | None = None,
    solver: Solver = "direct",
    tolerance: float,
    chord_tolerance: float | None = None,
    max_steps: int = MAX_STEPS,
) -> Fit:
    """`newton`, but that many rows, with the direct solver, cost no Hessian of all of them: that of some serves.

    Where chord steps no longer serve, Newton's method goes on: the optimum is the same. They go on to chord_tolerance,
    by default the tolerance itself. Few rows of several outputs, whose Hessians cost much, are fitted with such steps
    where chord_tolerance is given.
    """
    if solver != "direct" or len(objective.blocks.blocks) < MANY_BLOCKS:
        chords = None if chord_tolerance is None or objective.outputs == 1 else chord_tolerance
        return newton(objective, start=start, solver=solver, tolerance=tolerance, max_steps=max_steps, chords=chords)
    some = _some(objective)
    near = newton(some, start=start, tolerance=NEAR_TOLERANCE, max_steps=max_steps)
    try:
        factor = Cholesky(some.hessian(near.theta))
    except CurvatureError:  # far from the optimum it may be singular; Newton's method damps it
        return newton(objective, start=near.theta, tolerance=tolerance, max_steps=max_steps)
    reached = chord(objective, near.theta, factor, tolerance if chord_tolerance is None else chord_tolerance)
    steps, norm = near.iterations + reached.steps, reached.gradient_norm
    if norm <= tolerance:
        return Fit(reached.theta, reached.loss, norm, steps, True, "newton", tolerance)
    fit = newton(objective, start=reached.theta, tolerance=tolerance, max_steps=max_steps)
    return replace(fit, iterations=steps + fit.iterations)


def _some(objective: Objective) -> Objective:
    """The objective on every EVERY-th block, spread over the whole table."""
    starts = {block.start for block in objective.blocks.blocks[::EVERY]}
    keep = objective.keep
    return replace(objective, keep=lambda block: block.start in starts and (keep is None or keep(block)))
