import numpy as np
import pytest

from labelaudit.errors import UsageError
from labelaudit.planting import KINDS, plant, spare_small_classes

ROWS = 20_000
SLACK = 4 / np.sqrt(ROWS)  # four standard errors of a share, at the most


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(1).integers(0, 4, ROWS)


@pytest.fixture(scope="module")
def ambiguity():
    return np.random.default_rng(2).dirichlet(np.ones(4), ROWS)


@pytest.mark.parametrize("kind", KINDS)
def test_about_the_rate_goes_wrong_and_a_seed_repeats_it(codes, ambiguity, kind):
    given = plant(codes, 4, kind, 0.1, 7, ambiguity)
    assert np.mean(given != codes) == pytest.approx(0.1, abs=SLACK)
    assert np.array_equal(given, plant(codes, 4, kind, 0.1, 7, ambiguity))
    assert not np.array_equal(given, plant(codes, 4, kind, 0.1, 8, ambiguity))
    assert set(np.unique(given)) <= {0, 1, 2, 3}


def test_uniform_errors_reach_every_class_from_every_class(codes):
    given = plant(codes, 4, "uniform", 0.3, 0)
    pairs = {(t, g) for t, g in zip(codes.tolist(), given.tolist(), strict=True) if t != g}
    assert pairs == {(t, g) for t in range(4) for g in range(4) if t != g}


def test_asymmetric_errors_go_one_way(codes):
    given = plant(codes, 4, "asymmetric", 0.1, 0)
    wrong = given != codes
    assert {(t, g) for t, g in zip(codes[wrong].tolist(), given[wrong].tolist(), strict=True)} == {(1, 0), (3, 2)}


def test_errors_of_instances_go_to_the_likeliest_other_class_and_gather_where_it_is_likely(codes, ambiguity):
    given = plant(codes, 4, "instance", 0.1, 0, ambiguity)
    wrong = given != codes
    others = ambiguity.copy()
    others[np.arange(ROWS), codes] = 0
    assert np.array_equal(given[wrong], others.argmax(1)[wrong])
    assert others.max(1)[wrong].mean() > others.max(1)[~wrong].mean() + SLACK


@pytest.mark.parametrize(("rate", "classes"), [(0.0, 2), (-0.1, 2), (0.51, 2), (float("nan"), 2), (0.1, 1)])
def test_a_rate_or_a_number_of_classes_that_cannot_be_is_refused(rate, classes):
    with pytest.raises(UsageError):
        plant(np.zeros(9, dtype=np.int64), classes, "uniform", rate, 0)


def test_instances_need_a_model(codes):
    with pytest.raises(ValueError, match="probabilities"):
        plant(codes, 4, "instance", 0.1, 0)


def test_small_classes_keep_two_right_labels_and_nothing_else_is_taken_back():
    codes = np.array([0] * 50 + [1] * 3 + [2] * 2 + [3])
    planted = (codes + 1) % 4
    kept = spare_small_classes(codes, planted)
    right = np.bincount(codes[kept == codes], minlength=4)
    assert right.tolist() == [2, 2, 2, 1]
    assert np.array_equal(kept[kept != codes], planted[kept != codes])
    gentle = codes.copy()
    gentle[0] = 1
    assert np.array_equal(spare_small_classes(codes, gentle), gentle)
