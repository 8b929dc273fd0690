"""What a cluster moves and takes: bytes a Newton step, bits and seconds beside one process, with workers killed.

    python benchmarks/cluster.py [--rows 400000] [--columns 100] [--workers 2 4] [--kill]

Fits the model of two classes to Gaussian columns by Newton's method, here and on local:N, and prints what each worker
was sent and sent back a step, over the size of the Hessian. --kill ends a worker (SIGKILL) in the middle of another
fit. Exits with 1 where a bit differs or a worker moves 10 Hessians or more.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from typing import Any

import numpy as np

from labelaudit.blocks import RowBlocks, layout_of
from labelaudit.choose import hard_objective
from labelaudit.cluster.blocks import encode_on_cluster
from labelaudit.cluster.connection import grid_of
from labelaudit.cluster.grid import Grid
from labelaudit.encode.encoder import fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.model.fit import Fit, newton
from labelaudit.model.objective import Objective
from labelaudit.table.table import Column

MOST = 10.0  # Hessians a step and worker
L2 = 1e-3


class Data:
    """Columns and classes, and the layout that says which rows make a block."""

    def __init__(self, rows: int, columns: int) -> None:
        rng = np.random.default_rng(0)
        values = rng.normal(size=(columns, rows))
        given = (values[0] + rng.normal(size=rows) > 0).astype(np.int64)
        self.columns = tuple(Column(f"x{i}", "numeric", v) for i, v in enumerate(values))
        self.layout = layout_of(rng.integers(0, 5, rows))
        self.given = given[self.layout.order]
        self.encoder = fit_encoder("linear", self.columns, np.arange(rows, dtype=np.uint64))

    def here(self) -> Objective:
        """The objective in this process."""
        return self._objective(encode_blocks(self.encoder, self.columns, self.layout))

    def on(self, grid: Grid) -> Objective:
        """The objective on a cluster."""
        how: Any = {"threads": 1, "precision": "float64"}
        return self._objective(encode_on_cluster(grid, self.encoder, self.columns, self.layout, **how))

    def _objective(self, blocks: RowBlocks) -> Objective:
        return hard_objective(blocks, self.given, 2, L2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--kill", action="store_true")
    args = parser.parse_args()
    data = Data(args.rows, args.columns)
    start = time.perf_counter()
    fit = newton(data.here())
    print(f"one process: {fit.iterations} steps, {time.perf_counter() - start:.1f} s")
    broken = [broken for count in args.workers for broken in measured(data, fit, count, args.kill)]
    print("\n".join(broken) or "all bits are the same")
    return 1 if broken else 0


def measured(data: Data, expected: Fit, count: int, kill: bool) -> list[str]:
    """Prints the figures of so many workers; what was broken, in words."""
    broken = []
    with grid_of(f"local:{count}") as grid:
        start = time.perf_counter()
        objective = data.on(grid)
        objective.loss_and_gradient(np.zeros_like(expected.theta))  # now targets and weights are there
        made = time.perf_counter()
        before = {address: worker.sent + worker.received for address, worker in grid.workers.items()}
        fit = newton(objective)
        moved = [worker.sent + worker.received - before[address] for address, worker in grid.workers.items()]
        share = max(moved) / fit.iterations / (8 * expected.theta.size**2)
        seconds = time.perf_counter() - made
        print(f"local:{count}: encoded in {made - start:.1f} s, {fit.iterations} steps in {seconds:.1f} s; ", end="")
        print(f"a step moves {share:.1f} Hessians to and from a worker, at the most")
        if share >= MOST:
            broken.append(f"local:{count} moves {share:.1f} Hessians a step and worker")
        if kill:
            fit = killed(grid, objective)
    if not np.array_equal(fit.theta, expected.theta):
        broken.append(f"local:{count} gives other bits")
    return broken


def killed(grid: Grid, objective: Objective) -> Fit:
    """The fit again, in which a worker is killed while it has an order."""
    victim, orders, ask = max(grid.workers), 0, grid.ask
    (pid,) = grid._client.run(os.getpid, workers=[victim]).values()

    def watched(address: str, messages: Any) -> Any:
        nonlocal orders
        future = ask(address, messages)
        orders += address == victim
        if orders == 5:
            os.kill(pid, signal.SIGKILL)
            orders += 1
        return future

    grid.ask = watched  # type: ignore[method-assign]
    start = time.perf_counter()
    fit = newton(objective)
    left = len(grid.workers)
    print(f"  one killed, {left} left: {fit.iterations} steps in {time.perf_counter() - start:.1f} s")
    return fit


if __name__ == "__main__":
    sys.exit(main())
