from __future__ import annotations

import pytest

from labelaudit.oddities.classes import alike_classes, plain, rare_classes
from labelaudit.oddities.result import MOST_CLASSES

SAME = [
    ("yes", "Yes"),
    ("yes", " yes"),
    ("yes", "yes\t"),
    ("very good", "very  good"),
    ("very good", "very\u00a0good"),
    ("straße", "STRASSE"),
    ("caf\u00e9", "cafe\u0301"),
    ("\uff11", "1"),
    ("1", "1.0"),
    ("1", "01"),
    ("1", "+1"),
    ("1.5", "01.50"),
    ("0", "-0.0"),
    ("-2", "-2.0"),
    ("10", "10."),
]
OTHER = [
    ("1", "10"),
    ("0", "00.1"),
    ("-1", "1"),
    ("1.05", "1.5"),
    ("a 1", "a 01"),
    ("1", "one"),
    ("1.0.0", "1.0"),
    ("", "0"),
    ("9" * 40, "9" * 39 + "8"),
    ("a-b", "a b"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_classes_that_are_written_in_two_ways(one: str, other: str) -> None:
    assert plain(one) == plain(other)
    (oddity,) = alike_classes({one: 120, "else": 9, other: 3})
    assert oddity.classes == ((one, 120), (other, 3))
    assert "120 rows" in oddity.sentence
    assert "3 rows" in oddity.sentence


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_classes_that_differ(one: str, other: str) -> None:
    assert alike_classes({one: 5, other: 5}) == []


def test_each_set_of_alike_classes_is_named_once() -> None:
    found = alike_classes({"A": 4, "a": 5, "a ": 6, "b": 7, "B": 8, "c": 9})
    assert [dict(o.classes) for o in found] == [{"A": 4, "a": 5, "a ": 6}, {"b": 7, "B": 8}]


def test_small_classes_are_named_with_their_rows() -> None:
    (oddity,) = rare_classes({"a": 40, "b": 2, "c": 1, "d": 3})
    assert oddity.classes == (("b", 2), ("c", 1))
    assert '"b" (2 rows) and "c" (1 row)' in oddity.sentence
    assert rare_classes({"a": 40, "d": 3}) == []


def test_a_long_list_is_cut_and_counted() -> None:
    (oddity,) = rare_classes({f"c{i}": 1 for i in range(1000)})
    assert len(oddity.classes) == MOST_CLASSES
    assert "1,000 classes" in oddity.sentence
    assert "and 980 more" in oddity.sentence
    assert len(oddity.sentence) < 1000


def test_no_character_of_a_class_acts_on_a_terminal() -> None:
    (oddity,) = alike_classes({"a\x1b[2J": 5, "A\x1b[2J": 5})
    assert oddity.sentence.isprintable()
