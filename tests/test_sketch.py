from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import oracle
from forms import csr
from labelaudit import curvature as curvature_module
from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.curvature import IMAGES, CgCurvature, DirectCurvature, along, quadratic_error, trace
from labelaudit.influence import residuals, self_influence_and_leverage
from labelaudit.model.objective import Objective, flat
from labelaudit.model.targets import SoftTargets
from labelaudit.sketch import curvature_root, pair_sums, random_images, standard_error
from problems import Problem, problem

Array = NDArray[np.float64]

CUTS = (3, 3, 4, 19)
STATED = standard_error(IMAGES)
every_count_of_classes = pytest.mark.parametrize("classes", [2, 3, 5])


def with_duplicates(classes: int) -> Problem:
    """45 rows, a third of them exact copies: what alike rows make of the signs must not bend the estimate."""
    p = problem(45, 6, classes)
    p.x[30:] = p.x[:15]
    p.weights[30:] = p.weights[:15]
    return p


@pytest.fixture
def never_formed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curvature_module, "FORMED_LIMIT", 0)


@every_count_of_classes
def test_the_root_times_its_transpose_is_the_softmax_curvature(classes: int) -> None:
    p = problem(12, 4, classes)
    probability = oracle.probabilities(oracle.forward(p.x, p.theta()))
    k = p.outputs
    root = curvature_root(probability, p.weights, np.tile(np.eye(k), (12, 1, 1)))
    whole = root @ root.transpose(0, 2, 1)
    packed = np.stack([whole[:, a, b] for a, b in oracle.pairs(k)], 1)
    assert oracle.error(packed, oracle.curvature(probability, p.weights)) <= 1e-14
    assert oracle.error(whole, whole.transpose(0, 2, 1)) <= 1e-14


def test_a_certain_row_has_a_root() -> None:
    p = np.array([[1.0, 0.0, 0.0]])
    assert not curvature_root(p, np.ones(1), np.ones((1, 3, 2))).any()
    assert not curvature_root(np.ones((1, 1)), np.ones(1), np.ones((1, 1, 2))).any()


@every_count_of_classes
def test_the_images_second_moment_is_the_hessian(classes: int) -> None:
    """Of 20,000 images of p parameters; whitened, the largest deviation is about 2 sqrt(p / 20,000), below 0.08."""
    p = with_duplicates(classes)
    theta = p.theta()
    images = flat(random_images(p.objective(CUTS), theta, 20_000, [1]))
    moment = images.T @ images / len(images)
    hessian = oracle.hessian(p.x, p.weights, p.ridge, theta)
    ratio = np.linalg.eigvals(np.linalg.solve(hessian, moment)).real
    assert np.abs(ratio - 1).max() < 0.12


@every_count_of_classes
@pytest.mark.parametrize("quantity", ["self-influence", "leverage"])
def test_estimates_are_without_bias_and_within_the_stated_error(
    never_formed: None, quantity: str, classes: int
) -> None:
    """36 seeds: the mean's standard error is a sixth of one estimate's; a bias by alike rows would be 5 of them.

    The rows of one estimate share its errors, so it is over the seeds that the error shows.
    """
    p = with_duplicates(classes)
    objective, theta = p.objective(CUTS), p.theta()
    rows = residuals(objective.blocks, objective.targets, theta)
    which = ["self-influence", "leverage"].index(quantity)
    exact = self_influence_and_leverage(rows, DirectCurvature(objective, theta))[which]
    seeds = [self_influence_and_leverage(rows, CgCurvature(objective, theta, seed=s))[which] for s in range(36)]
    off = np.array(seeds) / exact - 1
    assert quadratic_error(objective.parameters, "cg") == STATED == pytest.approx(0.2)
    assert np.abs(off.mean(0)).max() < 4 * STATED / 6
    assert np.sqrt(np.mean(off**2)) < 1.15 * STATED
    assert np.abs(off).max() < 5 * STATED
    if quantity == "self-influence":  # leverage sums several forms, and so errs less
        assert np.sqrt(np.mean(off**2)) > 0.7 * STATED


