"""Columns that separate a class from the others: a fit without a penalty is then infinite, and this is said.

Separation is complete where a direction has every row of the class on one side and all others on the other side, and
quasi-complete where rows stand on the border itself (Albert and Anderson 1984). What chance would do is not told,
nor that of several classes one never stands beside some value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelaudit.oddities.borders import RARE_CHANCE, Border, Question, Side, border
from labelaudit.oddities.result import Oddity
from labelaudit.oddities.together import together
from labelaudit.table.table import Column
from labelaudit.table.words import as_option, counted, listed, quoted

Codes = NDArray[np.int64]

MOST_CLASSES = 10  # the largest, each against all others; two classes are one question
LOOKED_AT = 4000  # of the drawn rows
MOST_OF_A_CLASS = 2000  # rows of it that are all looked at, be they drawn or not


def separations(columns: Sequence[Column], given: Codes, classes: Sequence[str], drawn: Codes) -> list[Oddity]:
    """One oddity for each column that alone, and for the columns that together, separate a class from the others.

    columns on all rows, given their class codes, (rows,); drawn: of these rows the first LOOKED_AT are looked at, since
    what does not separate some rows does not separate all. What separates them is looked at in all before it is said.
    """
    usable = [c for c in columns if c.kind not in ("text", "embedding")]
    found: list[Oddity] = []
    for code in _asked(np.bincount(given, minlength=len(classes))):
        asked = Question(given == code, len(classes) == 2)
        rows = _looked_at(asked.side, drawn[:LOOKED_AT])
        if not usable or asked.side[rows].all() or not asked.side[rows].any():
            continue
        what = _what(classes, code)
        named = {c.name: b for c in usable if (b := _alone(c, asked, rows)) is not None}
        found += [_told([name], what, b, len(given)) for name, b in named.items()]
        rest = [c for c in usable if c.name not in named]
        joint = together(rest, asked, rows) if rest else None
        if joint is not None and joint[1].log_chance <= RARE_CHANCE:
            found.append(_told([rest[i].name for i in joint[0]], what, joint[1], len(given)))
    return found


def _asked(sizes: Codes) -> list[int]:
    present = np.flatnonzero(sizes)
    if len(present) == 2:
        return [int(present[1])]
    return [int(code) for code in present[np.argsort(-sizes[present], kind="stable")][:MOST_CLASSES]]


def _looked_at(side: Side, drawn: Codes) -> Codes:
    """The drawn rows, and all of a small class."""
    if len(drawn) == len(side) or np.count_nonzero(side) > MOST_OF_A_CLASS:
        return drawn
    return np.append(drawn, np.setdiff1d(np.flatnonzero(side), drawn))  # the drawn ones keep their order


def _alone(column: Column, asked: Question, rows: Codes) -> Border | None:
    few = Column(column.name, column.kind, column.values[rows], column.levels)
    if border(few, asked.of(rows)) is None:
        return None
    found = border(column, asked)
    return found if found is not None and found.log_chance <= RARE_CHANCE else None


def _what(classes: Sequence[str], code: int) -> str:
    if len(classes) == 2:
        return f"{quoted(classes[code])} from {quoted(classes[1 - code])}"
    return f"{quoted(classes[code])} from the other classes"


def _told(names: Sequence[str], what: str, found: Border, rows: int) -> Oddity:
    one = len(names) == 1
    who = f"The column {quoted(names[0])} separates" if one else f"The columns {listed(names)} together separate"
    how = (
        "completely, in every row"
        if found.complete
        else f"quasi-completely, in {counted(found.rows, 'row')} of {rows:,}, and in no row wrongly"
    )
    cure = f"--drop {as_option(names[0])}" if one else "--drop for it"
    return Oddity(
        "separation",
        f"{who} {what} {how}. Without a penalty the fit would be infinite there, so how sure it is of these rows "
        f"follows from l2. If {'it' if one else 'one of them'} was made from the label, or is known only after it, "
        f"add {cure}.",
        column=names[0] if one else None,
        columns=tuple(names),
    )
