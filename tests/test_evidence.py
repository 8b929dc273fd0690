from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

import oracle
from labelaudit import evidence
from labelaudit.curvature import DirectCurvature
from labelaudit.evidence import (
    REST_TOLERANCE,
    Alike,
    leave_one_out,
    out_of_fold,
    out_of_sample,
    without_folds,
)
from labelaudit.kernels import native
from labelaudit.model.fit import newton
from labelaudit.model.targets import HardTargets, class_probabilities
from problems import DATA, Data, alike, blocks_of, problem

Array = NDArray[np.float64]

every_data = pytest.mark.parametrize("name", list(DATA))


def alone(rows: int) -> Alike:
    return alike(np.arange(rows).astype(np.uint64))


def predicted(x: Array, theta: Array) -> Array:
    return class_probabilities(native.probabilities(native.forward(np.ascontiguousarray(x), theta)))


@cache
def refitted(name: str) -> tuple[Data, Array, Array]:
    """The optimum, and every row's probabilities by the model refitted without it."""
    data = DATA[name]()
    theta = newton(data.objective(), tolerance=1e-11).theta
    rows = [predicted(data.x[i : i + 1], data.fit_without(i, theta))[0] for i in range(len(data.x))]
    return data, theta, np.stack(rows)


def mine(p: Array, given: NDArray[np.int64]) -> Array:
    out: Array = p[np.arange(len(given)), given]
    return out


@every_data
def test_leaving_one_out_is_close_to_refitting(name: str) -> None:
    data, theta, expected = refitted(name)
    got = leave_one_out(data.objective(), theta, alone(len(data.x)))
    assert np.allclose(got.sum(1), 1, rtol=0, atol=1e-12)
    assert spearmanr(mine(got, data.given), mine(expected, data.given)).statistic >= 0.99
    in_sample = predicted(data.x, theta)
    assert np.abs(got - expected).max() <= 0.03
    # far closer than the fit itself, which has seen the rows
    assert np.abs(got - expected).mean() <= 0.1 * np.abs(in_sample - expected).mean()


def test_leaving_one_out_is_exact_for_a_step_from_the_optimum() -> None:
    """One Newton step on the other rows, written out with dense matrices."""
    data, theta, _ = refitted("iris")
    objective = data.objective()
    got = leave_one_out(objective, theta, alone(len(data.x)))
    n = len(data.x)
    for i in range(0, n, 17):
        weights = np.ones(n)
        weights[i] = 0.0
        without = replace(objective, weights=weights)
        _, gradient = without.loss_and_gradient(theta)
        step = DirectCurvature(without, theta).solve(gradient[None])[0]
        # the optimum's own gradient, 1e-11, is what is left
        assert oracle.error(got[i], predicted(data.x[i : i + 1], theta - step)[0]) <= 1e-8


@every_data
def test_exact_duplicates_are_left_out_together(name: str) -> None:
    """Two copies of some rows, one of them under another label."""
    data, *_ = refitted(name)
    n, copies = len(data.x), [5, 20, 33]
    x = np.vstack([data.x, data.x[copies], data.x[copies[:1]]])
    given = np.concatenate([data.given, (data.given[copies] + 1) % data.classes, data.given[copies[:1]]])
    doubled = replace(data, x=x, given=given)
    objective = doubled.objective()
    theta = newton(objective, tolerance=1e-11).theta
    hashes = np.concatenate([np.arange(n), copies, copies[:1]]).astype(np.uint64)
    got = leave_one_out(objective, theta, alike(hashes))
    groups = [[5, n, n + 3], [20, n + 1], [33, n + 2], [7]]
    for group in groups:
        expected = predicted(x[group], doubled.fit_without(group, theta))
        assert np.abs(got[group] - expected).max() <= 0.06
        assert np.abs(got[group] - expected).max() <= 0.5 * np.abs(predicted(x[group], theta) - expected).max() + 1e-3
        assert oracle.error(got[group], got[group[:1] * len(group)]) <= 1e-12
    apart = leave_one_out(objective, theta, alone(len(x)))
    assert np.abs(apart[5] - got[5]).max() > 1e-3


def test_a_row_that_nothing_else_supports_gets_finite_probabilities() -> None:
    """A column that one row alone has, hardly penalised: its leverage is nearly 1."""
    p = problem(30, 3, 2)
    x = np.hstack([np.eye(30)[:, :1], p.x])
    given = (np.arange(30) % 2).astype(np.int64)
    data = Data(x, given, x, given, 1e-10)
    objective = data.objective()
    got = leave_one_out(objective, newton(objective).theta, alone(30))
    assert np.isfinite(got).all()
    assert ((got >= 0) & (got <= 1)).all()


def test_groups_of_alike_rows() -> None:
    same = alike(np.array([7, 3, 7, 9, 3, 7], dtype=np.uint64))
    assert same.count[same.of].tolist() == [3, 2, 3, 1, 2, 3]
    values = np.arange(12.0).reshape(6, 2)
    expected = np.stack([values[[0, 2, 5]].mean(0), values[[1, 4]].mean(0), values[3]])
    assert np.allclose(same.means(values), expected[[0, 1, 0, 2, 1, 0]])


