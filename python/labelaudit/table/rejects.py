"""Every structural error of the files as a table of its own, written though the reading is refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from labelaudit._core import CsvError, CsvFault
from labelaudit.errors import InputError, UsageError
from labelaudit.files import same_file, write_bytes
from labelaudit.masks import no_wider_than
from labelaudit.table.delimiter import delimiter_of
from labelaudit.table.intake import Body
from labelaudit.table.scan import Header, column_name, field_count, scan, sentence
from labelaudit.table.source import STDIN, Text
from labelaudit.table.table import IntArray

COLUMNS = ("file", "line", "column", "byte", "reason")
RAGGED = (CsvFault.TOO_FEW_FIELDS, CsvFault.TOO_MANY_FIELDS)


@dataclass(frozen=True)
class Reject:
    """Where a text breaks RFC 4180: line from 1, byte from 0 in the UTF-8 text, column "" for a wrong field count."""

    file: str
    line: int
    column: str
    byte: int
    reason: str


@contextmanager
def kept_rejects(target: str | None, texts: Sequence[Text], *, skip: int, delimiter: str | None) -> Iterator[None]:
    """Writes the file of rejects when the reading within is refused, and an empty one when it is not.

    JSON Lines where the name ends in .jsonl, else CSV. Raises UsageError if it would replace an input.
    """
    if target is None:
        yield
        return
    for text in texts:
        if text.path != STDIN and same_file(Path(target), Path(text.path)):
            raise UsageError(f"--rejects {target} is the data file {text.path}. Name another file.")
    try:
        yield
    except InputError:
        found = [reject for text in texts for reject in rejects(text, delimiter_of(text.path, delimiter), skip)]
        with no_wider_than(text.path for text in texts):
            write_bytes(Path(target), rendered(found, target))
        raise
    write_bytes(Path(target), rendered([], target))


def rendered(found: Sequence[Reject], target: str) -> bytes:
    """As JSON Lines or CSV, by the name of the file."""
    if target.lower().endswith(".jsonl"):
        return "".join(json.dumps(asdict(reject), ensure_ascii=False) + "\n" for reject in found).encode(
            "utf-8", "backslashreplace"
        )
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(asdict(reject).values() for reject in found)
    return out.getvalue().encode("utf-8", "backslashreplace")


def rejects(text: Text, delimiter: str, skip: int) -> Iterator[Reject]:
    """All structural errors of a text, in its order: every record of another width, and what ended the scan."""
    found, header = scan(text, delimiter=delimiter, skip=skip)
    errors = found.errors
    last = [error for error in errors if error.fault not in RAGGED]
    if header is not None and len(errors) < found.error_count:  # the scanner keeps only the first
        end = last[0].offset if last else len(text.body)
        yield from _ragged(text, header, delimiter, found.lines, found.offsets, end)
    else:
        yield from (_reject(text, header, error) for error in errors if error.fault in RAGGED)
    yield from (_reject(text, header, error) for error in last)


def _reject(text: Text, header: Header | None, error: CsvError) -> Reject:
    column = "" if error.fault in RAGGED else column_name(header, error.column)
    return Reject(text.path, error.line, column, error.offset, sentence(text.body, error))


def _ragged(
    text: Text, header: Header, delimiter: str, lines: IntArray, offsets: IntArray, end: int
) -> Iterator[Reject]:
    widths = _widths(text.body, delimiter, offsets, end)
    expected = len(header.names)
    for i in np.flatnonzero(widths != expected).tolist():
        reason = field_count(expected, int(widths[i]))
        yield Reject(text.path, int(lines[i]), "", int(offsets[i]), reason)


def _widths(data: Body, delimiter: str, offsets: IntArray, end: int) -> IntArray:
    """The number of fields of each record up to the byte where the text stops being well-formed."""
    first = int(offsets[0])
    body = np.frombuffer(data, dtype=np.uint8)[first:end]
    inside = np.cumsum(body == ord('"'), dtype=np.uint8) & 1  # a doubled quote closes and opens
    marks = np.flatnonzero((body == ord(delimiter)) & (inside == 0)) + first
    last = body[offsets[-1] - first :]
    line_ends = np.flatnonzero((last == ord("\n")) & (inside[offsets[-1] - first :] == 0))
    bounds = np.append(offsets, offsets[-1] + line_ends[0] if len(line_ends) else end)  # an unfinished one may follow
    return np.diff(np.searchsorted(marks, bounds)) + 1
