from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from labelaudit.encode.columns import (
    DEGREE,
    KNOTS,
    RAREST,
    SPLINE_COLUMNS,
    OneHot,
    Rank,
    Spline,
    Standardised,
    _cubic_basis,
)
from labelaudit.table.table import Column

Array = NDArray[np.float64]
KNOT_VECTOR = np.arange(-DEGREE, KNOTS + DEGREE) / (KNOTS - 1)


def number(*values: float) -> Column:
    return Column("age", "numeric", np.array(values))


def category(codes: list[int], levels: tuple[str, ...]) -> Column:
    return Column("colour", "categorical", np.array(codes, dtype=np.int64), levels)


numbers = arrays(np.float64, st.integers(2, 40), elements=st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)))


@given(numbers)
def test_standardised_columns_have_mean_zero_and_variance_one(values: Array) -> None:
    encoder = Standardised.fit(Column("age", "numeric", values))
    x = encoder.encode(values)
    assert x.shape == (len(values), len(encoder.names))
    assert np.abs(x.mean(0)).max() < 1e-9
    variance = x.var(0)
    assert (np.isclose(variance, 1, rtol=0, atol=1e-9) | (variance < 1e-20)).all()  # a constant column stays 0


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-10, 1.0, 1e300, 1.7e308])
def test_numbers_of_any_size_are_standardised(scale: float) -> None:
    values = scale * np.array([-1.0, 0.0, 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = Standardised.fit(number(*values)).encode(values)
    assert np.allclose(x[:, 0], np.sqrt(2) * np.array([-1, 0, 0, 1]))


def test_missing_numbers_are_filled_with_the_median_and_marked() -> None:
    column = number(1.0, np.nan, 3.0, 100.0)
    encoder = Standardised.fit(column)
    assert encoder.names == ("age", "age missing")
    x = encoder.encode(column.values)
    assert x[1, 0] == x[2, 0]
    assert x[1, 1] > 0 > x[0, 1] == x[2, 1] == x[3, 1]


def test_a_value_missing_only_later_is_filled() -> None:
    encoder = Standardised.fit(number(1.0, 2.0, 4.0))
    assert encoder.names == ("age",)
    assert encoder.encode(np.array([np.nan, 2.0])).tolist() == [[encoder.encode(np.array([2.0]))[0, 0]]] * 2


def test_a_column_that_is_all_missing_in_a_sample_is_zero() -> None:
    column = number(np.nan, np.nan)
    x = Standardised.fit(column).encode(np.array([np.nan, 7.0]))
    assert np.isfinite(x).all()
    assert x[0].tolist() == [0.0, 0.0]


def test_a_constant_column_is_zero_whatever_rounding_says() -> None:
    values = np.full(7, 0.1)
    assert np.abs(Standardised.fit(number(*values)).encode(values)).max() < 1e-15


@given(arrays(np.float64, st.integers(3, 60), elements=st.floats(-1e3, 1e3), unique=True), st.floats(-2e3, 2e3))
def test_the_spline_is_a_partition_of_unity(values: Array, other: float) -> None:
    encoder = Spline.fit(Column("age", "numeric", values))
    basis = encoder._raw(np.append(values, other))
    assert basis.shape[1] == SPLINE_COLUMNS
    assert (basis >= 0).all()
    left_out = 1 - basis.sum(1)  # the basis function that is dropped
    assert ((left_out >= -1e-12) & (left_out <= 1)).all()
    assert len(KNOT_VECTOR) - DEGREE - 1 == SPLINE_COLUMNS + 1
    x = encoder.encode(values)
    assert np.abs(x.mean(0)).max() < 1e-9


BENDS = {"exp": np.exp, "atan": np.arctan, "cube": lambda v: v**3, "line": lambda v: 1e6 * v - 3}


@pytest.mark.parametrize("bend", BENDS.values(), ids=list(BENDS))
def test_the_spline_is_the_same_for_any_monotone_scale(bend: Callable[[Array], Array]) -> None:
    """With as many values as quantiles each value is one; between them the scale shows a little."""
    values = np.random.default_rng(0).normal(size=200)
    straight = Spline.fit(number(*values)).encode(values)
    bent = Spline.fit(number(*bend(values))).encode(bend(values))
    assert np.allclose(bent, straight, rtol=0, atol=1e-9)


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1.0, 1.7e308])
def test_the_spline_takes_numbers_of_any_size(scale: float) -> None:
    values = scale * np.array([-1.0, 0.0, 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = Spline.fit(number(*values)).encode(values)
    assert np.allclose(x, Spline.fit(number(-1.0, 0.0, 0.0, 1.0)).encode(np.array([-1.0, 0.0, 0.0, 1.0])))


def test_the_spline_takes_numbers_of_very_different_sizes() -> None:
    values = np.array([0.0, 2e-313, 1e-310, 1e-20, 1.0, 1e300])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(Spline.fit(number(*values)).encode(values)).all()


def test_the_rank_of_ties_is_the_middle_of_their_range() -> None:
    encoder = Rank.fit(number(*[0.0] * 50, *[1.0] * 50, *[2.0] * 100))
    assert encoder.encode(np.array([0.0, 1.0, 2.0]))[:, 0] == pytest.approx((0.125, 0.375, 0.75), abs=0.01)
    assert encoder.encode(np.array([-5.0, 9.0]))[:, 0].tolist() == [0.0, 1.0]


def test_a_missing_number_ranks_in_the_middle_and_is_marked() -> None:
    column = number(1.0, 2.0, 3.0, np.nan)
    encoder = Rank.fit(column)
    assert encoder.names == (column.name, f"{column.name} missing")
    assert encoder.encode(column.values)[3].tolist() == [0.5, 0.5]
    assert encoder.encode(column.values)[:3, 1].tolist() == [0.0, 0.0, 0.0]


def test_ranks_do_not_move_with_a_monotone_change() -> None:
    values = np.random.default_rng(5).normal(size=1000)
    plain, bent = (Rank.fit(number(*v)).encode(v)[:, 0] for v in (values, np.exp(values)))
    assert np.abs(plain - bent).max() < 0.005  # ranks are exact at 200 quantiles, interpolated between them
    assert np.array_equal(np.argsort(plain), np.argsort(values))


def test_the_spline_marks_missing_values_and_takes_them_for_the_median() -> None:
    column = number(1.0, 2.0, 3.0, np.nan)
    encoder = Spline.fit(column)
    assert len(encoder.names) == SPLINE_COLUMNS + 1
    x = encoder.encode(column.values)
    assert np.allclose(x[3, :-1], x[1, :-1])
    assert x[3, -1] > 0 > x[1, -1]


def test_rare_levels_share_a_column_and_missing_has_its_own() -> None:
    codes = [0] * RAREST + [1] * (RAREST - 1) + [2] + [-1] * RAREST
    encoder = OneHot.fit(category(codes, ("blue", "green", "red", "unused")))
    assert encoder.names == ("colour = (missing)", "colour = blue", "colour = (rare)")
    x = encoder.encode(np.array([-1, 0, 1, 2]))
    assert x.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_levels_that_the_fit_has_not_seen_are_rare_where_there_are_rare_ones() -> None:
    levels = ("blue", "green", "unseen")
    with_rare = OneHot.fit(category([0] * RAREST + [1], levels))
    assert with_rare.encode(np.array([2, -1])).tolist() == [[0, 1], [0, 1]]
    without = OneHot.fit(category([0] * RAREST + [1] * RAREST, levels))
    assert without.encode(np.array([2, -1])).tolist() == [[0, 0], [0, 0]]


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=60))
def test_every_row_of_the_fit_has_exactly_one_level(codes: list[int]) -> None:
    encoder = OneHot.fit(category(codes, tuple("abcdef")))
    x = encoder.encode(np.array(codes))
    if len(set(codes)) == 1 or max(codes.count(c) for c in codes) < RAREST:
        assert x.shape == (len(codes), 0)  # one column of ones would say nothing
    else:
        assert (x.sum(1) == 1).all()
        assert x.any(0).all()
    assert np.isfinite(encoder.encode(np.arange(-1, 6))).all()


def test_the_spline_basis_is_scipys() -> None:
    rank = np.concatenate([np.linspace(0, 1, 1001), np.nextafter([0.25, 0.5, 0.75, 1.0], 0.0)])
    expected = BSpline.design_matrix(rank, KNOT_VECTOR, DEGREE).toarray()[:, :SPLINE_COLUMNS]
    assert np.abs(_cubic_basis(rank) - expected).max() < 1e-15
