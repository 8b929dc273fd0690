"""CSV files in every dialect that the reader accepts, drawn from a seed, with what is in them and what they become."""

from __future__ import annotations

import bz2
import codecs
import gzip
import hashlib
import lzma
import random
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

PACKERS: dict[str, Any] = {
    "": lambda b: b,
    ".gz": partial(gzip.compress, mtime=12345),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
# name to read with, codec to write with, mark, letters that it has
CHARSETS = (
    *[("utf-8", "utf-8", mark, "é€😀\u202e\ufeff漢＝") for mark in (b"", codecs.BOM_UTF8) for _ in range(4)],
    ("utf-8-sig", "utf-8", codecs.BOM_UTF8, "é€😀漢"),
    ("latin-1", "latin-1", b"", "éÿ\xa0\x85"),
    ("cp1252", "cp1252", b"", "é€Š"),
    ("shift_jis", "shift_jis", b"", "漢字かカ＝"),
    ("utf-16", "utf-16-le", codecs.BOM_UTF16_LE, "é€😀漢"),
    ("utf-16", "utf-16-be", codecs.BOM_UTF16_BE, "é€😀漢"),
    ("utf-16-le", "utf-16-le", b"", "é€😀漢"),
    ("utf-16-be", "utf-16-be", codecs.BOM_UTF16_BE, "é€😀漢"),
    ("utf-32", "utf-32-be", codecs.BOM_UTF32_BE, "é😀漢"),
)


@dataclass(frozen=True)
class Record:
    """One record as it stands in the file."""

    cells: tuple[str, ...]
    quoted: tuple[bool, ...]
    end: str
    before: str  # blank lines before it

    def text(self, delimiter: str) -> str:
        cells = ['"' + c.replace('"', '""') + '"' if q else c for c, q in zip(self.cells, self.quoted, strict=True)]
        return self.before + delimiter.join(cells) + self.end


@dataclass(frozen=True)
class File:
    """A file: `header` and `rows`, and how they are written."""

    preamble: str
    header: Record
    rows: tuple[Record, ...]
    after: str  # blank lines at the end
    label: str
    delimiter: str
    charset: tuple[str, str, bytes, str]
    suffix: str

    @property
    def column(self) -> int:
        return self.header.cells.index(self.label)

    @property
    def content(self) -> bytes:
        records = [self.header, *self.rows]
        text = self.preamble + "".join(r.text(self.delimiter) for r in records) + self.after
        return self.charset[2] + text.encode(self.charset[1])

    @property
    def raw(self) -> bytes:
        packed: bytes = PACKERS[self.suffix](self.content)
        return packed

    def source(self) -> dict[str, Any]:
        """What an audit would record of it."""
        return {
            "path": "data.csv" + self.suffix,
            "sha256": hashlib.sha256(self.raw).hexdigest(),
            "delimiter": self.delimiter,
            "charset": codecs.lookup(self.charset[0]).name,
            "skip": self.preamble.count("\n"),
        }

    def changed(self, labels: dict[int, str], drops: set[int]) -> File:
        """The file as it ought to be after these changes; blank lines before a dropped record stay."""
        rows: list[Record] = []
        blank = ""
        for i, row in enumerate(self.rows):
            if i in drops:
                blank += row.before
                continue
            row = replace(row, before=blank + row.before)
            blank = ""
            rows.append(self._relabelled(row, labels[i]) if i in labels else row)
        return replace(self, rows=tuple(rows), after=blank + self.after)

    def _relabelled(self, row: Record, label: str) -> Record:
        at = self.column
        quoted = row.quoted[at] or needs_quotes(label, self.delimiter)
        cells = (*row.cells[:at], label, *row.cells[at + 1 :])
        return replace(row, cells=cells, quoted=(*row.quoted[:at], quoted, *row.quoted[at + 1 :]))


def needs_quotes(cell: str, delimiter: str) -> bool:
    return any(c in cell for c in ('"', "\r", "\n", delimiter))


def labels_for(draw: random.Random, file: File) -> str:
    """A label that the charset holds, plain or full of marks."""
    letters = 'ab "\n\r,;|' + file.charset[3]
    return "".join(draw.choice(letters) for _ in range(draw.randint(1, 5)))


def drawn(seed: int) -> File:
    """The file of a seed."""
    draw = random.Random(seed)
    charset = draw.choice(CHARSETS)
    delimiter = draw.choice(",,,;\t|:^ -]")
    ends = draw.choice([["\n"], ["\r\n"], ["\n", "\r\n"]])
    style = draw.choice(["minimal", "all", "some"])
    letters = "ab01.,;\t|' \"\n\r=+-@" + charset[3]

    def blanks() -> str:
        return draw.choice(ends) * draw.randint(1, 2) if draw.random() < 0.05 else ""

    def record(cells: tuple[str, ...]) -> Record:
        forced = style == "all" or len(cells) == 1
        quoted = tuple(forced or needs_quotes(c, delimiter) or (style == "some" and draw.random() < 0.4) for c in cells)
        quoted = (quoted[0] or cells[0].startswith("\ufeff"), *quoted[1:])  # a line that starts so is refused
        return Record(cells, quoted, draw.choice(ends), blanks())

    width = draw.randint(1, 5)
    names = tuple(f"c{i}" for i in range(width - 1))
    at = draw.randint(0, width - 1)
    header = record((*names[:at], "the label", *names[at:]))
    rows = []
    for _ in range(draw.randint(2, 12)):
        cells = ["".join(draw.choice(letters) for _ in range(draw.randint(0, 4))) for _ in range(width)]
        cells[at] = draw.choice(["p", "q", 'a "word", quoted', "r"])
        rows.append(record(tuple(cells)))
    preamble = 'exported, "by\nsome; tool\n'[: draw.choice([0, 0, 14, 25])]
    after = draw.choice(["", "", ends[0]])
    if after == "" and draw.random() < 0.3:
        rows[-1] = replace(rows[-1], end="")
    suffix = draw.choice(["", "", "", *PACKERS])
    return File(preamble, header, tuple(rows), after, "the label", delimiter, charset, suffix)
