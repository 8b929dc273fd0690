from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit.noise import beliefs, models
from labelaudit.noise.beliefs import averaged_belief
from labelaudit.noise.link import Link, fit_link, fit_matrix, fit_rate, log_probabilities, no_link
from labelaudit.noise.matrices import any_class, error_rates, one_class, one_rate_matrix, soft_counts
from labelaudit.noise.models import OTHER_WAY, estimate, explained_loss, labels_of
from labelaudit.noise.rates import LARGEST_RATE, Along, integrate
from noisy_labels import drawn, linked, planted

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

PLANTED = np.array([[0.75, 0.02, 0.05], [0.20, 0.90, 0.05], [0.05, 0.08, 0.90]])
few = settings(max_examples=20, deadline=None)  # each searches for several optima
problems = st.tuples(st.integers(1, 30), st.integers(2, 5), st.integers(0, 10**6))


def naive_value(p: Array, labels: Codes, noise: Array, link: Link) -> float:
    """The log-likelihood with the link's priors, row by row."""
    total = 0.0
    for row, g in zip(p, labels, strict=True):
        powers = [math.exp(s) * max(v, 1e-9) ** link.sharpness for v, s in zip(row, link.shift, strict=True)]
        total += math.log(sum(noise[g, t] * powers[t] for t in range(len(row))) / math.fsum(powers))
    return total - (math.log(link.sharpness) ** 2 + float((link.shift**2).sum())) / 2


