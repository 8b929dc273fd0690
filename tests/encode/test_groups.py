from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit.encode.content import FOLDS
from labelaudit.encode.groups import folds_of_groups, joined

CONTENTS = np.random.default_rng(0).integers(0, 2**63, size=40).astype(np.uint64)
# content, group (negative: none) and class of each row
tables = st.lists(st.tuples(st.integers(0, 39), st.integers(-1, 12), st.integers(0, 2)), min_size=1, max_size=60)
Table = list[tuple[int, int, int]]


def split(rows: Table) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    content, group, codes = np.array(rows).T
    return CONTENTS[content], group, codes


def components(rows: Table) -> list[int]:
    """By relabelling until nothing changes."""
    label = list(range(len(rows)))
    changed = True
    while changed:
        changed = False
        for i, (content, group, _) in enumerate(rows):
            for j, (other_content, other_group, _) in enumerate(rows):
                if (content == other_content or 0 <= group == other_group) and label[j] < label[i]:
                    label[i], changed = label[j], True
    return label


@given(tables)
def test_rows_are_joined_by_group_and_by_content(rows: Table) -> None:
    hashes, group, _ = split(rows)
    got, expected = joined(hashes, group).tolist(), components(rows)
    assert len(set(zip(got, expected, strict=True))) == len(set(got)) == len(set(expected))
    assert set(got) == set(range(len(set(got))))


@given(tables)
def test_rows_that_belong_together_share_a_fold(rows: Table) -> None:
    hashes, group, codes = split(rows)
    together = joined(hashes, group)
    fold = folds_of_groups(hashes, codes, together)
    assert ((fold >= 0) & (fold < FOLDS)).all()
    for some in (together, hashes):
        for value in set(some.tolist()):
            assert len(set(fold[some == value].tolist())) == 1
    for value in set(group[group >= 0].tolist()):
        assert len(set(fold[group == value].tolist())) == 1


@given(tables)
def test_a_class_of_two_groups_stands_in_two_folds(rows: Table) -> None:
    hashes, group, codes = split(rows)
    together = joined(hashes, group)
    fold = folds_of_groups(hashes, codes, together)
    for c in set(codes.tolist()):
        if len(set(together[codes == c].tolist())) > 1:
            assert len(set(fold[codes == c].tolist())) > 1


@given(tables, st.permutations(range(14)), st.permutations(range(3)), st.randoms())
def test_folds_know_neither_the_order_of_rows_nor_names(
    rows: Table, groups: list[int], classes: list[int], random: object
) -> None:
    hashes, group, codes = split(rows)
    # classes of the very same rows cannot be told apart
    sums = [int(hashes[codes == c].sum(dtype=np.uint64)) for c in set(codes.tolist())]
    assume(len(set(sums)) == len(sums))
    fold = folds_of_groups(hashes, codes, joined(hashes, group))
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    renamed = np.where(group < 0, -1, np.array(groups)[group])[order]
    named = np.array(classes)[codes][order]
    assert np.array_equal(folds_of_groups(hashes[order], named, joined(hashes[order], renamed)), fold[order])


@pytest.mark.parametrize("rows", [1, 3, 7])
def test_classes_are_spread_evenly(rows: int) -> None:
    """Groups of one class and one size each: no fold has more than one group of a class more than another."""
    rng = np.random.default_rng(rows)
    sizes = [23, 9, 50]
    codes = np.repeat(rng.permutation(np.repeat(np.arange(3), sizes)), rows)
    together = np.repeat(np.arange(sum(sizes)), rows)
    fold = folds_of_groups(rng.permutation(len(codes)).astype(np.uint64), codes, together)
    for c in range(3):
        counts = np.bincount(fold[codes == c], minlength=FOLDS)
        assert counts.max() - counts.min() <= rows
    counts = np.bincount(fold, minlength=FOLDS)
    assert counts.max() - counts.min() <= 3 * rows


def test_groups_of_all_sizes_fill_folds_alike() -> None:
    rng = np.random.default_rng(3)
    sizes = rng.geometric(0.1, size=300)
    together = np.repeat(np.arange(300), sizes)
    codes = rng.integers(0, 2, size=len(together))
    fold = folds_of_groups(rng.permutation(len(codes)).astype(np.uint64), codes, together)
    counts = np.bincount(fold, minlength=FOLDS)
    assert counts.max() - counts.min() <= sizes.max()


def test_few_groups_make_few_folds() -> None:
    together = np.repeat(np.arange(3), 4)
    fold = folds_of_groups(np.arange(12).astype(np.uint64), np.arange(12) % 2, together)
    assert len(set(fold.tolist())) == 3
