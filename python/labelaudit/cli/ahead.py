"""What takes Python a while and is needed later: done on a thread of its own while the file is read in C++."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from labelaudit.threads import Thread

READING = ("pandas", "labelaudit.audits.planning.plan")
METHOD = ("scipy.linalg", "scipy.interpolate", "scipy.spatial.distance")
PAGE = ("labelaudit.views.view", "labelaudit.report.html")
LARGE = 1 << 24  # bytes of data, from which on there is time for it


def prepare(modules: Sequence[str], *, page: bool = False) -> None:
    """Imports the modules on a thread, and compiles the page's template there.

    What cannot be imported is left for whoever needs it to say so.
    """
    Thread(_prepare, modules, page).start()


def _prepare(modules: Sequence[str], page: bool) -> None:
    with suppress(Exception):
        for name in modules:
            import_module(name)
        if page:
            from labelaudit.report.html import page_template

            page_template()
