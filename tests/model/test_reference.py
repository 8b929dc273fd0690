"""Coefficients against fits in 60-digit arithmetic, on raw columns.

LRE is the number of digits that agree: min(15, -log10(relative error)). Data: Spector and Mazzeo 1980 (written out
here), and Hosmer and Lemeshow's low birth weights (read from beside the project where they are there).
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from labelaudit.kernels.solve import Cholesky
from labelaudit.model.fit import Fit, newton
from labelaudit.model.logistic import lbfgs
from labelaudit.model.objective import Objective
from labelaudit.model.optimize import minimise
from labelaudit.model.targets import HardTargets
from problems import blocks_of

Array = NDArray[np.float64]

DIGITS = 10.0
TIGHT = 1e-13  # of the gradient: columns of a size near 20 amplify what is left of it
LOW_BIRTH_WEIGHTS = Path(__file__).parents[3] / "shared" / "logistic_reference" / "lbw.csv"

# GPA, TUCE, PSI, GRADE
SPECTOR = """
2.66 20 0 0  2.89 22 0 0  3.28 24 0 0  2.92 12 0 0  4.00 21 0 1  2.86 17 0 0  2.76 17 0 0  2.87 21 0 0
3.03 25 0 0  3.92 29 0 1  2.63 20 0 0  3.32 23 0 0  3.57 23 0 0  3.26 25 0 1  3.53 26 0 0  2.74 19 0 0
2.75 25 0 0  2.83 19 0 0  3.12 23 1 0  3.16 25 1 1  2.06 22 1 0  3.62 28 1 1  2.89 14 1 0  3.51 26 1 0
3.54 24 1 1  2.83 27 1 1  3.39 17 1 1  2.67 24 1 0  3.65 21 1 1  4.00 23 1 1  3.10 21 1 0  2.39 19 1 1
"""
# l2 of the summed loss, then coefficients with the constant last, standard errors, log-likelihood (without penalty)
CERTIFIED = {
    "spector_ml": (
        0.0,
        [2.8261125948893208843, 0.095157661317909286643, 2.3786876550933544856, -13.02134685811568871],
        [1.2629410756290923059, 0.14155420567369473988, 1.0645642544971329736, 4.9313242136027580601],
        -12.88963422213141513,
    ),
    "spector_l2_1": (
        1.0,
        [1.2100874288837229971, 0.13015191385694698427, 1.1621444812512679083, -7.9490120460767477784],
        [0.69172914959548811578, 0.1233539763235069122, 0.6411617374882858738, 3.2241454356992580171],
        -14.371143451910873498,
    ),
    "spector_l2_0.01": (
        0.01,
        [2.7726210266365292013, 0.095821313063406339619, 2.3408214165122678596, -12.841811346919791822],
        [1.2392295858937019865, 0.14087286908565939586, 1.0478322020741622378, 4.847386506295568012],
        -12.890813360308016309,
    ),
    "lbw_ml": (
        0.0,
        [
            *[-0.027100310886233478167, -0.015150818440521630318, 1.2626472843971866099, 0.86207916179822683305],
            *[0.92334482228527196516, 0.5418365647630398773, 1.832517803548586221, 0.75851348017118215557],
            0.46122388641737003683,
        ],
        [
            *[0.036450426610962989127, 0.006925878587438923697, 0.52641014261406165778, 0.43915315477758970488],
            *[0.40082664235661890517, 0.34624899756826732873, 0.69162923533951620025, 0.45937677064017114201],
            1.2045897485168783187,
        ],
        -100.72399556625110753,
    ),
}
every_fit = pytest.mark.parametrize("name", list(CERTIFIED))


def digits(got: Array, certified: Array) -> float:
    wrong = float(np.max(np.abs(got - certified) / np.abs(certified)))
    return min(15.0, -math.log10(max(wrong, 1e-300)))


def data(name: str) -> tuple[Array, NDArray[np.int64]]:
    if name.startswith("spector"):
        values = np.array(SPECTOR.split(), dtype=np.float64).reshape(-1, 4)
        return values[:, :3], values[:, 3].astype(np.int64)
    if not LOW_BIRTH_WEIGHTS.exists():
        pytest.skip(f"the low birth weights are not beside the project ({LOW_BIRTH_WEIGHTS.name})")
    with LOW_BIRTH_WEIGHTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [
        [float(r["age"]), float(r["lwt"]), float(r["race"] == "black"), float(r["race"] == "other")]
        + [float(r[c]) for c in ("smoke", "ptl", "ht", "ui")]
        for r in rows
    ]
    return np.array(columns), np.array([int(r["low"]) for r in rows])


def objective(name: str) -> Objective:
    x, y = data(name)
    x = np.hstack([x, np.ones((len(x), 1))])
    ridge = np.full(x.shape[1], CERTIFIED[name][0] / len(x))  # ours is of the mean loss
    ridge[-1] = 0.0
    return Objective(blocks_of(x, (len(x) // 3,)), HardTargets(y, 2), np.ones(len(x)), ridge, 1)


def check(name: str, fitted: Objective, fit: Fit) -> None:
    _, coefficients, errors, log_likelihood = CERTIFIED[name]
    rows = fitted.rows
    assert digits(fit.theta[:, 0], np.array(coefficients)) >= DIGITS
    covariance = Cholesky(fitted.hessian(fit.theta)).inverse() / rows
    assert digits(np.sqrt(np.diagonal(covariance)), np.array(errors)) >= DIGITS
    loss = (fitted.loss_and_gradient(fit.theta)[0] - fitted.penalty(fit.theta)) * rows
    assert digits(np.array([-loss]), np.array([log_likelihood])) >= DIGITS


@every_fit
def test_newton_agrees_with_sixty_digits(name: str) -> None:
    fitted = objective(name)
    fit = newton(fitted, tolerance=TIGHT)
    assert fit.converged
    check(name, fitted, fit)


@every_fit
def test_newton_by_conjugate_gradient_agrees_with_sixty_digits(name: str) -> None:
    fitted = objective(name)
    check(name, fitted, newton(fitted, solver="cg", tolerance=TIGHT))


@every_fit
def test_the_fit_as_the_tool_runs_it_has_ten_digits(name: str) -> None:
    """The tolerance is for standardised columns and these are not: it is the last step that brings the digits."""
    fit = minimise(objective(name))
    assert fit.converged
    assert digits(fit.theta[:, 0], np.array(CERTIFIED[name][1])) >= DIGITS


@every_fit
def test_lbfgs_has_nine_digits_on_raw_columns(name: str) -> None:
    fit = lbfgs(objective(name), tolerance=1e-10)
    assert fit.converged
    assert digits(fit.theta[:, 0], np.array(CERTIFIED[name][1])) >= 9
