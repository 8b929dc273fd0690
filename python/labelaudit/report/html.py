"""The report as one HTML file that needs nothing else: opened from a disk, without a network.

Whatever comes from the data is escaped by the template, after control and bidirectional characters have become visible
escapes; tables and points go into base64. The page's policy lets only the scripts and styles of this file run, by hash.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from labelaudit.audits.result import Audit
from labelaudit.report.page_figures import heat_map, histogram
from labelaudit.report.page_points import packed_points
from labelaudit.report.page_table import table_within
from labelaudit.report.page_validation import points, section
from labelaudit.report.text import method_lines, verdict_lines
from labelaudit.report.words import plural, printable, shortened
from labelaudit.validation.result import Validation
from labelaudit.views.result import View

STATIC_ROWS = 20  # in the page itself, for readers without scripts
MOST_COLUMNS, MOST_CONFLICTS, MOST_ROWS, MOST_ODDITIES = 400, 20, 10, 40
NAME_CELLS, PATH_CELLS, AXIS_CELLS = 60, 200, 32
OWN = ("page.js", "table.js", "points.js", "plots.js", "start.js")
SCRIPTS = ("vendor/uPlot.iife.min.js", "vendor/dataTables.min.js", *(f"templates/{name}" for name in OWN))
STYLES = ("vendor/uPlot.min.css", "templates/page.css")
LICENCES = (("uPlot 1.6.32", "vendor/uPlot-LICENSE.txt"), ("DataTables 3.1.5", "vendor/dataTables-LICENSE.txt"))


class Ours(str):
    """A text that the template writes as it is; jinja2 escapes what has no `__html__`."""

    def __html__(self) -> str:
        return str(self)


def render(view: View, validation: Validation | None = None) -> str:
    """The page of an audit; validation: one on the same data."""
    audit = view.audit
    columns, packed = table_within(view)
    drawn, about = packed_points(view)
    scripts, style = [_asset(name) for name in SCRIPTS], "\n".join(_asset(name) for name in STYLES)
    about |= {"classes": [shortened(c["name"], NAME_CELLS) for c in audit.summary["classes"]]}
    about |= {} if view.projection is None else {"across": shortened(view.projection.across_is, AXIS_CELLS)}
    return page_template().render(
        policy=policy(scripts, [style]),
        scripts=[Ours(s) for s in scripts],  # our own files, no word from the data
        style=Ours(style),
        licences=[(name, _asset(path)) for name, path in LICENCES],
        view=view,
        columns=columns,
        static_rows=list(zip(*(c.cells[:STATIC_ROWS] for c in columns), strict=True)),
        suspects=next(c.cells for c in columns if c.role == "suspect"),
        table_data=packed,
        point_data=drawn,
        points_about=_island(about),
        histogram=histogram(audit),
        heat=heat_map(audit.summary["noise"]),
        v=section(validation, audit.record["options"]),
        verdict=verdict_lines(audit),
        method=" ".join(line.strip() for line in method_lines(audit)),
        **_facts(audit),
    )


def policy(scripts: list[str], styles: list[str]) -> str:
    """The page's content security policy: nothing is fetched, only these texts run."""
    allowed = {"script-src": scripts, "style-src": styles}
    parts = [f"{name} {' '.join(map(_hash, texts))}" for name, texts in allowed.items()]
    return "; ".join(["default-src 'none'", *parts, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _island(value: Any) -> Ours:
    """JSON that can stand in a script element: what could end it or mean something is an escape of JSON's own."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Ours(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _asset(name: str) -> str:
    return (files("labelaudit.report") / name).read_text(encoding="utf-8")


@cache
def page_template() -> Template:
    """The page's template, compiled."""
    return _environment().get_template("page.html")


def _environment() -> Environment:
    found = Environment(
        autoescape=True,
        finalize=_safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: _asset(f"templates/{name}")),
    )
    found.filters |= {"short": shortened, "plural": plural, "points": points}
    return found


def _safe(value: Any) -> Any:
    """What the template writes of a value: no control or bidirectional character, nothing for None."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):  # ours, or what the template made already
        return value
    return printable(value) if isinstance(value, str) else value


def _facts(audit: Audit) -> dict[str, Any]:
    record, s = audit.record, audit.summary
    conflicts = record.get("conflicts", {"groups": 0, "rows": 0, "list": []})
    oddities = record.get("oddities", [])
    return {
        "s": s,
        "record": record,
        "converged": s["fit"]["converged"],
        "used": s["columns"][:MOST_COLUMNS],
        "left_out": record["left_out"]["columns"][:MOST_COLUMNS],
        "left_out_rows": record["left_out"]["rows"],
        "conflicts": conflicts,
        "conflict_list": conflicts["list"][:MOST_CONFLICTS],
        "oddities": oddities[:MOST_ODDITIES],
        "more_oddities": max(0, len(oddities) - MOST_ODDITIES),
        "most_rows": MOST_ROWS,
        "options": [(name, _told(v)) for name, v in record["options"].items() if _is_told(v)],
        "sources": record["sources"],
        "references": record.get("reference", {}).get("sources", []),
        "arrays": record.get("arrays", {}),
        "path_cells": PATH_CELLS,
        "name_cells": NAME_CELLS,
    }


def _is_told(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [])


def _told(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
