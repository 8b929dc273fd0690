from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit.encode.content import FOLDS, folds, row_hashes, sample, unit_scaled
from labelaudit.table.table import Column

ROWS = 60


def columns(seed: int = 0) -> list[Column]:
    rng = np.random.default_rng(seed)
    number = np.round(rng.normal(size=ROWS), 1)
    number[::7] = np.nan
    codes = rng.integers(-1, 3, size=ROWS)
    words = np.array([f"word {n}" for n in rng.integers(0, 9, size=ROWS)], dtype=object)
    return [
        Column("number", "numeric", number),
        Column("flag", "boolean", rng.integers(0, 2, size=ROWS).astype(np.float64)),
        Column("level", "categorical", codes, ("a", "b", "c")),
        Column("note", "text", words),
    ]


def taken(some: list[Column], rows: NDArray[np.int64]) -> list[Column]:
    return [Column(c.name, c.kind, c.values[rows], c.levels) for c in some]


BASE = row_hashes(columns(), ROWS)


def test_rows_have_the_same_hash_exactly_when_their_content_is_the_same() -> None:
    seen: dict[tuple[str, ...], set[int]] = {}
    for i, h in enumerate(BASE.tolist()):
        seen.setdefault(tuple(str(c.values[i]) for c in columns()), set()).add(h)
    assert all(len(hashes) == 1 for hashes in seen.values())
    assert len({h for hashes in seen.values() for h in hashes}) == len(seen)


@given(st.permutations(range(ROWS)))
def test_shuffled_rows_have_shuffled_hashes(order: list[int]) -> None:
    rows = np.array(order)
    assert np.array_equal(row_hashes(taken(columns(), rows), ROWS), BASE[rows])


@given(st.permutations(range(4)))
def test_the_order_of_columns_does_not_matter(order: list[int]) -> None:
    assert np.array_equal(row_hashes([columns()[i] for i in order], ROWS), BASE)


@pytest.mark.parametrize("exponent", [-1000, -30, 1, 40, 900])
def test_a_power_of_two_does_not_matter_and_another_factor_does(exponent: int) -> None:
    number, *rest = columns()
    scaled = Column(number.name, number.kind, np.ldexp(number.values, exponent))
    assert np.array_equal(row_hashes([scaled, *rest], ROWS), BASE)
    other = Column(number.name, number.kind, 3 * number.values)
    assert not np.array_equal(row_hashes([other, *rest], ROWS), BASE)


def test_levels_count_by_their_words_and_not_by_their_codes() -> None:
    level = columns()[2]
    place = np.array([2, 0, 1, -1])
    moved = Column("level", "categorical", place[level.values], ("b", "c", "a"))
    expected = row_hashes([level], ROWS)
    assert np.array_equal(row_hashes([moved], ROWS), expected)


def test_the_name_of_a_column_and_which_column_holds_a_value_matter() -> None:
    number, flag, *_ = columns()
    swapped = [Column("number", "numeric", flag.values), Column("flag", "boolean", number.values)]
    assert not np.array_equal(row_hashes(swapped, ROWS), row_hashes([number, flag], ROWS))
    assert not np.array_equal(row_hashes([Column("n", "numeric", number.values)], ROWS), row_hashes([number], ROWS))


def test_every_nan_and_both_zeros_are_alike() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype=np.uint64).view(np.float64)
    values = np.array([np.nan, *odd, 0.0, -0.0, 1.0])
    h = row_hashes([Column("n", "numeric", values)], 6)
    assert h[0] == h[1] == h[2] != h[3] == h[4] != h[5]


def test_no_columns_are_the_same_content() -> None:
    assert len(set(row_hashes([], 5).tolist())) == 1


@given(st.lists(st.floats(allow_infinity=False, width=64), min_size=1, max_size=9))
def test_unit_scaling_is_exact(values: list[float]) -> None:
    array = np.array(values)
    scaled = unit_scaled(array)
    largest = np.nanmax(np.abs(scaled), initial=0.0)
    assert largest == 0 or 0.5 <= largest < 1
    assert np.array_equal(np.isnan(scaled), np.isnan(array))


grouped = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 2)), min_size=1, max_size=80)


@given(grouped)
def test_alike_rows_share_a_fold(rows: list[tuple[int, int]]) -> None:
    hashes = np.array([content for content, _ in rows], dtype=np.uint64)
    fold = folds(hashes, np.array([c for _, c in rows]))
    assert ((fold >= 0) & (fold < FOLDS)).all()
    for content in set(hashes.tolist()):
        assert len(set(fold[hashes == content].tolist())) == 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(0, 9))
def test_classes_are_spread_evenly_over_folds(classes: list[int], seed: int) -> None:
    codes = np.array(classes)
    hashes = np.random.default_rng(seed).permutation(len(codes)).astype(np.uint64)
    fold = folds(hashes, codes)
    for c in range(4):
        counts = np.bincount(fold[codes == c], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    counts = np.bincount(fold, minlength=FOLDS)
    assert counts.max() - counts.min() <= 1


@given(grouped, st.permutations(range(3)), st.randoms())
def test_folds_know_neither_the_order_of_rows_nor_the_names_of_classes(
    rows: list[tuple[int, int]], names: list[int], random: object
) -> None:
    contents = np.random.default_rng(0).integers(0, 2**63, size=26).astype(np.uint64)
    hashes = contents[[content for content, _ in rows]]
    codes = np.array([c for _, c in rows])
    # classes of the very same rows cannot be told apart
    sums = [int(hashes[codes == c].sum(dtype=np.uint64)) for c in range(3) if (codes == c).any()]
    if len(set(sums)) < len(sums):
        return
    fold = folds(hashes, codes)
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert np.array_equal(folds(hashes[order], np.array(names)[codes][order]), fold[order])


def test_a_sample_is_drawn_by_content() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**63, size=500).astype(np.uint64)
    drawn = sample(hashes, 50)
    assert len(drawn) == 50
    assert (np.diff(drawn) > 0).all()
    order = np.random.default_rng(1).permutation(500)
    assert set(hashes[order][sample(hashes[order], 50)].tolist()) == set(hashes[drawn].tolist())
    assert set(sample(hashes, 50, salt=1).tolist()) != set(drawn.tolist())
    assert sample(hashes, 500).tolist() == list(range(500))
