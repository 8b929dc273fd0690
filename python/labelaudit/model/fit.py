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

Array = NDArray[np.float64]
Optimizer = Literal["newton", "lbfgs", "adamw"]
Solver = Literal["direct", "cg"]

TOLERANCE = 1e-9  # largest entry of the gradient of the mean loss, columns of unit variance
MAX_STEPS = 100
DIRECT_LIMIT = 2500  # parameters up to which the Hessian is formed: 50 MB, factored in about a second
ARMIJO = 1e-4  # Nocedal and Wright 2006, section 3.1
SMALLEST_STEP = 2.0**-30
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


def solver_for(parameters: int, solver: Literal["auto", "direct", "cg"] = "auto") -> Solver:
    """The solver in use: direct up to DIRECT_LIMIT parameters unless one is asked for."""
    if solver != "auto":
        return solver
    return "direct" if parameters <= DIRECT_LIMIT else "cg"


def newton(
    objective: Objective,
    *,
    start: Array | None = None,
    solver: Solver = "direct",
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
) -> Fit:
    """Minimises the objective by Newton's method with step halving until no gradient entry exceeds the tolerance."""
    theta = np.zeros((objective.blocks.cols, objective.outputs)) if start is None else start
    loss, gradient = objective.loss_and_gradient(theta)
    steps = 0
    while np.abs(gradient).max() > tolerance and steps < max_steps:
        moved = _step(objective, theta, loss, gradient, solver)
        if moved is None:
            break
        theta, loss, gradient = moved
        steps += 1
    norm = float(np.abs(gradient).max())
    return Fit(theta, loss, norm, steps, norm <= tolerance, "newton", tolerance)


def _step(
    objective: Objective, theta: Array, loss: float, gradient: Array, solver: Solver
) -> tuple[Array, float, Array] | None:
    direction = newton_direction(objective, theta, gradient, solver)
    slope = float((gradient * direction).sum())
    slack = 1e-14 * max(1.0, abs(loss))  # rounding of the loss: near the optimum the decrease is smaller than that
    size = 1.0
    while size > SMALLEST_STEP:
        there = theta - size * direction
        new_loss, new_gradient = objective.loss_and_gradient(there)
        if new_loss <= loss - ARMIJO * size * slope + slack:
            return there, new_loss, new_gradient
        size /= 2
    return None


def _factor(hessian: Array) -> Cholesky:
    """Far from the optimum probabilities saturate and the Hessian may be singular; damped, it still points downhill."""
    try:
        return Cholesky(hessian)
    except CurvatureError:
        return Cholesky(hessian + DAMPING * np.diagonal(hessian).max() * np.eye(len(hessian)))


def newton_direction(objective: Objective, theta: Array, gradient: Array, solver: Solver) -> Array:
    """H^-1 gradient at theta; CG is only as exact as the gradient is small (Dembo and Steihaug 1983)."""
    if solver == "direct":
        return unflat(_factor(objective.hessian(theta)).solve(flat(gradient)), objective.blocks.cols)
    norm = float(np.linalg.norm(gradient))
    solution = solve_hessian(objective, theta, flat(gradient)[None], tolerance=min(0.1, norm**0.5), max_steps=500)
    return unflat(solution.x[0], objective.blocks.cols)
