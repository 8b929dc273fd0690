"""Decisions in an SQLite file: appended, never changed, safe against several writers and against being killed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType

from labelaudit.decisions.decision import Decision, latest
from labelaudit.errors import InputError, LabelauditError, OutputError, UsageError

NAME = "decisions.sqlite"  # beside the audit
APPLICATION_ID = 0x6C616264  # "labd", in the header of the file
VERSION = 1
BUSY_SECONDS = 30.0  # how long a writer waits for others; a guess: one transaction takes milliseconds
LONGEST_ROW = 64 << 20  # bytes; a damaged file may say that one has a billion
STEPS = 100_000  # of SQLite's machine, between two looks at how many there were
FEWEST_LOOKS = 10
STEPS_A_DECISION = 1000  # some ten are taken to read one, some fifty to add one
FIELDS = "fingerprint, occurrence, decision, label, given_label, note, who, decided_at"
SCHEMA = """CREATE TABLE decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL, occurrence INTEGER NOT NULL, decision TEXT NOT NULL, label TEXT, given_label TEXT,
    note TEXT NOT NULL, who TEXT NOT NULL, decided_at TEXT NOT NULL) STRICT"""


class DecisionStore:
    """An open file of decisions; a context manager. May be used from several threads.

    Raises InputError for a file that is no such database, is damaged, or is of a newer version; OutputError when the
    system refuses to write.
    """

    def __init__(self, path: str | PathLike[str], *, create: bool = True) -> None:
        self.path = Path(path)
        self._lock, self._steps = threading.Lock(), _Steps(self.path)
        with _refusals(self.path):
            if not create and not self.path.is_file():
                raise InputError(f"{self.path}: no such file of decisions.")
            self._db = _connect(self.path, "rwc" if create else "rw", self._steps)
            try:
                self._prepare(create)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, create: bool) -> None:
        try:
            found = _marks(self._db)
        except sqlite3.OperationalError:
            if create or not self._is_at_rest():
                raise
            self._db.close()
            self._db = _connect(self.path, "ro&immutable=1", self._steps)
            found = _marks(self._db)
        if found == (0, 0, 0):  # new, or its maker was killed
            _refuse_other(_created(self._db), self.path)
        else:
            _refuse_other(found, self.path)
        self._db.execute("PRAGMA synchronous = FULL")  # a commit is on disk when it returns

    def _is_at_rest(self) -> bool:
        """Whether nobody can be writing and the file holds all: then it is read without a file beside it."""
        log = self.path.with_name(self.path.name + "-wal")
        return not os.access(self.path.parent, os.W_OK) and not log.exists()

    def append(self, decisions: Decision | Sequence[Decision]) -> None:
        """Adds one or more decisions, all or none, and sets `when` where it is empty; on disk when this returns."""
        several = [decisions] if isinstance(decisions, Decision) else decisions
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        rows = [astuple(d if d.when else replace(d, when=now)) for d in several]
        with self._working(len(rows)), _transaction(self._db):
            self._db.executemany(f"INSERT INTO decisions ({FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def current(self) -> list[Decision]:
        """The last decision on each row, less those taken back, by fingerprint and occurrence."""
        return latest(self.history())

    def history(self, *, skip: int = 0) -> list[Decision]:
        """All decisions in the order in which they were appended, less the first `skip`."""
        query = f"SELECT number, {FIELDS} FROM decisions ORDER BY number LIMIT -1 OFFSET ?"
        found, last = [], 0
        try:
            with self._working():
                for number, *fields in self._db.execute(query, (skip,)):
                    if number <= last:  # a damaged tree leads to some page twice, maybe over and over
                        raise _damaged(self.path, "its rows are out of order")
                    found.append(Decision(*fields))
                    last = number
        except UsageError as error:  # somebody else wrote it
            raise InputError(f"{self.path}: holds what is no decision: {error}") from None
        return found

    @contextlib.contextmanager
    def _working(self, added: int = 0) -> Iterator[None]:
        with self._lock, _refusals(self.path):
            self._steps.begin(added)
            yield

    def close(self) -> None:
        """Ends the use of the file."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> DecisionStore:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Closes."""
        self.close()


