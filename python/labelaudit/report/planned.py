"""A plan in words, and where an audit's values lived."""

from __future__ import annotations

import textwrap
from collections import Counter

from labelaudit.audits.planning.result import Placement, Plan
from labelaudit.report.words import plural, printable, shortened
from labelaudit.sizes import told

WIDTH = 80
MOST_LEFT_OUT = 10
NAME_CELLS = 30


def render(plan: Plan) -> str:
    """Rows, columns, classes, memory, disk and time; one line each in 80 columns, longer ones folded."""
    return "".join(f"{line}\n" for line in (*_data(plan), *_left_out(plan), "", *_needs(plan)))


def _data(plan: Plan) -> list[str]:
    about = "" if plan.exact else "about "
    read = "" if plan.exact else f" (from {plan.read_rows:,} rows that were read)"
    without = f", {about}{plan.rows_without_label:,} without a label" if plan.rows_without_label else ""
    label = shortened(plan.label, NAME_CELLS)
    kinds = Counter(str(c.kind) for c in plan.columns if c.reason is None)
    columns = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    out = [
        f"Rows      {about}{plan.rows:,}{without}{read}",
        f'Classes   {plan.classes} in "{label}"',
        f"Columns   {columns}",
        f"Encoded   {plural(plan.encoded_columns, 'column')}, probably by {', '.join(plan.encodings)}",
    ]
    return [_folded(line) for line in out]


def _left_out(plan: Plan) -> list[str]:
    left_out = [c for c in plan.columns if c.reason is not None]
    lines = [f"Left out  {shortened(c.name, NAME_CELLS)}: {printable(str(c.reason))}" for c in left_out[:MOST_LEFT_OUT]]
    more = (
        [f"Left out  {plural(len(left_out) - MOST_LEFT_OUT, 'more column')}"] if len(left_out) > MOST_LEFT_OUT else []
    )
    return [_folded(line) for line in (*lines, *more)]


def _needs(plan: Plan) -> list[str]:
    most = "" if told(plan.most_bytes) == told(plan.memory_bytes) else f", {told(plan.most_bytes)} at the most"
    limit = f"{told(plan.limit.memory_bytes)} {'allowed' if plan.limit.given else 'free'}"
    disk = "none: everything fits into memory"
    if plan.to_disk:
        disk = f"{told(plan.most_disk_bytes)} at the most, in {printable(plan.limit.folder)}, instead of that memory"
    work = f"{seconds(plan.processor_seconds)} of one" if plan.threads > 1 else "with nothing else to do"
    return [
        _folded(f"Memory    {told(plan.memory_bytes)}{most} ({limit})"),
        _folded(f"Disk      {disk}"),
        _folded(f"Time      {seconds(plan.seconds)} on {plural(plan.threads, 'thread')} ({work})"),
    ]


def lived(placement: Placement) -> str:
    """One line: where large values were, and what was predicted of them."""
    predicted = placement.predicted_bytes
    need = "" if predicted is None else f", predicted need {told(predicted)}"
    limit = f"memory limit {told(placement.limit.memory_bytes)}"
    where = "memory" if placement.where == "memory" else f"files of {printable(placement.limit.folder)}"
    return f"  large values lived in {where}{need}, {limit}"


def seconds(time: float) -> str:
    """A time for people: 0.8 s, 12 s, 3 min, 2.5 h."""
    if time < 100:
        return f"{time:.{1 if time < 10 else 0}f} s"
    return f"{time / 60:.0f} min" if time < 6000 else f"{time / 3600:.1f} h"


def _folded(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False)
