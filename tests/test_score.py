from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracle
from labelaudit.evidence import Alike, out_of_sample
from labelaudit.influence import mean_gradient, residuals
from labelaudit.model.fit import Fit, newton
from labelaudit.model.targets import HardTargets
from labelaudit.score import EM_ROUNDS, Credibility, Evidence, Scores, Voter, credibility, flagged, score
from problems import DATA, Data, alike

Array = NDArray[np.float64]


def voter_of(data: Data, solver: Any = "direct") -> Voter:
    objective = data.objective()
    fit = newton(objective, tolerance=1e-11)
    return Voter(objective, fit, out_of_sample(objective, fit.theta, "direct", apart(data)), 1.0, solver)


def apart(data: Data) -> Alike:
    """No row has a duplicate."""
    return alike(np.arange(len(data.x)).astype(np.uint64))


def evidence_of(data: Data) -> Evidence:
    return Evidence(data.given, apart(data), np.arange(len(data.x)))


@cache
def scored(name: str, solver: Any = "direct") -> tuple[Data, Fit, Array, Credibility, Scores]:
    data = DATA[name]()
    belief = credibility(evidence_of(data), [voter_of(data)])
    voter = voter_of(data, solver)
    return data, voter.fit, voter.p, belief, score(voter, data.given, belief.belief, None)


every_data = pytest.mark.parametrize("name", list(DATA))


@every_data
def test_credibility_is_made_of_probabilities(name: str) -> None:
    data, _, _, belief, _ = scored(name)
    assert belief.belief.shape == (len(data.x), data.classes)
    assert np.allclose(belief.belief.sum(1), 1, rtol=0, atol=1e-9)
    assert ((belief.belief >= 0) & (belief.belief <= 1 + 1e-9)).all()
    assert np.allclose(belief.estimate.noise.sum(0), 1, rtol=0, atol=1e-9)
    assert np.allclose(belief.counts.sum(1), np.bincount(data.given, minlength=data.classes))
    assert belief.without_trusted is None


@every_data
def test_planted_errors_have_low_scores(name: str) -> None:
    """The first rows of every data set bear another class's label."""
    data, _, _, belief, scores = scored(name)
    planted = 15 if name == "breast_cancer" else 8
    wrong = np.arange(len(data.x)) < planted
    worst = np.argsort(scores.label_score)[: 2 * planted]
    assert wrong[worst].sum() >= 0.7 * planted
    assert scores.average_influence[wrong].mean() < scores.average_influence[~wrong].mean()
    assert np.median(scores.self_confidence[wrong]) < 0.5 < np.median(scores.self_confidence[~wrong])
    assert np.array_equal(scores.label_score, belief.belief[np.arange(len(data.x)), data.given].clip(0, 1))
    assert np.array_equal(scores.predicted, belief.belief.argmax(1))


@every_data
def test_influence_is_the_naive_formula_on_credible_rows(name: str) -> None:
    data, fit, p, belief, scores = scored(name)
    objective = data.objective()
    t = HardTargets(data.given, data.classes)(0, len(data.x))
    gradients = oracle.row_gradients(data.x, t, fit.theta)
    inverse = np.linalg.inv(objective.hessian(fit.theta))
    right = belief.belief[np.arange(len(data.x)), data.given]
    expected = gradients @ inverse @ (gradients * right[:, None]).sum(0) / right.sum()
    assert oracle.error(scores.average_influence, expected) <= 1e-8
    assert oracle.error(scores.self_influence, np.einsum("ni,ij,nj->n", gradients, inverse, gradients)) <= 1e-8
    assert np.array_equal(scores.self_confidence, p[np.arange(len(data.x)), data.given])


