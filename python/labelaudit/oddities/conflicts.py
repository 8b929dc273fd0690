"""Rows with exactly the same features and different labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import Duplicates

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


def conflicts(same: Duplicates, given: Codes, label_score: NDArray[np.float64]) -> Conflicts:
    """The conflicts among rows with these duplicates, class codes and scores, (rows,) each."""
    size = same.count
    twins = np.sort(same.order[np.repeat(size > 1, size)])  # rows without a duplicate cannot conflict
    group = same.of[twins] if len(twins) else twins
    by_group = np.lexsort((label_score[twins], group))
    order, group = twins[by_group], group[by_group]
    start = np.flatnonzero(np.diff(group, prepend=-1))
    if not len(start):
        return Conflicts(order, start, start)
    stop = np.append(start[1:], len(order))
    mixed = np.minimum.reduceat(given[order], start) != np.maximum.reduceat(given[order], start)
    ranked = np.lexsort((order[start], label_score[order[start]]))
    ranked = ranked[mixed[ranked]]
    return Conflicts(order, start[ranked], stop[ranked])
