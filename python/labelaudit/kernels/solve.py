"""Linear solvers for symmetric positive definite systems: Cholesky (LAPACK through SciPy) and conjugate gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.errors import ConvergenceError, CurvatureError

Array = NDArray[np.float64]
Status = Literal["converged", "step_limit", "stagnated", "not_positive_definite", "not_finite"]

CG_TOLERANCE = 1e-11  # relative residual: so that direct and CG agree to 1e-8 up to a condition number of 1e3 and more
TILE = 256  # rows and columns that are mirrored at a time: few enough for the cache
REASONS = {
    "step_limit": "the step limit was reached",
    "stagnated": "rounding stopped it: the system is too ill-conditioned for this tolerance",
    "not_positive_definite": "the matrix is not positive definite",
    "not_finite": "a value is not finite",
}


class Cholesky:
    """A symmetric positive definite matrix (n, n), factored once by LAPACK's dpotrf.

    Raises CurvatureError if the matrix is not positive definite or not finite.
    """

    def __init__(self, matrix: Array) -> None:
        if not np.isfinite(matrix).all():
            raise CurvatureError("the Hessian holds values that are not finite: a column is scaled beyond float64")
        from scipy.linalg import cho_factor  # late, for the time it takes to import
        from scipy.linalg.lapack import dpocon

        try:
            # transposed it is the same, and as LAPACK has it: its columns one after the other
            self._factor = cho_factor(matrix.T, lower=True, check_finite=False)
        except np.linalg.LinAlgError as error:
            raise _singular(matrix) from error
        # rounding can make a pivot of a singular matrix positive: then the factor is noise, and the condition tells
        reciprocal, _ = dpocon(self._factor[0], float(np.abs(matrix).sum(0).max()), uplo="L")
        if reciprocal < len(matrix) * np.finfo(np.float64).eps:
            raise _singular(matrix)

    def solve(self, rhs: Array) -> Array:
        """Solutions for one right-hand side (n,) or several as columns (n, m)."""
        from scipy.linalg import cho_solve

        out: Array = cho_solve(self._factor, rhs, check_finite=False)
        return out

    def inverse(self) -> Array:
        """The inverse, (n, n), exactly symmetric."""
        from scipy.linalg.lapack import dpotri

        inverse, _ = dpotri(self._factor[0], lower=True)  # half of the work of solving for all unit vectors
        for i in range(0, len(inverse), TILE):
            here = slice(i, i + TILE)
            square, below = inverse[here, here], inverse[i + TILE :, here]
            inverse[here, here] = np.tril(square) + np.tril(square, -1).T
            inverse[here, i + TILE :] = below.T
        return np.ascontiguousarray(inverse.T)


def _singular(matrix: Array) -> CurvatureError:
    scale = float(np.abs(np.diagonal(matrix)).max(initial=0.0)) or 1.0
    return CurvatureError(
        "the Hessian is singular: columns are collinear or separate the classes;"
        f" --l2 {1e-8 * scale:.1g} or more mends it"
    )


@dataclass(frozen=True)
class CgSolution:
    """Solutions x (systems, n) with the steps, the recomputed relative residual and the status of each system."""

    x: Array
    steps: NDArray[np.int64]
    residual: Array
    status: tuple[Status, ...]

    @property
    def converged(self) -> bool:
        """Whether every system reached the tolerance."""
        return all(s == "converged" for s in self.status)

    def required(self) -> Array:
        """The solutions; raises ConvergenceError unless every system converged."""
        bad = [i for i, s in enumerate(self.status) if s != "converged"]
        if bad:
            i = bad[0]
            raise ConvergenceError(
                f"conjugate gradient: {len(bad)} of {len(self.status)} systems did not converge; the first stopped "
                f"at a residual of {self.residual[i]:.1e} after {self.steps[i]} steps: {REASONS[self.status[i]]}. "
                "A larger --l2 mends it."
            )
        return self.x


def conjugate_gradient(
    apply: Callable[[Array], Array],
    rhs: Array,
    diagonal: Array,
    *,
    start: Array | None = None,
    tolerance: float = CG_TOLERANCE,
    max_steps: int | None = None,
) -> CgSolution:
    """Solves A x = b for every row b of rhs (systems, n), with Jacobi's preconditioner.

    apply maps vectors (m, n) to A times each, (m, n); diagonal is A's, (n,), positive. `tolerance` bounds
    ||b - A x|| / ||b||; `max_steps` is 10 n unless given, as in SciPy. Source: Hestenes and Stiefel 1952.
    """

    def of_any(v: Array, systems: NDArray[np.int64]) -> Array:
        return apply(v)

    return conjugate_gradients(of_any, rhs, diagonal, start=start, tolerance=tolerance, max_steps=max_steps)


def conjugate_gradients(
    apply: Callable[[Array, NDArray[np.int64]], Array],
    rhs: Array,
    diagonal: Array,
    *,
    start: Array | None = None,
    tolerance: float = CG_TOLERANCE,
    max_steps: int | None = None,
) -> CgSolution:
    """`conjugate_gradient` where each system has a matrix of its own, all with this diagonal.

    apply is given vectors (m, n) and the numbers of their systems (m,): their places in rhs.
    """
    rhs = np.ascontiguousarray(rhs, dtype=np.float64)
    # each system is scaled by a power of two, which is exact: the square of a tiny entry is not lost
    exponent = np.frexp(np.abs(rhs).max(1, initial=0.0, keepdims=True))[1]
    x = np.zeros_like(rhs) if start is None else np.ldexp(np.array(start, dtype=np.float64, order="C"), -exponent)
    if not (np.isfinite(diagonal).all() and (diagonal > 0).all()):
        raise CurvatureError("the Hessian's diagonal is not positive and finite: a larger --l2 mends it")
    limit = 10 * rhs.shape[1] if max_steps is None else max_steps
    reports = _core.conjugate_gradient(apply, np.ldexp(rhs, -exponent), 1.0 / diagonal, x, tolerance, limit)
    steps, residual, status = zip(*reports, strict=True) if reports else ((), (), ())
    return CgSolution(np.ldexp(x, exponent), np.array(steps, dtype=np.int64), np.array(residual), status)
