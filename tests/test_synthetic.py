from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.errors import UsageError
from labelaudit.synthetic import (
    LABELS,
    VARIANCE,
    bayes_accuracy,
    bayes_posterior,
    bayes_rule,
    csv_lines,
    draw,
    flip,
    flip_share,
    means,
    optimal_plane,
)

FEATURES = st.integers(1, 30)
SEEDS = st.integers(0, 2**32)


@given(features=FEATURES)
def test_means_stand_sqrt_2_apart_for_any_number_of_features(features):
    first, second = means(features)
    assert math.dist(first, second) == pytest.approx(math.sqrt(2))


def test_two_features_have_the_published_means():
    np.testing.assert_allclose(means(2), [[0, 0], [1, 1]], rtol=1e-15)


def test_bayes_accuracy_is_the_published_one():
    assert round(bayes_accuracy(), 4) == 0.9431


@pytest.mark.parametrize("features", [1, 2, 20, 100])
def test_bayes_rule_reaches_its_accuracy(features):
    sample = draw(40_000, features, seed=5)
    right = (bayes_rule(sample.x) == sample.true).mean()
    assert abs(right - bayes_accuracy()) < 4 * math.sqrt(0.9431 * 0.0569 / 40_000)  # four standard errors


def test_rows_have_the_stated_distribution():
    sample = draw(40_000, 3, seed=1)
    error = 5 / math.sqrt(len(sample) / 2)  # five standard errors of a mean of unit variance, in each class
    assert abs(sample.true.mean() - 0.5) < error
    for code, mean in enumerate(means(3)):
        x = sample.x[sample.true == code]
        np.testing.assert_allclose(x.mean(0), mean, atol=error * math.sqrt(VARIANCE))
        np.testing.assert_allclose(np.cov(x.T), VARIANCE * np.eye(3), atol=2 * error * VARIANCE)


@given(features=FEATURES, seed=SEEDS)
def test_posterior_is_the_ratio_of_the_densities(features, seed):
    x = draw(20, features, seed=seed).x
    first, second = (np.exp(-((x - mean) ** 2).sum(1) / (2 * VARIANCE)) for mean in means(features))
    np.testing.assert_allclose(bayes_posterior(x), second / (first + second), rtol=1e-8)
    np.testing.assert_array_equal(bayes_rule(x), bayes_posterior(x) > 0.5)


@given(features=FEATURES, seed=SEEDS)
def test_the_optimal_plane_is_as_far_from_either_mean(features, seed):
    normal, offset = optimal_plane(features)
    x = np.random.default_rng(seed).standard_normal(features)
    on_plane = x + (offset - normal @ x) / (normal @ normal) * normal
    first, second = means(features)
    assert math.dist(on_plane, first) == pytest.approx(math.dist(on_plane, second), rel=1e-9)


@given(rows=st.integers(1, 300), rate=st.floats(0, 1), seed=SEEDS)
def test_flipping_a_share_flips_exactly_that_many_and_keeps_the_truth(rows, rate, seed):
    clean = draw(rows, seed=seed)
    flipped = flip_share(clean, rate, seed=seed)
    assert flipped.wrong.sum() == round(rate * rows)
    np.testing.assert_array_equal(flipped.true, clean.true)
    np.testing.assert_array_equal(flipped.x, clean.x)
    assert not clean.wrong.any()


def test_flipping_twice_restores_the_labels():
    clean = draw(50, seed=3)
    rows = np.array([4, 9, 20])
    once = flip(clean, rows)
    np.testing.assert_array_equal(np.flatnonzero(once.wrong), rows)
    np.testing.assert_array_equal(flip(once, rows).given, clean.given)


def test_a_larger_rate_flips_the_same_rows_and_more():
    clean = draw(500, seed=3)
    assert set(np.flatnonzero(flip_share(clean, 0.05, seed=3).wrong)) < set(
        np.flatnonzero(flip_share(clean, 0.1, seed=3).wrong)
    )


@given(seed=SEEDS)
def test_a_seed_gives_the_same_rows_and_another_seed_others(seed):
    np.testing.assert_array_equal(draw(20, seed=seed).x, draw(20, seed=seed).x)
    assert not np.array_equal(draw(20, seed=seed).x, draw(20, seed=seed + 1).x)


@settings(max_examples=25)
@given(rows=st.integers(1, 40), features=st.integers(1, 5), truth=st.booleans(), seed=SEEDS)
def test_csv_holds_every_value_exactly(rows, features, truth, seed):
    sample = flip_share(draw(rows, features, seed=seed), 0.3, seed=seed)
    text = b"".join(csv_lines(sample, truth=truth)).decode()
    header, *records = csv.reader(io.StringIO(text))
    assert header == [f"x{i + 1}" for i in range(features)] + ["label", "true_label"][: 1 + truth]
    np.testing.assert_array_equal([[float(cell) for cell in record[:features]] for record in records], sample.x)
    assert [record[features] for record in records] == [LABELS[code] for code in sample.given]
    if truth:
        assert [record[-1] for record in records] == [LABELS[code] for code in sample.true]


@pytest.mark.parametrize("call", [lambda: draw(0, seed=0), lambda: draw(5, 0, seed=0)])
def test_nothing_to_draw_is_wrong_usage(call):
    with pytest.raises(UsageError, match="at least one"):
        call()


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_a_rate_outside_0_to_1_is_wrong_usage(rate):
    with pytest.raises(UsageError, match="from 0 to 1"):
        flip_share(draw(5, seed=0), rate, seed=0)
