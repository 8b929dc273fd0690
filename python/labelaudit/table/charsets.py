"""Text of other charsets as UTF-8."""

from __future__ import annotations

import codecs
import contextlib
import sys
from collections.abc import Iterator

from labelaudit.errors import InputError, UsageError
from labelaudit.storage import is_on_disk
from labelaudit.table.intake import Body, line_at, pieces_of

UTF8 = ("utf-8", "utf-8-sig")  # taken as it is: the scanner validates it and knows the line
MARKS = {"utf-16": (codecs.BOM_LE, codecs.BOM_BE), "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)}
WHOLE = ("idna", "punycode")  # whose pieces cannot be decoded one by one


def decoded(data: Body, codec: str, name: str) -> Iterator[bytes | memoryview]:
    """The text as UTF-8, in pieces; raises InputError where it is not of this charset, UsageError for no charset."""
    try:
        if is_on_disk() and codec not in WHOLE:
            yield from _in_pieces(data, codec)
        else:
            yield from pieces_of(_whole(data, codec))
    except UnicodeDecodeError as error:
        raise _refused(data, codec, name, error) from None
    except LookupError:
        raise UsageError(f"{codec!r} is not a charset for text.") from None


def _whole(data: Body, codec: str) -> bytes:
    return str(data, codec).encode("utf-8")


def _in_pieces(data: Body, codec: str) -> Iterator[bytes | memoryview]:
    """Decoded piece by piece, so that no long text is in memory."""
    with contextlib.suppress(UnicodeDecodeError):
        b"a".decode(codec)  # raises LookupError for a codec that makes no text
    incremental = codecs.lookup(_by_its_mark(data, codec)).incrementaldecoder
    if incremental is None:
        yield from pieces_of(_whole(data, codec))
        return
    decoder = incremental()
    try:
        for piece in pieces_of(data):
            yield decoder.decode(bytes(piece)).encode("utf-8")
        yield decoder.decode(b"", final=True).encode("utf-8")
    except UnicodeDecodeError:
        _whole(data, codec)  # raises the same, with the place in the whole text
        raise


def _by_its_mark(data: Body, codec: str) -> str:
    """Text without a mark is in the machine's order of bytes when it is decoded whole, and an error in pieces."""
    marks = MARKS.get(codec)
    return codec if marks is None or data[:4].startswith(marks) else f"{codec}-{sys.byteorder[0]}e"


def _refused(data: Body, codec: str, name: str, error: UnicodeDecodeError) -> InputError:
    byte = data[error.start]
    return InputError(
        f"{name}:{line_at(data, error.start)}, byte {error.start}: 0x{byte:02X} is not valid {codec} ({error.reason}). "
        "Name the file's own encoding with --charset."
    )
