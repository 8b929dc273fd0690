"""Many rows end where Newton's method ends, for fewer Hessians."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from labelaudit.errors import CurvatureError
from labelaudit.kernels.solve import Cholesky
from labelaudit.model import chord as module
from labelaudit.model.chord import newton_of_many
from labelaudit.model.fit import chord, newton
from labelaudit.model.optimize import minimise
from problems import problem

TOLERANCE = 1e-9


@pytest.fixture
def many(monkeypatch):
    """Every fifth block of a table of ten."""
    monkeypatch.setattr(module, "MANY_BLOCKS", 10)
    monkeypatch.setattr(module, "EVERY", 5)


def of_many(classes):
    return problem(1200, 4, classes).objective(tuple(range(100, 1200, 100)))


@pytest.mark.parametrize("classes", [2, 3])
def test_the_optimum_is_newtons(many, classes):
    objective = of_many(classes)
    expected = newton(objective, tolerance=1e-12)
    found = newton_of_many(objective, tolerance=TOLERANCE)
    assert found.converged
    assert found.gradient_norm <= TOLERANCE
    assert np.abs(found.theta - expected.theta).max() < 1e-7  # the tolerance over the least curvature
    polished = minimise(objective)
    assert polished.gradient_norm < 1e-13


def test_it_takes_no_hessian_of_all_rows(many, monkeypatch):
    objective = of_many(2)
    counted = []
    real = type(objective).hessian

    def hessian(self, theta):
        counted.append(self.rows)
        return real(self, theta)

    monkeypatch.setattr(type(objective), "hessian", hessian)
    newton_of_many(objective, tolerance=TOLERANCE)
    assert objective.rows not in counted
    assert len(counted) > 0


def test_rows_that_are_left_out_stay_left_out(many):
    objective = replace(of_many(2), keep=lambda block: block.start >= 300)
    found = newton_of_many(objective, tolerance=TOLERANCE)
    assert np.abs(found.theta - newton(objective, tolerance=1e-12).theta).max() < 1e-7


def test_a_few_rows_are_fitted_by_newton_alone():
    objective = problem(40, 3, 2).objective()
    assert np.array_equal(newton_of_many(objective, tolerance=TOLERANCE).theta, newton(objective).theta)


def test_a_hessian_that_cannot_be_factored_leaves_it_to_newton(many, monkeypatch):
    class Singular(Cholesky):
        def __init__(self, matrix):
            raise CurvatureError("singular")

    monkeypatch.setattr(module, "Cholesky", Singular)
    objective = of_many(2)
    found = newton_of_many(objective, tolerance=TOLERANCE)
    assert found.gradient_norm <= TOLERANCE


def test_a_chord_that_does_not_contract_stops_where_it_is():
    objective = problem(200, 3, 2).objective()
    start = np.zeros((objective.blocks.cols, 1))
    reached = chord(objective, start, Cholesky(np.eye(len(start)) * 1e6), TOLERANCE)
    assert reached.steps == 0
    assert np.array_equal(reached.theta, start)
