from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

import oracle
from labelaudit import influence
from labelaudit.curvature import CgCurvature, DirectCurvature, along, curvature_at, pair_products, trace
from labelaudit.influence import (
    Residuals,
    average_influence,
    influence_matrix,
    mean_gradient,
    pairwise_influence,
    perturbation_influence,
    residuals,
    self_influence_and_leverage,
)
from labelaudit.kernels import native
from labelaudit.model.fit import newton
from labelaudit.model.objective import Objective
from labelaudit.model.targets import HardTargets, SoftTargets, class_probabilities
from problems import DATA, Data, Problem, blocks_of, problem

Array = NDArray[np.float64]

TOLERANCE = 1e-10
RANKS = 0.99  # Spearman's correlation with refitting that the project promises
CUTS = (3, 3, 4, 19)


@dataclass(frozen=True)
class Setting:
    """Rows and other rows that their influence is measured on, with everything by the plain loops."""

    p: Problem
    other: Problem
    theta: Array
    objective: Objective

    @cached_property
    def inverse(self) -> Array:
        return np.linalg.inv(oracle.hessian(self.p.x, self.p.weights, self.p.ridge, self.theta))

    @cached_property
    def gradients(self) -> Array:
        return oracle.row_gradients(self.p.x, self.p.t, self.theta)

    @cached_property
    def other_gradients(self) -> Array:
        return oracle.row_gradients(self.other.x, self.other.t, self.theta)

    @cached_property
    def pairs(self) -> Array:
        """g_other^T H^-1 g_row, (rows, others)."""
        return self.gradients @ self.inverse @ self.other_gradients.T

    @cached_property
    def rows(self) -> Residuals:
        return residuals(self.objective.blocks, SoftTargets(self.p.targets), self.theta)

    @cached_property
    def on(self) -> Residuals:
        return residuals(blocks_of(self.other.x, (2, 2, 7)), SoftTargets(self.other.targets), self.theta)


@cache
def setting(classes: int) -> Setting:
    p = problem(30, 4, classes)
    return Setting(p, problem(11, 4, classes, seed=1), p.theta(), p.objective(CUTS))


def joined(slices: Any, rows: int, others: int, *rest: int) -> Array:
    """The slices in one array; each slice of the other rows comes once."""
    out = np.full((rows, others, *rest), np.nan)
    for where, values in slices:
        assert np.isnan(out[:, where]).all()
        out[:, where] = values
    assert not np.isnan(out).any()
    return out


every_classes = pytest.mark.parametrize("classes", [2, 3, 5])
every_solver = pytest.mark.parametrize("solver", ["direct", "cg"])


@every_classes
def test_residuals_are_the_plain_loops(classes: int) -> None:
    s = setting(classes)
    p = oracle.probabilities(oracle.forward(s.p.x, s.theta))
    assert oracle.error(s.rows.p, p) <= TOLERANCE
    assert oracle.error(s.rows.r, p - s.p.t) <= TOLERANCE


@every_classes
@every_solver
def test_average_influence_is_the_mean_over_pairs_and_the_naive_formula(classes: int, solver: Any) -> None:
    s = setting(classes)
    curvature = curvature_at(s.objective, s.theta, solver)
    gradient = mean_gradient(s.on, np.ones(len(s.other.x)))
    tolerance = TOLERANCE if solver == "direct" else 1e-8
    average = average_influence(s.rows, curvature, gradient)
    assert oracle.error(average, s.pairs.mean(1)) <= tolerance
    pairwise = joined(pairwise_influence(s.rows, s.on, curvature), 30, 11)
    assert oracle.error(pairwise, s.pairs) <= tolerance
    assert oracle.error(average, pairwise.mean(1)) <= tolerance
    assert oracle.error(influence_matrix(s.rows, s.on, curvature), s.pairs) <= tolerance


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("piece_rows", [1, 4, 512])
def test_the_whole_matrix_does_not_depend_on_pieces_and_threads(
    threads: int, piece_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influence, "PIECE_ROWS", piece_rows)
    s = setting(3)
    rows = replace(s.rows, blocks=replace(s.rows.blocks, threads=threads))
    assert oracle.error(influence_matrix(rows, s.on, DirectCurvature(s.objective, s.theta)), s.pairs) <= TOLERANCE


