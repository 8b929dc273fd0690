"""Dense algebra on one thread each, so that no result depends on how many there are."""

from __future__ import annotations

from importlib import import_module

from threadpoolctl import threadpool_limits

from labelaudit.threads import importing


def one_thread() -> threadpool_limits:
    """A context in which every BLAS that is used works on one thread: NumPy's own, and SciPy's.

    SciPy's is loaded now: a library that came later would heed no limit.
    """
    with importing:
        import_module("scipy.linalg")
    return threadpool_limits(1)
