"""Influences beside pyDVL's direct ones, on the same rows and coefficients; `speed.py` runs this and reads its JSON.

    python benchmarks/speed_influence.py [--repeats 5] [--threads 2] [--limit 120] [--share 1]

Pairwise influence of 10,000 rows on 10,000, average influence of 100,000 rows over 1,000 reference rows, self-influence
of 10,000 rows, all with 100 columns and a constant, one logit. Each figure is of the Hessian, its factor and the
influences; imports, drawing and fitting the model are left out on both sides. pyDVL runs where LABELAUDIT_PYDVL_PYTHON
names an environment of its own; a repeat of it that takes longer than the limit is stopped. --share is for a trial.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from labelaudit.blocks import CHUNK_ROWS, MatrixBlock, RowBlocks
from labelaudit.curvature import curvature_at
from labelaudit.influence import (
    average_influence,
    influence_matrix,
    mean_gradient,
    residuals,
    self_influence_and_leverage,
)
from labelaudit.model.fit import newton
from labelaudit.model.objective import Objective
from labelaudit.model.targets import HardTargets
from speed_problem import CORNER, Task, draw, ridge, scaled

HERE = Path(__file__).parent
TIMED_OUT = -signal.SIGALRM


def blocks_of(x: np.ndarray, threads: int) -> RowBlocks:
    """The rows in an audit's blocks: the five folds of each chunk."""
    cuts = [a + i * min(CHUNK_ROWS, len(x) - a) // 5 for a in range(0, len(x), CHUNK_ROWS) for i in range(5)] + [len(x)]
    blocks = tuple(MatrixBlock(a, b, 0, x[a:b]) for a, b in pairwise(cuts))
    return RowBlocks(blocks, len(x), x.shape[1], threads)


def objective_of(problem: dict[str, np.ndarray], threads: int) -> Objective:
    """The penalised mean loss of the rows."""
    blocks, given = blocks_of(problem["x"], threads), HardTargets(problem["given"], 2)
    return Objective(blocks, given, np.ones(blocks.rows), problem["ridge"], 1)


def problem_of(task: Task, threads: int) -> dict[str, np.ndarray]:
    """Rows, those that influence is measured on, and coefficients."""
    (x, given), (on, on_given) = draw(task.rows, 0), draw(max(1, task.on), 1)
    problem = {"x": x, "given": given, "reference_x": on, "reference_given": on_given, "ridge": ridge()}
    return problem | {"theta": newton(objective_of(problem, threads)).theta}


def measured(problem: dict[str, np.ndarray], task: Task, threads: int) -> tuple[float, np.ndarray]:
    """Seconds and figures (of a pairwise matrix, (on, rows), its corner)."""
    objective, theta = objective_of(problem, threads), problem["theta"]
    there = blocks_of(problem["reference_x"], threads)
    start = time.perf_counter()
    curvature = curvature_at(objective, theta, "direct")
    rows = residuals(objective.blocks, objective.targets, theta)
    on = residuals(there, HardTargets(problem["reference_given"], 2), theta)
    if task.name == "pairwise influence":
        # the whole matrix is kept, as pyDVL's is
        values = influence_matrix(rows, on, curvature)
        seconds = time.perf_counter() - start
        return seconds, values[:CORNER, :CORNER].T.copy()
    if task.name == "average influence":
        values = average_influence(rows, curvature, mean_gradient(on, np.ones(task.on)))
    else:
        values, _ = self_influence_and_leverage(rows, curvature)
    return time.perf_counter() - start, values


def by_pydvl(
    python: str, problem: dict[str, np.ndarray], task: Task, repeats: int, threads: int, limit: int
) -> tuple[dict[str, Any], np.ndarray | None]:
    """pyDVL's median seconds, or the limit that it was stopped at, and its figures."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(source, **problem)
        command = [python, str(HERE / "speed_pydvl.py"), str(source), str(target), task.name]
        command += map(str, (repeats, threads, limit))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == TIMED_OUT:
            return {"seconds": float(limit), "stopped": float(limit)}, None
        if done.returncode:
            raise SystemExit(f"{done.stderr}\n{' '.join(command)} failed with exit code {done.returncode}")
        times = [float(line) for line in done.stdout.splitlines()]
        with np.load(target) as arrays:
            return {"seconds": statistics.median(times), "stopped": None}, arrays["values"]


def compared(task: Task, repeats: int, threads: int, limit: int, python: str | None) -> dict[str, Any]:
    """Median seconds of both sides, how many times as long pyDVL takes, and how far the figures differ."""
    problem = problem_of(task, threads)
    measured(problem, task, threads)  # warms up
    runs = [measured(problem, task, threads) for _ in range(repeats)]
    ours, values = statistics.median(seconds for seconds, _ in runs), runs[-1][1]
    out: dict[str, Any] = {**vars(task), "columns": problem["x"].shape[1], "threads": threads, "seconds": ours}
    if python is None:
        return out | {"pydvl": None}
    theirs, expected = by_pydvl(python, problem, task, repeats, threads, limit)
    if expected is not None:
        theirs["difference"] = float(np.abs(values - expected).max() / np.abs(expected).max())
    return out | {"pydvl": theirs | {"ratio": theirs["seconds"] / ours}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--share", type=float, default=1.0)
    given = parser.parse_args()
    python = os.environ.get("LABELAUDIT_PYDVL_PYTHON")
    with threadpool_limits(1):
        found = [compared(t, given.repeats, given.threads, given.limit, python) for t in scaled(given.share)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
