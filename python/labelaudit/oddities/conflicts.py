"""Rows with exactly the same features and different labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import Hashes

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Conflicts:
    """Groups of exact duplicates that do not all bear one label.

    Group g holds the rows order[start[g] : stop[g]], (groups,) each, the lowest label_score first. So come the groups,
    by their first row; of equal scores, the row that stands first in the table.
    """

    order: Codes
    start: Codes
    stop: Codes

    def __len__(self) -> int:
        return len(self.start)

    @property
    def rows(self) -> int:
        """The rows of all groups."""
        return int((self.stop - self.start).sum())

    def first(self, groups: int) -> list[Codes]:
        """The rows of the first so many groups, group by group."""
        pairs = zip(self.start[:groups].tolist(), self.stop[:groups].tolist(), strict=True)
        return [self.order[start:stop] for start, stop in pairs]


def conflicts(hashes: Hashes, given: Codes, label_score: NDArray[np.float64]) -> Conflicts:
    """The conflicts among rows with these content hashes, class codes and scores, (rows,) each."""
    order = np.argsort(hashes, kind="stable")
    first = np.diff(hashes[order], prepend=~hashes[order[:1]]) != 0
    twin = ~(first & np.append(first[1:], True)[: len(first)])  # rows without a duplicate cannot conflict
    order = np.sort(order[twin])
    order = order[np.lexsort((label_score[order], hashes[order]))]
    start = np.flatnonzero(np.diff(hashes[order], prepend=~hashes[order[:1]]))
    if not len(start):
        return Conflicts(order, start, start)
    stop = np.append(start[1:], len(order))
    mixed = np.minimum.reduceat(given[order], start) != np.maximum.reduceat(given[order], start)
    ranked = np.lexsort((order[start], label_score[order[start]]))
    ranked = ranked[mixed[ranked]]
    return Conflicts(order, start[ranked], stop[ranked])