@every_classes
def test_a_weighted_reference_is_the_weighted_mean_over_pairs(classes: int) -> None:
    s = setting(classes)
    weights = np.random.default_rng(0).uniform(size=30)
    curvature = DirectCurvature(s.objective, s.theta)
    average = average_influence(s.rows, curvature, mean_gradient(s.rows, weights))
    expected = s.gradients @ s.inverse @ (s.gradients * weights[:, None]).sum(0) / weights.sum()
    assert oracle.error(average, expected) <= TOLERANCE


@every_classes
@every_solver
def test_self_influence_is_the_diagonal_of_the_pairs(classes: int, solver: Any) -> None:
    s = setting(classes)
    curvature = curvature_at(s.objective, s.theta, solver)
    own, _ = self_influence_and_leverage(s.rows, curvature)
    expected = np.einsum("ni,ij,nj->n", s.gradients, s.inverse, s.gradients)
    assert oracle.error(own, expected) <= (TOLERANCE if solver == "direct" else 1e-8)
    pairwise = joined(pairwise_influence(s.rows, s.rows, curvature), 30, 30)
    assert oracle.error(np.diagonal(pairwise), own) <= 1e-8
    assert oracle.error(pairwise, pairwise.T) <= 1e-8
    assert (own >= 0).all()


def test_pair_products_are_those_of_a_symmetric_form() -> None:
    rng = np.random.default_rng(0)
    a, b, m = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), rng.normal(size=(3, 3))
    m = m + m.T
    packed = np.array([m[i, j] for i, j in oracle.pairs(3)])
    assert np.allclose((pair_products(a, b) * packed).sum(1), np.einsum("ni,ij,nj->n", a, m, b), rtol=1e-12, atol=1e-12)


def test_leverage_of_two_classes_is_the_diagonal_of_the_hat_matrix() -> None:
    """Pregibon 1981: W^1/2 X (X^T W X + n L2)^-1 X^T W^1/2, for unit weights."""
    p = problem(30, 4, 2)
    p = Problem(p.x, p.targets, np.ones(30), p.ridge)
    theta, objective = p.theta(), p.objective(CUTS)
    rows = residuals(objective.blocks, SoftTargets(p.targets), theta)
    _, got = self_influence_and_leverage(rows, DirectCurvature(objective, theta))
    q = oracle.probabilities(oracle.forward(p.x, theta))[:, 0]
    half = np.sqrt(q * (1 - q))[:, None] * p.x
    hat = half @ np.linalg.inv(half.T @ half + 30 * np.diag(p.ridge)) @ half.T
    assert oracle.error(got, np.diagonal(hat)) <= TOLERANCE
    assert ((got > 0) & (got < 1)).all()


@every_classes
def test_leverage_is_the_trace_that_its_docstring_says(classes: int) -> None:
    s = setting(classes)
    _, pull = self_influence_and_leverage(s.rows, DirectCurvature(s.objective, s.theta))
    p = oracle.probabilities(oracle.forward(s.p.x, s.theta))
    expected = [
        np.trace(np.kron(np.diag(q) - np.outer(q, q), np.outer(x, x)) @ s.inverse) / 30
        for x, q in zip(s.p.x, p, strict=True)
    ]
    assert oracle.error(pull, np.array(expected)) <= TOLERANCE


