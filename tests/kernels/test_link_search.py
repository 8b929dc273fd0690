"""Newton's search within bounds: each step against numpy's, each optimum against the law of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit import _core
from labelaudit.noise import link
from labelaudit.noise.link import Labels, fit_link, fit_rate, link_bounds, log_probabilities, summed, vector_of
from labelaudit.noise.matrices import any_class, one_rate_matrix
from labelaudit.noise.rates import LARGEST_RATE
from noisy_labels import drawn

SMALLEST_CURVATURE = 0.1
WIDE = 1e12
few = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 10**6)


def search_from(start: np.ndarray, bound: float = WIDE) -> Any:
    """Of as many parameters as a link has."""
    return _core.LinkSearch(len(start) - 1, start, np.full(len(start), -bound), np.full(len(start), bound))


def answer(search: Any, value: float, gradient: np.ndarray, hessian: np.ndarray) -> None:
    """A function to be made least, as the log-likelihood that it would be, less the priors."""
    v = search.asked
    search.answer(v @ v / 2 - value, v - gradient, np.eye(len(v)) - hessian)


def symmetric(eigenvalues: np.ndarray, seed: int) -> np.ndarray:
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues), len(eigenvalues))))[0]
    out: np.ndarray = (axes * eigenvalues) @ axes.T
    return (out + out.T) / 2


def numpy_step(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    values, axes = np.linalg.eigh(hessian)
    out: np.ndarray = axes @ (axes.T @ gradient / np.maximum(np.abs(values), SMALLEST_CURVATURE))
    return out


@given(st.integers(2, 30), st.sampled_from([(0.2, 9.0), (-5.0, 5.0), (-9.0, -1.0), (-0.2, 0.2), (3.0, 3.0)]), seeds)
def test_a_step_is_that_of_the_eigenvalues_sizes(n: int, values: tuple[float, float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    hessian, gradient = symmetric(rng.uniform(*values, size=n), seed), rng.normal(size=n)
    search = search_from(rng.normal(size=n))
    start = search.asked
    answer(search, 0.0, gradient, hessian)
    np.testing.assert_allclose(search.asked, start - numpy_step(hessian, gradient), atol=1e-12 * n)


@pytest.mark.parametrize("hessian", [np.zeros((3, 3)), np.diag([4.0, -4.0, 0.0]), np.ones((3, 3)), 1e-300 * np.eye(3)])
def test_so_it_is_where_eigenvalues_are_equal_or_none(hessian: np.ndarray) -> None:
    search, gradient = search_from(np.zeros(3)), np.array([0.3, -0.2, 0.1])
    answer(search, 0.0, gradient, hessian)
    np.testing.assert_allclose(search.asked, -numpy_step(hessian, gradient), atol=1e-12)


@given(st.integers(2, 8), seeds)
def test_a_parameter_that_its_bound_holds_takes_no_part(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hessian, gradient = symmetric(rng.uniform(-5, 5, size=n), seed), rng.normal(size=n)
    side = rng.integers(-1, 2, size=n)
    search = search_from(side.astype(np.float64), 1.0)
    answer(search, 0.0, gradient, hessian)
    free = side * gradient >= 0  # at its bound, and pulled back from it
    free |= side == 0
    expected = side.astype(np.float64)
    expected[free] -= numpy_step(hessian[np.ix_(free, free)], gradient[free])
    np.testing.assert_allclose(search.asked, np.clip(expected, -1, 1), atol=1e-11)


def test_a_start_beyond_its_bounds_is_taken_to_them() -> None:
    assert search_from(np.array([5.0, -5.0, 0.2]), 1.0).asked.tolist() == [1.0, -1.0, 0.2]


@pytest.mark.parametrize("worse", [1.0, np.inf, np.nan])
def test_steps_are_halved_until_none_is_left_while_they_ascend(worse: float) -> None:
    search = search_from(np.zeros(2))
    answer(search, 0.0, np.array([-1.0, 0.0]), np.eye(2))
    sizes = []
    while not search.over:
        sizes.append(float(search.asked[0]))
        search.answer(-worse, np.zeros(2), np.zeros((2, 2)))
    assert sizes == [2.0**-i for i in range(20)]
    assert search.best.tolist() == [0.0, 0.0]
    assert search.value == 0.0


@given(st.integers(2, 6), st.sampled_from([0.5, 3.0]), seeds)
def test_from_a_hill_a_search_descends_to_a_valley_or_a_bound(n: int, bound: float, seed: int) -> None:
    """Of x^4 / 4 - x^2 / 2 in each direction."""
    search = search_from(np.random.default_rng(seed).uniform(0.01, 0.4, size=n), bound)
    while not search.over:
        v = search.asked
        answer(search, float((v**4 / 4 - v**2 / 2).sum()), v**3 - v, np.diag(3 * v**2 - 1))
    np.testing.assert_allclose(np.abs(search.best), min(bound, 1.0), atol=1e-8)


def labels_from(rows: int, classes: int, seed: int, trusted: int = 0) -> Labels:
    p, given_labels = drawn(rows, classes, seed)
    weight = np.random.default_rng(seed).uniform(0.5, 30, size=rows)
    return Labels(log_probabilities(p), given_labels, trusted, weight)


@few
@given(st.integers(2, 60), st.integers(2, 5), st.booleans(), st.booleans(), st.floats(0.01, 0.6), seeds)
def test_an_optimum_has_no_slope_but_into_its_bounds(
    rows: int, classes: int, trusted: bool, rated: bool, rate: float, seed: int
) -> None:
    of = labels_from(rows, classes, seed, rows // 3 if trusted else 0)
    if rated:
        rate, found = fit_rate(of, any_class(classes), LARGEST_RATE)
    else:
        found = fit_link(of, one_rate_matrix(rate, classes))
    v = np.append(vector_of(found.link), rate)
    low, high = np.array([*link_bounds(classes), (0.0, LARGEST_RATE)]).T
    sums = summed(of, v, np.eye(classes), any_class(classes))
    slope = sums.gradient - np.append(v[:-1], 0.0)  # of the value, upwards
    if not rated:
        slope[-1] = 0.0
    free = (v > low + 1e-9) & (v < high - 1e-9)
    assert np.abs(slope[free]).max(initial=0.0) <= 1e-6 * of.weights.sum()
    assert (slope[v <= low + 1e-9] <= 1e-9).all()
    assert (slope[v >= high - 1e-9] >= -1e-9).all()
    assert found.likelihood == pytest.approx(sums.likelihood, rel=1e-9, abs=1e-9)
    assert found.value == pytest.approx(sums.likelihood - v[:-1] @ v[:-1] / 2, rel=1e-9, abs=1e-9)


@few
@given(st.integers(1, 60), st.integers(2, 5), st.integers(1, 70), st.booleans(), st.booleans(), seeds)
def test_sums_from_elsewhere_lead_to_the_same_link_to_the_last_bit(
    rows: int, classes: int, piece: int, trusted: bool, rated: bool, seed: int
) -> None:
    of = labels_from(rows, classes, seed, rows // 3 if trusted else 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(link, "PIECE", piece)
        found = []
        for spread in (None, map):
            here = Labels(of.log_p, of.given, of.trusted, of.weight, spread)
            if rated:
                found.append(fit_rate(here, any_class(classes), LARGEST_RATE)[1])
            else:
                found.append(fit_link(here, one_rate_matrix(0.1, classes)))
    here, there = found
    assert (here.link.sharpness, here.likelihood, here.value) == (there.link.sharpness, there.likelihood, there.value)
    assert np.array_equal(here.link.shift, there.link.shift)
    assert np.array_equal(here.noise, there.noise)


def test_a_search_that_is_over_takes_no_answer() -> None:
    search = search_from(np.zeros(2))
    answer(search, 0.0, np.zeros(2), np.eye(2))
    assert not search.curved
    answer(search, 0.0, np.zeros(2), np.eye(2))
    assert search.over
    with pytest.raises(ValueError, match="the search is over"):
        search.answer(0.0, np.zeros(2), np.zeros((2, 2)))


def test_arrays_of_another_size_are_refused() -> None:
    two = np.zeros(2)
    for classes in (0, 2, -1, -(2**63), 2**63 - 1):
        with pytest.raises(ValueError, match="start: expected a logarithm of sharpness"):
            _core.LinkSearch(classes, two, two, two)
    for name in ("low", "high"):
        with pytest.raises(ValueError, match=f"{name}: expected shape"):
            _core.LinkSearch(classes=1, **{"start": two, "low": two, "high": two, name: np.zeros(3)})
    search = search_from(two)
    for wrong in (
        {"gradient": np.zeros(3)},
        {"hessian": np.zeros((2, 3))},
        {"gradient": np.zeros(2, dtype=np.float32)},
    ):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}: expected"):
            search.answer(**{"likelihood": 0.0, "gradient": two, "hessian": np.zeros((2, 2)), **wrong})
