"""Sums and maps on a cluster have the bits of one process, whoever does them and whoever is lost meanwhile."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("distributed", reason="dask.distributed is not installed")

from grids import ROWS, Task, grid_of, here, table, there
from labelaudit.blocks import RowBlocks, layout_of
from labelaudit.choose import hard_objective
from labelaudit.cluster import packing
from labelaudit.cluster.blocks import encode_on_cluster, unit_size
from labelaudit.encode.encoder import Encoder, fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.errors import ClusterError, InputError
from labelaudit.model.objective import Objective
from labelaudit.table.table import Column
from labelaudit.tree import Node, subtrees, whole, with_end_joined


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that all arrays go by number."""
    monkeypatch.setattr(packing, "SMALL_ROWS", 0)
    monkeypatch.setattr(packing, "SMALL", 4000)


def objective(blocks: RowBlocks, classes: int = 3) -> Objective:
    _, layout, given = table()
    return hard_objective(blocks, given[layout.order] % classes, classes, 0.01)


def quantities(blocks: RowBlocks, classes: int = 3) -> list[Any]:
    """Everything that is summed and mapped in a fit, with blocks left out in several ways."""
    of = objective(blocks, classes)
    rng = np.random.default_rng(2)
    theta = 0.1 * rng.normal(size=(blocks.cols, of.outputs))
    starts = {block.start for block in blocks.blocks[::8]}
    out: list[Any] = [*of.loss_and_gradient(theta), of.hessian(theta)]
    for keep in ("fold", "every eighth"):
        some = (
            of.without_fold(2) if keep == "fold" else Objective(*_parts(of), keep=lambda block: block.start in starts)
        )
        out += [some.rows, *some.loss_and_gradient(theta), some.hessian(theta)]
    apply, diagonal = of.operator(theta)
    out += [diagonal, apply(rng.normal(size=(2, of.parameters)))]
    p = blocks.map(lambda block: block.forward(theta))
    return [*out, p, blocks.map(lambda block: np.outer(p[block.start : block.stop, 0], theta[:, 0]))]


def _parts(of: Objective) -> tuple[Any, ...]:
    return of.blocks, of.targets, of.weights, of.ridge, of.outputs


