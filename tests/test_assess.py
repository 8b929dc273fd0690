from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import oracle
from labelaudit.assess import Assessment, Settings, assess, probabilities_of, rows_of
from labelaudit.score import EM_ROUNDS
from labelaudit.table.table import Column

Array = NDArray[np.float64]

ROWS = 160
SAME = 1e-9  # of each score's largest value: what reordered sums may move
# The folds' Newton steps stop at a relative residual of 1e-6, which is where reordered sums show.
SAME_BY_CG = 1e-5
SCORES = ("label_score", "average_influence", "self_influence", "self_confidence", "leverage")
PARTLY_WRONG = 12


@cache
def mixed(classes: int = 3) -> tuple[tuple[Column, ...], NDArray[np.int64]]:
    """Numbers, a flag, categories and dates; the first rows bear another label, and some rows are the same twice."""
    rng = np.random.default_rng(classes)
    given = rng.permutation(np.repeat(np.arange(classes), [60, *[100 // (classes - 1)] * (classes - 1)]))[:ROWS]
    size = rng.normal(size=ROWS) + given
    size[::13] = np.nan
    weight = np.exp(rng.normal(size=ROWS) + 0.7 * (given == 1))
    flag = (rng.uniform(size=ROWS) < 0.3 + 0.3 * (given == 0)).astype(np.float64)
    level = rng.integers(-1, 3, size=ROWS)
    when = 1.6e9 + 86400.0 * rng.integers(0, 300, size=ROWS)
    for values in (size, weight, flag, level, when):
        values[-6:] = values[:6]
    given[:PARTLY_WRONG] = (given[:PARTLY_WRONG] + 1) % classes
    columns = (
        Column("size", "numeric", size),
        Column("weight", "numeric", weight),
        Column("flag", "boolean", flag),
        Column("level", "categorical", level, ("a", "b", "c")),
        Column("when", "date", when),
    )
    return columns, given.astype(np.int64)


def taken(columns: Sequence[Column], rows: NDArray[np.int64]) -> list[Column]:
    return [Column(c.name, c.kind, c.values[rows], c.levels) for c in columns]


@cache
def assessed(encoding: Any, solver: Any, classes: int = 3) -> Assessment:
    columns, given = mixed(classes)
    return assess(rows_of(columns, given, classes), Settings(encoding=encoding, solver=solver))


def check(got: Assessment, expected: Assessment, solver: str, order: Any = slice(None)) -> None:
    assert (got.choice.encoding, got.choice.l2) == (expected.choice.encoding, expected.choice.l2)
    for name in SCORES:
        error = oracle.error(getattr(got.scores, name), getattr(expected.scores, name)[order])
        assert error <= (SAME if solver == "direct" else SAME_BY_CG), name


ways = pytest.mark.parametrize(
    ("encoding", "solver"),
    [("linear", "direct"), ("spline", "direct"), ("kernel", "direct"), ("auto", "direct"), ("linear", "cg")],
)


@ways
def test_shuffled_rows_have_shuffled_scores(encoding: Any, solver: Any) -> None:
    columns, given = mixed()
    order = np.random.default_rng(0).permutation(ROWS)
    shuffled = assess(rows_of(taken(columns, order), given[order], 3), Settings(encoding=encoding, solver=solver))
    check(shuffled, assessed(encoding, solver), solver, order)


@ways
def test_the_order_of_columns_does_not_matter(encoding: Any, solver: Any) -> None:
    columns, given = mixed()
    turned = assess(rows_of(columns[::-1], given, 3), Settings(encoding=encoding, solver=solver))
    check(turned, assessed(encoding, solver), solver)


@ways
def test_a_power_of_two_in_a_column_does_not_matter(encoding: Any, solver: Any) -> None:
    (size, weight, *rest), given = mixed()
    scaled = [replace(size, values=size.values * 1024), replace(weight, values=weight.values / 8), *rest]
    check(
        assess(rows_of(scaled, given, 3), Settings(encoding=encoding, solver=solver)),
        assessed(encoding, solver),
        solver,
    )


@ways
def test_the_names_of_classes_do_not_matter(encoding: Any, solver: Any) -> None:
    columns, given = mixed()
    names = np.array([2, 0, 1])
    renamed = assess(rows_of(columns, names[given], 3), Settings(encoding=encoding, solver=solver))
    check(renamed, assessed(encoding, solver), solver)
    assert np.array_equal(renamed.scores.predicted, names[assessed(encoding, solver).scores.predicted])


def test_the_names_of_two_classes_do_not_matter() -> None:
    columns, given = mixed(2)
    renamed = assess(rows_of(columns, 1 - given, 2), Settings(encoding="linear"))
    check(renamed, assessed("linear", "auto", 2), "direct")


@pytest.mark.parametrize(
    ("solver", "threads", "classes"), [("direct", (1, 2, 3, 4), 2), ("cg", (1, 3), 2), ("cg", (1, 2, 3), 3)]
)
def test_the_same_bits_for_any_number_of_threads(solver: Any, threads: tuple[int, ...], classes: int) -> None:
    columns, given = mixed(classes)
    settings = Settings(encoding="linear", l2=0.01, solver=solver)
    first, *others = (assess(rows_of(columns, given, classes), replace(settings, threads=t)) for t in threads)
    for other in others:
        assert all(np.array_equal(getattr(other.scores, n), getattr(first.scores, n)) for n in vars(first.scores))
        assert np.array_equal(other.credibility.belief, first.credibility.belief)


def test_results_are_in_the_order_of_the_rows() -> None:
    """The model's own probabilities, row by row, lie near the out-of-sample ones."""
    columns, given = mixed()
    found = assessed("linear", "direct")
    p = probabilities_of(found, columns, np.arange(ROWS))[np.arange(ROWS), given]
    assert np.corrcoef(p, found.scores.self_confidence)[0, 1] > 0.95
    right = found.credibility.belief[np.arange(ROWS), given]
    assert np.array_equal(np.clip(right, 0, 1), found.scores.label_score)
    wrong = np.arange(ROWS) < PARTLY_WRONG
    assert found.scores.label_score[wrong].mean() < found.scores.label_score[~wrong].mean()


def test_trusted_rows_leave_the_model_as_it_is() -> None:
    columns, given = mixed()
    reference = np.arange(40, 90)
    trusted = rows_of(taken(columns, reference), given[reference], 3)
    with_reference = assess(rows_of(columns, given, 3), Settings(encoding="linear"), reference=trusted)
    without = assessed("linear", "direct")
    assert not np.array_equal(with_reference.scores.average_influence, without.scores.average_influence)
    for name in ("self_influence", "self_confidence", "leverage"):
        assert np.array_equal(getattr(with_reference.scores, name), getattr(without.scores, name))


def test_a_reference_may_vary_less_than_the_rows() -> None:
    columns, given = mixed()
    hours = replace(columns[4], values=columns[4].values + 3600.0 * (np.arange(ROWS) % 5))
    reference = taken([*columns[:4], replace(hours, values=np.full(ROWS, 1.6e9))], np.arange(7))
    trusted = rows_of(reference, given[:7], 3)
    found = assess(rows_of([*columns[:4], hours], given, 3), Settings(encoding="linear"), reference=trusted)
    assert np.isfinite(found.scores.average_influence).all()


def test_the_optimisers_score_alike() -> None:
    columns, given = mixed()
    rows = rows_of(columns, given, 3)
    by_lbfgs = assess(rows, Settings(encoding="linear", optimizer="lbfgs"))
    for name in SCORES:
        expected = getattr(assessed("linear", "direct").scores, name)
        assert oracle.error(getattr(by_lbfgs.scores, name), expected) <= 1e-5
    assert by_lbfgs.fit.converged


def test_every_stage_is_told() -> None:
    columns, given = mixed()
    told: list[str] = []
    assess(rows_of(columns, given, 3), Settings(encoding="linear", l2=0.01), tick=told.append)
    assert [t.split(" (")[0] for t in told[:2]] == ["choosing the encoding", "fitting the model"]
    assert told[2:-1] == [f"weighing the labels (round {i + 1} of {EM_ROUNDS})" for i in range(EM_ROUNDS)]
    assert told[-1] == "measuring influence"
    assert told[0] == "choosing the encoding"
