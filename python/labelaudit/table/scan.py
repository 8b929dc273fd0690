"""The structure of one text: its header, where each record starts, or a sentence on what RFC 4180 does not allow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from labelaudit._core import CsvError, CsvFault
from labelaudit.errors import InputError, UsageError
from labelaudit.table.delimiter import DELIMITERS, separated_by
from labelaudit.table.intake import Body
from labelaudit.table.records import Dialect, Scan
from labelaudit.table.source import Text
from labelaudit.table.table import IntArray
from labelaudit.table.words import counted, quoted

PREAMBLE = 1 << 14  # bytes after the first record in which a later header is looked for; a guess
MOST_LINES = 20  # of errors that a message names


@dataclass(frozen=True)
class Structure:
    """A well-formed text: `lines` and `offsets` of its records, `body` the first byte after the header's line end."""

    header: tuple[str, ...]
    header_line: int
    body: int
    delimiter: str
    lines: IntArray
    offsets: IntArray
    blank_offsets: IntArray


@dataclass(frozen=True)
class Header:
    """The first record, whether or not what follows it is well-formed; `after`: some text that follows."""

    names: tuple[str, ...]
    line: int
    text: str
    after: str = ""


def scan(text: Text, *, delimiter: str, skip: int = 0) -> tuple[Scan, Header | None]:
    """What a scan of the text finds, and the header if its end was reached."""
    if skip < 0:
        raise UsageError("--skip must be 0 or more lines.")
    found = text.scan(Dialect(delimiter, skip))
    if found.header_fields == 0:
        return found, None
    line = text.body[found.header_offset : found.header_end].decode("utf-8")
    after = text.body[found.header_end : found.header_end + PREAMBLE].decode("utf-8", "replace")
    return found, Header(split_record(line, delimiter), found.header_line, line, after)


def split_record(record: str, delimiter: str) -> tuple[str, ...]:
    """The cells of one well-formed record, which may have its line end."""
    mark = re.escape(delimiter)
    cells = re.findall(rf'(?:\A|{mark})(?:"([^"]*+(?:""[^"]*+)*+)"|([^{mark}\r\n]*))', record)
    return tuple(inside.replace('""', '"') or plain for inside, plain in cells)


def structure(text: Text, scan: Scan, header: Header | None, *, delimiter: str) -> Structure:
    """What a scan found; raises InputError for its first error, for no header, and for no rows."""
    if scan.errors:
        refuse(text, header, scan.errors, scan.error_count, delimiter=delimiter)
    if header is None:
        raise InputError(f"{text.name}: there is no header, only empty or skipped lines.")
    if len(scan.lines) == 0:
        raise InputError(f"{text.name}:{header.line}: a header without rows.")
    if scan.marked_line:
        raise InputError(
            f"{text.name}:{scan.marked_line}: an encoding mark (U+FEFF) where only the start of a file may have one. "
            "Remove it; if files were joined here, name them one by one."
        )
    return Structure(
        header=header.names,
        header_line=header.line,
        body=scan.header_end,
        delimiter=delimiter,
        lines=scan.lines,
        offsets=scan.offsets,
        blank_offsets=scan.blank_offsets,
    )


def refuse(text: Text, header: Header | None, errors: Sequence[CsvError], count: int, *, delimiter: str) -> NoReturn:
    """Raise InputError with the sentence for the first structural error; `count`: of all."""
    error = errors[0]
    where = f"{text.name}:{error.line}"
    if error.column:
        named = header is not None and error.column <= len(header.names)
        column = column_name(header, error.column)
        where += f", column {quoted(column) if named else column}"
    byte = text.body[error.offset : error.offset + 1].decode("latin-1")
    if header is None and error.fault is CsvFault.TEXT_AFTER_QUOTE and byte in DELIMITERS:
        raise InputError(f"{where}: {separated_by(byte, delimiter)}")
    raise InputError(f"{where}, byte {error.offset}: {sentence(text.body, error)}{_more(errors, count)}")


def column_name(header: Header | None, column: int) -> str:
    """The name of a column, or its number where it has none."""
    return header.names[column - 1] if header is not None and column <= len(header.names) else str(column)


def _more(errors: Sequence[CsvError], count: int) -> str:
    """How many errors follow the first, and on which lines the first of them are."""
    if count == 1:
        return ""
    lines = ", ".join(str(error.line) for error in errors[1:MOST_LINES])
    rest = ", …" if count > MOST_LINES else ""
    return f" (and {counted(count - 1, 'error')} after it, on {'line' if count == 2 else 'lines'} {lines}{rest})"


def sentence(data: Body, error: CsvError) -> str:
    """Expected, got and cure for a structural error."""
    byte = data[error.offset] if error.offset < len(data) else 0
    if error.fault in (CsvFault.TOO_FEW_FIELDS, CsvFault.TOO_MANY_FIELDS):
        return field_count(error.expected, error.found)
    if error.fault is CsvFault.BARE_CARRIAGE_RETURN:
        return _carriage_return(data)
    return {
        CsvFault.UNCLOSED_QUOTE: "the quote that opens here is never closed. Close it, or remove it.",
        CsvFault.TEXT_AFTER_QUOTE: "expected a delimiter or a line end after the closing quote of the cell that starts"
        f' on line {error.start_line}, got {quoted(chr(byte))}. Write a quote inside a quoted cell twice ("").',
        CsvFault.BARE_QUOTE: "a quote inside a cell that does not start with one. Put the whole cell in quotes and"
        ' write the quote inside it twice ("").',
        CsvFault.NUL: "a NUL byte. The file is damaged, binary or UTF-16; for UTF-16 add --charset utf-16.",
        CsvFault.INVALID_UTF8: f"0x{byte:02X} is not valid UTF-8 here."
        " Name the file's own encoding with --charset, for example --charset cp1252.",
    }[error.fault]


def field_count(expected: int, found: int) -> str:
    """The sentence for a record of another width."""
    sentence = f"expected {counted(expected, 'field')} as in the header, got {found:,}."
    if found > expected:
        return f"{sentence} Put a cell that holds the delimiter in quotes."
    return f"{sentence} Add the missing fields, or remove the line."


def _carriage_return(data: Body) -> str:
    if data.find(b"\n") < 0:
        return "the line ends are CR only (old Mac). Convert them to LF, for example with tr '\\r' '\\n'."
    return "a carriage return outside quotes that ends no line. Remove it, or put the cell in quotes."
