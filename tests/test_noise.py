from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit import noise as noise_module
from labelaudit.noise import (
    RATES,
    SHARPNESS,
    FewPairs,
    FullMatrix,
    NoiseModel,
    OneRate,
    OneSided,
    estimate,
    explained_loss,
    log_likelihood,
    noise_models,
    one_rate,
    one_rate_matrix,
    one_sided_matrix,
    posterior,
    shares,
    sharpened,
    soft_counts,
)

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

PRIOR_STRENGTHS = (5, 30, 150)


def full_matrix(p: Array, given_labels: Codes, strength: float) -> Array:
    return FullMatrix(strength).estimate(p, given_labels)


def penalty(noise: Array, pseudo_counts: Array) -> float:
    """The logarithm of a Dirichlet prior, but for its constant."""
    return float((pseudo_counts * np.log(np.maximum(noise, 1e-300))).sum())


PLANTED = np.array([[0.75, 0.02, 0.05], [0.20, 0.90, 0.05], [0.05, 0.08, 0.90]])


def planted(rows: int, noise: Array, seed: int = 0, sharpness: float = 0.3) -> tuple[Array, Codes]:
    """Probabilities and the labels that this noise matrix makes of labels drawn from them."""
    rng = np.random.default_rng(seed)
    classes = len(noise)
    p = rng.dirichlet(np.full(classes, sharpness), size=rows)
    true = (p.cumsum(1) < rng.uniform(size=(rows, 1))).sum(1).clip(0, classes - 1)
    given_labels = (noise[:, true].T.cumsum(1) < rng.uniform(size=(rows, 1))).sum(1).clip(0, classes - 1)
    return p, given_labels


problems = st.tuples(st.integers(1, 30), st.integers(2, 5), st.integers(0, 10**6))


def drawn(rows: int, classes: int, seed: int) -> tuple[Array, Codes]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(classes, 0.5), size=rows), rng.integers(0, classes, size=rows)


