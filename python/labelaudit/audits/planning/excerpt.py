"""Some records of an input: its beginning and pieces from random places, as a text that the ordinary reader reads.

Pieces are cut to whole records: at a line end from which the strict scan finds no error under the file's header. A line
end inside quotes is none. What is compressed can be read from its beginning only.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelaudit._core import CsvFault, CsvScanner
from labelaudit.addresses import Address, is_address, shown, size_of
from labelaudit.audits.planning.parquet_excerpt import parquet_excerpt
from labelaudit.table.compression import PLAIN, _decompressor, compression_of
from labelaudit.table.delimiter import delimiter_of
from labelaudit.table.intake import LONGEST_LINE
from labelaudit.table.opening import Opened, open_input
from labelaudit.table.parquet.file import Parquet, is_parquet
from labelaudit.table.reader import Input
from labelaudit.table.source import STDIN, Text
from labelaudit.table.words import printable

WHOLE_BYTES = 2 << 20  # an input up to this size is read whole
HEAD_BYTES, PIECE_BYTES, PIECES = 512 << 10, 64 << 10, 32
FEWEST_LINES = 50  # of a head; wide tables have long lines
MOST_CUTS = 40  # line ends of a piece that are tried
FED_BYTES = 8 << 10  # compressed bytes at a time
Take = Callable[[int, int], bytes]  # so many bytes from a place


@dataclass(frozen=True)
class Excerpt:
    """Some records of one input: `head` from its beginning, `text` with those of other places as well.

    file_bytes: on disk. size_bytes: of the whole text, decompressed. record_bytes: of the records in `text`, without
    the header. all_rows: how many the input has, where that is known. whole: that `text` is all of it.
    """

    text: Opened
    head: Opened
    file_bytes: int
    size_bytes: float
    header_bytes: int = 0
    record_bytes: int = 0
    all_rows: int | None = None
    whole: bool = False

    def rows(self, read: int) -> float:
        """How many rows the input has, when so many stand in `text`."""
        if self.whole or self.all_rows is not None:
            return read if self.all_rows is None else self.all_rows
        return read * (self.size_bytes - self.header_bytes) / max(1, self.record_bytes)

    def beginning(self) -> Excerpt:
        """Its head alone."""
        if self.whole or not isinstance(self.head, Text):
            return self
        return replace(self, text=self.head, record_bytes=len(self.head.body) - self.header_bytes)


def excerpt(given: Input, *, charset: str, delimiter: str | None, skip: int, trust_size: bool) -> Excerpt:
    """Some records of a file; small ones are read whole, as is standard input. Raises InputError as `open_input`."""
    if isinstance(given, Parquet) or (not isinstance(given, Text) and is_parquet(given)):
        return _of_parquet(given, trust_size)
    path = given.path if isinstance(given, Text) else os.fspath(given)
    if not isinstance(given, Text) and (path == STDIN or not _is_large(path)):
        given = open_input(path, charset=charset, trust_size=trust_size)
    if isinstance(given, Parquet):
        return _of_parquet(given, trust_size)
    if isinstance(given, Text):
        if len(given.body) <= WHOLE_BYTES:
            return Excerpt(given, given, given.size_bytes, len(given.body), whole=True)
        head = _beginning(_slices(given))
        return _of(given, head, delimiter, skip, len(given.body), len(head), "utf-8", _slices(given))
    with _opened(path) as (size, take):
        start, scale = _beginning(take), 1.0
        packed, codec = compression_of(start), codecs.lookup(charset).name
        if packed != PLAIN:
            start, scale = _expanded(take, packed, path)
        text = _text(path, size, packed, codec, _utf8(start, codec))
        apart = packed == PLAIN and _is_ascii_based(codec)
        scale *= len(text.body) / max(1, len(start))  # bytes of UTF-8 for one of the file's
        found = _of(text, text.body[:], delimiter, skip, size, len(start), codec, take if apart else None)
        return replace(found, size_bytes=size * scale)


def _of_parquet(given: str | os.PathLike[str] | Parquet, trust_size: bool) -> Excerpt:
    if not isinstance(given, Parquet) and not _is_large(os.fspath(given)):
        opened = open_input(given, trust_size=trust_size)
        assert isinstance(opened, Parquet)
        given = opened
    some, rows, size = parquet_excerpt(given)
    return Excerpt(some, some, size, 0.0, all_rows=rows, whole=some.rows == rows)


def _text(path: str, size: int, compression: str, codec: str, body: bytes) -> Text:
    return Text(shown(path), shown(path), "", size, compression, codec, body, 0, True)


def _with(text: Text, body: bytes) -> Text:
    return replace(text, body=body, scans={})


def _is_large(path: str) -> bool:
    if is_address(path):
        return size_of(path) > WHOLE_BYTES
    try:
        return Path(path).is_file() and Path(path).stat().st_size > WHOLE_BYTES
    except (OSError, ValueError):
        return False


@contextmanager
def _opened(path: str) -> Iterator[tuple[int, Take]]:
    """A file's size, and its bytes by place."""
    if is_address(path):
        found = Address(path, printable(shown(path)))
        yield found.size or 0, found.take
        return
    with Path(path).open("rb") as file:

        def take(start: int, count: int) -> bytes:
            file.seek(start)
            return file.read(count)

        yield os.fstat(file.fileno()).st_size, take


