"""Where the records and cells of a well-formed text are, to the byte, and what is to be written there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from labelaudit.cleaning.edits import Edit
from labelaudit.table.scan import Structure
from labelaudit.table.table import IntArray

CellSpans = re.Pattern[bytes]


@dataclass(frozen=True)
class Records:
    """The records after the header: bytes `starts[i]` to `ends[i]`, line end included; `data` is UTF-8."""

    data: bytes
    structure: Structure
    starts: IntArray
    ends: IntArray


def records_of(data: bytes, structure: Structure) -> Records:
    """The spans of all records; a record ends where the next one, an empty line or nothing begins."""
    marks = np.concatenate([structure.offsets, structure.blank_offsets, [len(data)]])
    marks.sort()
    ends = marks[np.searchsorted(marks, structure.offsets, side="right")]
    return Records(data, structure, structure.offsets, ends)


def relabelled(records: Records, row: int, label: str, column: str) -> Edit:
    """The label's cell replaced: quoted where it was, and where the new label needs it."""
    delimiter = records.structure.delimiter
    pattern = _cell_after(records.structure.header.index(column), delimiter)
    found = pattern.match(records.data, int(records.starts[row]))
    if found is None:
        raise RuntimeError(f"the label of row {row + 1} was not found where the scan saw a record")
    start, end = found.span(1)
    return Edit(start, end, cell(label, delimiter, quoted=records.data[start : start + 1] == b'"'))


def dropped(records: Records, row: int) -> Edit:
    """The record and its line end gone; the line end of the record before a last one without any stays."""
    return Edit(int(records.starts[row]), int(records.ends[row]), b"")


def flagged(records: Records, name: str, rows: Iterable[int]) -> list[Edit]:
    """A last column: `name` in the header, true for these rows, false for the others; quoted as the cell before it."""
    data, delimiter = records.data, records.structure.delimiter
    flags = set(rows)
    ends = [records.structure.body, *records.ends.tolist()]
    words = [name, *("true" if i in flags else "false" for i in range(len(ends) - 1))]
    return [_appended(data, end, word, delimiter) for end, word in zip(ends, words, strict=True)]


def _appended(data: bytes, end: int, word: str, delimiter: str) -> Edit:
    if data[end - 1 : end] == b"\n":
        end -= 2 if data[end - 2 : end] == b"\r\n" else 1
    # a cell without quotes holds none, so that a quote before the line end closes the last cell
    return Edit(end, end, delimiter.encode() + cell(word, delimiter, quoted=data[end - 1 : end] == b'"'))


def cell(text: str, delimiter: str, *, quoted: bool) -> bytes:
    """The text as a cell, in quotes if asked for or needed, with the quotes inside doubled."""
    if quoted or any(mark in text for mark in (delimiter, '"', "\r", "\n")):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()


def _cell_after(count: int, delimiter: str) -> CellSpans:
    """Finds in a record the cell that so many others precede."""
    mark = re.escape(delimiter.encode())
    any_cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^' + mark + rb'"\r\n]*+)'
    return re.compile(rb"(?:" + any_cell + mark + rb"){%d}(" % count + any_cell + rb")")
