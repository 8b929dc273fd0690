"""The data of a page: the first rows as a table, and rows as points, compressed and in base64.

Base64 has no character that means something in HTML, so nothing in the data can end the element that holds it.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.result import RANKING_COLUMNS
from labelaudit.report.words import shortened
from labelaudit.views.result import Value, View

if TYPE_CHECKING:
    import pandas as pd

CELLS = 60  # of a text from the data, at most
SIGNIFICANT = 6  # digits of a number of the data
STEPS = 65535  # a point's place is one of so many between the least and the largest: finer than any screen
EDGE = 0.0005  # of the rows beyond each end are drawn at the edge: else an outlier would press all others together

Role = Literal["rank", "number", "suspect", "text", "given", "predicted", "score", "influence", "own", "why"]
Cell = str | int | float | None


@dataclass(frozen=True)
class Shown:
    """A column of the page's table: its name, what it is, and its cells, safe to show."""

    name: str
    role: Role
    cells: list[Cell]


def table_of(view: View) -> list[Shown]:
    """The columns of the page's table: the ranking's, then the data's own."""
    first = view.audit.ranking.head(view.listed)
    own = set(RANKING_COLUMNS)
    suspect: list[Cell] = ["suspect" if issue else "" for issue in first["is_label_issue"].tolist()]
    columns = [Shown("rank", "rank", first["rank"].tolist()), Shown("row", "number", first["row"].tolist())]
    if "file" in first:
        columns.append(Shown("file", "text", _texts(first["file"])))
    if first["line"].notna().any():
        columns.append(Shown("line", "number", [None if v != v else int(v) for v in first["line"].astype(float)]))
    columns += [Shown(_text(c), "text", _texts(first[c])) for c in first.columns if c not in own]
    columns += [
        Shown("given label", "given", _texts(first["given_label"])),
        Shown("predicted label", "predicted", _texts(first["predicted_label"])),
        Shown("label score", "score", _numbers(first["label_score"], 4)),
        Shown("suspect", "suspect", suspect),
        Shown("influence", "influence", [_rounded(v, 3) for v in first["average_influence"].tolist()]),
        Shown("why", "why", list(reasons(view))),
    ]
    return columns + [Shown(_text(c.name), "own", _shown(c.cells)) for c in view.columns]


def reasons(view: View) -> Iterable[str]:
    """Why each listed row is suspected, or is not, in one phrase."""
    audit = view.audit
    known = {r["row"]: r["reason"] for r in audit.record["reasons"]}
    twins = {r["row"] for group in audit.record.get("conflicts", {}).get("list", []) for r in group["rows"]}
    judge = "by the given probabilities" if audit.summary["evidence"] == "pred_probs" else "held out"
    for f in audit.findings(view.listed):
        twin = "; same features as a row with another label" if f.row in twins else ""
        if f.row in known:
            yield known[f.row]
        elif f.predicted_label == f.given_label:
            yield "its label is the most probable" + twin
        else:
            harm = "; misleads the model" if f.average_influence < 0 else ""
            yield f"{judge}, its label gets {_percent(f.self_confidence)}{twin or harm}"


def packed_table(columns: Sequence[Shown]) -> str:
    """The table as JSON, deflated, in base64; frequent texts are stored once."""
    text = json.dumps([_stored(c) for c in columns], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _packed(text.encode("utf-8", "backslashreplace"))


def packed_points(view: View) -> tuple[str, dict[str, Any]]:
    """The points as arrays in little-endian order, deflated, in base64; and where each array stands, for the page.

    score, x and y are uint16 from 0 to STEPS between their ranges; influence float32; given uint16; issue uint8.
    """
    ranking = view.audit.ranking
    names = [c["name"] for c in view.audit.summary["classes"]]
    influence = ranking["average_influence"].to_numpy()[view.drawn].astype("<f4")
    arrays: dict[str, NDArray[Any]] = {
        "influence": np.nan_to_num(influence),
        "score": _steps(ranking["label_score"].to_numpy()[view.drawn], (0.0, 1.0)),
        "given": _codes(ranking["given_label"], names)[view.drawn].astype("<u2"),
    }
    ranges: dict[str, list[float]] = {"score": [0.0, 1.0], "influence": _range(arrays["influence"])}
    if view.projection is not None:
        for name, values in (("x", view.projection.across), ("y", view.projection.up)):
            low, high = _range(values)
            ranges[name] = [low, high]
            arrays[name] = _steps(values.astype(np.float64), (low, high))
    arrays["issue"] = ranking["is_label_issue"].to_numpy()[view.drawn].astype("u1")
    starts = np.cumsum([0, *(a.nbytes for a in arrays.values())]).tolist()
    about = {
        "count": len(view.drawn),
        "steps": STEPS,
        "ranges": ranges,
        "starts": dict(zip(arrays, starts, strict=False)),
    }
    return _packed(b"".join(a.tobytes() for a in arrays.values())), about


def _packed(content: bytes) -> str:
    return b64encode(zlib.compress(content, 6)).decode("ascii")


def _codes(labels: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    """Where each label stands among the names; the last place a uint16 has where there are more."""
    import pandas as pd

    codes: NDArray[np.int64] = pd.Index(names).get_indexer(pd.Index(labels))
    return np.clip(codes, 0, STEPS)


def _steps(values: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.uint16]:
    low, high = ends
    width = high - low if high > low else 1.0
    return np.rint(np.clip((values - low) / width, 0.0, 1.0) * STEPS).astype("<u2")


def _range(values: NDArray[Any]) -> list[float]:
    """Between which the points are drawn."""
    low, high = np.quantile(values.astype(np.float64), (EDGE, 1 - EDGE))
    return [float(low), float(high)] if high > low else [float(low) - 1.0, float(high) + 1.0]


def _stored(column: Shown) -> dict[str, Any]:
    about: dict[str, Any] = {"name": column.name, "role": column.role}
    levels = list(dict.fromkeys(column.cells))
    if len(levels) > len(column.cells) // 2 or not any(isinstance(v, str) for v in levels):
        return about | {"cells": column.cells}
    place = {level: i for i, level in enumerate(levels)}
    return about | {"levels": levels, "codes": [place[cell] for cell in column.cells]}


def _texts(values: Iterable[str]) -> list[Cell]:
    known: dict[str, str] = {}
    return [known[v] if v in known else known.setdefault(v, _text(v)) for v in values]


def _text(text: str) -> str:
    """The text, short and safe to show; what needs no change is quickly passed on."""
    return text if len(text) <= CELLS and text.isascii() and text.isprintable() else shortened(text, CELLS)


def _shown(cells: Sequence[Value]) -> list[Cell]:
    known: dict[Value, Cell] = {}
    out = []
    for cell in cells:
        if isinstance(cell, str):
            out.append(known[cell] if cell in known else known.setdefault(cell, _text(cell)))
        elif isinstance(cell, bool):
            out.append("true" if cell else "false")
        else:
            out.append(_rounded(cell, SIGNIFICANT) if isinstance(cell, float) else cell)
    return out


def _rounded(value: float, digits: int) -> float | None:
    """The number with so many significant digits; None where it is none."""
    return float(f"{value:.{digits}g}") if value == value else None


def _numbers(values: pd.Series, decimals: int) -> list[Cell]:
    return [None if v != v else round(v, decimals) for v in values.tolist()]


def _percent(share: float) -> str:
    return "less than 1%" if share < 0.005 else f"{share:.0%}"