def _slices(text: Text) -> Take:
    return lambda start, count: text.body[start : start + count]


def _beginning(take: Take) -> bytes:
    found = take(0, HEAD_BYTES)
    while found.count(b"\n") < FEWEST_LINES and len(found) < LONGEST_LINE and (more := take(len(found), len(found))):
        found += more
    return found


def _expanded(take: Take, compression: str, name: str) -> tuple[bytes, float]:
    """The beginning of a compressed file, and how many bytes each of its own stands for."""
    machine, found, fed = _decompressor(compression, name), b"", 0
    while len(found) < WHOLE_BYTES and not machine.eof and (piece := take(fed, FED_BYTES)):
        found += machine.decompress(piece)
        fed += len(piece) - (len(machine.unused_data) if machine.eof else 0)
    return found, len(found) / max(1, fed)


def _is_ascii_based(codec: str) -> bool:
    """Whether a line end is the byte of ASCII, wherever it stands."""
    return "a\n,".encode(codec, "ignore") == b"a\n,"


def _utf8(data: bytes, codec: str) -> bytes:
    """The text, less a character that is cut in the middle; wrong bytes are for the reader of the whole to name."""
    if codec in ("utf-8", "utf-8-sig"):
        return data
    return codecs.getincrementaldecoder(codec)("replace").decode(data).encode("utf-8", "replace")


def _of(
    text: Text,
    head: bytes,
    delimiter: str | None,
    skip: int,
    size: int,
    after: int,
    codec: str,
    take: Take | None,
) -> Excerpt:
    """head: the beginning as UTF-8, which is `after` bytes of all that can be taken."""
    mark = delimiter_of(text.path, delimiter)
    data, begins = _whole_records(head[: head.rfind(b"\n") + 1], mark, skip)
    pieces = [] if take is None else _pieces(take, codec, size, after, data[:begins], mark, skip)
    joined = b"".join([data, *pieces])
    return Excerpt(_with(text, joined), _with(text, data), text.size_bytes, size, begins, len(joined) - begins)


def _whole_records(data: bytes, mark: str, skip: int) -> tuple[bytes, int]:
    """The data up to its last whole record, and where the first begins. Other errors are left for the reader."""
    while True:
        scanner = _scanned(data, mark, skip)
        cut = [e for e in scanner.errors if e.fault is CsvFault.UNCLOSED_QUOTE]
        if not cut or scanner.error_count > 1:
            return data, scanner.header_end
        data = data[: data.rfind(b"\n", 0, cut[0].offset) + 1]


def _scanned(data: bytes, mark: str, skip: int) -> CsvScanner:
    scanner = CsvScanner(delimiter=mark, skip_lines=skip)
    scanner.feed(data)
    scanner.finish()
    return scanner


def _pieces(take: Take, codec: str, size: int, after: int, header: bytes, mark: str, skip: int) -> list[bytes]:
    """Records from drawn places beyond the head, one in each of as many equal parts, always the same for one size."""
    count = min(PIECES, max(0, size - after) // (2 * PIECE_BYTES))  # so that none overlap
    part = (size - after) / max(1, count)
    inside = np.random.default_rng(0).uniform(size=count) * (part - PIECE_BYTES)
    drawn = [take(after + int(i * part + offset), PIECE_BYTES) for i, offset in enumerate(inside)]
    return [_records(_utf8(data, codec), header, mark, skip) for data in drawn]


def _records(data: bytes, header: bytes, mark: str, skip: int) -> bytes:
    """The whole records of a piece; none where no line end in it is plainly one between records."""
    start = data.find(b"\n") + 1
    for _ in range(MOST_CUTS):
        if not start:
            break
        whole, begins = _whole_records(header + data[start : data.rfind(b"\n") + 1], mark, skip)
        if len(whole) > begins and not _scanned(whole, mark, skip).error_count:
            return whole[begins:]
        start = data.find(b"\n", start) + 1
    return b""