@every_classes
@every_solver
def test_perturbation_influence_is_the_finite_difference_of_pairwise_influence(classes: int, solver: Any) -> None:
    """By each encoded column, the Hessian and the coefficients held fixed."""
    s = setting(classes)
    curvature = curvature_at(s.objective, s.theta, solver)
    got = joined(perturbation_influence(s.rows, s.on, curvature, s.theta), 30, 11, 4)
    solved = s.other_gradients @ s.inverse
    step = 1e-6
    for column in range(4):
        moved = []
        for sign in (1, -1):
            x = s.p.x.copy()
            x[:, column] += sign * step
            moved.append(oracle.row_gradients(x, s.p.t, s.theta) @ solved.T)
        # the central difference errs by step^2, and by rounding over the step
        assert oracle.error(got[:, :, column], (moved[0] - moved[1]) / (2 * step)) <= 1e-7


@pytest.mark.parametrize("memory_bytes", [0, 1, 3_000, 20_000, 2**28])
@every_classes
def test_the_memory_bound_changes_the_slices_and_nothing_else(classes: int, memory_bytes: int) -> None:
    s = setting(classes)
    curvature = DirectCurvature(s.objective, s.theta)
    pairwise = pairwise_influence(s.rows, s.on, curvature, memory_bytes=memory_bytes)
    assert oracle.error(joined(pairwise, 30, 11), s.pairs) <= TOLERANCE
    whole = joined(perturbation_influence(s.rows, s.on, curvature, s.theta), 30, 11, 4)
    slices = perturbation_influence(s.rows, s.on, curvature, s.theta, memory_bytes=memory_bytes)
    assert oracle.error(joined(slices, 30, 11, 4), whole) <= TOLERANCE


@pytest.mark.parametrize("classes", [2, 8])
@pytest.mark.parametrize("blocks", [1, 9])
@pytest.mark.parametrize("what", ["pairwise", "perturbation"])
@every_solver
def test_the_memory_bound_holds(classes: int, blocks: int, what: str, solver: Any) -> None:
    p = problem(900, 12, classes)
    theta = p.theta()
    objective = p.objective(tuple(np.linspace(0, 900, blocks + 1, dtype=int)[1:-1].tolist()))
    rows = residuals(objective.blocks, SoftTargets(p.targets), theta)
    curvature = curvature_at(objective, theta, solver)
    bound = 4 * 2**20
    curvature.solve(np.zeros((1, *theta.shape)))  # what is factored stays, whatever the bound

    def slices() -> Any:
        if what == "pairwise":
            return pairwise_influence(rows, rows, curvature, memory_bytes=bound)
        return perturbation_influence(rows, rows, curvature, theta, memory_bytes=bound)

    tracemalloc.start()
    try:
        widths = [where.stop - where.start for where, _ in slices()]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(widths) == 900
    assert peak <= bound + 2**18  # the interpreter's own objects
    assert max(widths) >= (8 if what == "pairwise" else 2), "slices far smaller than the bound allows are slow"


@cache
def refitted(name: str) -> tuple[Data, Array, Array, Array]:
    """For every row left out and the model refitted: the changes of the reference's loss and of the row's own."""
    data = DATA[name]()
    theta = newton(data.objective(), tolerance=1e-11).theta

    def losses(at: Array, x: Array, codes: NDArray[np.int64]) -> Array:
        p = class_probabilities(native.probabilities(native.forward(x, at)))
        return -np.log(p[np.arange(len(codes)), codes])

    on_reference, own = [], []
    before = losses(theta, data.reference_x, data.reference).mean()
    for i in range(len(data.x)):
        without = data.fit_without(i, theta)
        on_reference.append(losses(without, data.reference_x, data.reference).mean() - before)
        mine = slice(i, i + 1)
        change = losses(without, data.x[mine], data.given[mine]) - losses(theta, data.x[mine], data.given[mine])
        own.append(change[0])
    return data, theta, np.array(on_reference), np.array(own)


