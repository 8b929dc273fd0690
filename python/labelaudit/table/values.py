"""The cells of well-formed texts as pandas columns, and where each row stands."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.table.scan import Structure, split_record
from labelaudit.table.source import Text
from labelaudit.table.table import IntArray

if TYPE_CHECKING:
    import pandas as pd

PART_BYTES = 8 * 2**20  # a thread's part at the least: smaller files are read as fast by one


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
        record = text.body[start : int(after[0]) if len(after) else len(text.body)].decode("utf-8")
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
    threads: int = 1,
) -> pd.DataFrame:
    """The named columns of all files as one frame, so that a column's type is inferred from the whole of it.

    `as_text` columns hold str; the missing words count for `features` only. The default parser reads numbers exactly
    (checked in test_values). Raises RuntimeError if pandas finds another number of rows than the scan: a bug of ours.
    A large file is read in parts on so many threads, unless a column's type then differs from part to part.
    """
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
    frame = _in_parts(texts[0], structures[0], options, threads) if len(texts) == 1 else None
    if frame is None:
        frame = _parsed(_bodies(texts, structures), options)
    records = sum(len(structure.lines) for structure in structures)
    if len(frame) != records:
        raise RuntimeError(f"pandas read {len(frame)} rows where the scan found {records}")
    return frame


def _parsed(pieces: Sequence[memoryview], options: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    body = io.BufferedReader(_Joined(pieces), buffer_size=1 << 20)
    try:
        frame: pd.DataFrame = pd.read_csv(body, **options)
    except pd.errors.ParserError as error:
        if any(words in str(error) for words in SPENT):
            raise MemoryError from error
        raise
    return frame


def _in_parts(text: Text, structure: Structure, options: dict[str, Any], threads: int) -> pd.DataFrame | None:
    """The frame of a large file from one part a thread; None where it is small or the parts' types differ."""
    import pandas as pd

    parts = min(threads, len(text.body) // PART_BYTES)
    if parts < 2:
        return None
    firsts = [structure.offsets[len(structure.offsets) * i // parts] for i in range(1, parts)]
    bounds = [structure.body, *firsts, len(text.body)]
    with ThreadPoolExecutor(parts) as pool:
        pieces = [_body(text, structure, *bound) for bound in pairwise(bounds)]
        frames = list(pool.map(lambda piece: _parsed(piece, options), pieces))
    types = frames[0].dtypes
    mixed = {name for name, kind in types.items() if kind == np.dtype(object)} - set(
        options["dtype"]
    )  # of whatever objects
    if mixed or any(not frame.dtypes.equals(types) for frame in frames[1:]):
        return None
    return pd.concat(frames, ignore_index=True)


def _bodies(texts: Sequence[Text], structures: Sequence[Structure]) -> list[memoryview]:
    """The bytes after each header, each ending in a line end, without blank lines.

    An empty line goes first, for pandas to skip: on its first line it takes a mark for the file's own and drops it.
    """
    pieces = []
    for text, structure in zip(texts, structures, strict=True):
        _, *body = _body(text, structure, structure.body, len(text.body))
        pieces += body
    return [memoryview(b"\n"), *pieces]


def _body(text: Text, structure: Structure, start: int, stop: int) -> list[memoryview]:
    """The same for the records of one file in some of its bytes."""
    blanks = structure.blank_offsets
    inside = blanks[(blanks >= start) & (blanks < stop)]
    body = _without_blanks(memoryview(text.body)[start:stop], inside - start)
    return [memoryview(b"\n"), body, *([] if text.body[stop - 1 : stop] == b"\n" else [memoryview(b"\n")])]


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
