"""Rows of two classes as a label and one logit, against the same in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit import _core

SMALLEST, A_UNIT = 1e-9, 16.0
CELLS = int(-2 * np.log(SMALLEST) * A_UNIT) + 1
seeds = st.integers(0, 2**32 - 1)


def rows_of(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, 0 and 1 among them, labels, and log-odds of the second class."""
    rng = np.random.default_rng(seed)
    second = np.where(rng.random(rows) < 0.3, rng.choice([0.0, 1e-300, 1e-9, 0.5, 1.0], rows), rng.random(rows))
    p = np.stack([1 - second, second], 1)
    return p, rng.integers(0, 2, rows), np.log(np.maximum(p[:, 1], SMALLEST)) - np.log(np.maximum(p[:, 0], SMALLEST))


@given(st.integers(0, 1100), st.integers(0, 4), seeds)
def test_an_averaged_belief_is_the_sum_over_its_nodes(rows: int, count: int, seed: int) -> None:
    p, labels, logit = rows_of(rows, seed)
    nodes, out = np.random.default_rng(seed).normal(size=(count, 4)), np.full((rows, 2), np.nan)
    _core.average_belief(p, labels, SMALLEST, nodes, out)
    z = nodes[:, 1:2] * (2 * labels - 1) * logit + np.where(labels == 0, nodes[:, 2:3], nodes[:, 3:4])
    own = nodes[:, 0] @ (1 / (1 + np.exp(-z)))
    each = np.arange(rows)
    np.testing.assert_allclose(out[each, labels], own, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(out[each, 1 - labels], 1 - own, rtol=1e-12, atol=1e-14)


@given(st.integers(0, 1100), seeds)
def test_cells_count_rows_and_sum_their_log_odds(rows: int, seed: int) -> None:
    p, labels, logit = rows_of(rows, seed)
    count, total = np.zeros(2 * CELLS, dtype=np.int64), np.zeros(2 * CELLS)
    _core.add_cells(p, labels, SMALLEST, A_UNIT, count, total)
    assert count.sum() == rows
    assert [count[g::2].sum() for g in (0, 1)] == np.bincount(labels, minlength=2).tolist()
    assert total.sum() == pytest.approx(logit.sum(), abs=1e-9)
    taken = np.flatnonzero(count)
    start = np.log(SMALLEST) + taken // 2 / A_UNIT
    mean = total[taken] / count[taken]
    assert (mean >= start - 1e-9).all()
    assert (mean <= start + 1 / A_UNIT + 1e-9).all()


@given(st.integers(2, 500), st.integers(1, 499), seeds)
def test_cells_of_parts_add_up(rows: int, first: int, seed: int) -> None:
    p, labels, _ = rows_of(rows, seed)
    sums = [(np.zeros(2 * CELLS, dtype=np.int64), np.zeros(2 * CELLS)) for _ in range(2)]
    _core.add_cells(p, labels, SMALLEST, A_UNIT, *sums[0])
    for part in (slice(0, first), slice(first, None)):
        _core.add_cells(p[part], labels[part], SMALLEST, A_UNIT, *sums[1])
    assert np.array_equal(sums[0][0], sums[1][0])
    np.testing.assert_array_equal(sums[0][1], sums[1][1])


@pytest.mark.parametrize("p", [[0.0, np.nan], [1e-300, np.inf], [0.1, 1e12], [1e12, 0.1]])
def test_what_no_cell_holds_is_refused(p: list[float]) -> None:
    count, total = np.zeros(2 * CELLS, dtype=np.int64), np.zeros(2 * CELLS)
    with pytest.raises(ValueError, match="p: expected probabilities"):
        _core.add_cells(np.array([p]), np.array([0]), SMALLEST, A_UNIT, count, total)
    with pytest.raises(ValueError, match="p: expected probabilities"):
        _core.add_cells(np.array([[0.0, 1.0]]), np.array([0]), SMALLEST, A_UNIT, count[:-2].copy(), total[:-2].copy())


def test_labels_beyond_two_classes_are_refused() -> None:
    count, total = np.zeros(2 * CELLS, dtype=np.int64), np.zeros(2 * CELLS)
    p = np.full((1, 2), 0.5)
    for label in (-1, 2):
        with pytest.raises(ValueError, match="given: expected 0 or 1"):
            _core.average_belief(p, np.array([label]), SMALLEST, np.ones((1, 4)), np.zeros((1, 2)))
        with pytest.raises(ValueError, match="given: expected 0 or 1"):
            _core.add_cells(p, np.array([label]), SMALLEST, A_UNIT, count, total)


def test_counts_of_another_make_are_refused() -> None:
    p, labels = np.full((1, 2), 0.5), np.array([0])
    total = np.zeros(2 * CELLS)
    for count in (np.zeros(2 * CELLS), np.zeros(2 * CELLS, dtype=np.int32), np.zeros((2, CELLS), dtype=np.int64)):
        with pytest.raises(ValueError, match="count: expected "):
            _core.add_cells(p, labels, SMALLEST, A_UNIT, count, total)
    with pytest.raises(ValueError, match="count: expected two for each cell"):
        _core.add_cells(p, labels, SMALLEST, A_UNIT, np.zeros(7, dtype=np.int64), np.zeros(7))
    with pytest.raises(ValueError, match="memory of its own"):
        _core.add_cells(p, labels, SMALLEST, A_UNIT, total.view(np.int64), total)
    with pytest.raises(ValueError, match="smallest: expected a positive number"):
        _core.add_cells(p, labels, 0.0, A_UNIT, np.zeros(2 * CELLS, dtype=np.int64), total)
