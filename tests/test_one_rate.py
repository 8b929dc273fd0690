from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from labelaudit.model.targets import MANY_CLASSES
from labelaudit.noise import models
from labelaudit.noise.beliefs import averaged_belief
from labelaudit.noise.link import Labels, Link, Sums, fit_link, fit_rate, log_probabilities, summed, vector_of
from labelaudit.noise.matrices import OneRate, any_class, error_rates, likelihoods, one_rate_matrix
from labelaudit.noise.newton import newton_within
from labelaudit.noise.one_rate import OneRateFamily, OneRatePlace
from labelaudit.noise.rates import LARGEST_RATE, Along, integrate

CLASSES = 120


def labels(classes: int = CLASSES, rows: int = 900, trusted: int = 0, seed: int = 0) -> Labels:
    """Labels of which a tenth is wrong, beside probabilities that are not sure of themselves; rare classes too."""
    rng = np.random.default_rng(seed)
    frequent = rng.dirichlet(np.full(classes, 0.5))
    true = rng.choice(classes, rows, p=frequent)
    z = rng.normal(size=(rows, classes)) + np.log(frequent + 1e-3)
    z[np.arange(rows), true] += 4.0
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    wrong = rng.random(rows) < 0.1
    given = np.where(wrong, rng.integers(0, classes, rows), true)
    weight = rng.uniform(0.5, 2.0, rows)
    return Labels(log_probabilities(p), given, trusted, weight)


def places(rate: float, trusted: int) -> tuple[OneRatePlace, Sums]:
    """The same place by rows times classes, and by dense matrices."""
    of = labels(trusted=trusted)
    v = 0.3 * np.random.default_rng(1).normal(size=1 + CLASSES)
    dense = summed(of, np.append(v, rate), np.eye(CLASSES), any_class(CLASSES))
    return OneRatePlace(of, v, rate, free=True), dense


@pytest.mark.parametrize("trusted", [0, 40])
@pytest.mark.parametrize("rate", [0.0, 0.08, 0.6])
def test_value_gradient_and_hessian_are_those_of_the_dense_matrix(rate, trusted):
    wide, dense = places(rate, trusted)
    of_link = np.arange(2 + CLASSES) < 1 + CLASSES  # which have priors
    gradient = -dense.gradient + np.append(wide.v, 0.0)
    hessian = -dense.hessian + np.diag(of_link.astype(np.float64))
    assert wide.value == pytest.approx(-dense.likelihood + wide.v @ wide.v / 2, rel=1e-12)
    np.testing.assert_allclose(wide.gradient, gradient, rtol=1e-9, atol=1e-9 * np.abs(gradient).max())
    products = np.stack([wide.apply(u) for u in np.eye(len(hessian))])
    np.testing.assert_allclose(products, hessian, rtol=1e-8, atol=1e-9 * np.abs(hessian).max())
    np.testing.assert_allclose(wide.diagonal[:-1], np.diagonal(hessian)[:-1], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("trusted", [0, 40])
def test_the_link_is_that_of_the_dense_newton_method(trusted):
    of, family = labels(trusted=trusted), OneRateFamily(CLASSES)
    for rate in (1e-5, 0.05, 0.3):
        wide, dense = family.fit_link(of, rate), fit_link(of, one_rate_matrix(rate, CLASSES))
        assert wide.value == pytest.approx(dense.value, abs=1e-8)
        assert np.abs(vector_of(wide.link) - vector_of(dense.link)).max() <= 1e-6
    rate, wide = family.fit_rate(of, LARGEST_RATE)
    there, dense = fit_rate(of, any_class(CLASSES), LARGEST_RATE)
    assert rate == pytest.approx(there, abs=1e-6)
    assert 0.02 < rate < 0.2
    assert wide.likelihood == pytest.approx(dense.likelihood, abs=1e-6)


def test_the_integrated_rates_and_beliefs_are_those_of_dense_matrices():
    of = labels()
    wide, dense = integrate(of, OneRateFamily(CLASSES)), integrate(of, Along(any_class(CLASSES)))
    assert wide.rate == pytest.approx(dense.rate, rel=1e-6)
    assert wide.evidence == pytest.approx(dense.evidence, abs=1e-5)
    p = np.exp(of.log_p) / np.exp(of.log_p).sum(1, keepdims=True)
    beliefs = [
        averaged_belief(list(zip(found.weights, found.nodes, strict=True)), p, of.given) for found in (wide, dense)
    ]
    np.testing.assert_allclose(*beliefs, atol=1e-6)
    np.testing.assert_allclose(wide.noise, dense.noise, atol=1e-8)


def test_a_matrix_in_two_numbers_is_the_matrix():
    given, noise = np.array([0, 3, 3, 1]), OneRate(0.3, 5)
    np.testing.assert_allclose(likelihoods(noise, given), likelihoods(noise.matrix(), given), rtol=1e-12)
    np.testing.assert_allclose(error_rates(noise), error_rates(noise.matrix()), rtol=1e-12)


def test_from_how_many_classes_on_no_matrix_is_formed(monkeypatch):
    formed: list[int] = []
    monkeypatch.setattr(models, "any_class", lambda k: formed.append(k) or any_class(k))
    for classes in (MANY_CLASSES, MANY_CLASSES + 1):
        of = labels(classes, 200)
        p = np.exp(of.log_p)
        models.explained_loss(p / p.sum(1, keepdims=True), of.given)
    assert formed == [MANY_CLASSES]


def test_memory_is_of_rows_times_classes():
    classes, rows = 2_000, 50
    of, family = labels(classes, rows), OneRateFamily(classes)
    tracemalloc.start()
    try:
        family.fit_link(of, 0.1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * 8 * rows * classes  # a single matrix of all pairs of classes takes 40


def test_where_the_curvature_is_not_positive_the_search_still_descends():
    class Well:
        """x^4 / 4 - x^2 / 2 in each direction: a hill at 0."""

        def __init__(self, v: np.ndarray) -> None:
            self.v, self.value, self.gradient = v, float((v**4 / 4 - v**2 / 2).sum()), v**3 - v
            self.diagonal = 3 * v**2 - 1

        def apply(self, u: np.ndarray) -> np.ndarray:
            return self.diagonal * u

    found, _ = newton_within(Well, np.array([0.1, -0.2, 0.4]), [(-3.0, 3.0)] * 3, 1e-9)
    np.testing.assert_allclose(np.abs(found), 1, atol=1e-6)
    held, _ = newton_within(Well, np.array([0.1, -0.2]), [(-0.5, 0.5)] * 2, 1e-9)
    np.testing.assert_allclose(np.abs(held), 0.5)


def test_a_link_that_is_known_already_stays():
    of, family = labels(), OneRateFamily(CLASSES)
    found = family.fit_link(of, 0.05)
    again = family.fit_link(of, 0.05, Link(found.link.sharpness, found.link.shift))
    np.testing.assert_allclose(again.link.shift, found.link.shift, atol=1e-6)
