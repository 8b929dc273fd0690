"""What large data makes worth while: modules imported on a thread while the file is read in C++, and memory kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from labelaudit._core import keep_freed_memory
from labelaudit.audits.planning.sampled import bytes_of
from labelaudit.threads import Thread, import_ahead

READING = ("labelaudit.audits.planning.plan", "pandas")
METHOD = ("scipy.linalg", "scipy.interpolate", "scipy.spatial.distance")
PAGE = ("labelaudit.views.view", "labelaudit.report.html")
LARGE = 1 << 24  # bytes of data, from which on there is time for it


def expect(data: Sequence[str], *, threads: int, bound: bool, page: bool = False) -> None:
    """Readies the process for the data where it is large. page: one will be written.

    bound: memory is to stay below a limit, and so goes back to the system as soon as it is free.
    """
    if sum(map(bytes_of, data)) < LARGE:
        return
    if not bound:
        keep_freed_memory()
    if threads > 1:
        Thread(_prepare, (*READING, *METHOD, *PAGE) if page else (*READING, *METHOD), page).start()


def _prepare(modules: Sequence[str], page: bool) -> None:
    import_ahead(*modules)
    if page:
        with suppress(Exception):  # whoever needs it will say so
            from labelaudit.report.html import page_template

            page_template()