@given(problems)
def test_the_averaged_belief_is_bayes_rule_under_each_matrix(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    k = problem[1]
    nodes = [
        (0.25, linked(one_rate_matrix(0.2, k), no_link(k))),
        (0.75, linked(one_rate_matrix(0.05, k), Link(1.5, np.linspace(-1, 1, k)))),
    ]
    belief = averaged_belief(nodes, p, labels)
    assert np.allclose(belief.sum(1), 1, rtol=0, atol=1e-12)
    for i in range(len(p)):
        expected = np.zeros(k)
        for weight, node in nodes:
            powers = np.maximum(p[i], 1e-9) ** node.link.sharpness * np.exp(node.link.shift)
            joint = node.noise[labels[i]] * powers
            expected += weight * joint / math.fsum(joint)
        assert np.allclose(belief[i], expected, rtol=1e-11, atol=1e-14)


def test_a_label_that_cannot_be_has_a_finite_posterior() -> None:
    p = np.array([[1.0, 0.0]])
    assert np.isfinite(averaged_belief([(1.0, linked(np.eye(2), Link(50.0, np.zeros(2))))], p, np.array([1]))).all()


def test_the_belief_is_the_same_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    p, labels = planted(200, PLANTED)
    found = estimate(p, labels)
    whole = found.belief(p, labels)
    monkeypatch.setattr(beliefs, "PIECE", 7)
    assert np.array_equal(found.belief(p, labels, threads=3), whole)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_estimate_is_the_same_for_any_number_of_threads(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    p, labels = planted(6_000, one_rate_matrix(0.1, classes))
    alone = estimate(p, labels)
    monkeypatch.setattr(models, "WORTH_THREADS", 0)
    shared = estimate(p, labels, threads=3)
    assert shared.weights == alone.weights
    assert np.array_equal(shared.noise, alone.noise)
    assert shared.interval == alone.interval


@given(problems)
def test_soft_counts_add_up(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    counts = soft_counts(p, labels)
    assert np.allclose(counts.sum(1), np.bincount(labels, minlength=problem[1]))
    assert np.allclose(counts.sum(0), p.sum(0))
    hard = soft_counts(np.eye(problem[1])[labels], labels)
    assert np.array_equal(hard, np.diag(np.bincount(labels, minlength=problem[1])))


@given(st.integers(2, 6), st.floats(0, 0.6))
def test_directions_make_noise_matrices(classes: int, rate: float) -> None:
    noise = one_rate_matrix(rate, classes)
    assert np.allclose(noise.sum(0), 1)
    assert np.allclose(error_rates(noise), rate)
    sided = np.eye(2) + rate * one_class(1, 0.1)
    assert np.allclose(error_rates(sided), [0.1 * rate, rate])


@few
@given(problems)
def test_the_value_of_a_link_is_the_naive_sum(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    noise = one_rate_matrix(0.2, problem[1])
    found = fit_link(labels_of(p, labels), noise)
    assert found.value == pytest.approx(naive_value(p, labels, noise, found.link), rel=1e-9, abs=1e-9)


@few
@given(problems, st.integers(0, 10**6))
def test_no_link_nearby_is_likelier(problem: tuple[int, int, int], seed: int) -> None:
    p, labels = drawn(*problem)
    noise = one_rate_matrix(0.2, problem[1])
    found = fit_link(labels_of(p, labels), noise)
    assert found.value >= naive_value(p, labels, noise, no_link(problem[1])) - 1e-9
    rng = np.random.default_rng(seed)
    near = Link(
        found.link.sharpness * math.exp(0.1 * rng.normal()), found.link.shift + 0.1 * rng.normal(size=problem[1])
    )
    if 0.5 <= near.sharpness <= 5.0 and np.abs(near.shift).max() <= 4:
        assert naive_value(p, labels, noise, near) <= found.value + 1e-3


@few
@given(problems)
def test_no_other_rate_is_likelier(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    of = labels_of(p, labels)
    rate, found = fit_rate(of, any_class(problem[1]), LARGEST_RATE)
    assert np.allclose(found.noise, one_rate_matrix(rate, problem[1]))
    for other in (0.8 * rate, min(1.2 * rate + 0.01, LARGEST_RATE)):
        assert naive_value(p, labels, one_rate_matrix(other, problem[1]), found.link) <= found.value + 1e-3


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("classes", [2, 4])
def test_a_planted_rate_is_recovered_and_lies_in_the_interval(rate: float, classes: int) -> None:
    p, labels = planted(20_000, one_rate_matrix(rate, classes))
    found = estimate(p, labels)
    assert found.rate == pytest.approx(rate, abs=0.015)
    low, high = found.interval
    assert low <= rate <= high
    assert found.weights["one rate"] == max(found.weights.values())


@pytest.mark.parametrize("rate", [0.05, 0.15])
@pytest.mark.parametrize("classes", [2, 3])
def test_rate_and_sharpness_are_recovered_from_blunted_probabilities(classes: int, rate: float) -> None:
    p, labels = planted(20_000, one_rate_matrix(rate, classes))
    blunted = p**0.5 / (p**0.5).sum(1, keepdims=True)
    found, linked = fit_rate(labels_of(blunted, labels), any_class(classes), LARGEST_RATE)
    assert found == pytest.approx(rate, abs=0.02)
    assert linked.link.sharpness == pytest.approx(2.0, abs=0.2)


def test_a_shift_is_not_taken_for_errors() -> None:
    """Probabilities that are off by a factor for one class explain nothing as label errors."""
    p, labels = planted(20_000, np.eye(2))
    shifted = p * [1.0, 3.0]
    found = estimate(shifted / shifted.sum(1, keepdims=True), labels)
    assert found.rate < 0.01


def test_a_planted_matrix_is_recovered() -> None:
    p, labels = planted(30_000, PLANTED)
    found = estimate(p, labels)
    assert found.weights["full matrix"] > 0.99
    assert np.abs(found.noise - PLANTED).max() < 0.03


@pytest.mark.parametrize("noise", [PLANTED, one_rate_matrix(0.1, 2)], ids=["matrix", "one rate"])
def test_most_intervals_hold_the_expected_rate(noise: Array) -> None:
    held = 0
    for seed in range(20):
        p, labels = planted(1_000, noise, seed)
        low, high = estimate(p, labels).interval
        held += low <= float(p.mean(0) @ error_rates(noise)) <= high
    assert held >= 15  # at 95 %, fewer than 16 of 20 happens in 3 of 1,000 draws


def test_a_strong_prior_holds_the_matrix_at_the_single_rate() -> None:
    p, labels = planted(300, PLANTED)
    of = labels_of(p, labels)
    start = fit_link(of, one_rate_matrix(0.1, 3))
    far = [np.abs(fit_matrix(of, 0.1, s, start).noise - start.noise).max() for s in (1e6, 1e3, 30.0, 1.0)]
    assert far[0] < 1e-3
    assert far == sorted(far)


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_one_sided_rate_is_recovered_and_its_direction_is_likelier(wrong: int) -> None:
    p, labels = planted(20_000, np.eye(2) + 0.2 * one_class(wrong, OTHER_WAY))
    found = estimate(p, labels)
    reverse = found.weights[f"class {2 - wrong} goes wrong"]
    assert found.weights[f"class {wrong + 1} goes wrong"] > 10 * max(reverse, found.weights["one rate"])
    assert found.noise[1 - wrong, wrong] == pytest.approx(0.2, abs=0.03)


def test_where_errors_look_like_overlap_the_interval_is_wide() -> None:
    """Probabilities near 1/2 say nothing of errors: neither of their number nor of their absence."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.4, 0.6, size=500)
    low, high = estimate(np.stack([1 - p, p], 1), (rng.random(500) < p).astype(np.int64)).interval
    sure = np.where(p > 0.5, 0.999, 0.001)
    narrow = estimate(np.stack([1 - sure, sure], 1), (rng.random(500) < sure).astype(np.int64)).interval
    assert low < 0.02
    assert high - low > 10 * (narrow[1] - narrow[0])


def test_trusted_rows_narrow_what_is_known_of_the_rate() -> None:
    """Trusted labels show that the classes do not overlap: what looked like overlap are errors."""
    rng = np.random.default_rng(3)
    true = rng.integers(0, 2, 700)
    p = np.where(true == 1, 0.8, 0.2)  # a model that errors have blunted
    given_labels = np.where(rng.random(700) < 0.2, 1 - true, true)
    p = np.stack([1 - p, p], 1)
    plain = estimate(p[:500], given_labels[:500])
    helped = estimate(p[:500], given_labels[:500], (p[500:], true[500:]))
    assert np.diff(helped.interval)[0] < np.diff(plain.interval)[0]
    assert abs(helped.rate - 0.2) < abs(plain.rate - 0.2)


@few
@given(st.integers(20, 60), st.integers(2, 4), st.integers(0, 10**6))
def test_every_estimate_is_made_of_probabilities(rows: int, classes: int, seed: int) -> None:
    p, labels = drawn(rows, classes, seed)
    found = estimate(p, labels)
    assert np.allclose(found.noise.sum(0), 1, rtol=0, atol=1e-9)
    assert (found.noise >= 0).all()
    assert sum(found.weights.values()) == pytest.approx(1)
    belief = found.belief(p, labels)
    assert np.allclose(belief.sum(1), 1, rtol=0, atol=1e-9)
    low, high = found.interval
    assert 0 <= low <= high <= 1


def test_the_integral_is_the_sum_over_a_fine_grid_of_rates() -> None:
    p, labels = planted(300, one_rate_matrix(0.1, 2))
    of = labels_of(p, labels)
    found = integrate(of, Along(any_class(2)))
    grid = np.linspace(1e-4, LARGEST_RATE, 400)
    values = np.array([fit_link(of, one_rate_matrix(float(r), 2)).value for r in grid])
    weights = np.exp(values - values.max())
    weights /= weights.sum()
    assert found.rate == pytest.approx(float(weights @ grid), abs=2e-3)


def test_classes_in_another_order_give_the_matrix_in_that_order() -> None:
    p, labels = planted(500, PLANTED)
    order = np.array([2, 0, 1])
    there = estimate(p[:, order], np.argsort(order)[labels])
    assert np.allclose(there.noise, estimate(p, labels).noise[np.ix_(order, order)], atol=2e-3)


@few
@given(problems)
def test_explaining_errors_never_costs_likelihood(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    q = no_link(problem[1])(log_probabilities(p))
    plain = -float(np.log(q[np.arange(len(q)), labels]).mean())
    assert explained_loss(p, labels) <= plain + 1e-3