class _Steps:
    """How many steps of SQLite's machine a file of this size can need: a damaged one may lead in circles."""

    def __init__(self, path: Path) -> None:
        self._files = path, path.with_name(path.name + "-wal")
        self._left = 0

    def begin(self, added: int = 0) -> None:
        """Counts from here on, for reading all that there is and adding so many decisions."""
        sizes = sum(f.stat().st_size for f in self._files if f.exists())
        self._left = FEWEST_LOOKS + (sizes + STEPS_A_DECISION * added) // STEPS

    def look(self) -> bool:
        """Whether to interrupt; called every STEPS."""
        self._left -= 1
        return self._left < 0


def _connect(path: Path, mode: str, steps: _Steps) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    steps.begin()
    db.set_progress_handler(steps.look, STEPS)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
    return db


def _marks(db: sqlite3.Connection) -> tuple[int, int, int]:
    """Whose file this is, its version, and whether it holds anything (0, 1), all as of one moment."""
    queries = ("PRAGMA application_id", "PRAGMA user_version", "SELECT EXISTS (SELECT 1 FROM sqlite_master)")
    with contextlib.nullcontext() if db.in_transaction else _transaction(db, "DEFERRED"):
        first, second, third = (int(db.execute(query).fetchone()[0]) for query in queries)
    return first, second, third


def _created(db: sqlite3.Connection) -> tuple[int, int, int]:
    """Makes the tables in an empty file, unless another process was quicker."""
    _set_wal(db)
    with _transaction(db):
        if _marks(db) == (0, 0, 0):
            db.execute(SCHEMA)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {VERSION}")
    return _marks(db)


def _set_wal(db: sqlite3.Connection) -> None:
    """Readers and a writer side by side. SQLite does not wait for others here, so that this does."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _refuse_other(marks: tuple[int, int, int], path: Path) -> None:
    application, version, _ = marks
    if application != APPLICATION_ID:
        raise _foreign(path)
    if version > VERSION:
        raise InputError(
            f"{path}: was written by a newer labelaudit (version {version} of the file, this one reads {VERSION}). "
            "Update labelaudit."
        )


def _damaged(path: Path, how: str = "") -> InputError:
    return InputError(f"{path}: is damaged{f' ({how})' if how else ''}. Take a copy that is whole.")


def _foreign(path: Path) -> InputError:
    return InputError(f"{path}: is no file of decisions that labelaudit wrote. Name another with --decisions.")


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _refused(path, error) from error
    except OSError as error:  # of how large the files are, or whether they are there
        raise _unusable(path, error.strerror or str(error)) from error
    except MemoryError:  # SQLite says so of some damage, too
        if not _has_memory():
            raise
        raise _damaged(path) from None
    except UnicodeDecodeError:  # of SQLite's own message, which names what it found in a damaged file
        raise _damaged(path) from None


def _has_memory() -> bool:
    with contextlib.suppress(MemoryError):
        return len(bytearray(LONGEST_ROW)) > 0
    return False


def _refused(path: Path, error: sqlite3.DatabaseError) -> LabelauditError:
    if "not a database" in str(error):
        return _foreign(path)
    if "malformed" in str(error):
        return _damaged(path, str(error))
    if "interrupted" in str(error):
        return _damaged(path, "its pages lead in circles")
    if "too big" in str(error):
        return InputError(f"{path}: a decision has over {LONGEST_ROW >> 20} MiB of text. Nothing was changed there.")
    if "locked" in str(error):
        return OutputError(f"{path}: is in use by another process for over {BUSY_SECONDS:.0f} s. Nothing was changed.")
    return _unusable(path, str(error))


def _unusable(path: Path, why: str) -> OutputError:
    return OutputError(f"{path}: cannot be opened or written: {why}. Nothing was changed there.")
