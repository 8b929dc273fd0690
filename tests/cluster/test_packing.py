"""Parts of sums and maps go as bytes: what arrays they use is sent once, as much of it as is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed", reason="dask.distributed is not installed")

from grids import ROWS, InProcess, grid_of, here, there
from labelaudit import _core
from labelaudit.cluster import packing


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that all arrays go by number."""
    monkeypatch.setattr(packing, "SMALL_ROWS", 0)
    monkeypatch.setattr(packing, "SMALL", 4000)


def sent(client: InProcess, work: Callable[[], Any]) -> int:
    """The bytes that a piece of work sends to all workers."""
    before = len(client.messages)
    work()
    return sum(len(data) for _, data in client.messages[before:])


def test_an_array_of_rows_is_sent_once() -> None:
    grid, client = grid_of(2)
    blocks = there(grid)
    values = np.random.default_rng(0).normal(size=(blocks.rows, 50))

    def work() -> Any:
        return blocks.sum(lambda block: (values[block.start : block.stop].sum(0),))

    first, second = sent(client, work), sent(client, work)
    assert first > values.nbytes
    assert second < values.nbytes / 20


def test_what_a_map_gave_is_not_sent_back() -> None:
    grid, client = grid_of(2)
    blocks = there(grid)
    p = blocks.map(lambda block: block.forward(np.ones((blocks.cols, 50))))
    traffic = sent(client, lambda: blocks.sum(lambda block: (p[block.start : block.stop].sum(0),)))
    assert traffic < p.nbytes / 20


def test_rows_of_other_blocks_are_there_as_a_whole() -> None:
    grid, _ = grid_of(2)
    blocks = there(grid)
    values = np.random.default_rng(0).normal(size=(blocks.rows, 3))
    turned = np.arange(blocks.rows)[::-1].copy()
    found = blocks.map(lambda block: values[turned[block.start : block.stop]])
    assert np.array_equal(found, values[::-1])


OF_ANY = {
    "method": lambda values: values.mean(),
    "function": lambda values: np.sum(values),
    "ufunc": lambda values: (2.0 * values).max(),
    "product": lambda values: (values @ np.ones((1, 1)))[3, 0],
    "row": lambda values: values[7, 0],
    "rest": lambda values: values[5:][0, 0],
    "length": lambda values: len(values) + values.shape[0],
    "rows": lambda values: values[np.array([3, 5])].sum(),
    "all": lambda values: sum(v[0] for v in values),
}


@pytest.mark.parametrize("use", OF_ANY)
@pytest.mark.parametrize("rows", [ROWS, 700])
def test_a_part_may_do_with_an_array_what_it_wants(use: str, rows: int) -> None:
    values, of = np.random.default_rng(0).normal(size=(rows, 1)), OF_ANY[use]
    found = there(grid_of(2)[0]).map(lambda block: np.full(block.stop - block.start, of(values)))
    assert np.array_equal(found, np.full(ROWS, of(values)))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_part_may_hand_an_array_to_what_is_compiled(compiled: bool) -> None:
    blocks = there(grid_of(2)[0])
    theta = np.random.default_rng(0).normal(size=(blocks.cols, 600))

    def part(block: Any) -> Any:
        if not compiled:
            return block.forward(theta)
        out = np.empty((block.stop - block.start, 600))
        _core.forward(block.x, theta, out)
        return out

    assert np.array_equal(blocks.map(part), here().map(part))


def test_an_array_that_was_sent_cannot_change() -> None:
    blocks = there(grid_of(2)[0])
    values = np.ones(blocks.rows)
    blocks.sum(lambda block: (values[block.start : block.stop].sum(0),))
    with pytest.raises(ValueError, match="read-only"):
        values += 1.0


def test_workers_forget_what_is_gone() -> None:
    grid, _ = grid_of(2)
    stores: Any = [worker.store for worker in grid.workers.values()]
    blocks = there(grid)
    for seed in range(5):
        values = np.random.default_rng(seed).normal(size=blocks.rows)
        p = blocks.map(lambda block, values=values: values[block.start : block.stop])
        q = blocks.map(lambda block, p=p: 2 * p[block.start : block.stop])
        assert np.array_equal(q, 2 * values)
    assert all(len(store.value.rows) <= 6 for store in stores)  # those of this round and of the one before
    another = there(grid)
    del blocks, p, q, values
    another.make()
    assert [len(store.value.rows) for store in stores] == [0, 0]
    assert [len(store.value.blocks) for store in stores] == [1, 1]
