"""Compressed inputs, known by their first bytes and not by their names, and outputs, whose names tell."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, Protocol

from labelaudit.errors import InputError, UsageError
from labelaudit.table.intake import PIECE, Body

PLAIN = "none"
MAGIC = ((b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))
BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # after `BZh` and a digit: a header cell may start with those letters alone
SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
MOST_EXPANSION, FREE_EXPANSION = 100, 64 << 20  # times, bytes: tables shrink to a tenth or so; a guess
FED = 1 << 12  # bytes that are decompressed in one go: zstandard knows no other bound of what it makes of them
GZIP_WINDOW = 31  # zlib's code for a gzip header and the largest window


class Decompressor(Protocol):
    """What zlib, bz2, lzma and zstandard have in common."""

    @property
    def eof(self) -> bool: ...  # noqa: D102
    @property
    def unused_data(self) -> bytes: ...  # noqa: D102
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...  # noqa: D102


def compression_of(raw: bytes) -> str:
    """gzip, bzip2, xz, zstd or none; told by the first bytes."""
    if raw.startswith(b"BZh") and raw[4:10] in BZIP2_BLOCKS:
        return "bzip2"
    return next((name for magic, name in MAGIC if raw.startswith(magic)), PLAIN)


def decompress(raw: Body, compression: str, name: str, *, trust_size: bool = False) -> bytes:
    """All members of a compressed file; raises as `decompressed`."""
    if compression == PLAIN:
        return raw[:]
    spool = io.BytesIO()
    for piece in decompressed(raw, compression, name, trust_size=trust_size):
        spool.write(piece)
    return spool.getvalue()


def decompressed(raw: Body, compression: str, name: str, *, trust_size: bool = False) -> Iterator[bytes]:
    """All members of a compressed file, in pieces.

    Raises InputError if it is cut short, damaged, followed by anything else, or, unless `trust_size`, larger than
    MOST_EXPANSION times the file and FREE_EXPANSION.
    """
    most = max(FREE_EXPANSION, MOST_EXPANSION * len(raw))
    size, start, end = 0, 0, 0
    while start < len(raw):
        machine = _decompressor(compression, name)
        damages: tuple[type[Exception], ...] = (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError)
        damages += _zstd_errors()
        try:
            for piece, end in _member(machine, raw, start):  # noqa: B007
                size += len(piece)
                if size > most and not trust_size:
                    raise InputError(
                        f"{name}: the file expands to more than {MOST_EXPANSION} times its size. Add --trust-size if "
                        "it is right."
                    )
                yield piece
        except damages as error:
            raise InputError(f"{name}: the {compression} data is damaged ({error}).") from None
        if not machine.eof:
            raise InputError(f"{name}: the {compression} data ends early; the file is cut short.")
        start = _after_padding(raw, end)


def _member(machine: Decompressor, raw: Body, start: int) -> Iterator[tuple[bytes, int]]:
    """What the member that starts here holds, piece by piece, each with where what was read of the file ends."""
    while start < len(raw) and not machine.eof:
        fed = raw[start : start + FED]
        start += len(fed)
        for piece in _outputs(machine, fed):
            yield piece, start - len(machine.unused_data)


def _outputs(machine: Decompressor, fed: bytes) -> Iterator[bytes]:
    """What the machine makes of these bytes, in pieces of some PIECE bytes."""
    try:
        piece = machine.decompress(fed, PIECE)
    except TypeError:  # zstandard
        yield machine.decompress(fed)
        return
    yield piece
    while not machine.eof and (len(piece) == PIECE or _left(machine)):
        piece = machine.decompress(_left(machine), PIECE)
        yield piece


def _left(machine: Decompressor) -> bytes:
    """What zlib has not yet looked at; the others keep it to themselves."""
    left: bytes | None = getattr(machine, "unconsumed_tail", None)
    return left or b""


def _after_padding(raw: Body, start: int) -> int:
    """Where the next member starts, or the end: zeros that gzip and xz allow are no member."""
    while start < len(raw):
        rest = raw[start : start + FED]
        padding = len(rest) - len(rest.lstrip(b"\0"))
        start += padding
        if padding < len(rest):
            break
    return start


def _zstd_errors() -> tuple[type[Exception], ...]:
    """What zstd's packages raise for damaged data, of those that are loaded: their own kind of Exception."""
    loaded = (sys.modules.get(name) for name in ("compression.zstd", "zstandard"))
    return tuple(module.ZstdError for module in loaded if module is not None)


def _decompressor(compression: str, name: str) -> Decompressor:
    if compression == "gzip":
        return zlib.decompressobj(GZIP_WINDOW)
    if compression == "bzip2":
        return bz2.BZ2Decompressor()
    if compression == "xz":
        return lzma.LZMADecompressor()
    return _zstd(name)


def compression_for(output: str, source: str, found: str) -> str:
    """How to write `output`: as its name tells; where neither name tells anything, as the source was found."""
    by_name, by_source = (SUFFIXES.get(PurePath(name.lower()).suffix) for name in (output, source))
    return by_name or (found if by_source is None else PLAIN)


def compress(content: bytes, compression: str, name: str) -> bytes:
    """The content compressed, the same bytes every time; raises UsageError for zstd without its package."""
    if compression == "gzip":
        return gzip.compress(content, mtime=0)
    if compression == "bzip2":
        return bz2.compress(content)
    if compression == "xz":
        return lzma.compress(content)
    return _zstd_compress(content, name) if compression == "zstd" else content


def _zstd_compress(content: bytes, name: str) -> bytes:
    try:
        module: Any = importlib.import_module("compression.zstd")  # Python 3.14 and later
        packed: bytes = module.compress(content)
    except ImportError:
        try:
            packed = importlib.import_module("zstandard").ZstdCompressor().compress(content)
        except ImportError:
            cure = 'Install it with pip install "labelaudit[zst]", or name an output that does not end in .zst.'
            raise UsageError(f"{name}: writing zstd needs the package zstandard. {cure}") from None
    return packed


def _zstd(name: str) -> Decompressor:
    try:
        module: Any = importlib.import_module("compression.zstd")  # Python 3.14 and later
        machine: Decompressor = module.ZstdDecompressor()
    except ImportError:
        try:
            machine = importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
        except ImportError:
            cure = 'Install it with pip install "labelaudit[zst]", or decompress the file.'
            raise InputError(f"{name}: reading zstd needs the package zstandard. {cure}") from None
    return machine
