from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracle
from forms import Form, every_form
from labelaudit import curvature as curvature_module
from labelaudit.curvature import CgCurvature, DirectCurvature, curvature_at
from labelaudit.errors import ConvergenceError, CurvatureError
from labelaudit.model.fit import newton
from labelaudit.model.objective import flat, unflat
from problems import DATA, problem

Array = NDArray[np.float64]

TOLERANCE = 1e-10
AGREE = 1e-8  # what direct and CG must agree to
CUTS = (3, 3, 4, 19)  # uneven blocks, one of them empty


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_direct_and_cg_agree_with_more_right_hand_sides_than_parameters(classes: int) -> None:
    p = problem(40, 4, classes)
    objective, theta = p.objective(CUTS), p.theta()
    rhs = np.random.default_rng(0).normal(size=(3 * objective.parameters, 4, p.outputs))
    direct, by_cg = DirectCurvature(objective, theta).solve(rhs), CgCurvature(objective, theta).solve(rhs)
    expected = np.linalg.solve(oracle.hessian(p.x, p.weights, p.ridge, theta), flat(rhs).T).T
    assert oracle.error(flat(direct), expected) <= TOLERANCE
    assert oracle.error(by_cg, direct) <= AGREE


@pytest.mark.parametrize("name", list(DATA))
def test_direct_and_cg_agree_on_real_data(name: str) -> None:
    objective = DATA[name]().objective()
    theta = newton(objective).theta
    rhs = np.random.default_rng(1).normal(size=(7, *theta.shape))
    assert oracle.error(CgCurvature(objective, theta).solve(rhs), DirectCurvature(objective, theta).solve(rhs)) <= AGREE


@given(st.integers(1, 12), st.integers(1, 5), st.integers(2, 4), st.booleans(), st.integers(0, 10**6))
def test_solving_what_the_operator_made_gives_it_back(
    rows: int, cols: int, classes: int, by_cg: bool, seed: int
) -> None:
    p = problem(rows, cols, classes, seed)
    objective, theta = p.objective((rows // 2,)), p.theta(seed)
    apply, _ = objective.operator(theta)
    v = np.random.default_rng(seed).normal(size=(5, objective.parameters))
    solved = curvature_at(objective, theta, "cg" if by_cg else "direct").solve(unflat(apply(v), cols))
    assert oracle.error(flat(solved), v) <= AGREE


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_pair_matrices_are_blocks_of_the_inverse(classes: int) -> None:
    p = problem(30, 4, classes)
    theta = p.theta()
    inverse = np.linalg.inv(oracle.hessian(p.x, p.weights, p.ridge, theta))
    got = DirectCurvature(p.objective(CUTS), theta).pair_matrices()
    for n, (a, b) in enumerate(oracle.pairs(p.outputs)):
        assert oracle.error(got[n], inverse[4 * a : 4 * a + 4, 4 * b : 4 * b + 4]) <= AGREE


@every_form
@pytest.mark.parametrize("classes", [2, 3])
def test_quadratic_forms_are_the_plain_loops(form: Form, classes: int) -> None:
    p = problem(30, 4, classes)
    theta = p.theta()
    with form.used():
        objective = p.objective(CUTS, form=form)
        direct = DirectCurvature(objective, theta)
        got = direct.quadratic(objective.blocks)
        matrices = direct.pair_matrices()
    assert oracle.error(got, oracle.quadratic(form.seen(p.x), matrices)) <= TOLERANCE


def test_batches_of_right_hand_sides_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    p = problem(30, 4, 3)
    objective, theta = p.objective(), p.theta()
    rhs = np.random.default_rng(2).normal(size=(11, 4, 3))
    whole = CgCurvature(objective, theta).solve(rhs)
    monkeypatch.setattr(curvature_module, "BATCH_BYTES", 3 * 8 * objective.parameters)
    assert oracle.error(CgCurvature(objective, theta).solve(rhs), whole) <= TOLERANCE


@pytest.mark.parametrize("solver", ["direct", "cg"])
def test_no_right_hand_sides_have_no_solutions(solver: Any) -> None:
    p = problem(10, 4, 3)
    assert curvature_at(p.objective(), p.theta(), solver).solve(np.zeros((0, 4, 3))).shape == (0, 4, 3)


def test_a_singular_hessian_is_refused_by_direct_and_never_solved_wrongly_by_cg() -> None:
    """The same column twice, without L2."""
    p = problem(40, 4, 2, l2=0.0)
    p.x[:, 1] = p.x[:, 0]
    objective, theta = p.objective(), p.theta()
    rhs = np.random.default_rng(3).normal(size=(1, 4, 1))
    with pytest.raises(CurvatureError, match="singular"):
        DirectCurvature(objective, theta).solve(rhs)
    with pytest.raises(ConvergenceError, match=r"not positive definite|too ill-conditioned"):
        CgCurvature(objective, theta).solve(rhs)


def test_cg_that_stops_short_is_an_error() -> None:
    objective = DATA["breast_cancer"]().objective()
    theta = np.zeros((objective.blocks.cols, 1))
    with pytest.raises(ConvergenceError, match="did not converge"):
        CgCurvature(objective, theta, tolerance=1e-17).solve(np.ones((1, *theta.shape)))
