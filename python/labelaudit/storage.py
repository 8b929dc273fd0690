"""Where large arrays live: in memory, or in nameless files that the system writes out and reads back as it needs.

Inside `on_disk` NumPy itself takes the memory of large arrays from files of one folder, whoever makes them and for
whatever: no code knows the difference, so results are the same to the last bit. Such memory is not the process's own:
the system may write it out at any time. The files have no names, and go with their arrays or with the process.
"""

from __future__ import annotations

import errno
import io
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from labelaudit import _core
from labelaudit.errors import OutputError
from labelaudit.threads import Pool

if TYPE_CHECKING:
    from typing_extensions import Buffer

T = TypeVar("T")
SMALLEST = 1 << 20  # bytes of an array that is worth a file
_folder: ContextVar[Path | None] = ContextVar("folder", default=None)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def on_disk(folder: Path | None) -> Iterator[None]:
    """Large arrays that this thread makes inside live in files in this folder; None: wherever they did.

    Raises OutputError where the folder cannot take a file.
    """
    if folder is None:
        yield
        return
    handler = _core.file_memory(os.fsencode(folder), SMALLEST)
    before, place = _core.use_memory(handler), _folder.set(folder)
    try:
        yield
    except MemoryError:
        failed, in_use, _ = _core.file_memory_state(handler)
        if failed:
            raise _refused(folder, failed, in_use) from None
        raise
    finally:
        _folder.reset(place)
        _core.use_memory(before)


def is_on_disk() -> bool:
    """Whether large arrays that this thread makes live in files."""
    return _core.is_file_memory(_core.memory_in_use())


def changed(what: str) -> OutputError:
    """What is raised where values that were written to the files of this thread's folder are read back as others."""
    where = _folder.get()
    return OutputError(
        f"{where or 'the cache'}: {what} came back from the disk with other bytes than were written there. Nothing was "
        "written. Check the disk, or name a folder on another one with --cache-dir."
    )


def threads(count: int) -> Pool:
    """So many threads whose large arrays live where the caller's do."""
    return Pool(count, partial(_core.use_memory, _core.memory_in_use()))


def beside(work: Callable[[], T], count: int) -> Callable[[], T]:
    """What gives the result of `work`: begun on a thread of its own where there may be several, else when asked for."""
    if count == 1:
        return work
    pool = threads(1)
    begun = pool.submit(work)
    pool.shutdown(wait=False)
    return begun.result


class Spool:
    """Bytes that come in pieces, kept in memory or in a nameless file, as large arrays are."""

    def __init__(self) -> None:
        self._folder, self._size = _folder.get(), 0
        with _held(self._folder, 0):
            in_memory = self._folder is None
            self._file: IO[bytes] = io.BytesIO() if in_memory else tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115

    def write(self, piece: Buffer) -> None:
        """The next bytes. Raises OutputError where the folder has no place for them."""
        self._size += len(memoryview(piece))
        with _held(self._folder, self._size):
            self._file.write(piece)

    def whole(self) -> bytes | mmap.mmap:
        """All bytes, to which none can be added any more; from a file they are mapped, to be read only."""
        if isinstance(self._file, io.BytesIO):
            return self._file.getvalue()
        with _held(self._folder, self._size), self._file:
            self._file.flush()
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if self._size else b""

    def __del__(self) -> None:
        if hasattr(self, "_file"):  # the folder may not have been there
            self._file.close()


@contextmanager
def _held(folder: Path | None, size: int) -> Iterator[None]:
    """Says of the folder that it cannot hold so many bytes where the system says so."""
    try:
        yield
    except OSError as error:
        if folder is None:
            raise
        raise _refused(folder, error.errno or 0, size) from None


def _refused(folder: Path, failed: int, in_use: int) -> OutputError:
    cure = "Free some space, or name another folder with --cache-dir" if failed in FULL else "Name another --cache-dir"
    held = f" beside the {in_use / 1e9:.1f} GB that it holds" if in_use >= 1e8 else ""
    return OutputError(f"{folder}: cannot hold intermediate values{held}: {os.strerror(failed)}. {cure}.")
