"""Columns of numbers into encoded rows and hashes, against the same in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelaudit import _core
from labelaudit.encode.content import mixed

numbers = arrays(np.float64, st.integers(1, 20), elements=st.floats(width=64))


@given(numbers, st.integers(-2100, 2100), st.booleans(), st.data())
def test_standardising_is_numpy_to_the_bit(
    values: np.ndarray, exponent: int, indicator: bool, data: st.DataObject
) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, len(values) - 1), max_size=30)), dtype=np.int64)
    width = 2 if indicator else 1
    mean, scale = np.array([0.3, 0.2])[:width], np.array([1.7, 0.4])[:width]
    out = np.full((len(rows), 5), 7.0)
    _core.standardise(values, rows, exponent, 0.25, mean, scale, out, 2)
    with np.errstate(all="ignore"):
        scaled = np.ldexp(values[rows], -exponent)
        filled = np.where(np.isnan(scaled), 0.25, scaled)
        both = np.stack([filled, np.isnan(scaled)], 1)[:, :width]
        expected = np.full((len(rows), 5), 7.0)
        expected[:, 2 : 2 + width] = (both - mean) / scale
    np.testing.assert_array_equal(out.view(np.int64), expected.view(np.int64))


@given(numbers, st.integers(-2100, 2100), st.integers(0, 2**64 - 1))
def test_hashes_are_numpy_to_the_bit(values: np.ndarray, exponent: int, salt: int) -> None:
    totals = np.arange(len(values), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(all="ignore"):
        scaled = np.ldexp(values, exponent) + 0.0
    scaled[np.isnan(scaled)] = np.nan
    expected = totals + mixed(scaled.view(np.uint64) ^ np.uint64(salt))
    _core.add_hashes(values, exponent, salt, totals.view(np.int64))
    np.testing.assert_array_equal(totals, expected)


def test_zeros_and_missing_numbers_of_any_bits_hash_alike() -> None:
    missing = np.array([np.nan, -np.nan, np.frombuffer((0x7FF0000000000001).to_bytes(8, "little"))[0]])
    for values in (np.array([0.0, -0.0]), missing):
        totals = np.zeros(len(values), dtype=np.int64)
        _core.add_hashes(values, 3, 5, totals)
        assert len(set(totals.tolist())) == 1


@pytest.mark.parametrize("rows", [[-1], [2], [0, 2**62]])
def test_rows_that_are_not_there_are_refused(rows: list[int]) -> None:
    out = np.zeros((len(rows), 1))
    with pytest.raises(ValueError, match="rows: expected rows of the values"):
        _core.standardise(np.zeros(2), np.array(rows), 0, 0.0, np.zeros(1), np.ones(1), out, 0)


@pytest.mark.parametrize(("at", "width"), [(-1, 1), (3, 1), (2, 2), (2**62, 1)])
def test_columns_that_are_not_there_are_refused(at: int, width: int) -> None:
    with pytest.raises(ValueError, match="at: expected columns of out"):
        _core.standardise(np.zeros(2), np.arange(2), 0, 0.0, np.zeros(width), np.ones(width), np.zeros((2, 3)), at)


@pytest.mark.parametrize("exponent", [2201, -2201, 2**62])
def test_exponents_that_no_number_has_are_refused(exponent: int) -> None:
    with pytest.raises(ValueError, match="exponent: expected"):
        _core.add_hashes(np.zeros(2), exponent, 0, np.zeros(2, dtype=np.int64))
