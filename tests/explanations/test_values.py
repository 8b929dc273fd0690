from __future__ import annotations

import numpy as np
import pytest

from labelaudit.explanations.result import worded
from labelaudit.explanations.values import agrees, usual_value, value_at
from labelaudit.table.table import Column

NUMBERS = Column("n", "numeric", np.array([1.0, 2.5, np.nan, 1e300, -1e300, 1e17]))
COLOURS = Column("c", "categorical", np.array([1, 0, -1, 1, -1]), ("blue", "red"))
FLAGS = Column("b", "boolean", np.array([1.0, 0.0, np.nan, 1.0]))
DATES = Column("d", "date", np.array([0.0, 86400.5, np.nan, -86400.0]))
TEXTS = Column("t", "text", np.array(["some words", ""], dtype=object))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (NUMBERS, [1, 2.5, None, 1e300, -1e300, 1e17]),
        (COLOURS, ["red", "blue", None, "red", None]),
        (FLAGS, [True, False, None, True]),
        (DATES, ["1970-01-01", "1970-01-02T00:00:00.500", None, "1969-12-31"]),
        (TEXTS, ["some words", None]),
    ],
    ids=lambda c: getattr(c, "kind", ""),
)
def test_values_are_plain_data(column, expected):
    got = [value_at(column, i) for i in range(len(expected))]
    assert got == expected
    assert [type(v) for v in got] == [type(v) for v in expected]


def test_the_usual_value_is_the_lower_median_or_the_most_frequent():
    numbers = Column("n", "numeric", np.array([4.0, 1.0, np.nan, 3.0, 2.0]))
    every = np.arange(5)
    assert usual_value(numbers, every) == 2
    assert usual_value(numbers, np.array([0, 3, 4])) == 3
    assert usual_value(numbers, np.array([2])) is None
    assert usual_value(numbers, np.array([], dtype=np.int64)) is None
    assert usual_value(COLOURS, every) in ("red", None)  # two each
    assert usual_value(COLOURS, np.array([0, 1, 3])) == "red"
    assert usual_value(FLAGS, np.arange(4)) is True
    assert usual_value(DATES, np.arange(4)) == "1970-01-01"
    assert usual_value(TEXTS, np.arange(2)) is None


def test_numbers_agree_within_a_tenth_of_the_middle_range():
    values = np.append(np.linspace(0, 100, 101), np.nan)
    column = Column("n", "numeric", values)
    others = np.arange(102)
    near = others[agrees(column, 50, others)]
    assert near.tolist() == list(range(43, 58))  # the middle 80 % span 80
    assert others[agrees(column, 101, others)].tolist() == [101]
    constant = Column("n", "numeric", np.array([7.0] * 20 + [8.0]))
    assert agrees(constant, 0, np.arange(21)).tolist() == [True] * 20 + [False]


def test_huge_numbers_agree_without_overflow():
    column = Column("n", "numeric", np.array([1.7e308, -1.7e308, 1.6e308]))
    assert agrees(column, 0, np.arange(3)).tolist() == [True, False, True]


def test_categories_agree_when_equal_and_missing_with_missing():
    assert agrees(COLOURS, 0, np.arange(5)).tolist() == [True, False, False, True, False]
    assert agrees(COLOURS, 2, np.arange(5)).tolist() == [False, False, True, False, True]


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "(missing)"), (True, "true"), (12345678, "12345678"), (0.000123456, "0.0001235"), ("a", "a")],
)
def test_values_in_words(value, words):
    assert worded(value) == words
