from __future__ import annotations

import numpy as np
import pytest

import oracle
from labelaudit.model import system
from labelaudit.model.system import KroneckerProduct, solve_hessian, solve_without
from problems import problem


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_solutions_solve_the_hessians_systems(classes):
    p = problem(60, 5, classes)
    theta = p.theta()
    hessian = oracle.hessian(p.x, p.weights, p.ridge, theta)
    rhs = np.random.default_rng(0).normal(size=(4, len(hessian)))
    found = solve_hessian(p.objective((20, 41)), theta, rhs)
    assert found.converged
    assert oracle.error(found.x @ hessian, rhs) <= 1e-9


def test_systems_without_a_fold_are_solved_together_as_alone():
    p = problem(90, 5, 4)
    theta = p.theta()
    objective = p.objective((11, 30, 41, 77), folds=3)
    rhs = np.random.default_rng(1).normal(size=(3, objective.parameters))
    together = solve_without(objective, theta, (0, 1, 2), rhs)
    assert together.converged
    for fold, b, x in zip((0, 1, 2), rhs, together.x, strict=True):
        assert oracle.error(x @ objective.without_fold(fold).hessian(theta), b) <= 1e-9


def test_unwhiten_is_whiten_transposed_and_both_make_the_inverse():
    p = problem(60, 4, 5)
    product = KroneckerProduct.of(p.objective(), p.theta())
    parameters = p.objective().parameters
    one = np.eye(parameters)
    whiten, unwhiten = product.whiten(one), product.unwhiten(one)  # rows are images of unit vectors
    assert oracle.error(whiten.T, unwhiten) <= 1e-12
    inverse = whiten @ unwhiten
    assert oracle.error(inverse, inverse.T) <= 1e-12
    assert np.linalg.eigvalsh(inverse).min() > 0


def test_where_curvature_does_not_depend_on_the_row_the_product_is_the_hessian():
    p = problem(80, 4, 5, l2=0.0)
    p.weights[:] = 1.0
    theta = np.tile(np.array([[0.0], [0.0], [0.0], [1.0]]), (1, 5)) * np.arange(5)  # the intercept alone
    ridge = p.objective()
    product = KroneckerProduct.of(ridge, theta)
    hessian = oracle.hessian(p.x, p.weights, p.ridge, theta)
    whitened = product.whiten(product.whiten(hessian).T)
    values = np.linalg.eigvalsh((whitened + whitened.T) / 2)
    assert np.allclose(np.sort(values)[:-4], 1, atol=1e-6)  # the last, one a column, change no probability


def test_it_takes_fewer_steps_than_jacobis(monkeypatch):
    rng = np.random.default_rng(1)
    p = problem(400, 12, 8, l2=1e-3)
    p.x[:, :-1] = p.x[:, :-1] @ rng.normal(size=(11, 11))  # columns that are far from independent
    theta = 0.1 * p.theta()
    rhs = rng.normal(size=(1, p.objective().parameters))
    with_product = solve_hessian(p.objective(), theta, rhs, tolerance=1e-8)
    monkeypatch.setattr(system, "WIDEST", 0)
    with_diagonal = solve_hessian(p.objective(), theta, rhs, tolerance=1e-8)
    assert with_product.steps[0] < with_diagonal.steps[0] / 2
    assert oracle.error(with_product.x, with_diagonal.x) <= 1e-4
