from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.errors import ConvergenceError, CurvatureError
from labelaudit.kernels.solve import REASONS, Cholesky, conjugate_gradient, conjugate_gradients

Array = NDArray[np.float64]


def spd(n: int, condition: float, seed: int = 0) -> Array:
    rng = np.random.default_rng([n, seed])
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return (basis * np.geomspace(1, 1 / condition, n)) @ basis.T


def times(matrix: Array) -> Callable[[Array], Array]:
    return lambda v: np.ascontiguousarray(v @ matrix.T)


def relative(matrix: Array, x: Array, b: Array) -> Array:
    return np.linalg.norm(b - x @ matrix.T, axis=1) / np.linalg.norm(b, axis=1)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 300])
def test_cholesky_solves_and_inverts(n: int) -> None:
    matrix = spd(n, 1e3)
    rhs = np.random.default_rng(1).normal(size=(n, 3))
    factor = Cholesky(matrix)
    assert np.allclose(factor.solve(rhs), np.linalg.solve(matrix, rhs), rtol=1e-10, atol=0)
    assert np.allclose(factor.solve(rhs[:, 0]), factor.solve(rhs)[:, 0], rtol=1e-12, atol=0)
    inverse = factor.inverse()
    assert np.array_equal(inverse, inverse.T)
    assert np.allclose(inverse @ matrix, np.eye(n), rtol=0, atol=1e-12 * 1e3)


@pytest.mark.parametrize(
    "matrix",
    [np.zeros((2, 2)), np.diag([1.0, -1.0]), np.diag([1.0, 0.0]), np.ones((3, 3)), np.array([[1.0, 2.0], [2.0, 1.0]])],
    ids=["zero", "indefinite", "semidefinite", "collinear", "saddle"],
)
def test_cholesky_refuses_a_matrix_that_is_not_positive_definite(matrix: Array) -> None:
    with pytest.raises(CurvatureError, match=r"the Hessian is singular: .*; --l2 .* or more mends it"):
        Cholesky(matrix)


@pytest.mark.parametrize("seed", range(20))
def test_cholesky_refuses_collinear_columns_whatever_rounding_makes_of_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, 6))
    x = np.hstack([x, x @ rng.normal(size=(6, 1))])
    with pytest.raises(CurvatureError, match="singular"):
        Cholesky(x.T @ x / 50)


def test_the_l2_that_the_message_names_mends_the_matrix() -> None:
    with pytest.raises(CurvatureError) as caught:
        Cholesky(np.ones((3, 3)))
    named = re.search(r"--l2 (\S+) or more", str(caught.value))
    assert named is not None
    Cholesky(np.ones((3, 3)) + float(named[1]) * np.eye(3))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_cholesky_refuses_what_is_not_finite(bad: float) -> None:
    matrix = np.eye(3)
    matrix[2, 0] = bad
    with pytest.raises(CurvatureError, match="not finite"):
        Cholesky(matrix)


@pytest.mark.parametrize("systems", [1, 3, 50])
@pytest.mark.parametrize("n", [1, 2, 9, 30])
def test_conjugate_gradient_solves_every_system(n: int, systems: int) -> None:
    """More right-hand sides than parameters too."""
    matrix = spd(n, 1e3)
    b = np.random.default_rng(2).normal(size=(systems, n))
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix))
    assert solution.converged
    assert np.allclose(solution.required(), np.linalg.solve(matrix, b.T).T, rtol=0, atol=1e-8)
    assert (solution.steps >= 1).all()


@given(st.integers(1, 8), st.integers(1, 12), st.integers(0, 10**6))
def test_the_residual_that_is_reported_is_the_true_one(n: int, systems: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = spd(n, 1e4, seed)
    b = rng.normal(size=(systems, n))
    steps = int(rng.integers(0, 3 * n))
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix), max_steps=steps, tolerance=1e-9)
    true = relative(matrix, solution.x, b)
    assert np.allclose(solution.residual, true, rtol=1e-6, atol=1e-14)  # the two round their products differently
    for status, residual, taken in zip(solution.status, true, solution.steps, strict=True):
        assert taken <= steps
        assert (status == "converged") == (residual <= 1e-9 * (1 + 1e-6))


