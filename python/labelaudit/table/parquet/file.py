"""One Parquet input, opened: known by its first and last bytes, hashed, its footer read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelaudit.addresses import Address, is_address, shown
from labelaudit.errors import InputError
from labelaudit.storage import Spool
from labelaudit.table.compression import FREE_EXPANSION, MOST_EXPANSION, PLAIN
from labelaudit.table.intake import Body
from labelaudit.table.source import STDIN, refuse_other_size
from labelaudit.table.table import Source
from labelaudit.table.words import printable

MAGIC = b"PAR1"
HASHED = 1 << 20  # bytes at a time
CELL = 8  # bytes that a cell takes in memory, at the least
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Parquet:
    """One input, open for reading; `name` is what messages call it, `header` its columns' names.

    `reader` is a pyarrow.parquet.ParquetFile; `stamp` tells whether the file was changed since, None for memory.
    """

    path: str
    name: str
    sha256: str
    size_bytes: int
    reader: Any
    stamp: Stamp | None

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the file."""
        return tuple(self.reader.schema_arrow.names)

    @property
    def rows(self) -> int:
        """The number of data rows."""
        return int(self.reader.metadata.num_rows)


def is_parquet(path: str | os.PathLike[str]) -> bool:
    """Whether an input begins, and a file also ends, as Parquet does; `-` is standard input, of which nothing is taken.

    False for what cannot be read, or can be read only once: whoever reads it as text will say so.
    """
    if os.fspath(path) == STDIN:
        return bool(_peeked() == MAGIC)
    if is_address(path):
        found = Address(path, printable(shown(path)))
        size = found.size or 0
        return found.take(0, len(MAGIC)) == MAGIC == found.take(max(0, size - len(MAGIC)), len(MAGIC))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a path of any kind
            return False
        with Path(path).open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return False
            file.seek(-len(MAGIC), os.SEEK_END)
            return file.read() == MAGIC
    except (OSError, ValueError):
        return False


def open_parquet(path: str | os.PathLike[str], *, trust_size: bool = False) -> Parquet:
    """A Parquet input with its hash; `trust_size`: however large its columns are in memory.

    Raises InputError where pyarrow is missing, the file is damaged or cut short, or its columns would take more than
    MOST_EXPANSION times the file and FREE_EXPANSION.
    """
    given = os.fspath(path)
    name = "stdin" if given == STDIN else printable(shown(given))
    arrow = _pyarrow(name)
    with refusals(name):
        in_memory = _bytes_of(given, name)
        stamp = None if in_memory is not None else _stamp(given)
        source = arrow.OSFile(os.fsencode(given)) if in_memory is None else arrow.BufferReader(in_memory)
        size = source.size()
        digest = _sha256(source)
        source.seek(0)
        reader = arrow.parquet.ParquetFile(source, page_checksum_verification=True)
    opened = Parquet(shown(given), name, digest, size, reader, stamp)
    if not trust_size:
        _refuse_expansion(opened)
    return opened


def _bytes_of(given: str, name: str) -> Body | None:
    """All bytes of what can be read but once; None for a file."""
    if given == STDIN:
        return sys.stdin.buffer.read()
    if not is_address(given):
        return None
    found, spool = Address(given, name), Spool()
    with found.open() as stream:
        while piece := stream.read(HASHED):
            spool.write(piece)
    whole = spool.whole()
    refuse_other_size(found, len(whole))
    return whole


def _peeked() -> bytes:
    peek = getattr(getattr(sys.stdin, "buffer", None), "peek", None)
    return b"" if peek is None else peek(len(MAGIC))[: len(MAGIC)]


def _pyarrow(name: str) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            f"{name}: this is a Parquet file; install labelaudit[parquet] (pyarrow), or convert it to CSV."
        ) from None
    return pyarrow


def _sha256(source: Any) -> str:
    found = hashlib.sha256()
    while piece := source.read(HASHED):
        found.update(piece)
    return found.hexdigest()


def _stamp(path: str) -> Stamp:
    found = os.stat(path)  # noqa: PTH116 - a path of any kind
    return found.st_ino, found.st_mtime_ns, found.st_size


def _refuse_expansion(file: Parquet) -> None:
    """Runs and dictionaries let a few bytes stand for any number of cells."""
    cells = file.rows * len(file.header)
    if cells * CELL > max(FREE_EXPANSION, MOST_EXPANSION * file.size_bytes):
        raise InputError(
            f"{file.name}: its {cells:,} cells take more than {MOST_EXPANSION} times the size of the file. "
            "Add --trust-size if it is right."
        )


@contextlib.contextmanager
def refusals(name: str) -> Iterator[None]:
    """Turns what pyarrow says of damaged data into an InputError, and its interrupt into Python's."""
    import pyarrow

    try:
        yield
    except (InputError, MemoryError):
        raise
    except pyarrow.ArrowCancelled:
        raise KeyboardInterrupt from None
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        said = printable(str(error).strip().split("\n")[0])
        raise InputError(
            f"{name}: this is a Parquet file that cannot be read: {said}. It is damaged, cut short, or of a kind "
            "that this pyarrow does not know."
        ) from None


def refuse_changed(file: Parquet) -> None:
    """Raises InputError if the file is not what was opened: called after each reading."""
    with refusals(file.name):
        same = file.stamp is None or _stamp(file.path) == file.stamp
    if not same:
        raise InputError(f"{file.name}: the file changed while it was read; run again when it is complete.")


def source_of(file: Parquet, lost_characters: int) -> Source:
    """The input as an audit records it."""
    return Source(
        path=file.path,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        compression=PLAIN,
        rows=file.rows,
        header=file.header,
        delimiter="",
        charset="",
        skip=0,
        blank_lines=0,
        lost_characters=lost_characters,
        format="parquet",
    )


def names_of(files: Sequence[Parquet]) -> str:
    """The files for a message."""
    return ", ".join(file.name for file in files)
