"""Inputs in pieces, so that a line without an end is refused before it has filled the memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from labelaudit.errors import InputError

MIB = 1 << 20
LONGEST_LINE = 64 * MIB  # a guess: no row of a table is so long


def read_file(file: BinaryIO, name: str, longest: int | None) -> bytes:
    """A file that can be read twice: it is looked through before it is held in memory."""
    if longest is not None:
        for _ in _pieces(file, name, longest):
            pass
        file.seek(0)
    return file.read()


def read_stream(file: BinaryIO, name: str, longest: int | None) -> bytes:
    """Standard input or a pipe."""
    return file.read() if longest is None else b"".join(_pieces(file, name, longest))


def refuse_long_lines(data: bytes, name: str, longest: int | None) -> None:
    """Raise InputError if a line of a text in memory is longer."""
    if longest is not None and len(data) > longest:
        for _ in _pieces(io.BytesIO(data), name, longest):
            pass


def _pieces(file: BinaryIO, name: str, longest: int) -> Iterator[bytes]:
    """The bytes in pieces; raises InputError at a line that is longer than `longest` bytes without its end."""
    size, lines = 0, 0  # bytes of the open line, and lines before it
    while piece := file.read(longest):
        first = piece.find(b"\n")
        if size + (len(piece) if first < 0 else first) > longest:
            raise InputError(
                f"{name}:{lines + 1}: the line is longer than {longest // MIB} MiB. Look whether the file is text with "
                "line ends; add --trust-size if it is meant so."
            )
        size = size + len(piece) if first < 0 else len(piece) - 1 - piece.rfind(b"\n")
        lines += piece.count(b"\n")
        yield piece
