"""Where the records of a text stand, found while its bytes pass by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labelaudit._core import CsvError, CsvScanner
from labelaudit.table.rowwise import Growing
from labelaudit.table.table import IntArray

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(frozen=True)
class Dialect:
    """How a text is scanned: the delimiter, and the lines before the header that are not looked at."""

    delimiter: str
    skip: int


@dataclass(frozen=True)
class Scan:
    """What a scan found; header_fields is 0 where the header's end was not reached, marked_line where there is none.

    `lines` and `offsets` have one entry a record after the header, ragged ones included; `blank_offsets` one for each
    empty line. `errors`: the first and what ended the scan, `error_count`: of all. `marked_line`: of the first record
    that starts with an encoding mark which is not the text's own.
    """

    header_fields: int
    header_line: int
    header_offset: int
    header_end: int
    marked_line: int
    errors: tuple[CsvError, ...]
    error_count: int
    lines: IntArray
    offsets: IntArray
    blank_offsets: IntArray


class Scanning:
    """A scan in progress. What it finds is taken from the scanner after each piece, so that it may live on disk."""

    def __init__(self, dialect: Dialect) -> None:
        self._scanner = CsvScanner(delimiter=dialect.delimiter, skip_lines=dialect.skip)
        self._found = tuple(Growing("int64") for _ in range(3))

    def feed(self, piece: Buffer) -> None:
        """The next bytes of the text."""
        self._scanner.feed(piece)
        for array, found in zip(self._found, self._scanner.take_records(), strict=True):
            array.extend(found)

    def finish(self) -> Scan:
        """What was found in the whole text."""
        scanner = self._scanner
        scanner.finish()
        rest = (scanner.take_lines(), scanner.take_offsets(), scanner.take_blank_offsets())
        for array, found in zip(self._found, rest, strict=True):
            array.extend(found)
        lines, offsets, blanks = (array.whole() for array in self._found)
        return Scan(
            header_fields=scanner.header_fields,
            header_line=scanner.header_line,
            header_offset=scanner.header_offset,
            header_end=scanner.header_end,
            marked_line=scanner.marked_line,
            errors=tuple(scanner.errors),
            error_count=scanner.error_count,
            lines=lines,
            offsets=offsets,
            blank_offsets=blanks,
        )
