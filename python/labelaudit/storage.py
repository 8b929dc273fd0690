"""Where large arrays live: in memory, or in nameless files that the system writes out and reads back as it needs.

Inside `on_disk` NumPy itself takes the memory of large arrays from files of one folder, whoever makes them and for
whatever: no code knows the difference, so results are the same to the last bit. Such memory is not the process's own:
the system may write it out at any time. The files have no names, and go with their arrays or with the process.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from labelaudit import _core
from labelaudit.errors import OutputError

SMALLEST = 1 << 20  # bytes of an array that is worth a file
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def on_disk(folder: Path | None) -> Iterator[None]:
    """Large arrays that this thread makes inside live in files in this folder; None: wherever they did.

    Raises OutputError where the folder cannot take a file.
    """
    if folder is None:
        yield
        return
    handler = _core.file_memory(os.fspath(folder), SMALLEST)
    before = _core.use_memory(handler)
    try:
        yield
    except MemoryError:
        failed, in_use, _ = _core.file_memory_state(handler)
        if failed:
            raise _refused(folder, failed, in_use) from None
        raise
    finally:
        _core.use_memory(before)


def is_on_disk() -> bool:
    """Whether large arrays that this thread makes live in files."""
    return _core.is_file_memory(_core.memory_in_use())


def threads(count: int) -> ThreadPoolExecutor:
    """So many threads whose large arrays live where the caller's do."""
    return ThreadPoolExecutor(count, initializer=_core.use_memory, initargs=(_core.memory_in_use(),))


def _refused(folder: Path, failed: int, in_use: int) -> OutputError:
    cure = "Free some space, or name another folder with --cache-dir" if failed in FULL else "Name another --cache-dir"
    held = f" beside the {in_use / 1e9:.1f} GB that it holds" if in_use >= 1e8 else ""
    return OutputError(f"{folder}: cannot hold intermediate values{held}: {os.strerror(failed)}. {cure}.")
