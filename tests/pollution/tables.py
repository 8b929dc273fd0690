"""Tables to be damaged: what is in them, and how they are written, cell by cell."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

ROWS = 130  # so that one damaged cell is under 1 % of its column


@dataclass(frozen=True)
class Written:
    """A file as records of cells as they stand in it, quotes and all; the first is the header."""

    name: str
    records: tuple[tuple[str, ...], ...]
    delimiter: str = ","
    end: str = "\n"
    label: str = "kind"
    ids: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.delimiter.join(cells) + self.end for cells in self.records)

    def lines(self, first: int, last: int | None = None) -> range:
        """The physical lines of these records."""
        sizes = [1 + sum(cell.count("\n") for cell in cells) for cells in self.records]
        last = first if last is None else min(last, len(sizes) - 1)
        return range(1 + sum(sizes[:first]), 1 + sum(sizes[: last + 1]))

    def with_record(self, i: int, cells: tuple[str, ...]) -> Written:
        return replace(self, records=(*self.records[:i], cells, *self.records[i + 1 :]))


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def plain_or_quoted(cell: str, delimiter: str) -> str:
    return quoted(cell) if any(c in cell for c in (delimiter, '"', "\n", "\r")) else cell


def written(name: str, header: str, rows: list[list[str]], *, every: bool = False, **how: str) -> Written:
    """`every`: all cells in quotes, else those that need them."""
    delimiter = how.get("delimiter", ",")
    records = [header.split(), *rows]
    cells = [tuple(quoted(c) if every else plain_or_quoted(c, delimiter) for c in record) for record in records]
    ids = ("id",) if "id" in header.split() else ()
    return Written(name, tuple(cells), ids=ids, **how)


def numbers(draw: random.Random) -> Written:
    """Measures as a program writes them: nothing quoted."""
    rows = [
        [f"{i}", f"{draw.gauss(0, 10):.3f}", f"{draw.random() * 1e-5!r}", f"{draw.randint(0, 900)}", draw.choice("pq")]
        for i in range(ROWS)
    ]
    return written("numbers", "id length mass count kind", rows)


def mixed(draw: random.Random) -> Written:
    """Every kind of column, remarks with delimiters, quotes and line ends, gaps."""
    remarks = ["plain", "a, b", 'said "no"', "two\nlines", "", 'all, "of"\nit', '"', "é€漢"]
    rows = [
        [
            f"k{i:03}",
            draw.choice(remarks),
            "" if i % 9 == 0 else repr(round(draw.uniform(0, 5), 2)),
            f"20{draw.randint(10, 24)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            draw.choice(["true", "false"]),
            draw.choice(["red", "blue", "light, green"]),
            draw.choice(["good", "bad"]),
        ]
        for i in range(ROWS)
    ]
    return written("mixed", "id remark size day sold colour kind", rows)


def words(draw: random.Random) -> Written:
    """Nothing but words."""
    rows = [
        [
            draw.choice(["Köln", "Paris", "Łódź"]),
            draw.choice(["north", "south, far", "east"]),
            draw.choice(["a b", "c"]),
        ]
        for _ in range(ROWS)
    ]
    return written("words", "town side kind", rows)


def semicolons(draw: random.Random) -> Written:
    """A spreadsheet's export: semicolons, CRLF, every cell quoted, the label first."""
    rows = [
        [draw.choice(["ja", "nein"]), repr(round(draw.gauss(5, 2), 2)), draw.choice(["x; y", "z", "ü"])]
        for _ in range(ROWS)
    ]
    return written("semicolons", "kind value note", rows, every=True, delimiter=";", end="\r\n")


def tabs(draw: random.Random) -> Written:
    """Tabs, the label in the middle, empty cells at the end of lines."""
    rows = [
        [
            str(draw.randint(10**15, 10**16)),
            draw.choice(["0", "1"]),
            draw.choice(["", "w"]),
            draw.choice(["", "1.5", "2"]),
        ]
        for _ in range(ROWS)
    ]
    return written("tabs", "number kind flag last", rows, delimiter="\t")


TABLES = (numbers, mixed, words, semicolons, tabs)
