"""How well wrong labels were found, and how true the stated probabilities are; the truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = TENTHS = 10


@dataclass(frozen=True)
class Reliability:
    """Rows in bins of equal count by label_score: what was stated and what was so, (bins,) each."""

    rows: NDArray[np.int64]
    stated: Array
    right: Array

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, weighted by rows."""
        return float(self.rows @ np.abs(self.stated - self.right) / self.rows.sum())


def reliability(label_score: Array, wrong: Flags, bins: int = BINS) -> Reliability:
    """The mean label_score and the share of right labels in each bin."""
    parts = [part for part in np.array_split(np.argsort(label_score, kind="stable"), bins) if len(part)]
    return Reliability(
        np.array([len(part) for part in parts]),
        np.array([label_score[part].mean() for part in parts]),
        np.array([1 - wrong[part].mean() for part in parts]),
    )


def brier_skill(label_score: Array, wrong: Flags) -> float:
    """1 - Brier score / that of the constant real rate: above 0 is better than knowing the rate alone; nan without
    both kinds of rows.
    """
    rate = float(wrong.mean())
    if rate in (0.0, 1.0):
        return float("nan")
    return 1 - float(np.mean((label_score - ~wrong) ** 2)) / (rate * (1 - rate))


def average_precision(wrong: Flags, suspicion: Array) -> float:
    """The area under the precision-recall curve of a ranking, the highest suspicion first; 0 where nothing is wrong."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(wrong, suspicion)) if wrong.any() else 0.0


def first(suspicion: Array, count: int) -> Flags:
    """The `count` most suspicious rows; rows that tie stay in row order."""
    out = np.zeros(len(suspicion), dtype=bool)
    out[np.argsort(-suspicion, kind="stable")[:count]] = True
    return out


def precision(wrong: Flags, picked: Flags) -> float:
    """The share of wrong labels among the picked rows; nan where none is picked."""
    return float(wrong[picked].mean()) if picked.any() else float("nan")


def recall(wrong: Flags, picked: Flags) -> float:
    """The share of the wrong labels that is picked; nan where none is wrong."""
    return float(picked[wrong].mean()) if wrong.any() else float("nan")


@dataclass(frozen=True)
class Tenths:
    """The first tenth of a ranking, the first two tenths, .. all of it, (10,) each.

    precision: the share of wrong labels among these rows. recall: the share of the wrong labels that they hold.
    """

    rows: NDArray[np.int64]
    precision: Array
    recall: Array


def by_tenths(wrong: Flags) -> Tenths:
    """Of a ranking's rows, (rows,), the most suspicious first; a tenth that is no whole number is rounded up."""
    rows = -(-np.arange(1, TENTHS + 1) * len(wrong) // TENTHS)
    found = np.cumsum(wrong)[rows - 1]
    return Tenths(rows, found / rows, found / found[-1] if found[-1] else np.full(TENTHS, np.nan))
