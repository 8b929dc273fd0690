"""Separation of classes: found where it was made, by an exact oracle in the plane, and never said of a part alone."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit.oddities.borders import Question, border
from labelaudit.oddities.halfspaces import Halfspaces
from labelaudit.oddities.separation import separations
from labelaudit.oddities.together import together
from labelaudit.table.table import Column

REFERENCES = Path(__file__).parents[3] / "shared" / "logistic_reference"
ROWS = 600
rng = np.random.default_rng(4)
U, V, W = rng.normal(size=(3, ROWS))
A, B = rng.integers(0, 10, size=(2, ROWS))
COIN = rng.random(ROWS) < 0.5


def number(name: str, values: Any) -> Column:
    return Column(name, "numeric", np.asarray(values, dtype=np.float64))


def level(name: str, codes: Any) -> Column:
    codes = np.asarray(codes, dtype=np.int64)
    return Column(name, "categorical", codes, tuple(f"v{i}" for i in range(int(codes.max()) + 1)))


def said(columns: list[Column], labels: Any, drawn: Any = None) -> list[tuple[tuple[str, ...], str]]:
    """The columns of each separation, and `complete` or not."""
    codes = np.asarray(labels).astype(np.int64)
    drawn = np.arange(len(codes)) if drawn is None else drawn
    found = separations(columns, codes, [f"c{i}" for i in range(int(codes.max()) + 1)], drawn)
    return [(o.columns, "complete" if "completely, in every row" in o.sentence else "quasi") for o in found]


CASES: dict[str, tuple[list[Column], Any, list[tuple[tuple[str, ...], str]]]] = {
    "none": ([number("u", U), number("w", W)], U + rng.normal(size=ROWS) > 0, []),
    "one column": ([number("u", U), number("w", W)], U > 0.3, [(("u",), "complete")]),
    "one column, the other way": ([number("w", W), number("u", U)], U < 0.3, [(("u",), "complete")]),
    "ties at the border": ([number("i", A), number("w", W)], np.where(A == 4, COIN, A > 4), [(("i",), "quasi")]),
    "both, of one label more": ([number("i", A), number("u", U)], np.where(A == 4, U > 0, A > 4), [(("i",), "quasi")]),
    "two together": ([number("u", U), number("w", W), number("v", V)], U > V + 0.1, [(("u", "v"), "complete")]),
    "two together with ties": (
        [number("i", A), number("w", W), number("j", B)],
        np.where(A + B == 9, COIN, A + B > 9),
        [(("i", "j"), "quasi")],
    ),
    "tenths that tie": (
        [number("i", A / 10), number("j", B / 10)],
        np.where(A + B == 7, COIN, A + B > 7),
        [(("i", "j"), "quasi")],
    ),
    "a level of its own": ([level("k", A), number("w", W)], np.where(A == 2, 1, COIN), [(("k",), "quasi")]),
    "every level": ([level("k", A), number("w", W)], A % 3 == 0, [(("k",), "complete")]),
    "missing": ([number("u", np.where(A == 2, np.nan, U))], np.where(A == 2, 1, COIN), [(("u",), "quasi")]),
    "missing or high": (
        [number("u", np.where(A == 2, np.nan, U))],
        np.where(A == 2, 1, U > 0),
        [(("u",), "complete")],
    ),
    "missing on both sides": (
        [number("u", np.where(A == 2, np.nan, U))],
        np.where(A == 2, COIN, U > 0),
        [(("u",), "quasi")],
    ),
    "a level and a number": (
        [level("k", A % 3), number("u", U), number("w", W)],
        (U - 0.5 * (A % 3 == 1)) > 0,
        [(("k", "u"), "complete")],
    ),
    "one of three classes": ([number("u", U), number("w", W)], np.where(U > 1, 2, COIN), [(("u",), "complete")]),
    "a value without one of three classes": ([level("k", A), number("w", W)], np.where(A == 2, COIN, B % 3), []),
    "a value without one of two classes": (
        [level("k", A), number("w", W)],
        np.where(A == 2, 0, COIN),
        [(("k",), "quasi")],
    ),
    "a value of one of three classes": (
        [level("k", A), number("w", W)],
        np.where(A == 2, 2, np.where(W > 1, 2, COIN)),
        [(("k",), "quasi")],
    ),
    "a constant column": ([number("one", np.ones(ROWS)), number("w", W)], COIN, []),
}


@pytest.mark.parametrize("case", list(CASES))
def test_what_separates_is_named(case: str) -> None:
    columns, labels, expected = CASES[case]
    assert said(columns, labels) == expected


@pytest.mark.parametrize("scale", [1e-300, 2.0**-40, 1e150, 1e300])
def test_the_scale_of_a_column_does_not_matter(scale: float) -> None:
    columns = [number("u", U * scale), number("w", W), number("v", V)]
    assert said(columns, U > V + 0.1) == [(("u", "v"), "complete")]


def test_the_order_of_rows_and_columns_does_not_matter() -> None:
    order = rng.permutation(ROWS)
    columns = [number(n, x[order]) for n, x in (("w", W), ("v", V), ("u", U))]
    assert said(columns, (U > V + 0.1)[order], np.argsort(order)) == [(("v", "u"), "complete")]


@pytest.mark.parametrize("columns", [1, 5, 30])
def test_what_chance_does_is_not_told(columns: int) -> None:
    """Labels by chance are separated by half as many columns, and four rows by one of a few."""
    few = 2 * columns + 2
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=(few, columns + 1))
        assert said([number(f"x{i}", x[:, i]) for i in range(columns)], x[:, -1] > np.median(x[:, -1])) == []


def test_a_part_is_not_taken_for_the_whole() -> None:
    part = np.arange(300)
    for column, labels in ((number("u", U), U > 0.3), (number("i", A), np.where(A == 4, COIN, A > 4))):
        values, spoilt = column.values.copy(), labels.astype(np.int64)
        assert said([column, number("w", W)], labels, part)
        values[-1], spoilt[-1] = 3.0 if column.name == "u" else 9, 0
        assert said([Column(column.name, "numeric", values), number("w", W)], spoilt, part) == []
    joint, spoilt = [number("u", U), number("v", V)], (U > V).astype(np.int64)
    assert said(joint, spoilt, part) == [(("u", "v"), "complete")]
    spoilt[300 + np.argmax((U - V)[300:])] = 0
    assert said(joint, spoilt, part) == []


def test_the_direction_of_a_part_is_corrected_by_the_whole() -> None:
    """A line between a hundred points crosses some of the others: it is moved until it does not."""
    x = np.random.default_rng(7).normal(size=(50_000, 3))
    columns, labels = [number(f"x{i}", x[:, i]) for i in range(3)], x[:, 0] + 2 * x[:, 2] > 0.1
    assert said(columns, labels, np.arange(100)) == [(("x0", "x2"), "complete")]


def test_of_many_columns_none_is_sought_to_be_spared() -> None:
    x = np.random.default_rng(8).normal(size=(2000, 20))
    ((names, how),) = said([number(f"x{i}", x[:, i]) for i in range(20)], x.sum(1) > 0)
    assert how == "complete"
    assert len(names) == 20


points = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), min_size=2, max_size=9)


def separable(x: NDArray[np.int64], side: NDArray[np.int64]) -> bool:
    """By every line through two points, and across it at every point, in integers.

    A line that separates can be moved until it touches two points, or one where all lie on one line.
    """
    for p, q in combinations(np.unique(x, axis=0), 2):
        along = q - p
        for normal in (np.array([-along[1], along[0]]), along):
            for start in x:
                margin = side * ((x - start) @ normal)
                if (margin.any() and (margin >= 0).all()) or (margin.any() and (margin <= 0).all()):
                    return True
    return False


@settings(max_examples=300, deadline=None)
@given(points)
def test_in_the_plane_it_is_found_exactly_where_it_is(rows: list[tuple[int, int, bool]]) -> None:
    table = np.array(rows, dtype=np.int64)
    x, is_class = table[:, :2], table[:, 2] == 1
    if is_class.all() or not is_class.any():
        return
    found = together([number("i", x[:, 0]), number("j", x[:, 1])], Question(is_class, two=True), np.arange(len(x)))
    assert (found is not None) == separable(x, np.where(is_class, 1, -1))


@settings(max_examples=200, deadline=None)
@given(points, st.booleans())
def test_a_direction_is_a_certificate(rows: list[tuple[int, int, bool]], complete: bool) -> None:
    table = np.array(rows, dtype=np.float64)
    signed = np.column_stack([table[:, :2], np.ones(len(rows))]) * np.where(table[:, 2], 1.0, -1.0)[:, None]
    found = Halfspaces(signed).separating(complete=complete)
    if found is not None:
        margin = signed @ found
        assert margin.min() > (1e-3 if complete else -1e-9)
        assert margin.max() > 1e-3


def reference(name: str) -> tuple[list[Column], NDArray[np.bool_]]:
    """The columns and the class of a set of the references; a number for each of a lizard's categories but one."""
    if name == "four rows":
        return [number("x", [0, 1, 2, 3])], np.array([0, 0, 1, 1]) == 1
    path = REFERENCES / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"the references are not beside the project ({path.name})")
    with path.open(encoding="utf-8", newline="") as file:
        if name == "spector":
            header, *lines = ([cell.strip("\"'") for cell in line.split()] for line in file)
            rows: list[dict[str, str]] = [dict(zip(header, line, strict=True)) for line in lines]
        else:
            rows = list(csv.DictReader(file))
    if name == "lizards":
        rows = [r | {"y": kind} for r in rows for kind in ("grahami", "opalinus") for _ in range(int(float(r[kind])))]
        words = [(c, w) for c in ("height", "diameter", "light", "time") for w in sorted({r[c] for r in rows})[1:]]
        return [number(w, [r[c] == w for r in rows]) for c, w in words], np.array([r["y"] == "opalinus" for r in rows])
    label = {"endometrial": "HG", "silvapulle1981": "y", "lbw": "low", "spector": "GRADE"}[name]
    if name == "lbw":
        rows = [r | {"rb": str(int(r["race"] == "black")), "ro": str(int(r["race"] == "other"))} for r in rows]
    names = {
        "endometrial": ("NV", "PI", "EH"),
        "silvapulle1981": ("ghqs",),
        "lbw": ("age", "lwt", "rb", "ro", "smoke", "ptl", "ht", "ui"),
        "spector": ("GPA", "TUCE", "PSI"),
    }[name]
    return [number(n, [float(r[n]) for r in rows]) for n in names], np.array([float(r[label]) == 1 for r in rows])


@pytest.mark.parametrize(
    ("name", "named", "complete"),
    [
        ("endometrial", ("NV",), False),
        ("silvapulle1981", ("ghqs",), False),
        ("lizards", (), False),
        ("four rows", ("x",), True),
        ("spector", (), False),
        ("lbw", (), False),
    ],
)
def test_the_verdicts_on_the_references(name: str, named: tuple[str, ...], complete: bool) -> None:
    """A coefficient is infinite where its column is named, and all others are finite: without it, nothing separates."""
    columns, side = reference(name)
    rows, asked = np.arange(len(side)), Question(side, two=True)
    alone = {c.name: b for c in columns if (b := border(c, asked)) is not None}
    assert tuple(alone) == named
    assert all(b.complete == complete for b in alone.values())
    found = together(columns, asked, rows)
    assert (() if found is None else tuple(columns[i].name for i in found[0])) == named
    assert found is None or found[1].complete == complete
    rest = [c for c in columns if c.name not in named]
    assert not rest or together(rest, asked, rows) is None
    if name in ("endometrial", "silvapulle1981"):
        assert said(columns, side) == [(named, "quasi")]
