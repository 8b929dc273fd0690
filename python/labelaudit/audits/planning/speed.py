"""How fast this machine is now, beside the one that the constants of `effort` were measured on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelaudit.kernels import native

REPEATS = 5  # of which the fastest counts: others are disturbed by other programs
ROWS, COLUMNS, SORTED, STEPS = 4096, 96, 1 << 17, 60_000


@dataclass(frozen=True)
class Speed:
    """Processor seconds of two fixed pieces of work: a Hessian's kernel, and sorting with some plain Python."""

    kernel: float
    plain: float


def measured() -> Speed:
    """Of this machine, in some 100 ms."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(ROWS, COLUMNS)), np.ones((ROWS, 1))
    values = rng.normal(size=SORTED)
    return Speed(_seconds(lambda: native.gram(x, w)), _seconds(lambda: (np.sort(values), _steps())))


def _steps() -> int:
    words: dict[str, int] = {}
    for i in range(STEPS):
        word = str(i & 1023)
        words[word] = words.get(word, 0) + 1
    return len(words)


def _seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best