def test_zero_right_hand_sides_have_zero_solutions_among_others() -> None:
    matrix = spd(5, 100)
    b = np.zeros((4, 5))
    b[2] = 1.0
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix), start=np.ones((4, 5)))
    assert solution.converged
    assert not solution.x[[0, 1, 3]].any()
    assert not solution.steps[[0, 1, 3]].any()
    assert np.allclose(matrix @ solution.x[2], 1.0, atol=1e-9)


def test_no_systems_are_no_work() -> None:
    solution = conjugate_gradient(times(np.eye(3)), np.zeros((0, 3)), np.ones(3))
    assert solution.required().shape == (0, 3)


@pytest.mark.parametrize("exponent", [-400, -160, -40, 0, 40, 160, 400])
def test_the_scale_of_a_right_hand_side_does_not_matter(exponent: int) -> None:
    """Squares of what is below 1e-162 are zero, and of what is above 1e154 infinite."""
    matrix = spd(6, 100)
    b = np.random.default_rng(3).normal(size=(2, 6))
    plain = conjugate_gradient(times(matrix), b, np.diagonal(matrix))
    scaled = conjugate_gradient(times(matrix), np.ldexp(b, exponent), np.diagonal(matrix))
    assert scaled.status == plain.status == ("converged", "converged")
    assert np.array_equal(scaled.x, np.ldexp(plain.x, exponent))
    again = conjugate_gradient(times(matrix), np.ldexp(b, exponent), np.diagonal(matrix), start=scaled.x)
    assert not again.steps.any()


def test_the_kernel_says_so_where_squares_of_a_right_hand_side_vanish() -> None:
    x = np.zeros((1, 3))
    ((_, _, status),) = _core.conjugate_gradient(lambda v, _: v, np.full((1, 3), 1e-200), np.ones(3), x, 1e-9, 10)
    assert status == "not_finite"


def test_every_system_may_have_a_matrix_of_its_own() -> None:
    matrices = [spd(6, condition, seed) for seed, condition in enumerate((1e3, 1.0, 10.0, 1e2))]
    b = np.random.default_rng(6).normal(size=(4, 6))

    def apply(v: Array, systems: NDArray[np.int64]) -> Array:
        return np.stack([matrices[system] @ row for row, system in zip(v, systems, strict=True)])

    solution = conjugate_gradients(apply, b, np.ones(6))
    assert solution.converged
    assert len(set(solution.steps)) > 1  # some were done before others
    for matrix, x, rhs in zip(matrices, solution.x, b, strict=True):
        assert np.allclose(matrix @ x, rhs, rtol=0, atol=1e-9)


def test_a_start_at_the_solution_takes_no_steps() -> None:
    matrix = spd(6, 10)
    b = np.random.default_rng(4).normal(size=(3, 6))
    exact = np.linalg.solve(matrix, b.T).T
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix), start=exact)
    assert solution.converged
    assert not solution.steps.any()
    assert np.array_equal(solution.x, exact)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_a_system_is_solved_alike_whatever_stands_beside_it(chosen: list[int]) -> None:
    matrix = spd(4, 1e3)
    b = np.random.default_rng(5).normal(size=(6, 4))
    b[3] = 0.0

    def apply(v: Array) -> Array:  # row by row, so that the operator itself gives the same bits
        return np.stack([matrix @ row for row in v])

    whole = conjugate_gradient(apply, b, np.diagonal(matrix))
    some = conjugate_gradient(apply, b[chosen], np.diagonal(matrix))
    assert np.array_equal(some.x, whole.x[chosen])
    assert np.array_equal(some.steps, whole.steps[chosen])


def test_reaching_the_step_limit_is_said() -> None:
    matrix = spd(30, 1e6)
    b = np.random.default_rng(6).normal(size=(3, 30))
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix), max_steps=4)
    assert solution.status == ("step_limit",) * 3
    assert (solution.steps == 4).all()
    assert (solution.residual > 1e-11).all()
    with pytest.raises(
        ConvergenceError, match=r"3 of 3 systems did not converge.* 4 steps: the step limit was reached"
    ):
        solution.required()


