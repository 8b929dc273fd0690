from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracle
from forms import Form, every_form
from labelaudit import blocks as blocks_module
from labelaudit.blocks import Block, MatrixBlock, RowBlocks, layout_of
from problems import blocks_of, problem

Array = NDArray[np.float64]

TOLERANCE = 1e-10
THREADS = (1, 2, 3, 4, 7)


def counted(count: int, threads: int) -> RowBlocks:
    """One row a block; the rows are all the same, for only the order of the sum matters."""
    one = np.ones((1, 1))
    return RowBlocks(tuple(MatrixBlock(i, i + 1, i % 3, one) for i in range(count)), count, 1, threads)


@given(st.integers(1, 200), st.integers(0, 10**6))
def test_a_sum_has_the_same_bits_for_any_number_of_threads(count: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(count, 3)) * 10.0 ** np.arange(-8, 8, 16 / count)[:count, None]

    def part(block: Block) -> tuple[Array, ...]:
        return np.array(values[block.start, 0]), values[block.start]

    first, *others = (counted(count, threads).sum(part) for threads in THREADS)
    for other in others:
        assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert np.allclose(first[1], values.sum(0), rtol=1e-12, atol=1e-12 * np.abs(values).sum(0).max())


@given(st.integers(1, 60), st.integers(0, 2))
def test_left_out_blocks_take_no_part_whatever_the_threads(count: int, left_out: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    kept = [i for i in range(count) if i % 3 != left_out]
    for threads in THREADS:
        blocks = counted(count, threads)

        def total(blocks: RowBlocks = blocks) -> tuple[Array, ...]:
            return blocks.sum(lambda b: (np.array(values[b.start]),), keep=lambda b: b.fold != left_out)

        if not kept:
            with pytest.raises(ValueError, match="a sum over no blocks has no shape"):
                total()
        else:
            alone = RowBlocks(tuple(blocks.blocks[i] for i in kept), len(kept), 1)
            assert total()[0] == alone.sum(lambda b: (np.array(values[b.start]),))[0]


def test_the_tree_does_not_depend_on_how_many_tasks_there_are() -> None:
    """Numbers for which a left fold and the tree differ, so that the tests above can tell them apart."""
    values = 0.1 * np.arange(1, 9)
    (tree,) = counted(8, 4).sum(lambda b: (np.array(values[b.start]),))
    a, b, c, d, e, f, g, h = values.tolist()
    assert tree == ((a + b) + (c + d)) + ((e + f) + (g + h))
    assert tree != sum(values.tolist())


@pytest.mark.parametrize("threads", THREADS)
def test_a_map_joins_rows_in_storage_order(threads: int) -> None:
    x = np.arange(22.0).reshape(11, 2)
    blocks = blocks_of(x, (3, 3, 4, 9), threads=threads)
    assert np.array_equal(blocks.map(lambda b: b.forward(np.eye(2))), x)


def test_blocks_run_at_the_same_time() -> None:
    """Two blocks wait for each other: one thread alone would never pass."""
    barrier = threading.Barrier(2, timeout=20)

    def part(block: Block) -> tuple[Array, ...]:
        barrier.wait()
        return (np.ones(1),)

    assert counted(2, 2).sum(part)[0] == 2


def test_short_passes_are_one_threads_and_long_ones_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "SHORT", 1e-3)
    few, many = (RowBlocks((), rows, 20, threads=2) for rows in (10_000, 1_000_000))
    assert few.for_passes(1).threads == 1
    assert few.for_passes(200).threads == many.for_passes(1).threads == 2
    assert counted(9, 3).for_passes(1).blocks == counted(9, 3).blocks


def test_a_sum_leaves_its_parts_as_they_were() -> None:
    values = np.random.default_rng(0).normal(size=(37, 4))
    parts = [value.copy() for value in values]
    counted(37, 2).sum(lambda block: (parts[block.start],))
    assert np.array_equal(parts, values)


@pytest.mark.parametrize("threads", THREADS)
def test_what_a_block_raises_comes_out(threads: int) -> None:
    def part(block: Block) -> tuple[Array, ...]:
        if block.start == 3:
            raise ArithmeticError("in block 3")
        return (np.ones(1),)

    with pytest.raises(ArithmeticError, match="in block 3"):
        counted(9, threads).sum(part)


