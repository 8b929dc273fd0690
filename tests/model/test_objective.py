from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracle
from forms import Form, every_form
from labelaudit.model.logistic import LogisticModel
from labelaudit.model.objective import flat, unflat
from problems import Problem, problem

Array = NDArray[np.float64]

TOLERANCE = 1e-10
SHAPES = [(1, 2, 2), (7, 1, 2), (25, 5, 2), (7, 1, 3), (25, 5, 3), (20, 3, 6)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def cuts_of(p: Problem) -> tuple[int, ...]:
    """Uneven blocks, one of them empty."""
    return (len(p.x) // 4, len(p.x) // 4, len(p.x) - 1)


def torch_loss(p: Problem, model: LogisticModel) -> torch.Tensor:
    """The objective written once more, with torch's own log-softmax."""
    z = model(torch.tensor(p.x))
    logits = torch.cat([torch.zeros(len(z), 1, dtype=torch.float64), z], 1) if p.outputs == 1 else z
    rows = -(torch.tensor(p.targets) * torch.log_softmax(logits, 1)).sum(1)
    loss = (torch.tensor(p.weights) * rows).mean() + (torch.tensor(p.ridge)[:, None] * model.theta**2).sum() / 2
    if p.outputs > 1:
        loss = loss + (model.theta[torch.tensor(p.ridge == 0)].sum(1) ** 2).sum() / 2
    return loss


@every_shape
def test_the_objective_is_the_plain_loops(shape: tuple[int, int, int]) -> None:
    p = problem(*shape)
    theta = p.theta()
    objective = p.objective(cuts_of(p))
    loss, gradient = objective.loss_and_gradient(theta)
    assert loss == pytest.approx(oracle.objective(p.x, p.t, p.weights, p.ridge, theta), rel=TOLERANCE, abs=0)
    assert oracle.error(gradient, oracle.gradient(p.x, p.t, p.weights, p.ridge, theta)) <= TOLERANCE
    hessian = objective.hessian(theta)
    assert oracle.error(hessian, oracle.hessian(p.x, p.weights, p.ridge, theta)) <= TOLERANCE
    assert np.array_equal(hessian, hessian.T)


@every_shape
def test_loss_gradient_and_hessian_are_autograds(shape: tuple[int, int, int]) -> None:
    p = problem(*shape)
    theta = p.theta()
    model = LogisticModel.of(theta)
    loss = torch_loss(p, model)
    loss.backward()
    value, gradient = p.objective(cuts_of(p)).loss_and_gradient(theta)
    assert value == pytest.approx(loss.item(), rel=TOLERANCE, abs=0)
    assert oracle.error(gradient, model.theta.grad.numpy()) <= TOLERANCE

    def at(vector: torch.Tensor) -> torch.Tensor:
        there = LogisticModel(*theta.shape)
        del there.theta
        there.theta = vector.reshape(p.outputs, -1).T
        return torch_loss(p, there)

    hessian = torch.autograd.functional.hessian(at, torch.tensor(flat(theta)))
    assert oracle.error(p.objective().hessian(theta), hessian.numpy()) <= TOLERANCE


@every_shape
def test_the_gradient_is_the_finite_difference_of_the_loss(shape: tuple[int, int, int]) -> None:
    p = problem(*shape)
    theta, step = p.theta(), 1e-5
    objective = p.objective(cuts_of(p))
    _, gradient = objective.loss_and_gradient(theta)
    for i in np.ndindex(*theta.shape):
        there = np.zeros_like(theta)
        there[i] = step
        up, down = (objective.loss_and_gradient(theta + sign * there)[0] for sign in (1, -1))
        # the central difference errs by step^2 and by the loss's rounding over the step
        assert (up - down) / (2 * step) == pytest.approx(gradient[i], rel=1e-7, abs=1e-8)


@every_shape
@pytest.mark.parametrize("vectors", [1, 2, 9])
def test_the_operator_is_the_hessian(shape: tuple[int, int, int], vectors: int) -> None:
    p = problem(*shape)
    theta = p.theta()
    objective = p.objective(cuts_of(p))
    apply, diagonal = objective.operator(theta)
    hessian = objective.hessian(theta)
    v = np.random.default_rng(vectors).normal(size=(vectors, objective.parameters))
    assert oracle.error(apply(v), v @ hessian) <= TOLERANCE
    assert oracle.error(diagonal, np.diagonal(hessian)) <= TOLERANCE


@pytest.mark.parametrize("classes", [2, 4])
def test_the_operator_without_folds_is_the_hessians_of_the_rests(classes: int) -> None:
    p = problem(41, 4, classes)
    theta = p.theta()
    objective = p.objective((5, 11, 19, 30), folds=3)
    which = np.array([2, 0, 0, 1])
    v = np.random.default_rng(0).normal(size=(4, objective.parameters))
    got = objective.operator_without((0, 1, 2), theta)(v, which)
    for product, vector, fold in zip(got, v, which.tolist(), strict=True):
        assert oracle.error(product, vector @ objective.without_fold(fold).hessian(theta)) <= TOLERANCE


@every_form
@pytest.mark.parametrize("classes", [2, 3])
def test_the_objective_in_every_form_is_the_plain_loops(form: Form, classes: int) -> None:
    p = problem(23, 5, classes)
    p = replace(p, x=form.seen(p.x))
    theta = p.theta()
    with form.used():
        objective = p.objective((4, 4, 17), form=form, threads=3)
        loss, gradient = objective.loss_and_gradient(theta)
        hessian = objective.hessian(theta)
        apply, diagonal = objective.operator(theta)
        product = apply(np.eye(objective.parameters))
    assert loss == pytest.approx(oracle.objective(p.x, p.t, p.weights, p.ridge, theta), rel=TOLERANCE, abs=0)
    assert oracle.error(gradient, oracle.gradient(p.x, p.t, p.weights, p.ridge, theta)) <= TOLERANCE
    expected = oracle.hessian(p.x, p.weights, p.ridge, theta)
    for got in (hessian, product):
        assert oracle.error(got, expected) <= TOLERANCE
    assert oracle.error(diagonal, np.diagonal(expected)) <= TOLERANCE


@pytest.mark.parametrize("classes", [2, 3])
def test_the_same_bits_for_any_number_of_threads(classes: int) -> None:
    p = problem(200, 6, classes)
    theta = p.theta()
    cuts = tuple(range(0, 200, 7))
    v = np.random.default_rng(0).normal(size=(3, theta.size))

    def everything(threads: int) -> list[Array]:
        objective = p.objective(cuts, threads=threads)
        loss, gradient = objective.loss_and_gradient(theta)
        apply, diagonal = objective.operator(theta)
        return [np.array(loss), gradient, objective.hessian(theta), apply(v), diagonal]

    first, *others = (everything(threads) for threads in (1, 2, 3, 4))
    for other in others:
        assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("classes", [2, 3])
def test_without_a_fold_it_is_the_objective_of_the_other_rows(classes: int) -> None:
    p = problem(30, 4, classes)
    theta = p.theta()
    folded = p.objective((5, 11, 12, 20), folds=3)  # rows of fold 1: 5 to 10 and 20 to 29
    rest = np.r_[0:5, 11:20]
    kept = Problem(p.x[rest], p.targets[rest], p.weights[rest], p.ridge)
    without = folded.without_fold(1)
    assert without.rows == 14
    loss, gradient = without.loss_and_gradient(theta)
    expected_loss, expected = kept.objective().loss_and_gradient(theta)
    assert loss == pytest.approx(expected_loss, rel=1e-13, abs=0)
    assert oracle.error(gradient, expected) <= 1e-13
    assert oracle.error(without.hessian(theta), kept.objective().hessian(theta)) <= 1e-13
    apply, diagonal = without.operator(theta)
    assert oracle.error(apply(np.eye(without.parameters)), kept.objective().hessian(theta)) <= TOLERANCE
    assert oracle.error(diagonal, kept.objective().operator(theta)[1]) <= TOLERANCE


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 3))
def test_unflat_undoes_flat_and_runs_class_by_class(cols: int, outputs: int, batch: int) -> None:
    theta = np.arange(float(batch * cols * outputs)).reshape(batch, cols, outputs)
    assert np.array_equal(unflat(flat(theta), cols), theta)
    if batch:
        assert flat(theta[0])[(outputs - 1) * cols] == theta[0, 0, outputs - 1]


def test_a_constant_added_to_all_classes_changes_no_probability_but_the_gauge_fixes_it() -> None:
    p = problem(20, 3, 3, l2=0.0)
    theta = p.theta()
    hessian = p.objective().hessian(theta)
    assert np.linalg.eigvalsh(hessian).min() > 1e-3
    fixed = replace(p.objective(), ridge=np.full(3, 1e-300))  # no gauge: the null direction shows
    assert np.linalg.eigvalsh(fixed.hessian(theta)).min() < 1e-12
