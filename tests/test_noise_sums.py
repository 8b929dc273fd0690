"""What the noise models sum over rows: derivatives, counts, weights, and many rows as few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit.noise.beliefs import averaged_belief
from labelaudit.noise.cells import AS_MANY, condensed
from labelaudit.noise.link import Labels, Link, Sums, fit_link, fit_matrix, fit_rate, log_probabilities, no_link, summed
from labelaudit.noise.matrices import any_class, one_class, one_rate_matrix, soft_counts
from labelaudit.noise.models import OTHER_WAY, estimate
from labelaudit.noise.rates import LARGEST_RATE, Along, integrate
from noisy_labels import drawn, linked, planted

Array = NDArray[np.float64]


@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.0, 0.2)], ids=str)
def test_cells_say_of_many_rows_what_all_of_them_say(rates: tuple[float, float]) -> None:
    noise = np.array([[1 - rates[0], rates[1]], [rates[0], 1 - rates[1]]])
    p, labels = planted(3 * AS_MANY, noise, sharpness=1.0)
    few_rows, all_rows = condensed(p, labels), Labels(log_probabilities(p), labels)
    assert len(few_rows.given) < 1000
    assert few_rows.weight is not None
    assert few_rows.weight.sum() == pytest.approx(AS_MANY)
    for direction in (any_class(2), one_class(0, OTHER_WAY), one_class(1, OTHER_WAY)):
        rate, found = fit_rate(few_rows, direction, LARGEST_RATE)
        expected_rate, expected = fit_rate(all_rows, direction, LARGEST_RATE)
        assert rate == pytest.approx(expected_rate, abs=2e-3)
        assert 3 * found.likelihood == pytest.approx(expected.likelihood, rel=2e-4)


def test_a_weight_counts_as_so_many_rows() -> None:
    p, labels = drawn(40, 2, 0)
    times = np.random.default_rng(1).integers(1, 4, size=40)
    weighed = Labels(log_probabilities(p), labels, weight=times.astype(np.float64))
    repeated = Labels(log_probabilities(np.repeat(p, times, axis=0)), np.repeat(labels, times))
    for noise in (one_rate_matrix(0.1, 2), one_rate_matrix(0.3, 2)):
        got, expected = fit_link(weighed, noise), fit_link(repeated, noise)
        assert got.value == pytest.approx(expected.value, rel=1e-12)
        np.testing.assert_allclose(got.link.shift, expected.link.shift, atol=1e-9)
    matrices = [fit_matrix(of, 0.1, 30.0, fit_link(of, one_rate_matrix(0.1, 2))) for of in (weighed, repeated)]
    np.testing.assert_allclose(matrices[0].noise, matrices[1].noise, atol=1e-8)
    assert integrate(weighed, Along(any_class(2))).rate == pytest.approx(
        integrate(repeated, Along(any_class(2))).rate, rel=1e-8
    )


def test_many_rows_and_trusted_ones_beside_them() -> None:
    p, labels = planted(AS_MANY + 1000, one_rate_matrix(0.2, 2), sharpness=1.0)
    beside = planted(500, np.eye(2), seed=1, sharpness=1.0)
    found = estimate(p, labels, beside)
    assert found.rate == pytest.approx(0.2, abs=0.03)


@given(st.integers(1, 50), st.integers(0, 10**6))
def test_two_classes_have_the_belief_that_any_number_of_classes_would(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, labels = drawn(rows, 2, seed)
    nodes = [
        (w, linked(one_rate_matrix(r, 2), Link(s, rng.normal(size=2)))) for w, r, s in [(0.3, 0.1, 2), (0.7, 0.4, 1)]
    ]
    apart = np.insert(p, 2, 1e-9, axis=1)  # and a third class that nothing is
    third = [
        (w, linked(np.pad(n.noise, (0, 1)), Link(n.link.sharpness, np.append(n.link.shift, -40)))) for w, n in nodes
    ]
    expected = averaged_belief(third, apart, labels)[:, :2]
    np.testing.assert_allclose(averaged_belief(nodes, p, labels), expected, atol=1e-12)


def differences(at: Callable[[Array], Array], v: Array, step: float = 1e-5) -> Array:
    """Derivatives by central differences, one a row."""
    moves = step * np.eye(len(v))
    return np.array([(at(v + move) - at(v - move)) / (2 * step) for move in moves])


@pytest.mark.parametrize("trusted", [0, 7])
@pytest.mark.parametrize("classes", [2, 3, 9])
def test_the_derivatives_of_a_likelihood_are_those_of_differences(classes: int, trusted: int) -> None:
    rng = np.random.default_rng([classes, trusted])
    p, labels = drawn(200, classes, classes)
    weight = rng.uniform(0.5, 3, size=200)
    of = Labels(log_probabilities(p), labels, trusted, weight)
    direction = any_class(classes)

    def at(v: Array) -> Sums:
        return summed(of, v, np.eye(classes), direction)

    v = np.append(rng.normal(0, 0.3, size=1 + classes), 0.2)
    gradient = differences(lambda v: np.array([at(v).likelihood]), v)[:, 0]
    np.testing.assert_allclose(at(v).gradient, gradient, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(at(v).hessian, differences(lambda v: at(v).gradient, v), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(at(v).hessian, at(v).hessian.T)


def test_expected_counts_are_beliefs_summed_by_label() -> None:
    p, labels = drawn(150, 4, 3)
    of = Labels(log_probabilities(p), labels, trusted=30)
    noise = one_rate_matrix(0.2, 4)
    found = summed(of, np.zeros(5), noise).belief[:4]
    belief = averaged_belief([(1.0, linked(noise, no_link(4)))], p[:120], labels[:120])
    np.testing.assert_allclose(found, soft_counts(belief, labels[:120]), atol=1e-12)
