"""Newton's method within bounds for a few parameters, whose Hessian may be indefinite far from the optimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_STEPS = 300
STEP_TOLERANCE = 1e-9
ROUNDING = 1e-13
SMALLEST_STEP = 2.0**-20
SMALLEST_CURVATURE = 0.1  # of the priors' 1


class Point(Protocol):
    """A function at one place: its value, its gradient (parameters,) and, when asked for, its Hessian."""

    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def gradient(self) -> Array: ...  # noqa: D102
    def hessian(self) -> Array: ...  # noqa: D102


P = TypeVar("P", bound=Point)


def newton_within(at: Callable[[Array], P], start: Array, bounds: list[tuple[float, float]]) -> tuple[Array, P]:
    """Where the function is least near `start`, and the point there.

    Steps are halved until they do not ascend; eigenvalues of the Hessian are made positive, parameters that a bound
    holds do not move.
    """
    low, high = np.array(bounds).T
    v = np.clip(start, low, high)
    here = at(v)
    for _ in range(MAX_STEPS):
        held = ((v <= low) & (here.gradient > 0)) | ((v >= high) & (here.gradient < 0))
        step = _step(here, held)
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
        if moved < STEP_TOLERANCE:
            break
    return v, here


def _step(here: Point, held: NDArray[np.bool_]) -> Array:
    """The Hessian's inverse, its eigenvalues made positive, times the gradient."""
    hessian = here.hessian()
    hessian[held] = hessian[:, held] = 0.0
    values, vectors = np.linalg.eigh(hessian)
    slopes = vectors.T @ np.where(held, 0.0, here.gradient)
    step: Array = vectors @ (slopes / np.maximum(np.abs(values), SMALLEST_CURVATURE))
    step[held] = 0.0
    return step
