from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelaudit.oddities.leaks import best_guess, leaks
from labelaudit.table.table import Column

ROWS = 400
Codes = NDArray[np.int64]


def rng() -> Any:
    return np.random.default_rng(5)


def truth(classes: int = 3) -> Codes:
    return rng().integers(0, classes, size=ROWS).astype(np.int64)


FOLD = (np.arange(ROWS) % 5).astype(np.int64)


def category(codes: Codes, name: str = "copy") -> Column:
    return Column(name, "categorical", codes, tuple(f"v{i}" for i in range(int(codes.max()) + 1)))


def number(values: Any, name: str = "copy") -> Column:
    return Column(name, "numeric", np.asarray(values, dtype=np.float64))


NOISE = number(np.random.default_rng(8).normal(size=ROWS), "noise")


def names(columns: list[Column], given: Codes, probable: Codes | None = None) -> list[str | None]:
    return [o.column for o in leaks(columns, given, given if probable is None else probable, FOLD)]


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_a_copy_of_the_label_is_named(classes: int) -> None:
    y = truth(classes)
    apart = number(y + 0.1 * rng().normal(size=ROWS))
    missing = number(np.where(y == 0, np.nan, y))
    for copy in (category((y + 1) % classes), category(y * 10 + rng().integers(0, 10, size=ROWS)), apart, missing):
        assert names([NOISE, copy], y) == ["copy"]


@pytest.mark.parametrize("wrong", [0.05, 0.15])
def test_wrong_labels_do_not_hide_a_leak(wrong: float) -> None:
    y = truth()
    given = np.where(rng().random(ROWS) < wrong, (y + 1) % 3, y)
    assert names([NOISE, category(y)], given, y) == ["copy"]
    assert names([NOISE, category(y)], given) == []


def test_a_strong_column_is_no_leak() -> None:
    y = truth(2)
    strong = number(3.0 * y + rng().normal(size=ROWS))  # 93 % of the labels
    assert 0.9 < best_guess(strong, y, FOLD)[1] < 0.96
    assert names([NOISE, strong], y) == []


def test_a_rare_class_does_not_make_every_column_a_leak() -> None:
    y = (np.arange(ROWS) % 100 == 0).astype(np.int64)
    assert names([NOISE, category(truth(2))], y) == []


def test_an_identifier_is_no_leak() -> None:
    """In sample it would give every label."""
    y = truth()
    assert names([NOISE, category(np.arange(ROWS)), number(np.arange(ROWS), "counter")], y) == []


def test_a_single_weak_column_is_not_measured_by_the_labels_made_from_it() -> None:
    y = truth(2)
    given = np.where(rng().random(ROWS) < 0.15, 1 - y, y)
    assert names([category(y)], given, y) == []


def test_few_rows_prove_nothing() -> None:
    y = truth(2)[:20]
    assert leaks([category(y)], y, y, FOLD[:20]) == []


def test_the_guess_is_the_most_frequent_label_of_the_other_folds() -> None:
    """Written out row by row."""
    y, column = truth(), category(rng().integers(-1, 60, size=ROWS).clip(-1, 59).astype(np.int64))
    guess, accuracy = best_guess(column, y, FOLD)
    for i in range(0, ROWS, 7):
        rest = FOLD[i] != FOLD
        same = rest & (column.values == column.values[i])
        counts = np.bincount(y[same if same.any() else rest], minlength=3)
        assert guess[i] == counts.argmax()
    assert accuracy == (guess == y).mean()


def test_rows_in_another_order_have_the_same_guesses() -> None:
    y, order = truth(), rng().permutation(ROWS)
    column = number(y + rng().normal(size=ROWS))
    guess, _ = best_guess(column, y, FOLD)
    shuffled, _ = best_guess(number(column.values[order]), y[order], FOLD[order])
    assert np.array_equal(shuffled, guess[order])


def test_text_is_not_looked_at() -> None:
    y = truth(2)
    text = Column("copy", "text", np.array(["no such thing", "yes of course"], dtype=object)[y])
    assert names([NOISE, text], y) == []


def test_the_sentence_says_what_to_do() -> None:
    y = truth(2)
    (oddity,) = leaks([NOISE, category(y, "paid at")], y, y, FOLD)
    assert "100.0% of the labels" in oddity.sentence
    assert '--drop "paid at"' in oddity.sentence
