"""Small labelled tables with a few wrong labels, as CSV text, the same in every run."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

QUICK: dict[str, Any] = {"encoding": "linear", "l2": 0.01}  # nothing to choose: some 50 ms an audit
QUICK_OPTIONS = ("--encoding", "linear", "--l2", "0.01")
HEADER = ("key", "a", "b", "colour", "label")


def sample_rows(rows: int = 90, classes: int = 3, *, wrong: float = 0.1, seed: int = 0) -> list[list[str]]:
    """Rows of HEADER: Gaussian classes in a and b, a colour that follows the class, labels u, v, .. partly wrong."""
    rng = np.random.default_rng(seed)
    truth = np.arange(rows) % classes
    x = rng.normal(size=(rows, 2)) + 3.0 * np.stack([truth, truth % 2], 1)
    colour = np.where(rng.random(rows) < 0.7, truth, 0)
    given = np.where(rng.random(rows) < wrong, (truth + 1) % classes, truth)
    return [
        [f"{i:05d}", f"{x[i, 0]:.4f}", f"{x[i, 1]:.4f}", ["red", "green", "blue"][colour[i] % 3], "uvwxyz"[given[i]]]
        for i in range(rows)
    ]


def csv_text(rows: list[list[str]], header: tuple[str, ...] = HEADER) -> str:
    """The rows as CSV with LF line ends."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def ranking_rows(text: str) -> list[dict[str, str]]:
    """A ranking.csv as Python's own reader sees it."""
    return list(csv.DictReader(io.StringIO(text, newline="")))
