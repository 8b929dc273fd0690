"""What the report says of odd columns and classes, and of rows that contradict each other."""

from __future__ import annotations

from typing import Any

from labelaudit.audits.result import Audit
from labelaudit.report.words import listed, plural, printable, shortened, wrapped

WIDTH = 80
LABEL_CELLS = 16
MOST_ODDITIES = 12
MOST_CONFLICTS = 5
MOST_ROWS = 6  # of one conflict


def render(audit: Audit) -> str:
    """Both sections, or what there is of them."""
    return "\n\n".join(part for part in (_conflicts(audit.record), _oddities(audit.record)) if part)


def _oddities(record: dict[str, Any]) -> str:
    found = record.get("oddities", [])
    if not found:
        return ""
    lines = [wrapped(f"- {printable(o['sentence'])}", WIDTH, indent="  ") for o in found[:MOST_ODDITIES]]
    if len(found) > MOST_ODDITIES:
        lines.append(f"- and {len(found) - MOST_ODDITIES} more: see audit.json")
    return "\n".join(["Odd about this table:", *lines])


def _conflicts(record: dict[str, Any]) -> str:
    found = record.get("conflicts")
    if found is None or not found["groups"]:
        return ""
    groups = found["list"][:MOST_CONFLICTS]
    several = len({r["file"] for g in groups for r in g["rows"]}) > 1
    title = (
        f"Conflicts: {plural(found['rows'], 'row')} in {plural(found['groups'], 'group')} have the same features as "
        "another row of their group, and not the same label. Either some of these labels are wrong, or the columns do "
        "not tell these rows apart."
    )
    title += f" The first {len(groups)}, by label_score:" if found["groups"] > len(groups) else " By label_score:"
    return "\n".join([wrapped(title, WIDTH, indent="    "), *(_told(g, several) for g in groups)])


def _told(group: dict[str, Any], several: bool) -> str:
    rows = [_row(r, several) for r in group["rows"][:MOST_ROWS]]
    more = group["of_rows"] - len(rows)
    return wrapped("- " + listed(rows, MOST_ROWS) + (f" and {more:,} more" if more else ""), WIDTH, indent="    ")


def _row(row: dict[str, Any], several: bool) -> str:
    file = f"{shortened(row['file'], 2 * LABEL_CELLS)}:" if several and row["file"] else ""
    place = f" (line {file}{row['line']})" if row["line"] is not None else ""
    return f"row {row['row']}{place} {shortened(row['given_label'], LABEL_CELLS)}"
