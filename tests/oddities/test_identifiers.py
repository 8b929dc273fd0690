from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelaudit.oddities.identifiers import identifiers
from labelaudit.table.table import Column

RNG = np.random.default_rng(2)
ROWS = 200
COUNTER = np.arange(ROWS)


def number(values: Any) -> Column:
    return Column("key", "numeric", np.asarray(values, dtype=np.float64))


def category(codes: Any) -> Column:
    return Column("key", "categorical", np.asarray(codes, dtype=np.int64), tuple(f"v{i:04d}" for i in range(ROWS)))


NAMED = {
    "a counter": number(COUNTER),
    "a shuffled counter": number(RNG.permutation(ROWS) + 5000),
    "a counter with gaps": number(np.sort(RNG.choice(4 * ROWS, size=ROWS, replace=False))),
    "a counter downwards": number(-COUNTER),
    "nearly all different": category(np.where(COUNTER < 190, COUNTER, 0)),
    "all different beside missing ones": category(np.where(COUNTER % 4 == 0, -1, COUNTER)),
}
NOT_NAMED = {
    "one number twice": number(np.where(COUNTER == 7, 8, COUNTER)),
    "fractions": number(COUNTER / 4),
    "different numbers far apart": number(RNG.choice(10**9, size=ROWS, replace=False)),
    "drawn numbers": number(RNG.integers(0, 1000, size=ROWS)),
    "few rows": number(COUNTER[:15]),
    "a missing number": number(np.where(COUNTER == 3, np.nan, COUNTER)),
    "a category": category(COUNTER % 50),
    "all missing": category(np.full(ROWS, -1)),
    "flags": Column("key", "boolean", COUNTER % 2.0),
    "text": Column("key", "text", np.array([f"some words {i}" for i in range(ROWS)], dtype=object)),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_numbers_or_names_the_rows_is_named(name: str) -> None:
    (oddity,) = identifiers([NAMED[name]])
    assert (oddity.kind, oddity.column) == ("identifier", "key")
    assert "--id key" in oddity.sentence


@pytest.mark.parametrize("name", NOT_NAMED)
def test_what_does_not_is_not(name: str) -> None:
    assert identifiers([NOT_NAMED[name]]) == []


def test_drawn_numbers_that_all_differ_by_chance_are_rare() -> None:
    """The chance is e^-10: none in 300 columns."""
    width = ROWS * (ROWS - 1) // 20
    columns = [number(np.random.default_rng(seed).integers(0, width, size=ROWS)) for seed in range(300)]
    assert identifiers(columns) == []
