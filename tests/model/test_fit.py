from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import oracle
from labelaudit.model.fit import DIRECT_LIMIT, Fit, newton, solver_for
from labelaudit.model.logistic import Schedule, adamw, lbfgs
from labelaudit.model.objective import Objective
from labelaudit.model.optimize import minimise
from labelaudit.model.targets import HardTargets
from problems import DATA, blocks_of, problem

Array = NDArray[np.float64]


def separated(ridge: float) -> Objective:
    """x = 0, 1, 2, 3 with y = 0, 0, 1, 1: without L2 there is no optimum."""
    x = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    return Objective(blocks_of(x), HardTargets(np.array([0, 0, 1, 1]), 2), np.ones(4), np.array([ridge, 0.0]), 1)


def check_report(objective: Objective, fit: Fit) -> None:
    """What a fit says of itself is what the plain objective says of its parameters."""
    loss, gradient = objective.loss_and_gradient(fit.theta)
    assert fit.loss == pytest.approx(loss, rel=1e-14)
    assert fit.gradient_norm == pytest.approx(float(np.abs(gradient).max()), rel=1e-12, abs=1e-300)
    assert fit.converged == (fit.gradient_norm <= fit.tolerance)


@pytest.mark.parametrize("name", list(DATA))
def test_the_optimisers_agree(name: str) -> None:
    objective = DATA[name]().objective()
    direct = newton(objective, tolerance=1e-11)
    by_cg = newton(objective, solver="cg", tolerance=1e-11)
    by_lbfgs = lbfgs(objective)
    for fit in (direct, by_cg, by_lbfgs):
        assert fit.converged
        check_report(objective, fit)
    assert oracle.error(by_cg.theta, direct.theta) <= 1e-8
    assert oracle.error(by_lbfgs.theta, direct.theta) <= 1e-6  # 1e-9 in the gradient over an L2 of 0.01
    assert [fit.optimizer for fit in (direct, by_cg, by_lbfgs)] == ["newton", "newton", "lbfgs"]
    assert direct.iterations < by_lbfgs.iterations


@pytest.mark.parametrize(("rows", "cols", "classes"), [(40, 5, 2), (40, 5, 4), (3, 6, 3), (1, 2, 2)])
def test_the_optimum_has_no_gradient_by_the_plain_loops(rows: int, cols: int, classes: int) -> None:
    p = problem(rows, cols, classes)
    fit = newton(p.objective(), tolerance=1e-12)
    assert fit.converged
    assert np.abs(oracle.gradient(p.x, p.t, p.weights, p.ridge, fit.theta)).max() <= 1e-11


def test_the_optimum_does_not_depend_on_the_start() -> None:
    p = problem(60, 4, 3)
    fits = [newton(p.objective(), start=scale * p.theta(), tolerance=1e-12) for scale in (0.0, 1.0, 30.0)]
    assert all(fit.converged for fit in fits)
    for fit in fits[1:]:
        assert oracle.error(fit.theta, fits[0].theta) <= 1e-10


def test_a_start_at_the_optimum_takes_no_steps_and_is_left_alone() -> None:
    objective = problem(30, 4, 2).objective()
    fit = newton(objective, tolerance=1e-10)
    before = fit.theta.copy()
    again = newton(objective, start=fit.theta, tolerance=1e-10)
    assert again.iterations == 0
    assert np.array_equal(fit.theta, before)


def test_stopping_short_is_said() -> None:
    objective = problem(60, 4, 3).objective()
    for fit in (newton(objective, max_steps=1), lbfgs(objective, max_steps=2)):
        assert not fit.converged
        assert fit.gradient_norm > fit.tolerance
        check_report(objective, fit)


def test_a_tolerance_below_rounding_ends_unconverged_and_in_time() -> None:
    fit = newton(problem(60, 4, 3).objective(), tolerance=0.0)
    assert not fit.converged
    assert fit.gradient_norm < 1e-14


