"""An audit with what a page needs of its data, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.result import Audit

Value = str | int | float | bool | None


@dataclass(frozen=True)
class OwnColumn:
    """A column of the data: its cells in the first rows of the ranking; None where missing."""

    name: str
    cells: tuple[Value, ...]


@dataclass(frozen=True)
class Projection:
    """Rows in two dimensions, (points,) float32 each, in the order of `View.drawn`; what each direction is."""

    across: NDArray[np.float32]
    up: NDArray[np.float32]
    across_is: str
    up_is: str


@dataclass(frozen=True)
class View:
    """An audit and what of its data is shown.

    drawn: positions in the ranking of the rows that plots show as points. columns: the first columns of the data, with
    the cells of the first `listed` rows of the ranking; columns_in_all counts the others too. missing says why columns
    and projection are not there, where they are not.
    """

    audit: Audit
    drawn: NDArray[np.int64]
    listed: int
    columns: tuple[OwnColumn, ...] = ()
    columns_in_all: int = 0
    projection: Projection | None = None
    missing: str | None = None
