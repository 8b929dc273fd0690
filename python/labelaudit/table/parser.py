"""pandas' C reader on bytes that are known to be well-formed: what they hold and how they are bounded is settled."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.table.scan import Structure
from labelaudit.table.source import Text
from labelaudit.table.table import IntArray

if TYPE_CHECKING:
    import pandas as pd

SPENT = ("out of memory", "Calling read(nbytes) on source failed")  # pandas' words; the source is memory, too


def options_for(
    structure: Structure,
    columns: Collection[str],
    as_text: Collection[str],
    features: Collection[str],
    missing: Sequence[str],
) -> dict[str, Any]:
    """How pandas is called: `as_text` columns hold str, the types of the others of `columns` are inferred.

    The missing words count for `features` only. The default parser reads numbers exactly (checked in test_values).
    """
    return {
        "engine": "c",
        "sep": structure.delimiter,
        "header": None,
        "names": list(structure.header),
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


def parsed(pieces: Iterable[memoryview], options: dict[str, Any]) -> pd.DataFrame:
    """The cells of such bytes; raises MemoryError where pandas says that there is none."""
    import pandas as pd

    body = io.BufferedReader(Joined(pieces), buffer_size=1 << 20)
    try:
        frame: pd.DataFrame = pd.read_csv(body, **options)
    except pd.errors.ParserError as error:
        if any(words in str(error) for words in SPENT):
            raise MemoryError from error
        raise
    return frame


def bodies(texts: Sequence[Text], structures: Sequence[Structure]) -> list[memoryview]:
    """The bytes after each header, each ending in a line end, without blank lines.

    An empty line goes first, for pandas to skip: on its first line it takes a mark for the file's own and drops it.
    """
    pieces = []
    for text, structure in zip(texts, structures, strict=True):
        _, *lines = body(text, structure, structure.body, len(text.body))
        pieces += lines
    return [memoryview(b"\n"), *pieces]


def body(text: Text, structure: Structure, start: int, stop: int) -> list[memoryview]:
    """The same for the records of one file in some of its bytes."""
    first, last = np.searchsorted(structure.blank_offsets, [start, stop])
    lines = _without_blanks(memoryview(text.body)[start:stop], structure.blank_offsets[first:last] - start)
    return [memoryview(b"\n"), lines, *([] if text.body[stop - 1 : stop] == b"\n" else [memoryview(b"\n")])]


def _without_blanks(body: memoryview, blanks: IntArray) -> memoryview:
    """The bytes with no blank line: pandas' own skipping of blank lines would take lines of spaces for blank too."""
    if len(blanks) == 0:
        return body
    data = np.frombuffer(body, dtype=np.uint8)
    kept = np.ones(len(data), dtype=bool)
    kept[blanks] = False
    kept[blanks[data[blanks] == ord("\r")] + 1] = False
    return memoryview(data[kept].tobytes())


class Joined(io.RawIOBase):
    """Pieces of memory read one after the other, without joining them in memory."""

    def __init__(self, pieces: Iterable[memoryview]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._piece = memoryview(b"")

    def readable(self) -> bool:  # noqa: D102
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: D102
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = piece
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size
