"""The undo file of a Parquet copy: the original's bytes, those that the copy has as well named by their place in it."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelaudit.cleaning.undo import named, undo_record
from labelaudit.table.compression import PLAIN
from labelaudit.table.parquet.file import Parquet, refuse_changed

Piece = list[int] | str  # bytes from .. to of the copy, or bytes of their own


def parquet_undo_file(original: Parquet, output: str, content: bytes) -> bytes:
    """The undo file of a copy with this content, under the name of the output."""
    raw = Path(original.path).read_bytes()
    refuse_changed(original)
    pieces = [*_pieces(raw, content)]
    return undo_record(named(original.path, raw, PLAIN), named(output, content, PLAIN), {"pieces": pieces})


def _pieces(raw: bytes, content: bytes) -> Iterator[Piece]:
    """Column chunks that are the same in both files by their place, all else in full."""
    if raw == content:
        yield [0, len(raw)]
        return
    known = {_hash(content, *span): span for span in _spans(content)}
    at = own = 0
    for start, end in _spans(raw):
        span = known.get(_hash(raw, start, end)) if start >= at else None
        if span is not None:
            if start > own:
                yield _packed(raw[own:start])
            yield [*span]
            own = end
        at = max(at, end)
    yield _packed(raw[own:])


def _spans(content: bytes) -> list[tuple[int, int]]:
    """Where the column chunks are, in order; where pages begin is all that a footer says of it."""
    from pyarrow import BufferReader, parquet

    about = parquet.ParquetFile(BufferReader(content)).metadata
    spans = []
    for group in range(about.num_row_groups):
        for i in range(about.num_columns):
            column = about.row_group(group).column(i)
            begins = [column.data_page_offset, *([column.dictionary_page_offset] if column.has_dictionary_page else [])]
            start = min(begins)
            spans.append((start, start + column.total_compressed_size))
    return sorted(spans)


def _hash(content: bytes, start: int, end: int) -> bytes:
    return hashlib.sha256(memoryview(content)[start:end]).digest()


def _packed(piece: bytes) -> str:
    return base64.b64encode(zlib.compress(piece)).decode("ascii")


def joined(content: bytes, pieces: Any) -> bytes:
    """The original's bytes from the copy's; raises ValueError or TypeError for pieces that are none."""
    return b"".join(_unpacked(piece) if isinstance(piece, str) else _span(content, *piece) for piece in pieces)


def _unpacked(piece: str) -> bytes:
    try:
        return zlib.decompress(base64.b64decode(piece, validate=True))
    except zlib.error as error:
        raise ValueError(str(error)) from None


def _span(content: bytes, start: int, end: int) -> bytes:
    if not 0 <= start <= end <= len(content):
        raise ValueError("the piece leaves the copy")
    return content[start:end]
