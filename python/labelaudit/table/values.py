"""The cells of well-formed texts as one pandas frame, and where each row stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.table.parser import bodies, options_for, parsed
from labelaudit.table.scan import Structure, split_record
from labelaudit.table.source import Text
from labelaudit.table.table import IntArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FilePlaces:
    """Where the rows of all files stand: `file` and `line` of each, and their text for messages."""

    texts: Sequence[Text]
    structures: Sequence[Structure]
    file: IntArray
    line: IntArray
    offset: IntArray

    def at(self, row: int) -> str:
        """`train.csv:1042`."""
        return f"{self.texts[self.file[row]].name}:{self.line[row]}"

    def cell(self, row: int, column: str) -> str:
        """The cell as it stands in the file."""
        place: int = self.structures[self.file[row]].header.index(column)
        return self.record(row)[place]

    def record(self, row: int) -> tuple[str, ...]:
        """All cells of the row, likewise."""
        return split_record(self.written(row), self.structures[self.file[row]].delimiter)

    def written(self, row: int) -> str:
        """The record of the row as it stands in the file; it may have line ends."""
        text, structure = self.texts[self.file[row]], self.structures[self.file[row]]
        start = int(self.offset[row])
        after = int(np.searchsorted(structure.offsets, start, side="right"))
        stop = int(structure.offsets[after]) if after < len(structure.offsets) else len(text.body)
        record: str = text.body[start:stop].decode("utf-8")
        return record


def file_places(texts: Sequence[Text], structures: Sequence[Structure]) -> FilePlaces:
    """The places of all rows, file after file."""
    rows = sum(len(structure.lines) for structure in structures)
    file = np.empty(rows, np.int64)
    first = 0
    for i, structure in enumerate(structures):
        file[first : first + len(structure.lines)] = i
        first += len(structure.lines)
    lines, offsets = ([getattr(s, name) for s in structures] for name in ("lines", "offsets"))
    return FilePlaces(texts, structures, file, _joined(lines), _joined(offsets))


def _joined(arrays: Sequence[IntArray]) -> IntArray:
    """The arrays one after the other; a single one is taken as it is."""
    if len(arrays) == 1:
        return arrays[0]
    out = np.empty(sum(map(len, arrays)), np.int64)
    return np.concatenate(arrays, out=out)


def read_values(
    texts: Sequence[Text],
    structures: Sequence[Structure],
    *,
    columns: Collection[str],
    as_text: Collection[str],
    features: Collection[str],
    missing: Sequence[str],
) -> pd.DataFrame:
    """The named columns of all files as one frame, so that a column's type is inferred from the whole of it.

    `as_text` columns hold str; the missing words count for `features` only. Raises RuntimeError if pandas finds
    another number of rows than the scan: a bug of ours.
    """
    frame = parsed(bodies(texts, structures), options_for(structures[0], columns, as_text, features, missing))
    refuse_other_rows(len(frame), sum(len(structure.lines) for structure in structures))
    return frame


def refuse_other_rows(read: int, scanned: int) -> None:
    """Raises RuntimeError if pandas and the scan disagree."""
    if read != scanned:
        raise RuntimeError(f"pandas read {read} rows where the scan found {scanned}")
