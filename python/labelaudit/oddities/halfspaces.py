"""Directions in which no row of two sides lies on the wrong one, by linear programs of few rows at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labelaudit.threads import importing

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

LARGEST = 1e6  # coefficient beside a mean margin of 1, of columns of variance 1: a narrower gap is none
FEWEST_ROWS = 100  # of each program to begin with, and
ROWS_A_COLUMN = 6  # as many for each column: where labels are by chance, twice the columns are enough
MOST_ADDED = 200  # rows on the wrong side that the next program gets
MOST_ROUNDS = 30
ROUNDING = 1e-9  # of the sizes of a margin's terms: closer to 0, a row is on the border
SOLVED = 1e-6  # to which a program is solved, somewhat above HiGHS' own 1e-7


def margins(signed: Array, direction: Array) -> tuple[Array, Array]:
    """signed @ direction, and what of it is rounding; (rows,) each."""
    return signed @ direction, ROUNDING * (np.abs(signed) @ np.abs(direction))


def separates(signed: Array, direction: Array) -> bool:
    """Whether no row is on the wrong side of the direction, and some are on the right one, not on the border."""
    margin, rounding = margins(signed, direction)
    return bool((margin >= -rounding).all() and (margin > rounding).any())


@dataclass
class Halfspaces:
    """Rows (rows, cols), each times its side, 1 or -1, and which of them the programs hold so far: those that bind.

    The first rows are held first, so both sides should be among them.
    """

    signed: Array
    held: Codes = field(init=False)

    def __post_init__(self) -> None:
        """Holds the first rows."""
        rows, cols = self.signed.shape
        self.held = np.arange(min(rows, max(FEWEST_ROWS, ROWS_A_COLUMN * cols)))

    def separating(self, *, complete: bool = False, used: NDArray[np.bool_] | None = None) -> Array | None:
        """A direction (used columns,) that separates the rows, by some columns (all unless given); None without one.

        The sum of its coefficients' sizes is the smallest for its mean margin or, where complete, for its least one:
        few of them differ from 0. With complete, no row is on the border.
        Source: Konis 2007, chapter 4 (linear programs for separation), with rows added as they are found to be wrong.
        """
        signed = self.signed if used is None else self.signed[:, used]
        for _ in range(MOST_ROUNDS):
            found = _program(signed[self.held], 1.0 if complete else 0.0)
            if found is None:
                return None
            margin = signed @ found
            wrong = np.flatnonzero(margin < (1 - SOLVED if complete else -SOLVED))
            added = np.setdiff1d(wrong[np.argsort(margin[wrong], kind="stable")[:MOST_ADDED]], self.held)
            if not len(added):
                return _exact(signed, found, complete)
            self.held = np.append(self.held, added)
        return None


def _program(signed: Array, least: float) -> Array | None:
    """The shortest direction, by the sum of sizes, with all margins `least` or more and a mean of 1 or more."""
    with importing:
        from scipy.optimize import linprog

    rows, cols = signed.shape
    both = np.hstack([signed, -signed])  # coefficients above and below 0
    bounds = np.append(np.full(rows, -least), -float(rows))
    done = linprog(
        np.ones(2 * cols), np.vstack([-both, -both.sum(0)]), bounds, bounds=(0.0, LARGEST), method="highs-ds"
    )
    if done.status != 0:
        return None
    above, below = np.split(np.asarray(done.x), 2)
    direction: Array = above - below
    return direction


def _exact(signed: Array, found: Array, complete: bool) -> Array | None:
    """The direction of a program, with the rows that it has on the border there but for rounding; None where it fails.

    A program is solved to some digits: its coefficients are moved into the null space of the border's rows.
    """
    used = np.flatnonzero(np.abs(found) > SOLVED * np.abs(found).max())
    direction = np.zeros_like(found)
    direction[used] = found[used]
    if not complete:
        border = np.unique(signed[np.abs(signed @ found) <= SOLVED * np.abs(found).sum()][:, used], axis=0)
        off = np.linalg.lstsq(border, border @ direction[used], rcond=1e-10)[0] if len(border) else 0.0
        direction[used] -= off
    if not separates(signed, direction):
        return None
    margin, rounding = margins(signed, direction)
    return None if complete and (margin <= rounding).any() else direction