@given(problems)
def test_columns_of_every_estimate_sum_to_one(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    for model in noise_models(problem[1]):
        noise = model.estimate(p, labels)
        assert noise.shape == (problem[1], problem[1])
        assert np.allclose(noise.sum(0), 1, rtol=0, atol=1e-12)
        assert (noise >= 0).all()


@given(problems)
def test_the_posterior_sums_to_one_and_is_bayes_rule(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    noise = full_matrix(p, labels, 5.0)
    belief = posterior(noise, p, labels)
    assert np.allclose(belief.sum(1), 1, rtol=0, atol=1e-12)
    for i in range(len(p)):
        joint = [noise[labels[i], t] * p[i, t] for t in range(len(noise))]
        assert np.allclose(belief[i], np.array(joint) / math.fsum(joint), rtol=1e-12, atol=0)


def test_a_label_that_cannot_be_has_a_finite_posterior() -> None:
    belief = posterior(np.eye(2), np.array([[1.0, 0.0]]), np.array([1]))
    assert np.isfinite(belief).all()
    assert math.isfinite(log_likelihood(np.eye(2), np.array([[1.0, 0.0]]), np.array([1])))


@given(problems)
def test_the_likelihood_is_the_sum_over_true_labels(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    noise = one_rate_matrix(0.2, problem[1])
    expected = math.fsum(
        math.log(sum(noise[g, t] * row[t] for t in range(problem[1]))) for row, g in zip(p, labels, strict=True)
    )
    assert log_likelihood(noise, p, labels) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(problems)
def test_no_other_single_rate_is_likelier(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    noise = one_rate(p, labels)
    best, found = log_likelihood(noise, p, labels), 1 - noise[0, 0]
    slack = 2e-4 * problem[0] / min(found, 1 - found)  # the search stops within 1e-4 of the rate
    for rate in np.linspace(*RATES, 50):
        assert log_likelihood(one_rate_matrix(float(rate), problem[1]), p, labels) <= best + slack


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("classes", [2, 4])
def test_a_planted_rate_is_recovered(rate: float, classes: int) -> None:
    p, labels = planted(20_000, one_rate_matrix(rate, classes))
    assert 1 - one_rate(p, labels)[0, 0] == pytest.approx(rate, abs=0.012)


@pytest.mark.parametrize("strength", PRIOR_STRENGTHS)
def test_a_planted_matrix_is_recovered(strength: int) -> None:
    p, labels = planted(30_000, PLANTED)
    estimate = full_matrix(p, labels, float(strength))
    assert np.abs(estimate - PLANTED).max() < 0.02
    assert np.abs(one_rate(p, labels) - PLANTED).max() > 0.1


@given(st.integers(5, 60), st.integers(2, 4), st.integers(0, 10**6), st.sampled_from(PRIOR_STRENGTHS))
def test_every_step_of_em_raises_the_penalised_likelihood(rows: int, classes: int, seed: int, strength: int) -> None:
    p, labels = drawn(rows, classes, seed)
    centre = one_rate(p, labels)

    def penalised(noise: Array) -> float:
        return log_likelihood(noise, p, labels) + penalty(noise, strength * centre)

    values = [penalised(centre)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noise_module, "EM_TOLERANCE", 0.0)
        for steps in range(1, 6):
            patch.setattr(noise_module, "EM_STEPS", steps)
            values.append(penalised(full_matrix(p, labels, float(strength))))
    assert (np.diff(values) >= -1e-9 * np.abs(values[0])).all()
    assert values[-1] >= values[0]


def test_a_strong_prior_holds_the_matrix_at_the_single_rate() -> None:
    p, labels = planted(300, PLANTED)
    assert np.abs(full_matrix(p, labels, 1e9) - one_rate(p, labels)).max() < 1e-5
    far = [np.abs(full_matrix(p, labels, s) - one_rate(p, labels)).max() for s in (1e3, 30.0, 1.0)]
    assert far == sorted(far)


@given(problems)
def test_soft_counts_add_up(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    counts = soft_counts(p, labels)
    assert np.allclose(counts.sum(1), np.bincount(labels, minlength=problem[1]))
    assert np.allclose(counts.sum(0), p.sum(0))
    hard = soft_counts(np.eye(problem[1])[labels], labels)
    assert np.array_equal(hard, np.diag(np.bincount(labels, minlength=problem[1])))


@given(st.lists(st.tuples(st.floats(-1e6, 0), st.integers(1, 90)), min_size=1, max_size=6), st.integers(2, 10**6))
def test_shares_sum_to_one_and_follow_the_evidence(candidates: list[tuple[float, int]], rows: int) -> None:
    likelihoods, parameters = (np.array(v, dtype=np.float64) for v in zip(*candidates, strict=True))
    share = shares(likelihoods, parameters, rows)
    assert share.sum() == pytest.approx(1, abs=1e-12)
    assert (share >= 0).all()
    evidence = likelihoods - parameters * math.log(rows) / 2
    assert share[evidence.argmax()] == share.max()


def test_noise_models_are_named_apart_and_count_their_parameters() -> None:
    for classes in (2, 4):
        models = noise_models(classes)
        assert len({m.name for m in models}) == len(models)
    assert [m.parameters(2) for m in noise_models(2)] == [1, 2, 1, 1]
    assert [m.parameters(4) for m in noise_models(4)] == [1, 12, 6]


@pytest.mark.parametrize("model", [OneRate(), FullMatrix(), FewPairs()], ids=lambda m: m.name)
def test_classes_in_another_order_give_the_matrix_in_that_order(model: NoiseModel) -> None:
    p, labels = planted(500, PLANTED)
    order = np.array([2, 0, 1])
    place = np.argsort(order)
    plain = model.estimate(p, labels)
    assert np.allclose(model.estimate(p[:, order], place[labels]), plain[np.ix_(order, order)], atol=1e-7)


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_one_sided_rate_is_recovered_and_its_direction_is_likelier(wrong: int) -> None:
    p, labels = planted(20_000, one_sided_matrix(0.2, wrong))
    right, reverse = OneSided(wrong), OneSided(1 - wrong)
    assert right.estimate(p, labels)[1 - wrong, wrong] == pytest.approx(0.2, abs=0.015)
    found, other, even = (log_likelihood(m.estimate(p, labels), p, labels) for m in (right, reverse, OneRate()))
    assert found > even > other


def test_few_pairs_empties_the_pairs_that_are_not_mistaken() -> None:
    noise = np.eye(4)
    noise[[1, 0], [1, 1]] = 0.8, 0.2  # class 1 is given as class 0, all else is right
    p, labels = planted(20_000, noise)
    sparse = FewPairs().estimate(p, labels)
    elsewhere = ~np.eye(4, dtype=bool)
    elsewhere[0, 1] = False
    assert sparse[0, 1] == pytest.approx(0.2, abs=0.03)
    assert sparse[elsewhere].max() < 0.004
    few_rows = (p[:1_000], labels[:1_000])
    sparse, full = FewPairs().estimate(*few_rows), FullMatrix().estimate(*few_rows)
    assert sparse[elsewhere].sum() < full[elsewhere].sum() / 2


@given(problems, st.sampled_from(SHARPNESS))
def test_sharpening_keeps_probabilities_and_their_order(problem: tuple[int, int, int], sharpness: float) -> None:
    p, _ = drawn(*problem)
    sharp = sharpened(p, sharpness)
    assert np.allclose(sharp.sum(1), 1, rtol=0, atol=1e-12)
    assert np.array_equal(sharp.argmax(1), p.argmax(1))
    assert (sharp.max(1) >= p.max(1) - 1e-12).all()
    assert sharpened(p, 1.0) is p


@pytest.mark.parametrize("rate", [0.05, 0.15])
@pytest.mark.parametrize("classes", [2, 3])
def test_rate_and_sharpness_are_recovered_from_blunted_probabilities(classes: int, rate: float) -> None:
    true_p, labels = planted(20_000, one_rate_matrix(rate, classes))
    blunted = sharpened(true_p, 1 / SHARPNESS[3])
    noise, sharpness = estimate(OneRate(), blunted, labels)
    assert sharpness == SHARPNESS[3]
    assert 1 - noise[0, 0] == pytest.approx(rate, abs=0.02)
    assert 1 - one_rate(blunted, labels)[0, 0] < rate - 0.02  # unsharpened, overlap passes for what are errors
    again, near = estimate(OneRate(), blunted, labels, SHARPNESS[2])
    assert near == sharpness
    assert np.array_equal(again, noise)


@given(problems)
def test_explaining_errors_never_costs_likelihood(problem: tuple[int, int, int]) -> None:
    p, labels = drawn(*problem)
    unexplained = -log_likelihood(one_rate_matrix(RATES[0], problem[1]), p, labels) / problem[0]
    assert explained_loss(p, labels) <= unexplained + 1e-3