def test_an_indefinite_operator_is_said() -> None:
    solution = conjugate_gradient(times(np.diag([1.0, -2.0, 3.0])), np.ones((1, 3)), np.ones(3))
    assert solution.status == ("not_positive_definite",)
    with pytest.raises(ConvergenceError, match="not positive definite"):
        solution.required()


def test_a_singular_operator_is_said_where_there_is_no_solution() -> None:
    singular = np.diag([1.0, 2.0, 0.0])
    b = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    solution = conjugate_gradient(times(singular), b, np.ones(3))
    assert solution.status[1] == "converged"  # it lies in the range
    assert np.allclose(solution.x[1], [1.0, 0.5, 0.0])
    assert solution.status[0] in ("not_positive_definite", "stagnated")
    assert solution.status[2] == "not_positive_definite"
    with pytest.raises(ConvergenceError, match="2 of 3 systems"):
        solution.required()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_operator_that_is_not_finite_is_said(bad: float) -> None:
    solution = conjugate_gradient(lambda v: np.full_like(v, bad), np.ones((2, 3)), np.ones(3))
    assert solution.status == ("not_finite", "not_finite")
    calls = []

    def late(v: Array) -> Array:
        calls.append(1)
        return v * np.array([1.0, 2.0, 3.0]) if len(calls) < 3 else np.full_like(v, bad)

    assert conjugate_gradient(late, np.ones((1, 3)), np.ones(3)).status == ("not_finite",)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_right_hand_side_that_is_not_finite_fails_alone(bad: float) -> None:
    matrix = spd(3, 10)
    b = np.ones((2, 3))
    b[0, 1] = bad
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix))
    assert solution.status == ("not_finite", "converged")


def test_rounding_that_stops_it_is_said() -> None:
    matrix = spd(20, 1e15)
    b = np.random.default_rng(7).normal(size=(2, 20))
    solution = conjugate_gradient(times(matrix), b, np.diagonal(matrix), tolerance=1e-15, max_steps=100_000)
    assert set(solution.status) <= {"stagnated", "not_positive_definite"}
    assert (relative(matrix, solution.x, b) > 1e-15).all()


def test_an_inconsistent_operator_never_counts_as_converged() -> None:
    """Every call another matrix: the recurrence believes it is done, the recomputed residual knows better."""
    rng = np.random.default_rng(8)
    solution = conjugate_gradient(lambda v: v * rng.uniform(0.5, 2.0, size=v.shape), np.ones((3, 5)), np.ones(5))
    assert not solution.converged


def test_an_exception_in_the_operator_comes_out_as_it_is() -> None:
    class OperatorError(Exception):
        pass

    def apply(v: Array) -> Array:
        raise OperatorError("in the operator")

    with pytest.raises(OperatorError, match="in the operator"):
        conjugate_gradient(apply, np.ones((2, 3)), np.ones(3))


def test_an_operator_may_write_on_its_input() -> None:
    matrix = spd(4, 50)
    b = np.random.default_rng(9).normal(size=(2, 4))

    def apply(v: Array) -> Array:
        product = times(matrix)(v)
        v[:] = np.nan
        return product

    solution = conjugate_gradient(apply, b, np.diagonal(matrix))
    assert np.allclose(solution.required(), np.linalg.solve(matrix, b.T).T, atol=1e-9)


@pytest.mark.parametrize("diagonal", [[1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_a_diagonal_that_cannot_precondition_is_refused(diagonal: list[float]) -> None:
    with pytest.raises(CurvatureError, match="diagonal is not positive and finite"):
        conjugate_gradient(times(np.eye(2)), np.ones((1, 2)), np.array(diagonal))


def test_every_status_has_a_reason() -> None:
    documented = {"step_limit", "stagnated", "not_positive_definite", "not_finite"}
    assert set(REASONS) == documented
