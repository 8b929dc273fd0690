"""Pages to test on, and what is in them: elements, scripts, styles, unpacked data."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

from handmade import handmade, record
from labelaudit.audits.result import Audit
from labelaudit.views.result import OwnColumn, Projection, View


def view(audit: Audit | None = None, *, names: tuple[str, ...] = ("size", "colour"), cell: str = "red") -> View:
    """The handmade audit with two columns of the data and a projection."""
    audit = handmade() if audit is None else audit
    rows = len(audit.ranking)
    place = np.linspace(-1, 1, rows, dtype=np.float32)
    columns = (OwnColumn(names[0], (1, 0.123456789, None, True)), OwnColumn(names[1], (cell, cell, None, "blue")))
    return View(
        audit, np.arange(rows), rows, columns, 2, Projection(place, place[::-1], f"log-odds of {cell}", "other")
    )


def large_view(rows: int = 100_000, columns: int = 12, *, text: bool = False, classes: int = 3) -> View:
    """Random rows in arrays: numbers that do not compress, or texts of 60 characters that hardly do."""
    rng = np.random.default_rng(0)
    names = [f"class {i}" for i in range(classes)]
    score = np.sort(rng.random(rows))
    ranking = pd.DataFrame(
        {
            "rank": np.arange(1, rows + 1),
            "row": rng.permutation(rows) + 1,
            "line": pd.array(rng.permutation(rows) + 2, dtype="Int64"),
            "given_label": np.array(names, dtype=object)[rng.integers(0, classes, rows)],
            "predicted_label": np.array(names, dtype=object)[rng.integers(0, classes, rows)],
            "label_score": score,
            "is_label_issue": score < 0.02,
            **{c: rng.standard_normal(rows) for c in ("average_influence", "self_influence", "leverage")},
            "self_confidence": rng.random(rows),
        }
    )
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 <&"))

    def cells() -> tuple[Any, ...]:
        if text:
            return tuple("".join(row) for row in letters[rng.integers(0, len(letters), (10_000, 60))])
        return tuple(rng.standard_normal(10_000).tolist())

    own = tuple(OwnColumn(f"column {i}", cells()) for i in range(columns))
    audit = Audit(ranking, record(names, rows=rows, issues=int((score < 0.02).sum())), handmade().model)
    place = rng.standard_normal((2, rows)).astype(np.float32)
    return View(audit, np.arange(rows), 10_000, own, 20, Projection(place[0], place[1], "first", "second"))


@dataclass
class Parsed:
    """A page as a parser sees it: start tags with their attributes, its text, scripts, styles and islands of data."""

    tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = field(default_factory=list)
    text: str = ""
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    islands: dict[str, str] = field(default_factory=dict)
    policy: str = ""


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found, self.within = Parsed(), ""
        self.island: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append((tag, tuple(attrs)))
        self.within, self.island = tag, None
        of = dict(attrs)
        if tag == "script" and "type" in of:
            self.island = of["id"]
        if of.get("http-equiv") == "Content-Security-Policy":
            self.found.policy = of["content"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.within = ""
        self.found.text += " "

    def handle_data(self, data: str) -> None:
        if self.within == "script" and self.island is not None:
            self.found.islands[self.island] = data
        elif self.within in ("script", "style"):
            (self.found.scripts if self.within == "script" else self.found.styles).append(data)
        else:
            self.found.text += data


def parsed(page: str) -> Parsed:
    """The page, read by Python's own parser."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    return parser.found


def unpacked_table(page: str) -> dict[str, list[Any]]:
    """The cells of the page's table by the name of the column."""
    columns = json.loads(zlib.decompress(b64decode(parsed(page).islands["table-data"])))
    return {c["name"]: [c["levels"][i] for i in c["codes"]] if "levels" in c else c["cells"] for c in columns}


def unpacked_points(page: str) -> dict[str, Any]:
    """The points' places as the page computes them."""
    islands = parsed(page).islands
    about, content = json.loads(islands["points-about"]), zlib.decompress(b64decode(islands["points-data"]))
    kinds = {"given": "<u2", "kind": "u1"}
    out = {}
    for name, start in about["starts"].items():
        out[name] = np.frombuffer(content, kinds.get(name, "<u2"), about["count"], start)
        if name in about["ranges"]:
            low, high = about["ranges"][name]
            out[name] = low + (high - low) * out[name] / about["steps"]
    out["influence"] = np.where(out["kind"] & 2, np.nan, about["linear"] * np.sinh(out["influence"]))
    return out