@every_form
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(1, 3, 1), (13, 5, 1), (40, 6, 3)], ids=str)
def test_sums_and_maps_over_blocks_are_the_plain_loops(form: Form, threads: int, shape: tuple[int, int, int]) -> None:
    """With blocks of uneven sizes, one of them empty."""
    rows, cols, outputs = shape
    rng = np.random.default_rng(shape)
    x, theta = rng.normal(size=(rows, cols)), rng.normal(size=(cols, outputs))
    r, w, m = rng.normal(size=(rows, outputs)), rng.normal(size=(rows, 2)), rng.normal(size=(2, cols, cols))
    with form.used():
        blocks = blocks_of(x, (rows // 3, rows // 3, rows // 2), threads=threads, form=form)
        seen = form.seen(x)
        got: dict[str, Array] = {
            "forward": blocks.map(lambda b: b.forward(theta)),
            "quadratic": blocks.map(lambda b: b.quadratic(m)),
            "outer": blocks.map(lambda b: b.outer(r[b.start : b.stop])),
            "backward": blocks.sum(lambda b: (b.backward(r[b.start : b.stop]),))[0],
            "gram": blocks.sum(lambda b: (b.gram(w[b.start : b.stop]),))[0],
            "squares": blocks.sum(lambda b: (b.squares(r[b.start : b.stop]),))[0],
        }
    expected = {
        "forward": oracle.forward(seen, theta),
        "quadratic": oracle.quadratic(seen, m),
        "outer": np.stack([np.outer(seen[i], r[i]) for i in range(rows)]),
        "backward": oracle.backward(seen, r),
        "gram": oracle.gram(seen, w),
        "squares": oracle.backward(seen * seen, r),
    }
    for name, values in expected.items():
        assert oracle.error(got[name], values) <= TOLERANCE, name


@every_form
def test_taken_rows_are_a_block_of_their_own(form: Form) -> None:
    x, theta = np.random.default_rng(0).normal(size=(9, 4)), np.ones((4, 1))
    with form.used():
        block = MatrixBlock(20, 29, 2, form.store(x), form.kernel)
        taken = block.take(np.array([7, 0, 3]))
        assert (taken.start, taken.stop, taken.fold) == (0, 3, 2)
        assert np.array_equal(taken.forward(theta), block.forward(theta)[[7, 0, 3]])


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(1, 20))
def test_a_layout_holds_every_row_once_and_one_fold_a_block(folds: list[int], chunk_rows: int) -> None:
    fold = np.array(folds, dtype=np.int64)
    layout = layout_of(fold, chunk_rows)
    assert sorted(layout.order.tolist()) == list(range(len(fold)))
    edges = [0]
    for start, stop, which in layout.bounds:
        assert start == edges[-1] < stop
        edges.append(stop)
        rows = layout.order[start:stop]
        assert (fold[rows] == which).all()
        assert (np.diff(rows) > 0).all()
        assert rows.max() // chunk_rows == rows.min() // chunk_rows
    assert edges[-1] == len(fold)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 9))
def test_table_order_undoes_storage_order(folds: list[int], chunk_rows: int) -> None:
    layout = layout_of(np.array(folds, dtype=np.int64), chunk_rows)
    values: NDArray[Any] = np.arange(len(folds)) ** 2
    assert np.array_equal(layout.to_table_order(values[layout.order]), values)


@given(st.lists(st.integers(0, 30), max_size=6))
def test_any_partition_of_the_rows_sums_to_the_whole(cuts: list[int]) -> None:
    p = problem(30, 4, 3)
    theta = p.theta()
    whole, parts = p.objective(), p.objective(tuple(cuts))
    loss, gradient = whole.loss_and_gradient(theta)
    parts_loss, parts_gradient = parts.loss_and_gradient(theta)
    assert parts_loss == pytest.approx(loss, rel=1e-13, abs=0)
    assert oracle.error(parts_gradient, gradient) <= 1e-13
    assert oracle.error(parts.hessian(theta), whole.hessian(theta)) <= 1e-13
