"""A client without processes, whose tasks run where they are submitted, through the same bytes; a table to encode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from labelaudit.blocks import Layout, RowBlocks, layout_of
from labelaudit.cluster.blocks import ClusterBlocks, encode_on_cluster
from labelaudit.cluster.grid import Grid
from labelaudit.cluster.packing import Numbers
from labelaudit.encode.encoder import Encoder, Encoding, fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.kernels.native import Precision
from labelaudit.table.table import Column

ROWS, CHUNK = 700, 60  # some 60 blocks
WORDS = ["a good one", "one of these", "nothing of that", "good and bad", "bad things", ""]


class Task:
    """A future of a task that was run already, or of one whose worker was lost before it could."""

    def __init__(self, value: Any = None, lost: bool = False) -> None:
        self.value, self.lost = value, lost

    def result(self, timeout: float) -> Any:
        if self.lost:
            raise TimeoutError
        return self.value


class InProcess:
    """Workers by address; `die_at`: after how many tasks of a worker it is lost, in the middle of the next one."""

    def __init__(self, addresses: list[str], die_at: dict[str, int] | None = None) -> None:
        self.status = "running"
        self.there = dict.fromkeys(addresses, "running")
        self.die_at = die_at or {}
        self.done = dict.fromkeys(addresses, 0)
        self.messages: list[tuple[str, bytes]] = []
        self.last: dict[str, Task] = {}

    def submit(self, function: Callable[..., Any], *arguments: Any, workers: list[str], **how: Any) -> Task:
        (address,) = workers
        values = [a.value if isinstance(a, Task) else a for a in arguments]
        is_answer = isinstance(arguments[0], Task)
        if is_answer:
            assert arguments[1] is self.last.get(address), "a task that waits for no other may overtake it"
            self.messages += [(address, v) for v in values[2:]]
        value = function(*values)
        self.done[address] += 1
        if self.done[address] > self.die_at.get(address, 10**9):
            self.there.pop(address, None)
            return Task(lost=True)
        task = Task(value)
        if is_answer:
            self.last[address] = task
        return task

    def scatter(self, values: list[bytes], **how: Any) -> list[Task]:
        return [Task(value) for value in values]

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {address: {"status": status} for address, status in self.there.items()}}


def grid_of(workers: int, die_at: dict[int, int] | None = None, threads: int = 1) -> tuple[Grid, InProcess]:
    """A grid of so many workers w0, w1, ..; die_at by the worker's number."""
    addresses = [f"w{i}" for i in range(workers)]
    client: Any = InProcess(addresses, {f"w{i}": after for i, after in (die_at or {}).items()})
    return Grid(client, Numbers(), dict.fromkeys(addresses, threads)), client


@cache
def table() -> tuple[tuple[Column, ...], Layout, Any]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, 2)) * np.array([1.0, 1e5])
    x[rng.random(ROWS) < 0.1, 1] = np.nan
    columns = (
        Column("a", "numeric", x[:, 0].copy()),
        Column("b", "numeric", x[:, 1].copy()),
        Column("c", "categorical", rng.integers(-1, 3, ROWS), ("u", "v", "w")),
        Column("t", "text", np.array(WORDS, dtype=object)[rng.integers(0, len(WORDS), ROWS)]),
    )
    return columns, layout_of(rng.integers(0, 5, ROWS), CHUNK), rng.integers(0, 3, ROWS)


@cache
def encoder(encoding: Encoding) -> Encoder:
    columns, _, _ = table()
    return fit_encoder(encoding, columns, np.arange(ROWS, dtype=np.uint64))


def here(encoding: Encoding = "linear", precision: Precision = "float64") -> RowBlocks:
    columns, layout, _ = table()
    return encode_blocks(encoder(encoding), columns, layout, precision=precision)


def there(grid: Grid, encoding: Encoding = "linear", precision: Precision = "float64") -> ClusterBlocks:
    columns, layout, _ = table()
    return encode_on_cluster(grid, encoder(encoding), columns, layout, threads=1, precision=precision)