def folded(data: Data) -> tuple[Any, NDArray[np.int64]]:
    """The objective on five folds of uneven sizes, and each row's fold."""
    n = len(data.x)
    edges = [0, n // 8, n // 4, n // 2, n - n // 5, n]
    fold = np.repeat(np.arange(5), np.diff(edges))
    return data.objective(blocks_of(data.x, tuple(edges[1:-1]), folds=5)), fold


@every_data
def test_leaving_folds_out_is_close_to_refitting(name: str) -> None:
    data, theta, _ = refitted(name)
    objective, fold = folded(data)
    got = out_of_fold(objective, theta)
    expected = np.empty_like(got)
    for which in range(5):
        fit = newton(objective.without_fold(which), tolerance=1e-11)
        assert fit.converged
        expected[fold == which] = predicted(data.x[fold == which], fit.theta)
    assert spearmanr(mine(got, data.given), mine(expected, data.given)).statistic >= 0.97
    # one Newton step has most of the way behind it
    assert np.abs(got - expected).mean() <= 0.4 * np.abs(predicted(data.x, theta) - expected).mean()


def test_leaving_folds_out_is_one_newton_step() -> None:
    data, theta, _ = refitted("wine")
    objective, fold = folded(data)
    got = out_of_fold(objective, theta)
    for which in range(5):
        rest = objective.without_fold(which)
        step = DirectCurvature(rest, theta).solve(rest.loss_and_gradient(theta)[1][None])[0]
        there = predicted(data.x[fold == which], theta - step)
        assert np.abs(got[fold == which] - there).max() <= 1e-4  # CG stops at a relative residual of 1e-6


def test_folds_are_left_out_together_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    data, theta, _ = refitted("wine")
    objective, _ = folded(data)
    monkeypatch.setattr(evidence, "FOLD_CG_TOLERANCE", 1e-11)
    together = out_of_fold(objective, theta)
    monkeypatch.setattr(evidence, "batch_of", lambda objective: 1)  # as where parameters are many
    assert np.abs(together - out_of_fold(objective, theta)).max() <= 1e-9


def test_a_single_fold_is_not_left_out() -> None:
    data, theta, _ = refitted("iris")
    assert np.abs(out_of_fold(data.objective(), theta) - predicted(data.x, theta)).max() <= 1e-6


def test_the_solver_decides_what_is_left_out() -> None:
    data, theta, _ = refitted("iris")
    objective, _ = folded(data)
    same = alone(len(data.x))
    assert np.array_equal(out_of_sample(objective, theta, "direct", same), leave_one_out(objective, theta, same))
    assert np.array_equal(out_of_sample(objective, theta, "cg", same), out_of_fold(objective, theta))


def test_quadratic_forms_are_not_negative() -> None:
    data, theta, _ = refitted("iris")
    objective = data.objective()
    forms = DirectCurvature(objective, theta).quadratic(objective.blocks)
    own = [n for n, (a, b) in enumerate(oracle.pairs(objective.outputs)) if a == b]
    assert (forms[:, own] > 0).all()


def test_hard_targets_of_the_data_are_its_labels() -> None:
    data, *_ = refitted("wine")
    assert np.array_equal(HardTargets(data.given, 3)(0, 5).argmax(1), data.given[:5])


def refitted_folds(data: Data) -> Array:
    """Every row's probabilities by a model fitted from zero to the other folds."""
    objective, fold = folded(data)
    out = np.empty((len(data.x), data.classes))
    for which in range(5):
        fit = newton(objective.without_fold(which), tolerance=1e-11)
        assert fit.converged
        out[fold == which] = predicted(data.x[fold == which], fit.theta)
    return out


@every_data
@pytest.mark.parametrize("solver", ["direct", "cg"])
def test_without_a_fold_is_refitting_without_it(name: str, solver: Any) -> None:
    data, theta, _ = refitted(name)
    objective, _ = folded(data)
    got = without_folds(objective, theta, solver)
    # a gradient of REST_TOLERANCE over the smallest curvature, which is the l2 of 0.01
    assert np.abs(got - refitted_folds(data)).max() <= 10 * REST_TOLERANCE / data.l2


@every_data
@pytest.mark.parametrize("solver", ["direct", "cg"])
def test_the_labels_of_its_fold_have_no_say_in_a_rows_probabilities(name: str, solver: Any) -> None:
    data, theta, _ = refitted(name)
    objective, fold = folded(data)
    there = without_folds(objective, theta, solver)
    flipped = np.where(fold == 2, (data.given + 1) % data.classes, data.given)
    other = replace(objective, targets=HardTargets(flipped, data.classes))
    again = without_folds(other, newton(other).theta, solver)
    assert np.abs((again - there)[fold == 2]).max() <= 10 * REST_TOLERANCE / data.l2
    assert np.abs((again - there)[fold != 2]).max() > 0.05
    # one Newton step does carry them
    one_step = out_of_fold(other, newton(other).theta) - out_of_fold(objective, theta)
    assert np.abs(one_step[fold == 2]).max() > 1e-3


def test_a_class_that_the_other_folds_lack_gets_finite_probabilities() -> None:
    data, theta, _ = refitted("iris")
    n = len(data.x)
    order = np.argsort(data.given, kind="stable")
    sorted_data = replace(data, x=data.x[order], given=data.given[order])
    edge = int((sorted_data.given == 0).sum())
    objective = sorted_data.objective(blocks_of(sorted_data.x, (edge, (n + edge) // 2), folds=3))
    got = without_folds(objective, theta, "direct")
    assert np.isfinite(got).all()
    assert got[:edge, 0].max() < 1e-3


def test_one_fold_cannot_be_left_out() -> None:
    data, theta, _ = refitted("iris")
    with pytest.raises(ValueError, match="one fold"):
        without_folds(data.objective(), theta, "direct")


def test_groups_are_left_out_by_folds_with_either_solver() -> None:
    data, theta, _ = refitted("iris")
    objective, _ = folded(data)
    same = alike(np.arange(len(data.x)).astype(np.uint64), by_fold=True)
    for solver in ("direct", "cg"):
        got = out_of_sample(objective, theta, solver, same)  # type: ignore[arg-type]
        assert np.array_equal(got, without_folds(objective, theta, solver))  # type: ignore[arg-type]
