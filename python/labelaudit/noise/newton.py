"""Newton's method within bounds for many parameters, by products with a Hessian that may be indefinite.

Of few parameters, whose Hessian is a matrix, see csrc/bounded_newton.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Held = NDArray[np.bool_]

MAX_STEPS = 300
ROUNDING = 1e-13
SMALLEST_STEP = 2.0**-20
SMALLEST_CURVATURE = 0.1  # of the priors' 1
CG_STEPS = 100  # a guess: far from the optimum a step that is cut off is as good
CG_TOLERANCE = 1e-2  # of the gradient, as the preconditioner measures it: two more digits a step


class Point(Protocol):
    """A function at one place: its value, gradient and the Hessian's diagonal (parameters,), and its products."""

    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def gradient(self) -> Array: ...  # noqa: D102
    @property
    def diagonal(self) -> Array: ...  # noqa: D102
    def apply(self, u: Array) -> Array: ...  # noqa: D102


P = TypeVar("P", bound=Point)


def newton_within(
    at: Callable[[Array], P], start: Array, bounds: list[tuple[float, float]], tolerance: float
) -> tuple[Array, P]:
    """Where the function is least near `start`, and the point there.

    Steps are halved until they do not ascend; the search ends where no parameter has moved by more than the
    tolerance, or would move by more.
    """
    low, high = np.array(bounds).T
    v = np.clip(start, low, high)
    here = at(v)
    for _ in range(MAX_STEPS):
        held = ((v <= low) & (here.gradient > 0)) | ((v >= high) & (here.gradient < 0))
        step = by_conjugate_gradient(here, held)
        if np.abs(step).max() < tolerance:
            break
        slack = ROUNDING * abs(here.value)  # near the optimum a better place is not lower to be seen
        size = 1.0
        while size > SMALLEST_STEP:
            there = np.clip(v - size * step, low, high)
            after = at(there)
            if after.value <= here.value + slack:
                break
            size /= 2
        if size <= SMALLEST_STEP:
            break
        moved = np.abs(there - v).max()
        v, here = there, after
        if moved < tolerance:
            break
    return v, here


def by_conjugate_gradient(here: Point, held: Held) -> Array:
    """About the Hessian's inverse times the gradient, by conjugate gradient with Jacobi's preconditioner.

    Where the curvature is not positive, the way so far, or the preconditioned gradient (Nocedal and Wright 2006, 7.1).
    """
    residual = np.where(held, 0.0, here.gradient)
    scale = np.where(held, 0.0, 1 / np.maximum(np.abs(here.diagonal), SMALLEST_CURVATURE))
    step, direction = np.zeros_like(residual), scale * residual
    square = float(residual @ direction)
    enough = square * CG_TOLERANCE**2
    for _ in range(CG_STEPS):
        if square <= enough:
            break
        bent = np.where(held, 0.0, here.apply(direction))
        curvature = float(direction @ bent)
        if curvature <= 0:
            return step if step.any() else direction
        step += square / curvature * direction
        residual -= square / curvature * bent
        scaled = scale * residual
        after = float(residual @ scaled)
        direction, square = scaled + after / square * direction, after
    return step
