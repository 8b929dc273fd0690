"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from labelaudit.errors import OutputError
from labelaudit.staging import put_in_place, refusals, staged

Write = Callable[[BinaryIO], object]


def write_atomically(path: Path, write: Write) -> None:
    """Writes beside the target, then renames over it: the old file stays until the new one is whole and on disk.

    A link is followed; a device or a pipe is written to as it is. Raises OutputError when the system refuses; the
    temporary file goes on any error.
    """
    if _is_stream(path):
        _write_stream(path, write)
    else:
        _write_together({path: write})


def write_bytes(path: Path, content: bytes) -> None:
    """`write_atomically` of bytes that are there already."""
    write_atomically(path, _writes(content))


def write_files(contents: Mapping[Path, bytes | Write]) -> None:
    """Writes files that belong together: no old one is replaced before all new ones are whole and on disk.

    They are written and then replaced in the order given. Raises OutputError when the system refuses.
    """
    for path in contents:
        if _is_stream(path):
            raise OutputError(f"{path}: cannot be written: it is a device or a pipe. Nothing was changed there.")
    _write_together({path: content if callable(content) else _writes(content) for path, content in contents.items()})


def _writes(content: bytes) -> Write:
    return lambda file: file.write(content)


def begin_to_write_out(file: BinaryIO) -> None:
    """Lets the system begin to write out what the file holds by now, for which its end would wait otherwise.

    What is on the disk already may leave the memory: the hint is that of POSIX_FADV_DONTNEED.
    """
    file.flush()
    with contextlib.suppress(OSError, AttributeError):  # it is a hint, and not every system takes it
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def make_folder(path: Path) -> None:
    """Makes a folder and its parents; raises OutputError when that fails or something else stands there."""
    with refusals(path):
        path.mkdir(parents=True, exist_ok=True)


def remove_file(path: Path) -> None:
    """Removes a file; raises OutputError when the system refuses."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed: {error.strerror or error}.") from error


def check_folder(path: Path) -> None:
    """Raises OutputError when the folder plainly cannot be made or written to: said before the work, not after it."""
    there = next((p for p in (path, *path.absolute().parents) if os.path.lexists(p)), Path("/"))
    with refusals(there):
        is_folder = there.is_dir()
    if not is_folder:
        raise OutputError(f"{there}: cannot be written to: it is not a folder. Nothing was changed there.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(f"{there}: cannot be written to: no permission. Nothing was changed there.")


def same_file(a: Path, b: Path) -> bool:
    """Whether both names stand for one file that exists."""
    try:
        return a.samefile(b)
    except (OSError, ValueError):
        return False


def _write_together(writers: Mapping[Path, Write]) -> None:
    with contextlib.ExitStack() as stack:
        ready = {path: stack.enter_context(_whole(path, write)) for path, write in writers.items()}
        put_in_place({_followed(path): temporary for path, temporary in ready.items()})


@contextlib.contextmanager
def _whole(path: Path, write: Write) -> Iterator[Path]:
    """The new file, whole and on disk under a temporary name beside its target; gone afterwards if not put in place."""
    if not path.name:
        raise OutputError(f"{path}: cannot be written: a file name is needed. Nothing was changed there.")
    with staged(_followed(path)) as (temporary, file):
        with refusals(path), file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        yield temporary


def _write_stream(path: Path, write: Write) -> None:
    with refusals(path), path.open("wb") as file:
        write(file)


def _is_stream(path: Path) -> bool:
    """Whether the name stands for a device, pipe or socket: renaming a file over it would replace it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _followed(path: Path) -> Path:
    """The file behind a symbolic link, which stays."""
    with refusals(path):
        return path.resolve() if path.is_symlink() else path
