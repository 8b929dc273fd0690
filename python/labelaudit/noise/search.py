"""The minimum of a smooth function within bounds, to the last digits: L-BFGS, then Newton steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.threads import importing

Array = NDArray[np.float64]

MAX_STEPS = 300
GRADIENT_TOLERANCE = 1e-5  # nats, where L-BFGS ends; two Newton steps then take it to the optimum itself
POLISHES = 2
POLISH_STEPS = 60  # of conjugate gradient
POLISH_TOLERANCE = 1e-5
DIFFERENCE = 1e-4  # of the largest entry moved, for products with the Hessian by differences of gradients


def minimised(loss: Any, start: Array, bounds: list[tuple[float, float]]) -> Array:
    """Where loss, a function of v that returns value and gradient, is least within the bounds, from `start`."""
    with importing:
        from scipy.optimize import minimize  # which takes as long to import as the audit of some hundred rows

    options: Any = {"maxiter": MAX_STEPS, "ftol": 0.0, "gtol": GRADIENT_TOLERANCE}
    found: Array = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    low, high = np.array(bounds).T
    free = (found > low) & (found < high)
    for _ in range(POLISHES):
        found = _polished(lambda v: np.where(free, loss(v)[1], 0.0), found, low, high)
    return found


def _polished(gradient_at: Callable[[Array], Array], v: Array, low: Array, high: Array) -> Array:
    """One Newton step by conjugate gradient: where L-BFGS stops depends on rounding, the optimum does not.

    v as it was, where the gradient does not shrink or the curvature is not positive.
    """
    gradient = gradient_at(v)
    step, residual = np.zeros_like(v), gradient.copy()
    direction, square = residual.copy(), float(residual @ residual)
    enough = square * POLISH_TOLERANCE**2
    for _ in range(POLISH_STEPS):
        if square <= enough or square == 0.0:
            break
        size = DIFFERENCE / np.abs(direction).max()
        bent = (gradient_at(v + size * direction) - gradient_at(v - size * direction)) / (2 * size)
        curvature = float(direction @ bent)
        if curvature <= 0:
            break
        step += square / curvature * direction
        residual -= square / curvature * bent
        after = float(residual @ residual)
        direction, square = residual + after / square * direction, after
    there = np.clip(v - step, low, high)
    return there if np.linalg.norm(gradient_at(there)) < np.linalg.norm(gradient) else v
