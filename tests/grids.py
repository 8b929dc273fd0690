"""A client without processes: tasks run where they are submitted, through the same bytes, on stores by address."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from labelaudit.cluster.grid import Grid
from labelaudit.cluster.packing import Numbers


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

    def submit(self, function: Callable[..., Any], *arguments: Any, workers: list[str], **how: Any) -> Task:
        (address,) = workers
        values = [a.value if isinstance(a, Task) else a for a in arguments]
        self.messages += [(address, v) for v in values if isinstance(v, bytes)]
        value = function(*values)
        self.done[address] += 1
        if self.done[address] > self.die_at.get(address, 10**9):
            self.there.pop(address, None)
            return Task(lost=True)
        return Task(value)

    def scatter(self, values: list[bytes], **how: Any) -> list[Task]:
        return [Task(value) for value in values]

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {address: {"status": status} for address, status in self.there.items()}}


def grid_of(workers: int, die_at: dict[int, int] | None = None, threads: int = 1) -> tuple[Grid, InProcess]:
    """A grid of so many workers w0, w1, ..; die_at by the worker's number."""
    addresses = [f"w{i}" for i in range(workers)]
    client: Any = InProcess(addresses, {f"w{i}": after for i, after in (die_at or {}).items()})
    return Grid(client, Numbers(), dict.fromkeys(addresses, threads)), client


def size(thing: Any) -> int:
    """The bytes of a pickle."""
    return len(pickle.dumps(thing))
