"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from labelaudit.errors import OutputError


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Calls `write` with a new file beside `path`, then renames it to `path`: a reader sees the old or the whole new.

    A link is followed; a device or a pipe is written to as it is. Raises OutputError where the system refuses, and
    then, as on any error in `write`, nothing is left behind.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as stream:
                write(stream)
        else:
            _write_beside(target, write)
    except BrokenPipeError:
        raise  # whoever read the pipe has left: not an output that failed
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}.") from error


def write_bytes(path: Path, content: bytes) -> None:
    """`write_atomically` of bytes that are there already."""

    def write(file: BinaryIO) -> None:
        file.write(content)

    write_atomically(path, write)


def make_folder(path: Path) -> None:
    """Makes a folder and its parents; raises OutputError when that fails or something else stands there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made: {error.strerror or error}.") from error


def _write_beside(target: Path, write: Callable[[BinaryIO], None]) -> None:
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself last through a power cut, where the system can (Windows cannot open folders)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
