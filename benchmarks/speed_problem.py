"""Rows, reference and model of one influence problem, in numpy alone: for labelaudit's and for pyDVL's process alike.

Two Gaussian classes, one label in ten wrong, the constant column last; theta is fitted by labelaudit's side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

L2 = 0.01
FEATURES = 100
CORNER = 50  # rows and columns of the pairwise matrix that the two sides compare


@dataclass(frozen=True)
class Task:
    """What is measured: of how many rows, on how many others."""

    name: str
    rows: int
    on: int


TASKS = (
    Task("pairwise influence", 10_000, 10_000),
    Task("average influence", 100_000, 1_000),
    Task("self-influence", 10_000, 0),
)


def scaled(share: float) -> tuple[Task, ...]:
    """The tasks with this share of their rows, for a trial."""
    return tuple(Task(t.name, max(200, int(share * t.rows)), int(share * t.on)) for t in TASKS)


def draw(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """x (rows, FEATURES + 1) and given labels (rows,)."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, rows)
    x = rng.standard_normal((rows, FEATURES)) * 0.2**0.5 + true[:, None] * (2 / FEATURES) ** 0.5
    given = np.where(rng.random(rows) < 0.1, 1 - true, true)
    return np.hstack([x, np.ones((rows, 1))]), given


def ridge() -> NDArray[np.float64]:
    """L2 on every column but the constant."""
    out = np.full(FEATURES + 1, L2)
    out[-1] = 0.0
    return out
