"""New files under temporary names beside their targets, and their exchange for the old ones: all or none.

One lock is held while a name appears or changes, so that `abandon` always finds the folder as it was or as it shall be.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from labelaudit.errors import OutputError

_changing = threading.Lock()
_standing: set[Path] = set()  # the temporary files of this process
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}  # file systems without hard links, and folders
NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM}  # folders that cannot be synced or read


@contextlib.contextmanager
def staged(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside the target, open for writing; gone afterwards if it was not put in place."""
    temporary = beside(target)
    try:
        with refusals(target):
            with _changing:
                file = temporary.open("xb")
                _standing.add(temporary)
            with file:
                yield temporary, file
    finally:
        _remove(temporary)


def put_in_place(news: Mapping[Path, Path]) -> None:
    """Renames each temporary file, by target, over its target and syncs the folders; on any error the old ones return.

    Raises OutputError when the system refuses. Without hard links there is no way back from a later file's failure.
    """
    with _changing, contextlib.ExitStack() as kept, contextlib.ExitStack() as way_back:
        for target, temporary in news.items():
            with refusals(target):
                way_back.callback(_restore, target, kept.enter_context(_kept(target)))
                temporary.replace(target)
                _standing.discard(temporary)
        for target in news:
            with refusals(target):
                _sync(target.parent)
        way_back.pop_all()


def abandon() -> None:
    """Ends all writing of this process, for its end: no temporary file stays, and no name changes after this."""
    _changing.acquire()
    for temporary in list(_standing):
        _remove(temporary)


def beside(target: Path) -> Path:
    """A name in the target's folder that nothing has."""
    return target.with_name(f".labelaudit-{secrets.token_hex(8)}.part")


@contextlib.contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turns the system's errors into OutputError, but for a closed pipe."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written: {error.strerror or error}. Nothing was changed there."
        ) from error


@contextlib.contextmanager
def _kept(target: Path) -> Iterator[Path | None]:
    """A second name of the old file; None where there is no old file, the target itself where it can have no second."""
    second = beside(target)
    try:
        os.link(target, second)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        yield target
        return
    try:
        yield second
    finally:
        with contextlib.suppress(OSError):
            second.unlink()


def _restore(target: Path, old: Path | None) -> None:
    with contextlib.suppress(OSError):
        if old is None:
            target.unlink()
        elif old != target:
            old.replace(target)


def _remove(temporary: Path) -> None:
    if temporary in _standing:
        with contextlib.suppress(OSError):
            temporary.unlink()
        _standing.discard(temporary)


def _sync(folder: Path) -> None:
    """Makes the names in the folder last, where the file system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