def test_values_that_are_not_finite_never_count_as_converged() -> None:
    p = problem(10, 3, 2)
    p.x[4, 1] = np.nan
    assert not newton(p.objective()).converged


def test_separated_classes_have_no_optimum_without_l2() -> None:
    """The gradient vanishes all the same, far out."""
    assert np.abs(newton(separated(0.0)).theta).max() > 10
    assert newton(separated(1e-6)).converged


def test_adamw_says_that_it_stopped_short() -> None:
    objective = DATA["iris"]().objective()
    fit = adamw(objective)
    assert not fit.converged
    assert fit.optimizer == "adamw"
    assert fit.iterations == Schedule().epochs
    check_report(objective, fit)
    best = newton(objective)
    assert best.loss < fit.loss < 1.2 * best.loss


def test_adamw_with_enough_steps_comes_to_the_optimum() -> None:
    data = DATA["iris"]()
    objective = data.objective()
    fit = adamw(objective, Schedule(learning_rate=0.05, weight_decay=0.0, epochs=1500, batch_rows=len(data.x)))
    assert oracle.error(fit.theta, newton(objective).theta) < 1e-3


def test_adamw_is_repeated_by_its_seed_and_reports_every_epoch() -> None:
    objective = problem(50, 4, 3).objective((10, 30))
    seen: list[tuple[int, Array]] = []
    schedule = Schedule(epochs=3, batch_rows=8, seed=5)
    first = adamw(objective, schedule, after_epoch=lambda epoch, theta: seen.append((epoch, theta)))
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert np.array_equal(seen[-1][1], first.theta)
    assert not np.array_equal(seen[0][1], seen[1][1])
    assert np.array_equal(adamw(objective, schedule).theta, first.theta)
    assert not np.array_equal(adamw(objective, replace(schedule, seed=6)).theta, first.theta)


def test_adamw_by_one_batch_a_block_is_torchs_own() -> None:
    """One block, one batch: the same steps as torch's AdamW on the written-out loss."""
    import torch

    p = problem(20, 3, 2)
    schedule = Schedule(epochs=4, batch_rows=20)
    model = torch.nn.Parameter(torch.zeros(3, 1, dtype=torch.float64))
    optimizer = torch.optim.AdamW([model], lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=schedule.epochs)
    for _ in range(schedule.epochs):
        optimizer.zero_grad()
        z = torch.tensor(p.x) @ model
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            z, torch.tensor(p.t), weight=torch.tensor(p.weights)[:, None]
        )
        (loss + (torch.tensor(p.ridge)[:, None] * model**2).sum() / 2).backward()
        optimizer.step()
        cosine.step()
    assert oracle.error(adamw(p.objective(), schedule).theta, model.detach().numpy()) <= 1e-12


def test_adamw_leaves_a_fold_out() -> None:
    p = problem(30, 3, 2)
    folded = p.objective((10, 20), folds=3)
    without = adamw(folded.without_fold(1), Schedule(epochs=2))
    assert not np.array_equal(without.theta, adamw(folded, Schedule(epochs=2)).theta)


def test_one_door_to_every_optimiser() -> None:
    objective = problem(40, 4, 3).objective()
    best = newton(objective)
    for name in ("newton", "lbfgs", "adamw"):
        fit = minimise(objective, name, seed=1)  # type: ignore[arg-type]
        assert fit.optimizer == name
        assert fit.loss < 1.05 * best.loss
    assert np.array_equal(minimise(objective, "adamw", seed=1).theta, minimise(objective, "adamw", seed=1).theta)


def test_fitting_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("newton", "lbfgs", "adamw"):
            minimise(problem(40, 4, 3).objective(), name)  # type: ignore[arg-type]


def test_the_solver_follows_the_number_of_parameters_unless_asked_for() -> None:
    assert solver_for(DIRECT_LIMIT) == "direct"
    assert solver_for(DIRECT_LIMIT + 1) == "cg"
    assert solver_for(1, "cg") == "cg"
    assert solver_for(10**6, "direct") == "direct"
