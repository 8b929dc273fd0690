"""One pass over the bytes of an input: kept, hashed, noted and scanned while they are in the processor's cache."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Semaphore
from typing import TYPE_CHECKING

from labelaudit._core import TextNotes
from labelaudit.errors import InputError
from labelaudit.storage import Spool
from labelaudit.table.records import Dialect, Scan, Scanning
from labelaudit.threads import Thread

if TYPE_CHECKING:
    from typing_extensions import Buffer

MIB = 1 << 20
LONGEST_LINE = 64 * MIB  # a guess: no row of a table is so long
PIECE = MIB  # bytes; stays in the cache, and between pieces Ctrl-C is heard
READ = 32 * MIB  # bytes of a file that is held in memory: for each piece Python is asked for, which imports may use
MOST_WAITING = 1  # piece that waits to be hashed

Body = bytes | mmap.mmap  # all bytes of a text, in memory or in a nameless file


@dataclass(frozen=True)
class Taken:
    """What one pass left; `scan` where a dialect was given. `charset_switch`: its first byte, or -1."""

    body: Body
    charset_switch: int
    lost_characters: int
    has_minus_zero: bool
    scan: Scan | None


class Intake:
    """Bytes taken in piece by piece; `name` is for messages, `longest` bytes of a line are allowed, None: any."""

    def __init__(self, name: str, longest: int | None, dialect: Dialect | None = None) -> None:
        self._name, self._longest = name, longest
        self._notes = TextNotes(longest=longest or 0)
        self._scanning = None if dialect is None else Scanning(dialect)
        self._spool = Spool()

    def take(self, piece: Buffer) -> None:
        """The next bytes."""
        self._spool.write(piece)
        self._notes.feed(piece)
        if self._scanning is not None:
            self._scanning.feed(piece)

    def refuse_long_line(self) -> None:
        """Raises InputError if a line of what was taken in is too long."""
        start = self._notes.long_line
        if start >= 0 and self._longest is not None:
            raise InputError(
                f"{self._name}:{line_at(self._spool.whole(), start)}: the line is longer than "
                f"{self._longest // MIB} MiB. Look whether the file is text with line ends; add --trust-size if it is "
                "meant so."
            )

    def finish(self) -> Taken:
        """What was taken in."""
        self._notes.finish()
        scan = None if self._scanning is None else self._scanning.finish()
        notes = self._notes
        return Taken(self._spool.whole(), notes.charset_switch, notes.lost_characters, notes.has_minus_zero, scan)


def pieces_of(body: Body) -> Iterator[memoryview]:
    """The bytes piece by piece."""
    view = memoryview(body)
    for start in range(0, len(view), PIECE):
        yield view[start : start + PIECE]


def line_at(body: Body, offset: int) -> int:
    """The line, from 1, that this byte is on."""
    return 1 + sum(body[at : min(at + PIECE, offset)].count(b"\n") for at in range(0, offset, PIECE))


class Sha256:
    """The hash of bytes that come in pieces."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        """The next bytes."""
        self._hash.update(piece)

    def hexdigest(self) -> str:
        """Of all bytes."""
        return self._hash.hexdigest()


class _ThreadedSha256(Sha256):
    """The same on a thread of its own; hashing takes as long as all else that is done with the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = Semaphore(MOST_WAITING)
        self._thread = Thread(self._work)
        self._thread.start()

    def _work(self) -> None:
        while (piece := self._waiting.get()) is not None:
            self._hash.update(piece)
            self._room.release()

    def update(self, piece: bytes) -> None:
        self._room.acquire()
        self._waiting.put(piece)

    def hexdigest(self) -> str:
        self.stop()
        return super().hexdigest()

    def stop(self) -> None:
        """Ends the thread once all pieces are hashed."""
        self._waiting.put(None)
        self._thread.join()


@contextmanager
def sha256(threads: int) -> Iterator[Sha256]:
    """A hash to be made in this thread, or on one of its own where there may be several."""
    if threads == 1:
        yield Sha256()
        return
    threaded = _ThreadedSha256()
    try:
        yield threaded
    finally:
        threaded.stop()
