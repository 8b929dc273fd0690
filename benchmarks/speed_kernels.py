"""The kernels beside their limits, numpy and torch; `speed.py` runs this in a process of its own and reads its JSON.

    python benchmarks/speed_kernels.py [--rows 1000000] [--threads 1] [--repeats 5]

One array of rows x columns, float64, two classes, worked on in the blocks of an audit. Peers take it whole, and numpy
also in the same blocks; of these the faster counts. Then single calls on few rows, where what a call costs shows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from timeit import timeit
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from labelaudit.blocks import CHUNK_ROWS, MatrixBlock, RowBlocks
from labelaudit.kernels import native
from labelaudit.model.objective import Objective
from labelaudit.model.targets import HardTargets

BLOCK_ROWS = CHUNK_ROWS // 5  # a fold's share of a chunk
COLUMNS = (16, 64, 256)
FEW_ROWS, FEW_COLUMNS = (1, 10, 100, 1_000), 16
SHORTEST = 0.02  # seconds that calls are repeated for at least
MOST_BYTES = 2**29  # of the array: with more columns there are fewer rows
PRODUCT = 1024  # rows and columns of the matrices whose product shows the machine's rate


def median(work: Callable[[], Any], repeats: int) -> float:
    """Seconds; the first call, which warms up, does not count."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measured(rows: int, cols: int, threads: int, repeats: int) -> dict[str, Any]:
    """Seconds of the fused logistic pass and of gram, with the seconds of their limits and peers.

    The pass goes forward and backward: the summed loss of two classes and its gradient, as a fit asks for them.
    """
    rng = np.random.default_rng(0)
    rows = min(rows, MOST_BYTES // (8 * cols))
    x, theta, w = rng.normal(size=(rows, cols)), rng.normal(size=(cols, 1)) / cols, rng.random((rows, 1))
    t = rng.integers(0, 2, (rows, 1)).astype(np.float64)
    cuts = [*range(0, rows, BLOCK_ROWS), rows]
    pieces = tuple(MatrixBlock(a, b, 0, x[a:b]) for a, b in pairwise(cuts))
    blocks = RowBlocks(pieces, rows, cols, threads)
    objective = Objective(blocks, HardTargets(t[:, 0].astype(np.int64), 2), w[:, 0].copy(), np.zeros(cols), 1)
    flat, square = x.ravel(), rng.normal(size=(PRODUCT, PRODUCT))
    tx, ttheta, tw, tt = (torch.from_numpy(a) for a in (x, theta, w, t))

    def by_numpy(here: slice) -> Any:
        z = x[here] @ theta
        loss = np.logaddexp(0.0, z) - t[here] * z
        return (w[here] * loss).sum(), x[here].T @ (w[here] * (1 / (1 + np.exp(-z)) - t[here]))

    def by_torch() -> Any:
        z = tx @ ttheta
        loss = torch.nn.functional.softplus(z) - tt * z
        return (tw * loss).sum(), tx.T @ (tw * (torch.sigmoid(z) - tt))

    def seconds(work: Callable[[], Any]) -> float:
        return median(work, repeats)

    read = seconds(lambda: np.dot(flat, flat))
    rate = 2 * PRODUCT**3 / seconds(lambda: square @ square)
    flops = rows * cols * (cols + 1)  # a multiplication and an addition for each entry of the upper half
    return {
        "rows": rows,
        "columns": cols,
        "threads": threads,
        "read": read,
        "gigabytes_a_second": x.nbytes / read / 1e9,
        "gigaflops_of_a_product": rate / 1e9,
        "forward_backward": seconds(lambda: objective.loss_and_gradient(theta)),
        "forward_backward_numpy": min(
            seconds(lambda: by_numpy(slice(None))),
            seconds(lambda: [by_numpy(slice(b.start, b.stop)) for b in pieces]),
        ),
        "forward_backward_torch": seconds(by_torch),
        "gram": seconds(lambda: blocks.sum(lambda b: (b.gram(w[b.start : b.stop]),))),
        "gram_limit": max(flops / rate, read),
        "gram_numpy": min(
            seconds(lambda: x.T @ (x * w)),
            seconds(lambda: sum(b.x.T @ (b.x * w[b.start : b.stop]) for b in pieces)),
        ),
        "gram_torch": seconds(lambda: tx.T @ (tx * tw)),
    }


def call(work: Callable[[], Any], repeats: int) -> float:
    """Microseconds of one call, the median of several rounds of many calls."""
    work()
    count, seconds = 1, 0.0
    while seconds < SHORTEST:
        count *= 2
        seconds = timeit(work, number=count)
    return 1e6 * statistics.median(timeit(work, number=count) / count for _ in range(repeats))


def single_calls(rows: int, repeats: int) -> dict[str, Any]:
    """Microseconds of one call of each kernel, as a block has it, on one block of so many rows; and of its peers."""
    rng = np.random.default_rng(0)
    x, theta, w = rng.normal(size=(rows, FEW_COLUMNS)), rng.normal(size=(FEW_COLUMNS, 1)), rng.random((rows, 1))
    m = rng.normal(size=(1, FEW_COLUMNS, FEW_COLUMNS))
    block = MatrixBlock(0, rows, 0, x)
    tx, tt, tw, tm = (torch.from_numpy(a) for a in (x, theta, w, m[0]))
    works: dict[str, tuple[Callable[[], Any], ...]] = {
        "forward": (lambda: block.forward(theta), lambda: x @ theta, lambda: tx @ tt),
        "backward": (lambda: block.backward(w), lambda: x.T @ w, lambda: tx.T @ tw),
        "gram": (lambda: block.gram(w), lambda: x.T @ (x * w), lambda: tx.T @ (tx * tw)),
        "quadratic": (
            lambda: block.quadratic(m),
            lambda: np.einsum("ij,ij->i", x @ m[0], x),
            lambda: ((tx @ tm) * tx).sum(1),
        ),
    }
    found = {
        name: dict(zip(("labelaudit", "numpy", "torch"), (call(f, repeats) for f in three), strict=True))
        for name, three in works.items()
    }
    return {"rows": rows, "columns": FEW_COLUMNS, "microseconds": found}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    with threadpool_limits(given.threads):
        found = [measured(given.rows, cols, given.threads, given.repeats) for cols in COLUMNS]
        calls = [single_calls(rows, given.repeats) for rows in FEW_ROWS] if given.threads == 1 else []
    print(json.dumps({"instruction_set": native._core.instruction_set(), "kernels": found, "calls": calls}))


if __name__ == "__main__":
    main()
