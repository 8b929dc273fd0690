"""Detection as text, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable

from labelaudit.benchmark.detection.peers import PEERS
from labelaudit.benchmark.detection.results import NEAR, OURS, RANKINGS, Cell, Detection
from labelaudit.report.words import plural, shortened, table, wrapped

CELLS = 80
NAME_CELLS = 20
REAL = "real"
HEADINGS = {
    "label_score": ("label", "score"),
    "average_influence": ("average", "infl."),
    "self_influence": ("self", "infl."),
    "self_confidence": ("self", "conf."),
    **{peer: ("peer:", peer) for peer in PEERS},
}


def render(detection: Detection) -> str:
    """Means by kind of error, one line a table for each kind, cleanlab's filter beside ours, what was left out."""
    parts = [_head(detection), _means(detection), *(_tables(detection, kind) for kind in detection.kinds)]
    parts.append(_cleanlab(detection))
    if detection.left_out:
        lines = (wrapped(f"{shortened(o.name, 40)}: {o.reason}", CELLS, "  ") for o in detection.left_out)
        parts.append("\n".join(["Left out:", *lines]))
    return "\n\n".join(parts) + "\n"


def _head(detection: Detection) -> str:
    planted = [kind for kind in detection.kinds if kind != REAL]
    lines = ["Average precision of finding wrong labels, the mean over tables and seeds."]
    if planted:
        seeds = plural(len({run.seed for run in detection.runs if run.kind != REAL}), "seed")
        lines.append(f"Planted: {100 * detection.rate:.3g} % of the labels, {seeds}.")
    if len(planted) > 1:
        lines.append('"planted" is the mean of the planted kinds.')
    lines.append(f"Lost (*): label_score is below the table's best peer by more than {NEAR}.")
    return "\n".join(wrapped(line, CELLS) for line in lines)


def _means(detection: Detection) -> str:
    columns = {kind: detection.mean(kind) for kind in detection.kinds if kind != REAL}
    if len(columns) > 1:
        columns["planted"] = detection.planted
    if REAL in detection.kinds:
        columns[REAL] = detection.mean(REAL)
    rows = [[_role(name), *(f"{mean[name]:.3f}" for mean in columns.values())] for name in RANKINGS]
    for title, count in (("tables", len), ("lost", lambda cells: sum(cell.lost for cell in cells))):
        cells = [detection.of(kind) for kind in columns]
        rows.append([title, *(str(count(some)) if some else "" for some in cells)])
    return table(["", *columns], rows, left=frozenset({0}), indent="")


def _role(name: str) -> str:
    return name if name in OURS else f"{name} (peer)"


def _tables(detection: Detection, kind: str) -> str:
    top, below = zip(*(HEADINGS[name] for name in RANKINGS), strict=True)
    header = [kind, *top]
    rows = [["", *below], *(_line(cell) for cell in detection.of(kind))]
    return table(header, rows, left=frozenset({0}), indent="")


def _line(cell: Cell) -> list[str]:
    mark = " *" if cell.lost else ""
    return [shortened(cell.name, NAME_CELLS) + mark, *(f"{cell.mean[name]:.3f}" for name in RANKINGS)]


def _cleanlab(detection: Detection) -> str:
    if detection.cleanlab is None:
        return wrapped(
            "cleanlab is not installed: its own filter was not run (pip install 'labelaudit[bench]').", CELLS
        )
    head = wrapped(
        f"cleanlab {detection.cleanlab}: rows flagged by its default filter, errors among them, and errors among as "
        "many rows of ours, the first by label_score; sums over all runs.",
        CELLS,
    )
    rows = [list(_filtered(detection, kind, peer)) for kind in detection.kinds for peer in PEERS]
    return (
        head
        + "\n\n"
        + table(["errors", "model", "flagged", "theirs", "", "ours", ""], rows, left=frozenset({0, 1}), indent="")
    )


def _filtered(detection: Detection, kind: str, peer: str) -> Iterable[str]:
    filters = [run.cleanlab[peer] for run in detection.runs if run.kind == kind]
    flagged, right, ours = (sum(getattr(f, name) for f in filters) for name in ("flagged", "right", "ours"))
    yield from (kind, peer, f"{flagged:,}")
    for count in (right, ours):
        yield f"{count:,}"
        yield f"{count / flagged:.1%}" if flagged else ""
