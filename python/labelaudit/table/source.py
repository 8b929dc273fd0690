"""Inputs as UTF-8 text: opened, hashed, decompressed, decoded, and refused where they are no such text."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from labelaudit import storage
from labelaudit.addresses import Address, Stream, is_address, shown
from labelaudit.errors import InputError, UsageError
from labelaudit.table.charsets import UTF8, decoded
from labelaudit.table.compression import PLAIN, compression_of, decompressed
from labelaudit.table.intake import LONGEST_LINE, PIECE, READ, Body, Intake, Sha256, Taken, line_at, pieces_of, sha256
from labelaudit.table.records import Dialect, Scan, Scanning
from labelaudit.table.words import printable

STDIN = "-"
HEAD = 1002  # bytes in which foreign formats and UTF-16 are looked for
FOREIGN = (
    (b"PK\x03\x04", "a zip archive or spreadsheet (xlsx)", "Export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (xls)", "Export it as CSV"),
    (
        b"PAR1",
        "a Parquet file that is cut short, compressed as a whole or piped",
        "Name the whole file as it was written",
    ),
    (b"%PDF-", "a PDF document", "Export the table as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "Export the table as CSV"),
    (b"version https://git-lfs", "a git-lfs pointer, not the data", "Fetch the data with git lfs pull"),
)


MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(\[\s*\{|\{\s*\"|\[\s*\[)|<(?:!doctype|html|\?xml|svg|table))")


@dataclass(frozen=True)
class Text:
    """One input as UTF-8 text; `name` is what messages call it, `scans` what was found in each dialect so far.

    `lost_characters`: U+FFFD in it. `has_minus_zero`: whether some -0 in it could be an integer.
    """

    path: str
    name: str
    sha256: str
    size_bytes: int
    compression: str
    charset: str
    body: Body
    lost_characters: int
    has_minus_zero: bool
    scans: dict[Dialect, Scan] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def data(self) -> bytes:
        """The whole text in memory, wherever its body is."""
        return self.body if isinstance(self.body, bytes) else self.body[:]

    def scan(self, dialect: Dialect) -> Scan:
        """What a scan of the text finds, scanned once a dialect."""
        if dialect not in self.scans:
            scanning = Scanning(dialect)
            for piece in pieces_of(self.body):
                scanning.feed(piece)
            self.scans[dialect] = scanning.finish()
        return self.scans[dialect]


def open_text(
    path: str | os.PathLike[str],
    *,
    charset: str = "utf-8",
    trust_size: bool = False,
    dialect: Dialect | None = None,
    threads: int = 1,
) -> Text:
    """The input's text and hash; `-` is standard input, an address is read by fsspec.

    `trust_size`: however long its lines, whatever it expands to.
    `dialect`: the one in which it is probably scanned, which is then done while it is read.
    Raises InputError if it cannot be read, decompressed or decoded; UsageError if there is no such charset.
    """
    codec = _codec(charset)
    given = os.fspath(path)
    name = "stdin" if given == STDIN else printable(shown(given))
    how = Reading(name, codec, None if trust_size else LONGEST_LINE, dialect)
    with sha256(threads) as hashed:
        if given == STDIN:
            raw, compression = _taken(sys.stdin.buffer, how, hashed, PIECE)
        elif is_address(given):
            raw, compression = _fetched(given, how, hashed)
        else:
            raw, compression = _read(Path(given), how, hashed)
        if not raw.body:
            raise InputError(f"{name}: the file is empty.")
        text = _text(raw, compression, how, trust_size)
        digest = hashed.hexdigest()
    scans = {} if dialect is None or text.scan is None else {dialect: text.scan}
    size, lost = len(raw.body), text.lost_characters
    return Text(shown(given), name, digest, size, compression, codec, text.body, lost, text.has_minus_zero, scans)


@dataclass(frozen=True)
class Reading:
    """How one input is read: its name for messages, its charset, the longest line, the dialect to scan it in."""

    name: str
    codec: str
    longest: int | None
    dialect: Dialect | None


def _text(raw: Taken, compression: str, how: Reading, trust_size: bool) -> Taken:
    """The input decompressed and brought to UTF-8."""
    name, text = how.name, raw
    if compression != PLAIN:
        intake = Intake(name, how.longest)  # scanned later: what is refused for its size is not worth it
        for piece in decompressed(raw.body, compression, name, trust_size=trust_size):
            intake.take(piece)
        intake.refuse_long_line()
        text = intake.finish()
    head = text.body[:HEAD]
    _refuse_foreign(head, name)
    if how.codec in UTF8:
        _refuse_utf16(head, name)
        _refuse_iso_2022(text, name)
        return text
    intake = Intake(name, None, how.dialect)
    for part in decoded(text.body, how.codec, name):
        intake.take(part)
    return intake.finish()


def _codec(charset: str) -> str:
    try:
        return codecs.lookup(charset).name
    except LookupError:
        raise UsageError(f"there is no charset {charset!r}; examples: utf-8, latin-1, cp1252, utf-16.") from None


def _read(path: Path, how: Reading, hashed: Sha256) -> tuple[Taken, str]:
    name = how.name
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            _refuse_special(before, name)
            at_once = PIECE if storage.is_on_disk() else min(READ, max(PIECE, before.st_size))
            raw, compression = _taken(file, how, hashed, at_once)
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise InputError(f"{name}: no such file.") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a directory; name the files in it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{name}: cannot be read ({reason}).") from None
    if stat.S_ISREG(after.st_mode) and (after.st_mtime_ns, len(raw.body)) != (before.st_mtime_ns, before.st_size):
        raise InputError(f"{name}: the file changed while it was read; run again when it is complete.")
    return raw, compression


def _fetched(address: str, how: Reading, hashed: Sha256) -> tuple[Taken, str]:
    found = Address(address, how.name)
    with found.open() as stream:
        raw, compression = _taken(stream, how, hashed, PIECE)
    refuse_other_size(found, len(raw.body))
    return raw, compression


def refuse_other_size(address: Address, read: int) -> None:
    """Raises InputError unless so many bytes are what is there, where that is told."""
    if address.size not in (None, read):
        raise InputError(f"{address.name}: the file changed while it was read; run again when it is complete.")


def _taken(file: BinaryIO | Stream, how: Reading, hashed: Sha256, at_once: int) -> tuple[Taken, str]:
    """The file's bytes, scanned already if they are the text itself, and how they are compressed."""
    piece = file.read(at_once)
    compression = compression_of(piece)
    is_text = compression == PLAIN and how.codec in UTF8
    intake = Intake(how.name, how.longest, how.dialect if is_text else None)
    while piece:
        hashed.update(piece)
        intake.take(piece)
        intake.refuse_long_line()
        piece = file.read(at_once)
    return intake.finish(), compression


