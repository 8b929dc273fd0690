"""Inputs that are addresses (s3://bucket/x.csv) and no files: read by fsspec, and by whatever it loads for a scheme.

Nothing here is called, and no connection made, unless somebody names such an address.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from labelaudit.errors import InputError

T = TypeVar("T")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters at the least: C:// is a drive
SECRETS = re.compile(r"(?<=://)[^/@]*@|[?#].*")  # a user with a password; what signs an address stands in its query
LOCAL = ("file://", "local://")


def is_address(given: Any) -> TypeGuard[str]:
    """Whether it names something that is no file here: an existing file of that name is what it names."""
    return isinstance(given, str) and SCHEME.match(given) is not None and not os.path.lexists(given)


def path_of(given: str | os.PathLike[str]) -> Path:
    """The file that is named, where it is one of this machine, though by an address."""
    start = next((start for start in LOCAL if isinstance(given, str) and given.startswith(start)), "")
    return Path(os.fspath(given)[len(start) :])


def shown(given: str) -> str:
    """What messages and records call an input: of an address without what may be secret, user and query."""
    return SECRETS.sub("", given) if is_address(given) else given


class Address:
    """Something that fsspec reads; raises InputError, with the address as `name`, for whatever goes wrong."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        core = _fsspec(name)
        self._files, self._path = self._told(lambda: core.url_to_fs(address))

    @property
    def size(self) -> int | None:
        """Its bytes, where that is told."""
        size = self._told(lambda: self._files.size(self._path))
        return None if size is None else int(size)

    def take(self, start: int, count: int) -> bytes:
        """So many bytes from a place on, or as many as there are: these alone."""
        size = self.size
        if size is not None and start >= size:
            return b""
        stop = start + count if size is None else min(size, start + count)
        found: bytes = self._told(lambda: self._files.cat_file(self._path, start=start, end=stop))
        return found

    def open(self) -> Stream:
        """Its bytes from the beginning, or from any place."""
        return Stream(self._told(lambda: self._files.open(self._path, "rb")), self._told)

    def _told(self, work: Callable[[], T]) -> T:
        """The result of some work of fsspec's, whose packages raise each what they like."""
        try:
            return work()
        except (MemoryError, RecursionError):
            raise
        except Exception as error:
            raise InputError(f"{self.name}: {_reason(error)}") from error


class Stream(io.RawIOBase):
    """A file of fsspec's whose errors are InputErrors."""

    def __init__(self, file: Any, told: Callable[[Callable[[], Any]], Any]) -> None:
        self._file, self._told = file, told

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """Whether bytes can be had from any place."""
        return bool(self._file.seekable())

    def readinto(self, room: Any, /) -> int:
        """The next bytes, as many as there is room for, fewer at the end."""
        found: bytes = self._told(lambda: self._file.read(len(room)))
        room[: len(found)] = found
        return len(found)

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Where the next bytes are read from."""
        return int(self._told(lambda: self._file.seek(place, whence)))

    def tell(self) -> int:
        """The place of the next byte."""
        return int(self._file.tell())

    def close(self) -> None:
        """Lets go of it; what was read was read."""
        if not self.closed:
            with suppress(Exception):
                self._file.close()
        super().close()


def size_of(address: str) -> int:
    """Its bytes; 0 where they are not told, whyever: opening it will say so."""
    with suppress(InputError):
        return Address(address, address).size or 0
    return 0


def _fsspec(name: str) -> Any:
    try:
        import fsspec.core
    except ImportError:
        raise InputError(
            f"{name}: no such file. An address is read by fsspec, which is not installed: pip install "
            '"labelaudit[remote]".'
        ) from None
    return fsspec.core


def _reason(error: Exception) -> str:
    """What went wrong, and what to do about it."""
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return "nothing is there."
    if isinstance(error, IsADirectoryError):
        return "is a directory; name the files in it."
    if isinstance(error, PermissionError):
        return f"may not be read ({said}). Credentials are those of the environment, as fsspec's packages take them."
    if isinstance(error, ImportError):
        return f"reading such an address needs another package ({said.rstrip('.')})."
    if isinstance(error, ValueError) and "Protocol not known" in said:
        return "no such file, and no address that fsspec knows."
    return f"cannot be read ({type(error).__name__}: {said})."