def assert_same(found: list[Any], expected: list[Any]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("form", [("linear", "float64"), ("terms", "float64"), ("spline+kernel", "float32")])
def test_workers_change_no_bit(workers: int, classes: int, form: Any) -> None:
    assert_same(quantities(there(grid_of(workers)[0], *form), classes), quantities(here(*form), classes))


@settings(max_examples=12)
@given(st.dictionaries(st.integers(0, 3), st.integers(1, 60), max_size=3), st.sampled_from([1, 2]))
def test_lost_workers_change_no_bit(die_at: dict[int, int], threads: int) -> None:
    grid, client = grid_of(4, die_at, threads)
    assert_same(quantities(there(grid)), _expected())
    assert set(client.there) <= set(grid.workers)


@cache
def _expected() -> list[Any]:
    return quantities(here())


def test_a_worker_is_lost_in_a_fit_and_its_blocks_are_elsewhere() -> None:
    grid, client = grid_of(3, {1: 9})
    blocks = there(grid)
    assert_same(quantities(blocks), quantities(here()))
    assert "w1" in set(client.done) - set(grid.workers)
    assert set(blocks.owner) == {"w0", "w2"}


def test_without_a_worker_there_is_no_answer() -> None:
    with pytest.raises(ClusterError, match="no worker of the cluster is left"):
        quantities(there(grid_of(2, {0: 12, 1: 20})[0]))


def test_a_worker_out_of_memory_is_an_error_and_no_wait() -> None:
    grid, client = grid_of(2, {0: 10**6})
    blocks = there(grid)
    client.there["w0"] = "paused"
    client.submit = lambda *a, **k: _never()  # type: ignore[method-assign]
    with pytest.raises(ClusterError, match="the worker w0 is at its limit of memory"):
        blocks.map(lambda block: block.forward(np.ones((blocks.cols, 1))))


def _never() -> Any:
    return Task(lost=True)


def test_a_lost_scheduler_is_an_error() -> None:
    grid, client = grid_of(2)
    blocks = there(grid)
    client.status = "connecting"
    client.submit = lambda *a, **k: _never()  # type: ignore[method-assign]
    with pytest.raises(ClusterError, match="the scheduler of the cluster is lost"):
        blocks.map(lambda block: block.forward(np.ones((blocks.cols, 1))))


def test_an_error_of_a_part_is_raised_as_it_is() -> None:
    blocks = there(grid_of(3)[0])

    def part(block: Any) -> Any:
        raise ZeroDivisionError(f"block {block.start}")

    with pytest.raises(ZeroDivisionError, match=r"^block 0$"):
        blocks.map(part)
    with pytest.raises(ZeroDivisionError, match=r"^block 0$"):
        blocks.sum(part)


def test_an_error_that_cannot_be_sent_is_told() -> None:
    class Odd(Exception):  # noqa: N818
        def __reduce__(self) -> Any:
            raise TypeError("no")

    blocks = there(grid_of(1)[0])

    def part(block: Any) -> Any:
        raise Odd("so odd")

    with pytest.raises(RuntimeError, match="Odd: so odd"):
        blocks.map(part)


def test_a_value_beyond_the_precision_is_refused_as_in_one_process() -> None:
    _, layout, _ = table()
    wide = (Column("a", "numeric", np.where(np.arange(ROWS) == 500, 1e200, 0.0)),)
    plain = Encoder("linear", (_Big("a"),), (), None)
    with pytest.raises(InputError) as expected:
        encode_blocks(plain, wide, layout, precision="float32")
    with pytest.raises(InputError) as found:
        encode_on_cluster(grid_of(3)[0], plain, wide, layout, threads=1, precision="float32")
    assert str(found.value) == str(expected.value)


class _Big:
    """A number as it is."""

    def __init__(self, column: str) -> None:
        self.column, self.names = column, (column,)

    def encode(self, values: Any) -> Any:
        return values[:, None]


def test_a_sum_over_no_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="a sum over no blocks has no shape"):
        there(grid_of(2)[0]).sum(lambda block: (np.ones(1),), keep=lambda block: False)


@pytest.mark.parametrize("workers", [2, 3, 4, 7, 16])
def test_few_subtrees_come_back_from_a_worker(workers: int) -> None:
    """Whatever the number of blocks: each is as large as a Hessian."""
    grid, rng = grid_of(workers)[0], np.random.default_rng(workers)
    for count in [*range(1, 300, 7), 511, 512, 513, 767, 895, 959, 991, 1023]:
        size = unit_size(count, grid.threads)
        owners = grid.owners(-(-count // size))
        parts = [Node(i, 0, (value,)) for i, value in enumerate(rng.normal(size=(count, 3)) * 10.0 ** np.arange(3))]
        every = []
        for owner in grid.workers:
            mine = [part for part in parts if owners[part.start // size] == owner]
            every.append(with_end_joined(subtrees(mine), count))
        assert max(map(len, every)) <= 8
        assert np.array_equal(whole(node for nodes in every for node in nodes), whole(parts))


def test_traffic_of_a_newton_step_is_below_ten_hessians_a_worker() -> None:
    rng = np.random.default_rng(0)
    columns = tuple(Column(str(i), "numeric", rng.normal(size=20_000)) for i in range(100))
    layout = layout_of(rng.integers(0, 5, 20_000), 400)  # 250 blocks, as of 1.6 million rows
    hashes = np.arange(20_000, dtype=np.uint64)
    for workers in (2, 4):
        grid, _ = grid_of(workers)
        blocks = encode_on_cluster(
            grid, fit_encoder("linear", columns, hashes), columns, layout, threads=1, precision="float64"
        )
        of = hard_objective(blocks, rng.integers(0, 2, 20_000), 2, 0.01)
        theta = np.zeros((101, 1))
        of.hessian(theta)
        of.loss_and_gradient(theta)  # now weights and codes are there
        before = {a: w.sent + w.received for a, w in grid.workers.items()}
        hessian = of.hessian(theta)
        of.loss_and_gradient(theta)
        for address, worker in grid.workers.items():
            assert worker.sent + worker.received - before[address] < 10 * hessian.nbytes
