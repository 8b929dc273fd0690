"""The view of an audit: from its table at hand, from its data read again, or without it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.inputs import Paths
from labelaudit.audits.result import Audit
from labelaudit.errors import InputError
from labelaudit.explanations.data import read_again
from labelaudit.explanations.values import values_at
from labelaudit.kernels.blas import one_thread
from labelaudit.table.table import Column, Table
from labelaudit.views.projection import directions, projected
from labelaudit.views.result import OwnColumn, Projection, View

MOST_LISTED = 10_000
MOST_COLUMNS = 12
MOST_POINTS = 100_000


def view_of(audit: Audit, table: Table) -> View:
    """The view of an audit whose table is at hand."""
    place = np.empty(int(table.row.max(initial=0)) + 1, dtype=np.int64)
    place[table.row] = np.arange(len(table))
    ranked = place[audit.ranking["row"].to_numpy()]
    drawn, listed = _drawn(len(ranked)), min(MOST_LISTED, len(ranked))
    shown = [c for c in table.columns if c.kind != "embedding"]
    return View(
        audit,
        drawn,
        listed,
        tuple(OwnColumn(c.name, values_at(c, ranked[:listed])) for c in shown[:MOST_COLUMNS]),
        len(shown),
        _projection(audit, table.columns, ranked[drawn]),
    )


def view_of_saved(audit: Audit, data: Paths | None = None) -> View:
    """The view of a saved audit: its data is read again; where it is gone or another, the view says so and goes on.

    Raises InputError for that data where it is named.
    """
    try:
        return view_of(audit, read_again(audit, data))
    except InputError as error:
        if data is not None:
            raise
        rows = len(audit.ranking)
        return View(audit, _drawn(rows), min(MOST_LISTED, rows), missing=str(error))


def _drawn(rows: int) -> NDArray[np.int64]:
    """All rows, or the first of the ranking and every so many of the others."""
    if rows <= MOST_POINTS:
        return np.arange(rows)
    rest = np.linspace(MOST_LISTED, rows - 1, MOST_POINTS - MOST_LISTED)
    return np.concatenate([np.arange(MOST_LISTED), rest.astype(np.int64)])


def _projection(audit: Audit, columns: tuple[Column, ...], rows: NDArray[np.int64]) -> Projection:
    with one_thread():
        along = directions(audit.model, columns, rows)
        points = projected(audit.model, columns, rows, along).astype(np.float32)
    names = "first direction of the logits", "the second direction"
    if len(audit.model.classes) == 2:
        names = f"log-odds of {audit.model.classes[1]}", "the main direction in which rows of the same log-odds differ"
    return Projection(points[:, 0], points[:, 1], *names)
