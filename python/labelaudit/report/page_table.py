"""The table of a page: the first rows of the ranking with the data's own columns, ready to show, and packed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from labelaudit.audits.result import RANKING_COLUMNS
from labelaudit.report.page_points import packed_bytes
from labelaudit.report.words import shortened
from labelaudit.views.result import Value, View

if TYPE_CHECKING:
    import pandas as pd

CELLS, LEAST_CELLS = 60, 6  # of a text from the data; fewer where the table would not stay within MOST_BYTES
MOST_BYTES = 1_150_000  # of the packed table: with 100,000 points, which cannot exceed 1.5 MB, a page of under 3 MB
MOST_IDS = 4
SIGNIFICANT = 6  # digits of a number of the data

Role = Literal["rank", "number", "text", "given", "predicted", "score", "suspect", "influence", "why", "own"]
Cell = str | int | float | None


@dataclass(frozen=True)
class Shown:
    """A column of the page's table: its name, what it is, and its cells, safe to show."""

    name: str
    role: Role
    cells: list[Cell]


def table_within(view: View, most: int = MOST_BYTES) -> tuple[list[Shown], str]:
    """The page's table, and packed; its texts are cut so far that it takes at most so many bytes."""
    cells = CELLS
    while True:
        columns = table_of(view, cells)
        packed = packed_table(columns)
        if len(packed) <= most or cells == LEAST_CELLS:
            return columns, packed
        cells = max(LEAST_CELLS, min(cells // 2, cells * most // len(packed)))


def table_of(view: View, cells: int = CELLS) -> list[Shown]:
    """The columns of the page's table, the ranking's, then the data's own; texts are cut to so many cells."""
    first = view.audit.ranking.head(view.listed)
    known = set(RANKING_COLUMNS)
    columns = [Shown("rank", "rank", first["rank"].tolist()), Shown("row", "number", first["row"].tolist())]
    if "file" in first:
        columns.append(Shown("file", "text", _texts(first["file"], cells)))
    if first["line"].notna().any():
        columns.append(Shown("line", "number", [None if v != v else int(v) for v in first["line"].astype(float)]))
    ids = [c for c in first.columns if c not in known][:MOST_IDS]
    columns += [Shown(_text(c, CELLS), "text", _texts(first[c], cells)) for c in ids]
    columns += _verdicts(first, cells)
    columns.append(Shown("why", "why", list(reasons(view))))
    return columns + [Shown(_text(c.name, CELLS), "own", _shown(c.cells, cells)) for c in view.columns]


def _verdicts(first: pd.DataFrame, cells: int) -> list[Shown]:
    return [
        Shown("given label", "given", _texts(first["given_label"], cells)),
        Shown("predicted label", "predicted", _texts(first["predicted_label"], cells)),
        Shown("label score", "score", [round(v, 4) for v in first["label_score"].tolist()]),
        Shown("suspect", "suspect", ["suspect" if issue else "" for issue in first["is_label_issue"].tolist()]),
        Shown("influence", "influence", _rounded(first["average_influence"].tolist(), 3)),
    ]


def reasons(view: View) -> Iterable[str]:
    """Why each listed row is suspected, or is not, in one phrase."""
    audit = view.audit
    known = {r["row"]: r["reason"] for r in audit.record["reasons"]}
    twins = {r["row"] for group in audit.record.get("conflicts", {}).get("list", []) for r in group["rows"]}
    judge = "by the given probabilities" if audit.summary["evidence"] == "pred_probs" else "held out"
    first = audit.ranking.head(view.listed)
    names = ("row", "given_label", "predicted_label", "average_influence", "self_confidence")
    for row, given, predicted, influence, confidence in zip(*(first[name].tolist() for name in names), strict=True):
        twin = "; same features as a row with another label" if row in twins else ""
        if row in known:
            yield known[row]
        elif predicted == given:
            yield "its label is the most probable" + twin
        else:
            harm = "; misleads the model" if influence < 0 else ""
            yield f"{judge}, its label gets {_percent(confidence)}{twin or harm}"


def packed_table(columns: Sequence[Shown]) -> str:
    """The table as JSON, deflated, in base64; frequent texts are stored once."""
    text = json.dumps([_stored(c) for c in columns], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return packed_bytes(text.encode())


def _stored(column: Shown) -> dict[str, Any]:
    about: dict[str, Any] = {"name": column.name, "role": column.role}
    levels = list(dict.fromkeys(column.cells))
    if len(levels) > len(column.cells) // 2 or not any(isinstance(v, str) for v in levels):
        return about | {"cells": column.cells}
    place = {level: i for i, level in enumerate(levels)}
    return about | {"levels": levels, "codes": [place[cell] for cell in column.cells]}


def _texts(values: Iterable[str], most: int) -> list[Cell]:
    return list(map(cache(lambda text: _text(text, most)), values))


def _text(text: str, most: int) -> str:
    """The text, cut to so many cells and safe to show; what is plain is quickly done with."""
    if text.isascii() and text.isprintable():
        return text if len(text) <= most else text[: most - 1] + "…"
    return shortened(text, most)


def _shown(cells: Sequence[Value], most: int) -> list[Cell]:
    shown: dict[type, Callable[[Any], Cell]] = {
        str: cache(lambda cell: _text(cell, most)),
        bool: lambda cell: "true" if cell else "false",
    }
    rounded = iter(_rounded([cell for cell in cells if type(cell) is float], SIGNIFICANT))
    return [next(rounded) if type(c) is float else shown[type(c)](c) if type(c) in shown else c for c in cells]


def _rounded(values: Sequence[float], digits: int) -> list[Cell]:
    """The numbers with so many significant digits, formatted at one go; None where one is none."""
    texts = f"%.{digits}g " * len(values) % tuple(values)
    return [value if value == value else None for value in map(float, texts.split())]


def _percent(share: float) -> str:
    return "under 1%" if share < 0.005 else f"{share:.0%}"
