import numpy as np
import pytest

from labelaudit.metrics import average_precision, brier_skill, by_tenths, first, precision, recall, reliability

WRONG = np.array([True, False, True, False, False])


def test_the_first_rows_and_what_is_right_about_them():
    picked = first(np.array([5.0, 4.0, 3.0, 3.0, 3.0]), 3)
    assert picked.tolist() == [True, True, True, False, False]
    assert precision(WRONG, picked) == pytest.approx(2 / 3)
    assert recall(WRONG, picked) == 1


def test_a_share_of_nothing_is_no_number():
    assert np.isnan(precision(WRONG, np.zeros(5, dtype=bool)))
    assert np.isnan(recall(np.zeros(5, dtype=bool), WRONG))
    assert np.isnan(brier_skill(np.full(5, 0.5), np.zeros(5, dtype=bool)))


def test_average_precision_of_the_best_the_worst_and_no_errors():
    assert average_precision(WRONG, WRONG.astype(float)) == 1
    assert average_precision(WRONG, -WRONG.astype(float)) == pytest.approx(0.4)
    assert average_precision(np.zeros(5, dtype=bool), WRONG.astype(float)) == 0


def test_true_probabilities_are_reliable_and_false_ones_are_not():
    rng = np.random.default_rng(0)
    score = rng.random(50_000)
    wrong = rng.random(50_000) >= score
    told = reliability(score, wrong)
    assert told.rows.sum() == 50_000
    assert told.error < 0.01
    assert (np.diff(told.stated) > 0).all()
    assert reliability(score**2, wrong).error == pytest.approx(1 / 2 - 1 / 3, abs=0.01)  # the mean of s - s^2


def test_skill_is_measured_against_knowing_the_rate():
    rng = np.random.default_rng(0)
    wrong = rng.random(1000) < 0.2
    assert brier_skill(np.full(1000, 1 - wrong.mean()), wrong) == pytest.approx(0)
    assert brier_skill((~wrong).astype(float), wrong) == pytest.approx(1)
    assert brier_skill(wrong.astype(float), wrong) < 0


def test_fewer_rows_than_bins_make_fewer_bins():
    assert len(reliability(np.array([0.1, 0.9]), np.array([True, False])).rows) == 2


@pytest.mark.parametrize("rows", [1, 7, 10, 95])
def test_each_tenth_finds_what_stands_in_it(rows):
    wrong = np.random.default_rng(rows).random(rows) < 0.4
    wrong[-1] = True
    tenths = by_tenths(wrong)
    assert tenths.rows[-1] == rows
    for i, count in enumerate(tenths.rows):
        assert count - 1 < rows * (i + 1) / 10 <= count
        assert tenths.precision[i] * count == pytest.approx(wrong[:count].sum())
        assert tenths.recall[i] == pytest.approx(wrong[:count].sum() / wrong.sum())
    assert tenths.recall[-1] == 1


def test_tenths_of_nothing_wrong_find_no_share():
    tenths = by_tenths(np.zeros(20, dtype=bool))
    assert np.isnan(tenths.recall).all()
    assert not tenths.precision.any()


def test_a_perfect_suspicion_has_average_precision_1():
    assert average_precision(WRONG, WRONG.astype(float)) == 1
