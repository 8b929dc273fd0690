"""A fit and how it went; Newton's method, the default optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import CurvatureError
from labelaudit.kernels.solve import Cholesky
from labelaudit.model.objective import Objective, flat, unflat
from labelaudit.model.system import solve_hessian
from labelaudit.model.targets import MANY_CLASSES

Array = NDArray[np.float64]
Optimizer = Literal["newton", "lbfgs", "adamw"]
Solver = Literal["direct", "cg"]

TOLERANCE = 1e-9  # largest entry of the gradient of the mean loss, columns of unit variance
MAX_STEPS = 100
DIRECT_LIMIT = 2500  # parameters up to which the Hessian is formed: 50 MB, factored in about a second
ARMIJO = 1e-4  # Nocedal and Wright 2006, section 3.1
SMALLEST_STEP = 2.0**-30
CONTRACTION = 0.5  # a chord step that leaves more of the gradient costs more than a Newton step; a guess
MAX_CHORDS = 50
DAMPING = 1e-6  # of the Hessian's largest diagonal entry; a guess


@dataclass(frozen=True)
class Fit:
    """Parameters theta (cols, outputs), the objective there, and how the optimiser ended."""

    theta: Array
    loss: float
    gradient_norm: float
    iterations: int
    converged: bool
    optimizer: Optimizer
    tolerance: float


def solver_for(parameters: int, solver: Literal["auto", "direct", "cg"] = "auto", *, outputs: int = 1) -> Solver:
    """The solver in use: direct up to DIRECT_LIMIT parameters and MANY_CLASSES outputs unless one is asked for.

    The rows' shares of a Hessian grow with the square of the outputs.
    """
    if solver != "auto":
        return solver
    return "direct" if parameters <= DIRECT_LIMIT and outputs <= MANY_CLASSES else "cg"


@dataclass(frozen=True)
class Reached:
    """Where chord steps ended: theta with the objective and its gradient there, and their number."""

    theta: Array
    loss: float
    gradient: Array
    steps: int

    @property
    def gradient_norm(self) -> float:
        """The largest entry of the gradient."""
        return float(np.abs(self.gradient).max())


def chord(objective: Objective, theta: Array, factor: Cholesky, tolerance: float) -> Reached:
    """Steps from theta with one factored Hessian, while each shrinks the gradient enough."""
    return _chords(objective, Reached(theta, *objective.loss_and_gradient(theta), 0), factor, tolerance)


def _chords(objective: Objective, at: Reached, factor: Cholesky, tolerance: float) -> Reached:
    for _ in range(MAX_CHORDS):
        if at.gradient_norm <= tolerance:
            break
        there = at.theta - unflat(factor.solve(flat(at.gradient)), objective.blocks.cols)
        after = Reached(there, *objective.loss_and_gradient(there), at.steps + 1)
        if not after.gradient_norm <= CONTRACTION * at.gradient_norm:
            break
        at = after
    return at


def newton(
    objective: Objective,
    *,
    start: Array | None = None,
    solver: Solver = "direct",
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    chords: float | None = None,
) -> Fit:
    """Minimises the objective by Newton's method with step halving until no gradient entry exceeds the tolerance.

    chords: the direct solver's Hessians serve for further steps while these shrink the gradient, down to this size of
    it, which takes fewer of them.
    """
    theta = np.zeros((objective.blocks.cols, objective.outputs)) if start is None else start
    at = Reached(theta, *objective.loss_and_gradient(theta), 0)
    while at.gradient_norm > tolerance and at.steps < max_steps:
        factor = _factor(objective.hessian(at.theta)) if solver == "direct" else None
        moved = _step(objective, at, factor)
        if moved is None:
            break
        at = moved
        if chords is not None and factor is not None:
            at = _chords(objective, at, factor, chords)
    return Fit(at.theta, at.loss, at.gradient_norm, at.steps, at.gradient_norm <= tolerance, "newton", tolerance)


def _step(objective: Objective, at: Reached, factor: Cholesky | None) -> Reached | None:
    """Downhill along the Newton direction, by conjugate gradient without a factor; None where rounding stops it."""
    direction = newton_direction(objective, at.theta, at.gradient, factor)
    slope = float((at.gradient * direction).sum())
    slack = 1e-14 * max(1.0, abs(at.loss))  # rounding of the loss: near the optimum the decrease is smaller than that
    size = 1.0
    while size > SMALLEST_STEP:
        there = at.theta - size * direction
        loss, gradient = objective.loss_and_gradient(there)
        if loss <= at.loss - ARMIJO * size * slope + slack:
            return Reached(there, loss, gradient, at.steps + 1)
        size /= 2
    return None


def _factor(hessian: Array) -> Cholesky:
    """Far from the optimum probabilities saturate and the Hessian may be singular; damped, it still points downhill."""
    try:
        return Cholesky(hessian)
    except CurvatureError:
        return Cholesky(hessian + DAMPING * np.diagonal(hessian).max() * np.eye(len(hessian)))


def newton_direction(objective: Objective, theta: Array, gradient: Array, factor: Cholesky | None) -> Array:
    """H^-1 gradient at theta, by CG where H is not factored: as exact as the gradient is small (Dembo et al. 1983)."""
    if factor is not None:
        return unflat(factor.solve(flat(gradient)), objective.blocks.cols)
    norm = float(np.linalg.norm(gradient))
    solution = solve_hessian(objective, theta, flat(gradient)[None], tolerance=min(0.1, norm**0.5), max_steps=500)
    return unflat(solution.x[0], objective.blocks.cols)
