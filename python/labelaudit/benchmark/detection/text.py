"""Detection as text, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable

from labelaudit.benchmark.detection.peers import PEERS
from labelaudit.benchmark.detection.results import NEAR, OURS, RANKINGS, Cell, Detection
from labelaudit.report.words import plural, shortened, table, wrapped

NAME_CELLS = 20
HEADINGS = {
    "label_score": ("label", "score"),
    "average_influence": ("average", "infl."),
    "self_influence": ("self", "infl."),
    "self_confidence": ("self", "conf."),
    **{peer: ("peer:", peer) for peer in PEERS},
}


def render(detection: Detection) -> str:
    """Means by kind of error, one line a table for each kind, cleanlab's filter beside ours, what was left out."""
    parts = [_means(detection), *(_tables(detection, kind) for kind in detection.kinds), _cleanlab(detection)]
    if detection.left_out:
        lines = (wrapped(f"  {shortened(o.name, 40)}: {o.reason}", 80, "    ") for o in detection.left_out)
        parts.append("\n".join(["Left out:", *lines]))
    return "\n\n".join(parts) + "\n"


def _means(detection: Detection) -> str:
    kinds, planted = list(detection.kinds), detection.planted
    columns = [detection.mean(kind) for kind in kinds]
    if planted:
        at = len([kind for kind in kinds if kind != "real"])
        kinds.insert(at, "planted")
        columns.insert(at, planted)
    rows = [[_role(name), *(f"{c[name]:.3f}" for c in columns)] for name in RANKINGS]
    rows.append(["tables", *(str(len(detection.of(kind)) or "") for kind in kinds)])
    rows.append([f"lost by over {NEAR}", *(_lost(detection, kind) for kind in kinds)])
    lines = [
        f"Average precision of finding wrong labels: means over tables and {_seeds(detection)}.",
        f'Planted: {detection.rate:.3g} of the labels; "planted" is the mean of the kinds. Real errors stand apart.',
        f"Lost: label_score below the table's best peer by more than {NEAR}.",
    ]
    head = "\n".join(wrapped(line, 80) for line in lines)
    return head + "\n\n" + table(["", *kinds], rows, left=frozenset({0}), indent="")


def _role(name: str) -> str:
    return name if name in OURS else f"{name} (peer)"


def _seeds(detection: Detection) -> str:
    return plural(len({run.seed for run in detection.runs if run.kind != "real"}) or 1, "seed")


def _lost(detection: Detection, kind: str) -> str:
    cells = detection.of(kind)
    return f"{sum(cell.lost for cell in cells)}" if cells else ""


def _tables(detection: Detection, kind: str) -> str:
    top, below = zip(*(HEADINGS[name] for name in RANKINGS), strict=True)
    rows = [list(below)]
    header = [kind, *top]
    rows = [["", *below], *(_line(cell) for cell in detection.of(kind))]
    return table(header, rows, left=frozenset({0}), indent="")


def _line(cell: Cell) -> list[str]:
    mark = " *" if cell.lost else ""
    return [shortened(cell.name, NAME_CELLS) + mark, *(f"{cell.mean[name]:.3f}" for name in RANKINGS)]


def _cleanlab(detection: Detection) -> str:
    if detection.cleanlab is None:
        return "cleanlab is not installed: its own filter was not run (pip install 'labelaudit[bench]')."
    head = wrapped(
        f"cleanlab {detection.cleanlab}: rows flagged by its default filter, errors among them, and errors among as "
        "many rows of ours, the first by label_score; sums over all runs.",
        80,
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
