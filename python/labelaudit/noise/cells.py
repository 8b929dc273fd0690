"""Many rows of two classes as few: rows whose logits lie in the same narrow cell count as one with their mean logit.

All that a likelihood sees of a row of two classes is its label and one logit, so that a million rows cost no more than
some hundred, and none need be left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.blocks import on_threads
from labelaudit.noise.link import SMALLEST_PROBABILITY, Labels

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

AS_MANY = 10_000  # rows' worth of evidence: models are no better than that, however many rows there are; a guess
PIECE = 1 << 15  # rows at a time: what is worked on stays in the cache
CELLS = 16  # a unit of logits: within one a log-likelihood bends by less than 1e-4


def condensed(p: Array, given: Codes, threads: int = 1) -> Labels:
    """Labels (rows,) with probabilities (rows, 2) as cells, which weigh AS_MANY rows together."""
    most = 2 * (int(-2 * np.log(SMALLEST_PROBABILITY) * CELLS) + 1)

    def part(start: int) -> tuple[Codes, Array]:
        here, sums = slice(start, start + PIECE), (np.zeros(most, dtype=np.int64), np.zeros(most))
        _core.add_cells(np.ascontiguousarray(p[here]), given[here], SMALLEST_PROBABILITY, CELLS, *sums)
        return sums

    count, total = np.zeros(most, dtype=np.int64), np.zeros(most)
    for some, of_some in on_threads(part, range(0, len(given), PIECE), threads):
        count, total = count + some, total + of_some
    taken = np.flatnonzero(count)
    mean = total[taken] / count[taken]
    log_p = np.stack([-mean / 2, mean / 2])
    weight = count[taken].astype(np.float64) * (AS_MANY / len(given))
    return Labels(log_p.T, taken % 2, weight=weight)


def with_trusted(labels: Labels, others: Labels) -> Labels:
    """The labels, and others that are true, one row each."""
    weight = None if labels.weight is None else np.append(labels.weight, np.ones(len(others.given)))
    log_p = np.concatenate([labels.log_p.T, others.log_p.T], 1).T
    return Labels(log_p, np.append(labels.given, others.given), len(others.given), weight)
