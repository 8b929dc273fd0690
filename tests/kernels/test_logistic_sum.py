"""Losses and gradients of many blocks in one call: what block by block gives, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit._core import CsrMatrix, IndicatorMatrix
from labelaudit.blocks import Block, MatrixBlock, RowBlocks
from labelaudit.kernels import native
from labelaudit.model.objective import Objective
from labelaudit.model.targets import HardTargets, SoftTargets, Targets

Array = NDArray[np.float64]

COLS = 5
THREADS = (1, 2, 3, 5)


def indicators(rows: int) -> IndicatorMatrix:
    """Two numbers and a category of the columns 1 and 3, beside the constant."""
    numbers = np.random.default_rng(rows).normal(size=(rows, 2))
    slots = np.array([[1], [3]], dtype=np.int32).repeat(rows, 1).T.ravel()[:rows].reshape(rows, 1)
    return IndicatorMatrix(numbers, np.ascontiguousarray(slots), np.array([0, 2]), COLS)


def blocks_of(sizes: list[int], threads: int, stored: str) -> RowBlocks:
    blocks, start = list[Block](), 0
    for number, rows in enumerate(sizes):
        x: Any = np.random.default_rng(number).normal(size=(rows, COLS))
        x = indicators(rows) if stored == "indicators" else x.astype(stored)
        blocks.append(MatrixBlock(start, start + rows, number % 3, x))
        start += rows
    return RowBlocks(tuple(blocks), start, COLS, threads)


def objective(blocks: RowBlocks, *, soft: bool, keep: bool) -> Objective:
    rng = np.random.default_rng(blocks.rows)
    p = rng.random(blocks.rows)
    hard = HardTargets(rng.integers(0, 2, blocks.rows), 2)
    targets: Targets = SoftTargets(np.stack([1 - p, p], 1)) if soft else hard
    lets = (lambda b: b.fold != 1) if keep else None
    return Objective(blocks, targets, rng.random(blocks.rows), np.ones(COLS), 1, lets)


def one_by_one(whole: Objective) -> Objective:
    """The same, whose blocks the objective takes for others'."""
    blocks = whole.blocks.blocks
    other = type(native)("another")
    other.__dict__.update(vars(native))
    return replace(whole, blocks=replace(whole.blocks, blocks=tuple(replace(b, kernel=other) for b in blocks)))  # type: ignore[type-var]


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=40),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["float64", "float32", "indicators"]),
)
def test_many_blocks_at_once_give_the_bits_of_one_by_one(sizes: list[int], soft: bool, keep: bool, stored: str) -> None:
    theta = np.random.default_rng(1).normal(size=(COLS, 1))
    sizes[0] += 1  # a mean of no rows is none
    for threads in THREADS:
        whole = objective(blocks_of(sizes, threads, stored), soft=soft, keep=keep)
        whole.__dict__["passed"] = whole.blocks  # however short
        loss, gradient = whole.loss_and_gradient(theta)
        expected = one_by_one(objective(blocks_of(sizes, 1, stored), soft=soft, keep=keep)).loss_and_gradient(theta)
        assert loss == expected[0]
        assert np.array_equal(gradient, expected[1])


def test_blocks_at_once_are_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not, the law above would compare a thing with itself."""
    calls = []
    real = native.sum_losses_and_gradients
    monkeypatch.setattr(native, "sum_losses_and_gradients", lambda *given: calls.append(1) or real(*given))
    whole = objective(blocks_of([7] * 30, 1, "float64"), soft=False, keep=False)
    whole.loss_and_gradient(np.zeros((COLS, 1)))
    assert len(calls) == 1
    one_by_one(whole).loss_and_gradient(np.zeros((COLS, 1)))
    assert len(calls) == 1


def arguments() -> dict[str, Any]:
    xs = [np.ones((2, 3)), np.ones((1, 3), dtype=np.float32), np.ones((2, 3))]
    given: dict[str, Any] = {"xs": xs, "starts": [0, 2, 3], "theta": np.zeros(3)}
    return given | {"t": np.zeros(5, dtype=np.int64), "w": np.ones(5), "out": np.full(3, 0.5)}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("xs", [], "xs: expected one block or more"),
        ("xs", [np.ones((2, 3))], "starts: expected one for each block"),
        ("xs", [np.ones((2, 4))] * 3, "xs: expected as many columns as theta, got 4"),
        ("xs", [np.ones((2, 3)).T.copy().T] * 3, "x: expected a C-contiguous array"),
        ("xs", [np.ones(3)] * 3, "x: expected 2 dimensions"),
        ("starts", [0, 2, 4], "starts: expected blocks within all rows, got 4"),
        ("starts", [0, 2, -1], "starts: expected blocks within all rows, got -1"),
        ("starts", [0, 2, 2**62], "starts: expected blocks within all rows"),
        ("theta", np.zeros(3, dtype=np.float32), "theta: expected float64"),
        ("t", np.zeros(4, dtype=np.int64), r"t: expected shape \(5\)"),
        ("t", np.zeros(5), r"t: expected shape \(5, 2\)"),
        ("t", np.zeros((5, 3)), r"t: expected shape \(5, 2\)"),
        ("t", np.zeros(5, dtype=np.int32), "t: expected float64"),
        ("w", np.ones(4), r"t: expected shape \(4\)"),
        ("w", np.ones((5, 1)), "w: expected 1 dimensions"),
        ("out", np.zeros(4), r"out: expected shape \(3\)"),
    ],
    ids=str,
)
def test_what_is_no_blocks_of_the_rows_is_refused(name: str, value: Any, said: str) -> None:
    given = arguments() | {name: value}
    before = given["out"].copy()
    with pytest.raises(ValueError, match=f"^{said}"):
        _core.sum_logistic_gradients(**given)
    assert np.array_equal(given["out"], before)


@pytest.mark.parametrize("name", ["theta", "w", "x"])
def test_an_output_over_an_input_is_refused(name: str) -> None:
    given = arguments()
    over = given["xs"][2][1] if name == "x" else given[name][:3]
    with pytest.raises(ValueError, match="out: expected memory of its own"):
        _core.sum_logistic_gradients(**given | {"out": over})
    read_only = np.zeros(3)
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="out: expected a writable array"):
        _core.sum_logistic_gradients(**given | {"out": read_only})


def test_sparse_rows_are_none_of_these() -> None:
    sparse = CsrMatrix(np.zeros(3, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), 3)
    for wrong in (sparse, [[1.0]], None, "text"):
        with pytest.raises(TypeError, match="xs: expected arrays or IndicatorMatrix"):
            _core.sum_logistic_gradients(**arguments() | {"xs": [wrong] * 3})