def _refuse_special(status: os.stat_result, name: str) -> None:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise InputError(f"{name}: is not a regular file but a device or socket.")


def _refuse_foreign(head: bytes, name: str) -> None:
    for magic, what, cure in FOREIGN:
        if head.startswith(magic):
            raise InputError(f"{name}: this is {what}. {cure}.")
    marked_up = MARKUP.match(head[:1000].lower())
    if marked_up is not None:
        what = "a JSON" if marked_up[1] else "an HTML or XML"
        raise InputError(f"{name}: this is {what} document, not CSV. Export the table as CSV.")


def _refuse_utf16(data: bytes, name: str) -> None:
    head = data[:1000]
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    little, big = head[1::2].count(0), head[0::2].count(0)
    plain_header = b"\n" in head and b"\0" not in data[: data.index(b"\n") + 2]  # then the scan names the line
    if marked or (max(little, big) * 4 > len(head) and not plain_header):  # Latin text: every other byte is NUL
        charset = "utf-16" if marked else "utf-16-le" if little >= big else "utf-16-be"
        raise InputError(f"{name}: the text is UTF-16, not UTF-8. Add --charset {charset}.")


def _refuse_iso_2022(text: Taken, name: str) -> None:
    """Such text is ASCII byte by byte and would be read as letters that nobody wrote."""
    at = text.charset_switch
    if at >= 0:
        charset = "iso2022_kr" if text.body[at : at + 4] == b"\x1b$)C" else "iso2022_jp"
        raise InputError(
            f"{name}:{line_at(text.body, at)}, byte {at}: the text is ISO-2022, not UTF-8. Add --charset {charset}."
        )
