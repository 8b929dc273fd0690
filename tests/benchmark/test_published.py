"""The published benchmark's figures, over 20 seeds; the bounds are stated in docs/benchmarks.md."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.benchmark.published import (
    FLIPPED,
    MEASURED,
    SOLVERS,
    TEST,
    _objective,
    run_published,
)
from labelaudit.curvature import curvature_at
from labelaudit.influence import pairwise_influence, residuals
from labelaudit.synthetic import bayes_accuracy, draw, flip


@pytest.fixture(scope="module")
def runs():
    return [run_published(seed) for seed in range(20)]


def test_accuracy_is_that_of_the_bayes_rule(runs):
    assert abs(np.mean([run.accuracy for run in runs]) - bayes_accuracy()) < 0.003
    assert all(run.accuracy >= run.bayes_accuracy - 0.006 for run in runs)


@pytest.mark.parametrize("solver", SOLVERS)
def test_flipped_rows_harm_and_the_others_hardly_matter(runs, solver):
    flipped = [run.influences[solver].of_flipped for run in runs]
    others = [run.influences[solver].of_others for run in runs]
    assert np.median(flipped) < -0.5
    assert max(flipped) < 0
    assert np.abs(others).max() < 0.05


def test_conjugate_gradient_agrees_with_the_direct_solver(runs):
    assert max(run.solver_difference for run in runs) < 1e-6


def test_a_seed_gives_the_same_run(runs):
    again = run_published(7)
    np.testing.assert_array_equal(again.theta, runs[7].theta)
    np.testing.assert_array_equal(again.influences["cg"].after, runs[7].influences["cg"].after)


def test_flipping_changes_no_influence_but_the_flipped_rows(runs):
    both = runs[0].influences["direct"]
    np.testing.assert_array_equal(both.before[FLIPPED:], both.after[FLIPPED:])
    assert (both.before[:FLIPPED] != both.after[:FLIPPED]).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_influences_are_the_means_over_the_whole_matrix_of_pairs(runs, solver):
    """Solved anew for each of the 2,000 test rows, many more right-hand sides than parameters."""
    run = runs[0]
    test, measured = _objective(draw(10_000, seed=0).take(TEST)), _objective(flip(run.measured, slice(0, FLIPPED)))
    on, rows = (residuals(o.blocks, o.targets, run.theta) for o in (test, measured))
    pairs = pairwise_influence(rows, on, curvature_at(measured, run.theta, solver))
    matrix = np.hstack([part for _, part in pairs])
    assert matrix.shape == (MEASURED, 2000)
    np.testing.assert_allclose(matrix.mean(1), run.influences[solver].after, rtol=1e-8, atol=1e-10)


def test_training_lowers_the_loss_on_training_and_validation_rows(runs):
    for run in runs:
        assert run.losses.shape == (50, 2)
        assert (run.losses[-1] < run.losses[0]).all()
        assert run.confusion.sum() == 2000
