"""Columns that separate a class only together: looked for in some rows, and true of every row before it is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.columns import ColumnEncoder, OneHot, Standardised
from labelaudit.oddities.borders import RARE_CHANCE, Border, Question, Side
from labelaudit.oddities.halfspaces import Halfspaces, margins
from labelaudit.table.table import Column

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST_ENCODED = 40  # columns, each level of a category one: a program of more takes longer than it is worth; a guess
MOST_NAMED = 8  # columns of which none is to be spared
MOST_TIMES = 30  # that rows elsewhere are on the wrong side, and are looked at, too
MOST_WRONG = 500  # of them each time
CHUNK = 65_536  # rows of the whole that are encoded at once


@dataclass(frozen=True)
class Rows:
    """All rows, with an encoder of each column; what is asked for is encoded, the constant last."""

    columns: Sequence[Column]
    encoders: Sequence[ColumnEncoder]
    asked: Question

    @classmethod
    def of(cls, columns: Sequence[Column], asked: Question, drawn: Codes) -> Rows:
        """Encoders are fitted to the drawn rows."""
        few = [Column(c.name, c.kind, c.values[drawn], c.levels) for c in columns]
        return cls(columns, [(OneHot if c.kind == "categorical" else Standardised).fit(c) for c in few], asked)

    def places(self, columns: Sequence[int]) -> Codes:
        """Which column each encoded one is made of, -1 for the constant."""
        sizes = [len(self.encoders[i].names) for i in columns]
        return np.append(np.repeat(np.array(columns, dtype=np.int64), sizes), -1)

    def signed(self, columns: Sequence[int], rows: Codes | slice) -> Array:
        """Some columns of some rows encoded, times the side of each row, 1 or -1."""
        sign = np.where(self.asked.side[rows], 1.0, -1.0)[:, None]
        parts = [np.asarray(self.encoders[i].encode(self.columns[i].values[rows])) for i in columns]
        return np.hstack([*parts, np.ones_like(sign)]) * sign


@dataclass(frozen=True)
class Joint:
    """The columns, their direction (encoded columns and the constant), and whether no row is on its border."""

    columns: tuple[int, ...]
    direction: Array
    complete: bool


def together(columns: Sequence[Column], asked: Question, drawn: Codes) -> tuple[tuple[int, ...], Border] | None:
    """The places of columns that separate the rows of a side from the others, none of which can be spared; or None.

    drawn: the rows that are looked at first; both sides must be among them. What is found is true of all rows.
    """
    rows = Rows.of(columns, asked, drawn)
    everything = tuple(range(len(columns)))
    if len(rows.places(everything)) > MOST_ENCODED:
        return None
    drawn, among = _by_turns(drawn, asked.side), everything
    for _ in range(MOST_TIMES):
        found = _fewest(rows.signed(among, drawn), rows.places(among), asked.of(drawn))
        if found is not None:
            wrong, border = _everywhere(rows, found)
            if not len(wrong):
                return found.columns, border
            drawn, among = np.append(drawn, wrong), found.columns
        elif among != everything:
            among = everything
        else:
            return None
    return None


def _by_turns(drawn: Codes, side: Side) -> Codes:
    """The same rows, one of each side by turns as long as there are both."""
    turn = np.empty(len(drawn), dtype=np.int64)
    for which in (True, False):
        here = side[drawn] == which
        turn[here] = np.arange(int(here.sum()))
    return drawn[np.argsort(turn, kind="stable")]


def _fewest(signed: Array, places: Codes, asked: Question) -> Joint | None:
    """What separates these rows, with no column of which the rest would do without, and not by chance.

    Of more than MOST_NAMED columns, no search is made for one that could be spared.
    """
    search = Halfspaces(signed)
    direction = search.separating()
    if direction is None:
        return None
    whole = search.separating(complete=True)
    direction, complete = (direction, False) if whole is None else (whole, True)
    kept = _heaviest_first(direction, places)

    def without(rest: Sequence[int]) -> Array | None:
        used = np.isin(places, [*rest, -1])
        found = search.separating(complete=complete, used=used)
        rare = found is not None and _border(signed[:, used], found, asked, complete).log_chance <= RARE_CHANCE
        return found if rare else None

    if len(kept) > MOST_NAMED:
        if without(kept[:MOST_NAMED]) is None:
            return Joint(tuple(sorted(kept)), direction[np.isin(places, [*kept, -1])], complete)
        kept = kept[:MOST_NAMED]
    for place in reversed(kept[:]):
        rest = [i for i in kept if i != place]
        if without(rest) is not None:
            kept = rest
    kept.sort()
    last = search.separating(complete=complete, used=np.isin(places, [*kept, -1]))
    return None if last is None else Joint(tuple(kept), last, complete)


def _heaviest_first(direction: Array, places: Codes) -> list[int]:
    """The columns that have a coefficient, by the sum of their sizes."""
    weight = {int(i): float(np.abs(direction[places == i]).sum()) for i in np.unique(places[places >= 0])}
    return sorted((i for i, size in weight.items() if size > 0), key=lambda i: -weight[i])


def _border(signed: Array, direction: Array, asked: Question, complete: bool) -> Border:
    margin, rounding = margins(signed, direction)
    apart = margin > rounding
    return _counted(int((apart & asked.side).sum()), int((apart & ~asked.side).sum()), asked, direction, complete)


def _counted(of_class: int, of_others: int, asked: Question, direction: Array, complete: bool) -> Border:
    """n points in k dimensions fall apart in at most (e n / k)^k ways, for each choice of the k columns."""
    k, n, cols = float(np.count_nonzero(direction)), len(asked.side), len(direction)
    choices = lgamma(cols + 1) - lgamma(k + 1) - lgamma(cols - k + 1)
    freedom = float(k * (1 + np.log(max(n / k, 1.0))) + choices)
    return Border(of_class, of_others, complete, float(asked.log_chance(of_class, of_others, freedom)))


def _everywhere(rows: Rows, found: Joint) -> tuple[Codes, Border]:
    """The first rows that what was found is not true of, and the border with all rows."""
    side, wrong, apart = rows.asked.side, list[Codes](), [0, 0]
    for start in range(0, len(side), CHUNK):
        here = slice(start, start + CHUNK)
        margin, rounding = margins(rows.signed(found.columns, here), found.direction)
        right = margin > rounding
        wrong.append(start + np.flatnonzero(~right if found.complete else margin < -rounding))
        for which in (0, 1):
            apart[which] += int((right & (side[here] == bool(which))).sum())
        if sum(map(len, wrong)) >= MOST_WRONG:
            break
    border = _counted(apart[1], apart[0], rows.asked, found.direction, found.complete)
    return np.concatenate(wrong)[:MOST_WRONG], border