def test_shuffled_rows_have_the_same_estimates(never_formed: None) -> None:
    p = with_duplicates(3)
    theta, order = p.theta(), np.random.default_rng(4).permutation(45)
    shuffled = replace(p, x=p.x[order], targets=p.targets[order], weights=p.weights[order])
    first, second = (CgCurvature(q.objective(CUTS), theta).quadratic(q.objective(CUTS).blocks) for q in (p, shuffled))
    assert oracle.error(second, first[order]) <= 1e-3  # of the loose solves


def test_threads_and_batches_do_not_show(never_formed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    p = with_duplicates(3)
    theta = p.theta()
    exact = DirectCurvature(p.objective(), theta).quadratic(p.objective().blocks)
    one, three = (p.objective(CUTS, threads=n) for n in (1, 3))
    whole = CgCurvature(one, theta).quadratic(one.blocks)
    assert np.array_equal(CgCurvature(three, theta).quadratic(three.blocks), whole)
    monkeypatch.setattr(curvature_module, "BATCH_BYTES", 20 * 8 * one.parameters)  # 20, 20 and 10 images
    batches = CgCurvature(one, theta).quadratic(one.blocks)
    diagonal = [n for n, (a, b) in enumerate(oracle.pairs(3)) if a == b]
    assert np.abs((batches / exact - 1)[:, diagonal]).max() < 5 * STATED


def test_sparse_rows_have_the_same_estimates(never_formed: None) -> None:
    p = problem(40, 5, 3)
    p.x[np.abs(p.x) < 0.7] = 0.0
    sparse = RowBlocks((MatrixBlock(0, 15, 0, csr(p.x[:15])), MatrixBlock(15, 40, 0, csr(p.x[15:]))), 40, 5)
    objective = Objective(sparse, SoftTargets(p.targets), p.weights, p.ridge, 3)
    dense = p.objective((15,))
    theta = p.theta()
    estimates = [CgCurvature(o, theta).quadratic(o.blocks) for o in (objective, dense)]
    assert oracle.error(estimates[0], estimates[1]) <= 1e-3  # of the loose solves


def test_up_to_the_limit_forms_are_exact() -> None:
    p = problem(30, 4, 3)
    objective, theta = p.objective(CUTS), p.theta()
    exact = DirectCurvature(objective, theta).quadratic(objective.blocks)
    assert np.array_equal(CgCurvature(objective, theta).quadratic(objective.blocks), exact)
    assert quadratic_error(curvature_module.FORMED_LIMIT, "cg") == 0
    assert quadratic_error(curvature_module.FORMED_LIMIT + 1, "cg") == STATED
    assert quadratic_error(curvature_module.FORMED_LIMIT + 1, "direct") == 0


def test_pair_sums_are_the_plain_loop() -> None:
    u = np.random.default_rng(0).normal(size=(7, 3, 4))
    expected = [[sum(u[i, a, m] * u[i, b, m] for m in range(4)) for a, b in oracle.pairs(3)] for i in range(7)]
    assert oracle.error(pair_sums(u), np.array(expected)) <= 1e-14


@every_count_of_classes
def test_both_quantities_together_are_those_of_the_estimated_forms(never_formed: None, classes: int) -> None:
    p = with_duplicates(classes)
    objective, theta = p.objective(CUTS), p.theta()
    rows = residuals(objective.blocks, objective.targets, theta)
    curvature = CgCurvature(objective, theta)
    forms = curvature.quadratic(objective.blocks)
    own, pull = self_influence_and_leverage(rows, curvature)
    assert np.allclose(own, along(rows.r, forms), rtol=1e-12)
    assert np.allclose(pull, trace(rows.p, forms) / len(p.x), rtol=1e-12)
