"""Rows with exactly the same features and different labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import Hashes

Codes = NDArray[np.int64]


def conflicts(hashes: Hashes, given: Codes, label_score: NDArray[np.float64]) -> list[Codes]:
    """The rows of every group of exact duplicates that do not all bear one label, in row order.

    The group with the lowest label_score comes first; of equal ones, that with the first row.
    """
    if not len(hashes):
        return []
    order = np.lexsort((given, hashes))
    h, y = hashes[order], given[order]
    starts = np.flatnonzero(np.concatenate([[True], h[1:] != h[:-1]]))
    ends = np.append(starts[1:], len(h)) - 1
    mixed = np.flatnonzero(y[starts] != y[ends])  # labels are sorted within a group
    groups = [np.sort(order[starts[i] : ends[i] + 1]) for i in mixed]
    return sorted(groups, key=lambda rows: (label_score[rows].min(), rows[0]))
