"""Inputs as bytes: opened, hashed, decompressed, and brought to UTF-8."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from labelaudit.errors import InputError, UsageError
from labelaudit.table.compression import PLAIN, compression_of, decompress
from labelaudit.table.lines import LONGEST_LINE, read_file, read_stream, refuse_long_lines
from labelaudit.table.words import printable

STDIN = "-"
ISO_2022 = re.compile(rb"\x1b\$[@B]|\x1b\$\)C|\x1b\([BJI]")  # switches of the character set
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
    """One input as UTF-8 text; `name` is what messages call it."""

    path: str
    name: str
    sha256: str
    size_bytes: int
    compression: str
    charset: str
    data: bytes


def open_text(path: str | os.PathLike[str], *, charset: str = "utf-8", trust_size: bool = False) -> Text:
    """The input's text and hash; `-` is standard input; `trust_size`: however long its lines, whatever it expands to.

    Raises InputError if it cannot be read, decompressed or decoded; UsageError if there is no such charset.
    """
    codec = _codec(charset)
    given = os.fspath(path)
    name = "stdin" if given == STDIN else printable(given)
    longest = None if trust_size else LONGEST_LINE
    raw = read_stream(sys.stdin.buffer, name, longest) if given == STDIN else _read(Path(given), name, longest)
    if not raw:
        raise InputError(f"{name}: the file is empty.")
    compression = compression_of(raw)
    data = decompress(raw, compression, name, trust_size=trust_size)
    if compression != PLAIN:
        refuse_long_lines(data, name, longest)
    _refuse_foreign(data, name)
    text = _to_utf8(data, codec, name)
    return Text(given, name, hashlib.sha256(raw).hexdigest(), len(raw), compression, codec, text)


def _codec(charset: str) -> str:
    try:
        return codecs.lookup(charset).name
    except LookupError:
        raise UsageError(f"there is no charset {charset!r}; examples: utf-8, latin-1, cp1252, utf-16.") from None


def _read(path: Path, name: str, longest: int | None) -> bytes:
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            _refuse_special(before, name)
            raw = read_file(file, name, longest) if stat.S_ISREG(before.st_mode) else read_stream(file, name, longest)
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise InputError(f"{name}: no such file.") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a directory; name the files in it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{name}: cannot be read ({reason}).") from None
    if stat.S_ISREG(after.st_mode) and (after.st_mtime_ns, len(raw)) != (before.st_mtime_ns, before.st_size):
        raise InputError(f"{name}: the file changed while it was read; run again when it is complete.")
    return raw


def _refuse_special(status: os.stat_result, name: str) -> None:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise InputError(f"{name}: is not a regular file but a device or socket.")


def _refuse_foreign(data: bytes, name: str) -> None:
    for magic, what, cure in FOREIGN:
        if data.startswith(magic):
            raise InputError(f"{name}: this is {what}. {cure}.")
    marked_up = MARKUP.match(data[:1000].lower())
    if marked_up is not None:
        what = "a JSON" if marked_up[1] else "an HTML or XML"
        raise InputError(f"{name}: this is {what} document, not CSV. Export the table as CSV.")


def _to_utf8(data: bytes, codec: str, name: str) -> bytes:
    """UTF-8 is returned as it is: the scanner validates it and knows the line."""
    if codec in ("utf-8", "utf-8-sig"):
        _refuse_utf16(data, name)
        _refuse_iso_2022(data, name)
        return data
    try:
        return data.decode(codec).encode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise InputError(
            f"{name}:{line}, byte {error.start}: 0x{byte:02X} is not valid {codec} ({error.reason}). "
            "Name the file's own encoding with --charset."
        ) from None
    except LookupError:
        raise UsageError(f"{codec!r} is not a charset for text.") from None


def _refuse_utf16(data: bytes, name: str) -> None:
    head = data[:1000]
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    little, big = head[1::2].count(0), head[0::2].count(0)
    plain_header = b"\n" in head and b"\0" not in data[: data.index(b"\n") + 2]  # then the scan names the line
    if marked or (max(little, big) * 4 > len(head) and not plain_header):  # Latin text: every other byte is NUL
        charset = "utf-16" if marked else "utf-16-le" if little >= big else "utf-16-be"
        raise InputError(f"{name}: the text is UTF-16, not UTF-8. Add --charset {charset}.")


def _refuse_iso_2022(data: bytes, name: str) -> None:
    """Such text is ASCII byte by byte and would be read as letters that nobody wrote."""
    switch = ISO_2022.search(data)
    if switch is not None:
        line = data.count(b"\n", 0, switch.start()) + 1
        charset = "iso2022_kr" if switch[0] == b"\x1b$)C" else "iso2022_jp"
        raise InputError(
            f"{name}:{line}, byte {switch.start()}: the text is ISO-2022, not UTF-8. Add --charset {charset}."
        )
