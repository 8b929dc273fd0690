"""Whether one column separates a class from the others: by a bound on its numbers, or by values of one class alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.table.table import Column

Array = NDArray[np.float64]
Side = NDArray[np.bool_]

RARE_CHANCE = float(np.log(1e-3))  # log_chance above which chance may have done it, and nothing is said; a guess


@dataclass(frozen=True)
class Border:
    """Rows that are apart from the border, of the class and of the others, and whether that is all of them.

    log_chance: the logarithm of about how probable as much is where the column says nothing of the class.
    """

    of_class: int
    of_others: int
    complete: bool
    log_chance: float

    @property
    def rows(self) -> int:
        """All rows that are apart."""
        return self.of_class + self.of_others


@dataclass(frozen=True)
class Question:
    """Whether something separates the rows of a side (rows,) from the others; both have a row.

    two: of two classes, the others are a class as well. Of several it is no news that rows are not of one of them, and
    only rows of the side count for the chance.
    """

    side: Side
    two: bool

    def of(self, rows: NDArray[np.int64]) -> Question:
        """The same of some rows."""
        return Question(self.side[rows], self.two)

    def log_chance(self, of_class: Any, of_others: Any, freedom: float) -> Any:
        """The logarithm of the chance that so many rows fall on their sides, of e**freedom ways to draw a border."""
        share = self.side.mean()
        return of_class * np.log(share) + (of_others * np.log1p(-share) if self.two else 0.0) + freedom


def border(column: Column, asked: Question) -> Border | None:
    """How the column (numeric, boolean, date or categorical) separates the rows, (rows,), of the side from the others.

    None where it does not: a number has no bound with one side at or above and the other at or below it, and no value
    of a category, a missing one among them, stands on one side alone.
    """
    if column.kind == "categorical":
        return _of_values(column.values + 1, asked)
    missing = np.isnan(column.values)
    whole = _of_numbers(column.values, missing, asked)
    return whole if whole is not None or not missing.any() else _of_values(missing.astype(np.int64), asked, first=1)


def _of_values(codes: NDArray[Any], asked: Question, first: int = 0) -> Border | None:
    """Values from `first` on that stand on one side alone; the one least by chance stands for the column's chance."""
    side = asked.side
    counts = np.bincount(2 * codes + side, minlength=2 * int(codes.max()) + 2).reshape(-1, 2)
    pure = (counts.min(1) == 0) & (counts.max(1) > 0)
    pure[:first] &= pure[first:].all()  # what is present is no value: it counts where the missing ones are all apart
    if not pure.any():
        return None
    freedom = float(np.log(np.count_nonzero(counts.sum(1))))
    by_value = asked.log_chance(counts[pure, 1], counts[pure, 0], freedom)
    apart = counts[pure].sum(0)
    return Border(int(apart[1]), int(apart[0]), bool(apart.sum() == len(side)), float(by_value.min()))


def _of_numbers(values: Array, missing: NDArray[np.bool_], asked: Question) -> Border | None:
    """A bound between the numbers of the sides; missing ones are apart where all are of one side."""
    side = asked.side
    here, there = values[side & ~missing], values[~side & ~missing]
    if not len(here) or not len(there):
        return None
    if here.max() <= there.min():
        here, there = -here, -there
    low, high = here.min(), there.max()
    if low < high:
        return None
    above, below = int((here > high).sum()), int((there < low).sum())
    if low > high:
        above, below = len(here), len(there)
    if not above + below:
        return None
    gone = int((side & missing).sum()), int((~side & missing).sum())
    complete = above + below == len(here) + len(there) and 0 in gone
    chance = float(asked.log_chance(above, below, np.log(len(here) + len(there))))
    if 0 in gone:
        above, below = above + gone[0], below + gone[1]
    return Border(above, below, complete, chance)
