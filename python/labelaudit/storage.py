"""Where large arrays live: in memory, or in nameless files that the system may write out and read back.

A nameless file needs no cleaning up: it goes with the last array on it, or with the process, however that ends.
"""

from __future__ import annotations

import errno
import io
import math
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from labelaudit.errors import OutputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

SMALL = 1 << 20  # bytes; what is smaller always stays in memory

_folder: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextmanager
def on_disk(folder: Path | None) -> Iterator[None]:
    """Large arrays made inside live in files in this folder; None: in memory."""
    before = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(before)


def is_on_disk() -> bool:
    """Whether large arrays live in files now."""
    return _folder.get() is not None


def empty(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """An array of this shape to be filled. Raises OutputError where the folder cannot take a file of its size."""
    folder, kind = _folder.get(), np.dtype(dtype)
    size = math.prod(shape if isinstance(shape, tuple) else (shape,)) * kind.itemsize
    if folder is None or size < SMALL or kind.hasobject:
        return np.empty(shape, kind)
    return np.frombuffer(_mapped(folder, size), kind).reshape(shape)


def kept(values: NDArray[Any]) -> NDArray[Any]:
    """The values, moved to a file if large arrays live there."""
    if _folder.get() is None:
        return values
    out = empty(values.shape, values.dtype)
    out[...] = values
    return out


class Growing:
    """A one-dimensional array that grows at its end."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._values, self._size = np.empty(0, dtype), 0

    def extend(self, values: NDArray[Any]) -> None:
        """Appends; most of the time without moving what is there. Raises OutputError as `empty`."""
        size = self._size + len(values)
        if size > len(self._values):
            before = self._values[: self._size]
            self._values = empty(max(size, 2 * self._size), self._values.dtype)
            self._values[: self._size] = before
        self._values[self._size : size] = values
        self._size = size

    def whole(self) -> NDArray[Any]:
        """All values, not to be extended any more."""
        return self._values[: self._size]


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


def _mapped(folder: Path, size: int) -> mmap.mmap:
    """Bytes of a new nameless file, all of whose space is taken at once: writing to them later cannot fail."""
    with _held(folder, size), tempfile.TemporaryFile(dir=folder) as file:
        _allocate(file.fileno(), size)
        return mmap.mmap(file.fileno(), size)


@contextmanager
def _held(folder: Path | None, size: int) -> Iterator[None]:
    """Says of the folder that it cannot hold so many bytes where the system says so."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        cure = "Free some space, or name another folder with --cache-dir" if full else "Name another with --cache-dir"
        raise OutputError(
            f"{folder}: cannot hold {size / 1e9:.1f} GB of intermediate values ({error.strerror}). {cure}."
        ) from None


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
    else:
        os.truncate(descriptor, size)