@pytest.mark.parametrize("name", list(DATA))
def test_average_influence_ranks_rows_as_leaving_them_out_does(name: str) -> None:
    """Positive helps: without the row the reference's loss rises, by influence / rows to first order."""
    data, theta, on_reference, _ = refitted(name)
    objective = data.objective()
    rows = residuals(objective.blocks, objective.targets, theta)
    trusted = residuals(blocks_of(data.reference_x), HardTargets(data.reference, data.classes), theta)
    gradient = mean_gradient(trusted, np.ones(len(data.reference)))
    influence = average_influence(rows, DirectCurvature(objective, theta), gradient) / len(data.x)
    assert spearmanr(influence, on_reference).statistic >= RANKS
    # the size is right too: a row that hardly moves the model moves it as predicted
    light = np.abs(influence) < np.quantile(np.abs(influence), 0.3)
    assert np.abs(influence - on_reference)[light].max() <= 0.05 * np.abs(influence).max()


@pytest.mark.parametrize("name", list(DATA))
def test_self_influence_ranks_rows_as_leaving_them_out_does(name: str) -> None:
    """The row's own loss rises without it, by self-influence / rows to first order."""
    data, theta, _, own = refitted(name)
    objective = data.objective()
    rows = residuals(objective.blocks, objective.targets, theta)
    influence = self_influence_and_leverage(rows, DirectCurvature(objective, theta))[0] / len(data.x)
    assert spearmanr(influence, own).statistic >= RANKS
    assert (own >= 0).all()
    assert (influence <= own + 1e-12).all()  # convex: the first order falls short of what refitting does


@pytest.mark.parametrize("classes", [2, 3])
def test_average_influence_is_the_derivative_of_the_reference_loss_by_the_rows_weight(classes: int) -> None:
    """At the optimum, upweighting row i by e / rows changes the mean reference loss by -influence * e / rows."""
    p, other = problem(30, 4, classes), problem(11, 4, classes, seed=1)
    objective = p.objective()
    theta = newton(objective, tolerance=1e-13).theta
    rows = residuals(objective.blocks, objective.targets, theta)
    on = residuals(blocks_of(other.x), SoftTargets(other.targets), theta)
    average = average_influence(rows, DirectCurvature(objective, theta), mean_gradient(on, np.ones(11)))
    step = 1e-4
    for i in range(0, 30, 7):
        losses = []
        for sign in (1, -1):
            weights = p.weights.copy()
            weights[i] += sign * step
            moved = newton(Problem(p.x, p.targets, weights, p.ridge).objective(), start=theta, tolerance=1e-13).theta
            losses.append(oracle.residual(oracle.forward(other.x, moved), other.t, np.ones(11))[1] / 11)
        derivative = (losses[0] - losses[1]) / (2 * step)
        assert -30 * derivative == pytest.approx(average[i], rel=1e-5, abs=1e-6)


def test_direct_and_cg_give_the_same_influence_on_real_data() -> None:
    data = DATA["wine"]()
    objective = data.objective()
    theta = newton(objective).theta
    rows = residuals(objective.blocks, objective.targets, theta)
    gradient = mean_gradient(rows, np.linspace(0.1, 1, len(data.x)))
    direct, by_cg = DirectCurvature(objective, theta), CgCurvature(objective, theta)
    assert oracle.error(average_influence(rows, by_cg, gradient), average_influence(rows, direct, gradient)) <= 1e-8
    own, pull = (
        oracle.error(*both)
        for both in zip(*(self_influence_and_leverage(rows, c) for c in (by_cg, direct)), strict=True)
    )
    assert max(own, pull) <= 1e-8


@pytest.mark.parametrize("classes", [2, 4])
def test_both_quantities_together_are_those_of_the_forms(classes):
    p = problem(25, 5, classes)
    objective, theta = p.objective((9,)), p.theta()
    rows = residuals(objective.blocks, objective.targets, theta)
    curvature = DirectCurvature(objective, theta)
    forms = curvature.quadratic(objective.blocks)
    own, pull = self_influence_and_leverage(rows, curvature)
    assert np.allclose(own, along(rows.r, forms), rtol=1e-12)
    assert np.allclose(pull, trace(rows.p, forms) / len(p.x), rtol=1e-12)
