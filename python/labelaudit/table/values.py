"""The cells of well-formed texts as pandas columns, and where each row stands."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.table.scan import Structure, split_record
from labelaudit.table.source import Text
from labelaudit.table.table import IntArray

if TYPE_CHECKING:
    import pandas as pd


SPENT = ("out of memory", "Calling read(nbytes) on source failed")  # pandas' words; the source is memory, too


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
        text, structure = self.texts[self.file[row]], self.structures[self.file[row]]
        start = int(self.offset[row])
        after = structure.offsets[structure.offsets > start]
        record = text.data[start : int(after[0]) if len(after) else len(text.data)].decode("utf-8")
        cell: str = split_record(record, structure.delimiter)[structure.header.index(column)]
        return cell


def file_places(texts: Sequence[Text], structures: Sequence[Structure]) -> FilePlaces:
    """The places of all rows, file after file."""
    counts = [len(structure.lines) for structure in structures]
    return FilePlaces(
        texts,
        structures,
        np.repeat(np.arange(len(counts), dtype=np.int64), counts),
        np.concatenate([structure.lines for structure in structures]),
        np.concatenate([structure.offsets for structure in structures]),
    )


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

    `as_text` columns hold str; the missing words count for `features` only. The default parser reads numbers exactly
    (checked in test_values). Raises RuntimeError if pandas finds another number of rows than the scan: a bug of ours.
    """
    import pandas as pd

    options: dict[str, Any] = {
        "engine": "c",
        "sep": structures[0].delimiter,
        "header": None,
        "names": list(structures[0].header),
        "usecols": list(columns),
        "index_col": False,
        "dtype": dict.fromkeys(as_text, object),
        "keep_default_na": False,
        "na_values": {name: list(missing) for name in features},
        "skip_blank_lines": False,
        "skiprows": 1,
        "low_memory": False,
        "encoding": "utf-8",
    }
    body = io.BufferedReader(_Joined(_bodies(texts, structures)), buffer_size=1 << 20)
    try:
        frame = pd.read_csv(body, **options)
    except pd.errors.ParserError as error:
        if any(words in str(error) for words in SPENT):
            raise MemoryError from error
        raise
    records = sum(len(structure.lines) for structure in structures)
    if len(frame) != records:
        raise RuntimeError(f"pandas read {len(frame)} rows where the scan found {records}")
    return frame


def _bodies(texts: Sequence[Text], structures: Sequence[Structure]) -> list[memoryview]:
    """The bytes after each header, each ending in a line end, without blank lines.

    An empty line goes first, for pandas to skip: on its first line it takes a mark for the file's own and drops it.
    """
    pieces = [memoryview(b"\n")]
    for text, structure in zip(texts, structures, strict=True):
        pieces.append(
            _without_blanks(memoryview(text.data)[structure.body :], structure.blank_offsets - structure.body)
        )
        if not text.data.endswith(b"\n"):
            pieces.append(memoryview(b"\n"))
    return pieces


def _without_blanks(body: memoryview, blanks: IntArray) -> memoryview:
    """The bytes with no blank line: pandas' own skipping of blank lines would take lines of spaces for blank too."""
    inside = blanks[blanks >= 0]
    if len(inside) == 0:
        return body
    data = np.frombuffer(body, dtype=np.uint8)
    kept = np.ones(len(data), dtype=bool)
    kept[inside] = False
    kept[inside[data[inside] == ord("\r")] + 1] = False
    return memoryview(data[kept].tobytes())


class _Joined(io.RawIOBase):
    """Pieces of memory read one after the other, without joining them in memory."""

    def __init__(self, pieces: Sequence[memoryview]) -> None:
        super().__init__()
        self._pieces = [piece for piece in reversed(pieces) if len(piece)]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._pieces:
            return 0
        piece = self._pieces[-1]
        size = min(len(buffer), len(piece))
        buffer[:size] = piece[:size]
        if size == len(piece):
            self._pieces.pop()
        else:
            self._pieces[-1] = piece[size:]
        return size
