"""Which cluster row blocks are made on, if any."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelaudit.cluster.grid import Grid

_grid: ContextVar[Grid | None] = ContextVar("grid", default=None)


def in_use() -> Grid | None:
    """The cluster that row blocks are to be made on; None: in this process."""
    return _grid.get()


@contextlib.contextmanager
def using(grid: Grid) -> Iterator[None]:
    """Inside, row blocks are made on this cluster."""
    before = _grid.set(grid)
    try:
        yield
    finally:
        _grid.reset(before)