@every_data
def test_influence_on_trusted_rows_is_the_naive_formula(name: str) -> None:
    data, fit, _, belief, credible = scored(name)
    objective = data.objective()
    trusted = replace(data, x=data.reference_x, given=data.reference)
    there = trusted.objective()
    gradient = mean_gradient(residuals(there.blocks, there.targets, fit.theta), np.ones(len(trusted.x)))
    scores = score(voter_of(data), data.given, belief.belief, gradient)
    rows = oracle.row_gradients(data.x, objective.targets(0, len(data.x)), fit.theta)
    on = oracle.row_gradients(trusted.x, there.targets(0, len(trusted.x)), fit.theta)
    expected = (rows @ np.linalg.inv(objective.hessian(fit.theta)) @ on.T).mean(1)
    assert oracle.error(scores.average_influence, expected) <= 1e-8
    assert np.array_equal(scores.label_score, credible.label_score)


def test_cg_scores_as_direct_does() -> None:
    *_, direct = scored("wine")
    *_, by_cg = scored("wine", "cg")
    for name in ("average_influence", "self_influence", "leverage"):
        assert oracle.error(getattr(by_cg, name), getattr(direct, name)) <= 1e-8


def test_every_round_ticks() -> None:
    data = DATA["iris"]()
    ticks: list[str] = []
    credibility(evidence_of(data), [voter_of(data)], ticks.append)
    assert ticks == [f"weighing the labels (round {i + 1} of {EM_ROUNDS})" for i in range(EM_ROUNDS)]


def test_two_like_voters_say_what_one_says() -> None:
    data, *_, belief, _ = scored("iris")
    half = replace(voter_of(data), weight=0.5)
    both = credibility(evidence_of(data), [half, half])
    assert np.abs(both.belief - belief.belief).max() <= 1e-9


def test_trusted_rows_are_heard() -> None:
    """Their true labels enter the estimate, and the estimate without them is kept beside it."""
    data, *_, belief, _ = scored("breast_cancer")
    trusted = replace(data, x=data.reference_x, given=data.reference)
    voter = replace(voter_of(data), trusted=trusted.objective().blocks)
    helped = credibility(replace(evidence_of(data), trusted=data.reference), [voter])
    assert helped.without_trusted is not None
    assert np.abs(helped.belief - belief.belief).max() > 1e-3
    assert helped.estimate.interval != helped.without_trusted.interval


scores_list = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.5, 0.9, 1.0]), st.booleans()), max_size=30)


@given(scores_list, st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 1.0]))
def test_flagged_rows_keep_the_expected_false_alarms_and_are_as_many_as_can_be(
    rows: list[tuple[float, bool]], max_fdr: float
) -> None:
    values = np.array([v for v, _ in rows])
    may_be = np.array([m for _, m in rows], dtype=bool)
    flags = flagged(values, may_be, max_fdr)
    assert not (flags & ~may_be).any()
    inside = sorted(Fraction(v) for v in values[flags])
    outside = sorted(Fraction(v) for v in values[may_be & ~flags])
    slack = Fraction(1, 10**12)
    if inside:
        assert sum(inside) / len(inside) <= Fraction(max_fdr) + slack
    if outside:
        assert not inside or inside[-1] <= outside[0]
        assert (sum(inside) + outside[0]) / (len(inside) + 1) > Fraction(max_fdr) - slack


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_of_false_alarms_flags_no_fewer(values: list[float], a: float, b: float) -> None:
    array = np.array(values)
    every = np.ones(len(values), dtype=bool)
    fewer, more = flagged(array, every, min(a, b)), flagged(array, every, max(a, b))
    assert not (fewer & ~more).any()


def test_the_share_may_be_reached_exactly() -> None:
    every = np.ones(3, dtype=bool)
    assert flagged(np.array([0.5, 0.0, 0.25]), every, 0.25).tolist() == [True, True, True]
    assert flagged(np.array([0.25, 0.75, 0.5]), every, 0.25).tolist() == [True, False, False]


def test_no_rows_flag_none() -> None:
    assert flagged(np.array([]), np.array([], dtype=bool), 0.2).shape == (0,)
