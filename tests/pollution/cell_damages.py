"""Damages of single cells and records, and of every cell: each changes a file as programs, transfers and people do."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pollution.tables import Written, quoted

WRONG_NUMBERS = ("?", "1.2.3", "--", "1O", "0x1F", "１２", "1e999", "inf", "1 000", "1_000", "1e", "$5", "5 cm", "-")


@dataclass(frozen=True)
class Damage:
    """A damaged file; `lines`: one of them must be named where it is refused, or none where the whole file is meant."""

    kind: str
    data: bytes
    lines: range | None = None


def damaged(kind: str, text: str, lines: range | None = None) -> Damage:
    """`\\udce9` in the text stands for the byte 0xE9."""
    return Damage(kind, text.encode("utf-8", "surrogateescape"), lines)


def of_a_cell(file: Written, draw: random.Random) -> Iterator[Damage]:
    for kind, change in CELL_CHANGES.items():
        choices = [(i, j) for i in range(1, len(file.records)) for j in range(len(file.records[0]))]
        draw.shuffle(choices)
        for i, j in choices[:60]:
            cell = change(file.records[i][j], file.delimiter, draw)
            if cell is not None and cell != file.records[i][j]:
                after = file.with_record(i, (*file.records[i][:j], cell, *file.records[i][j + 1 :]))
                yield damaged(kind, after.text, after.lines(i))
                break


def in_plain(cell: str, draw: random.Random, what: str) -> str | None:
    """Something put anywhere into a cell without quotes, or outside the quotes of another."""
    at = draw.choice([0, len(cell)]) if cell.startswith('"') else draw.randint(0, len(cell))
    return cell[:at] + what + cell[at:]


def within(cell: str, draw: random.Random, what: str) -> str:
    at = draw.randint(0, len(cell))
    return cell[:at] + what + cell[at:]


def if_quoted(cell: str, changed: str) -> str | None:
    return changed if cell.startswith('"') else None


def a_wrong_number(cell: str, draw: random.Random) -> str | None:
    if not re.fullmatch(r"-?\d+\.?\d*(e-?\d+)?", inside(cell)):
        return None
    return cell.replace(inside(cell), draw.choice(WRONG_NUMBERS))


CELL_CHANGES = {
    "extra delimiter": lambda cell, mark, draw: in_plain(cell, draw, mark),
    "extra quote": lambda cell, mark, draw: within(cell, draw, '"'),
    "extra quote first": lambda cell, mark, draw: '"' + cell,
    "extra quote last": lambda cell, mark, draw: cell + '"',
    "lost opening quote": lambda cell, mark, draw: if_quoted(cell, cell[1:]),
    "lost closing quote": lambda cell, mark, draw: if_quoted(cell, cell[:-1]),
    "lost quotes": lambda cell, mark, draw: if_quoted(cell, cell[1:-1]),
    "lost doubled quote": lambda cell, mark, draw: cell.replace('""', '"', 1) if len(cell) > 2 else None,
    "other quote": lambda cell, mark, draw: if_quoted(cell, "'" + cell[1:-1] + "'"),
    "curly quote": lambda cell, mark, draw: if_quoted(cell, "“" + cell[1:-1] + "”"),
    "backslash before a quote": lambda cell, mark, draw: if_quoted(
        cell, cell[:1] + cell[1:-1].replace('""', '\\"') + '"'
    ),
    "space before a quote": lambda cell, mark, draw: if_quoted(cell, " " + cell),
    "space after a quote": lambda cell, mark, draw: if_quoted(cell, cell + " "),
    "line feed in a cell": lambda cell, mark, draw: in_plain(cell, draw, "\n"),
    "carriage return in a cell": lambda cell, mark, draw: in_plain(cell, draw, "\r"),
    "NUL": lambda cell, mark, draw: within(cell, draw, "\0"),
    "byte of another encoding": lambda cell, mark, draw: within(cell, draw, "\udce9"),
    "half a character": lambda cell, mark, draw: within(cell, draw, "\udcc3"),
    "no number": lambda cell, mark, draw: a_wrong_number(cell, draw),
    "no date": lambda cell, mark, draw: draw.choice([cell[:-1], cell + "x", "soon"]) if cell[4:5] == "-" else None,
    "no boolean": lambda cell, mark, draw: draw.choice([cell[1:], "yes"]) if cell in ("true", "false") else None,
}


def of_a_record(file: Written, draw: random.Random) -> Iterator[Damage]:
    i = draw.randint(1, len(file.records) - 2)
    cells = file.records[i]
    j = draw.randint(0, len(cells) - 2)
    mark = file.delimiter
    for kind, changed in {
        "lost delimiter": (*cells[:j], cells[j] + cells[j + 1], *cells[j + 2 :]),
        "lost cell": (*cells[:j], *cells[j + 1 :]),
        "doubled cell": (*cells[:j], cells[j], *cells[j:]),
        "other delimiter": (
            *cells[:j],
            cells[j] + draw.choice(";|\t:".replace(mark, ",")) + cells[j + 1],
            *cells[j + 2 :],
        ),
        "delimiter at the end": (*cells, ""),
        "delimiter at the start": ("", *cells),
        "shifted cells": ("", *cells[:-1]),
        "shifted back": (*cells[1:], ""),
        "record in quotes": ('"' + mark.join(cells).replace('"', '""') + '"',),
        "cut record": cells[: j + 1],
    }.items():
        after = file.with_record(i, changed)
        yield damaged(kind, after.text, after.lines(i))
    joined = (*cells[:-1], cells[-1] + file.records[i + 1][0], *file.records[i + 1][1:])
    both = replace(file, records=(*file.records[:i], joined, *file.records[i + 2 :]))
    yield damaged("joined lines", both.text, both.lines(i))
    both = replace(file, records=(*file.records[:i], (*cells, *file.records[i + 1]), *file.records[i + 2 :]))
    yield damaged("joined lines", both.text, both.lines(i))
    lines = [file.delimiter.join(cells) for cells in file.records]
    for kind, end in {"lone CR": "\r", "LF CR": "\n\r", "CR CR LF": "\r\r\n", "no CR": "\n", "CR LF": "\r\n"}.items():
        text = file.end.join(lines[: i + 1]) + end + file.end.join(lines[i + 1 :]) + file.end
        yield damaged(f"line end: {kind}", text, file.lines(i, i + 1))


def of_every_cell(file: Written) -> Iterator[Damage]:
    quotes = {"single quotes": "'", "backticks": "`", "curly quotes": "“", "no quotes": ""}
    for kind, quote in quotes.items():
        yield damaged(f"{kind} for quotes", file.text.replace('"', quote))
    yield damaged("backslashes for doubled quotes", file.text.replace('""', '\\"'))
    rest = file.records[1:]
    for kind, change in {**EVERY_NUMBER, **EVERY_CELL}.items():
        changed = tuple(
            tuple(change(cell) if kind in EVERY_CELL or number_like(cell) else cell for cell in cells) for cells in rest
        )
        after = replace(file, records=(file.records[0], *changed))
        yield damaged(kind, after.text)
        some = replace(file, records=(file.records[0], *rest[:90], *changed[90:]))
        yield damaged(f"{kind} from line 92 on", some.text)


def inside(cell: str) -> str:
    return cell.strip('"')


def number_like(cell: str) -> bool:
    return bool(re.fullmatch(r'"?-?\d+\.\d+"?', cell))


EVERY_NUMBER = {
    "decimal commas in quotes": lambda cell: quoted(inside(cell).replace(".", ",")),
    "decimal commas": lambda cell: cell.replace(".", ","),
    "thousands marks": lambda cell: quoted(f"{1e3 + abs(float(inside(cell))):,.2f}"),
}
EVERY_CELL = {
    "cells in single quotes": lambda cell: f"'{cell}'",
    "cells in more quotes": lambda cell: '"' + cell + '"',
    "spaces around cells": lambda cell: f" {cell} ",
}  # fmt: skip
