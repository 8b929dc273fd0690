"""The explanation of a row for a terminal of 80 columns: the sentence, then the figures behind it."""

from __future__ import annotations

import math

from labelaudit.audits.result import SCORES
from labelaudit.explanations.result import ClassProbability, Explanation, Neighbour, Push, Side, worded
from labelaudit.report.text import WIDTH
from labelaudit.report.words import plural, printable, shortened, table, width, wrapped

LABEL_CELLS, COLUMN_CELLS, VALUE_CELLS = 12, 21, 10  # of texts from the data
NARROWEST = 6
MOST_CLASSES = 4
MOST_COLUMNS = 8
LEAST_AGREEMENT = 12  # cells: less is no use


def render(e: Explanation) -> str:
    """The explanation with all rows that it holds, and the columns that push most."""
    parts = [_told(e.sentence), _scores(e), _probabilities(e)]
    if e.logit_difference is not None:
        parts += [_columns(e), _side(e.opposing, "against"), _side(e.supporting, "for")]
    parts += map(_told, e.notes)
    return "\n\n".join(parts) + "\n"


def _told(text: str) -> str:
    return wrapped(printable(text), WIDTH)


def _scores(e: Explanation) -> str:
    f = e.finding
    scores = [f"{name} {getattr(f, name):.3g}" for name in SCORES if not math.isnan(getattr(f, name))]
    flagged = "flagged" if f.is_label_issue else "not flagged"
    ids = [f"{shortened(name, COLUMN_CELLS)} {shortened(cell, COLUMN_CELLS)}" for name, cell in f.ids.items()]
    return wrapped("; ".join([*ids, f"rank {f.rank:,} of {e.of_rows:,}", flagged]) + "; " + ", ".join(scores), WIDTH)


def _probabilities(e: Explanation) -> str:
    shown = _most_probable(e)
    fitted = e.logit_difference is not None
    rows = [["with the row" if fitted else "by its columns", *(f"{p.with_row:.1%}" for p in shown)]]
    if fitted:
        rows.append([_left_out(e), *(f"{p.without_row:.1%}" for p in shown)])
    header = ["the model says", *(shortened(p.label, LABEL_CELLS) for p in shown)]
    more = len(e.probabilities) - len(shown)
    title = f"Probabilities, those of {plural(more, 'label')} left out here:" if more else "Probabilities:"
    return title + "\n" + table(header, rows, left=frozenset({0}))


def _left_out(e: Explanation) -> str:
    if e.group_rows is not None and e.group_rows > 1:
        return "without its group"
    return "without it and its duplicates" if e.duplicates else "without it"


def _most_probable(e: Explanation) -> list[ClassProbability]:
    """The given and the other label, then those that the model finds most probable."""
    first = (e.finding.given_label, e.against_label)
    named = [p for name in dict.fromkeys(first) for p in e.probabilities if p.label == name]
    others = [p for p in e.probabilities if p.label not in first]
    others.sort(key=lambda p: -(p.with_row if p.without_row is None else p.without_row))
    return (named + others)[:MOST_CLASSES]


def _columns(e: Explanation) -> str:
    given, other = (shortened(name, LABEL_CELLS) for name in (e.finding.given_label, e.against_label))
    title = wrapped(
        f"Columns that push most, in log-odds by the model without it (above 0: towards {given}; below 0: towards "
        f"{other}), beside the usual values of both labels and the change of its average influence:",
        WIDTH,
    )
    labels = (shortened(name, VALUE_CELLS) for name in (e.finding.given_label, e.against_label))
    header = ["column", "value", *labels, "log-odds", "influence"]
    rows = [_push(p) for p in e.columns[:MOST_COLUMNS]]
    return title + "\n" + table(header, rows, left=frozenset({0})) + "\n" + _sum(e)


def _push(p: Push) -> list[str]:
    usual = ("", "") if p.kind in ("text", "embedding") else (worded(p.usual_given), worded(p.usual_against))
    values = (shortened(v, VALUE_CELLS) for v in (worded(p.value), *usual))
    return [shortened(p.column, COLUMN_CELLS), *values, f"{p.contribution:+.2f}", f"{p.perturbation_influence:+.3g}"]


def _sum(e: Explanation) -> str:
    rest = e.columns[MOST_COLUMNS:]
    lines = [f"{plural(len(rest), 'further column')}: {sum(p.contribution for p in rest):+.2f}."] if rest else []
    lines.append(
        f"All columns together: {e.logit_difference:+.2f} for this row, {e.average_logit_difference:+.2f} on average."
    )
    return wrapped("  " + " ".join(lines), WIDTH, "  ")


def _side(side: Side, word: str) -> str:
    if not side.rows:
        return f"No row weighs {word} its label."
    count = len(side.strongest)
    whole = f"{plural(side.rows, 'row')} {'weighs' if side.rows == 1 else 'weigh'} {word} its label"
    if not count:
        return f"{whole}."
    title = f"{whole}; the first {count} have {_share(side)} of the weight:" if count < side.rows else f"{whole}:"
    return title + "\n" + _rows(side.strongest)


def _share(side: Side) -> str:
    share = sum(n.influence * n.label_score for n in side.strongest) / side.weight
    return f"{share:.0%}" if share >= 0.005 else "under 1%"


def _rows(neighbours: tuple[Neighbour, ...]) -> str:
    """The rows as a table; texts are shortened until something of the columns that agree fits in beside them."""
    for cells in range(LABEL_CELLS, NARROWEST - 1, -1):
        columns = _places(neighbours, cells)
        room = WIDTH - 2 - sum(2 + max(map(width, [name, *told])) for name, told, _ in columns)
        if room >= LEAST_AGREEMENT:
            break
    columns.append(("agrees in", [_agreement(n, max(room, LEAST_AGREEMENT)) for n in neighbours], True))
    header, told, is_text = zip(*columns, strict=True)
    rows = [list(row) for row in zip(*told, strict=True)]
    return table(list(header), rows, left=frozenset(i for i, text in enumerate(is_text) if text))


def _places(neighbours: tuple[Neighbour, ...], cells: int) -> list[tuple[str, list[str], bool]]:
    """What identifies and weighs the rows: columns of a table as header, cells, and whether they are texts."""
    columns = [("row", [f"{n.row}" for n in neighbours], False)]
    if any(n.file is not None for n in neighbours):
        columns.append(("file", [shortened(n.file or "", cells) for n in neighbours], True))
    if any(n.line is not None for n in neighbours):
        columns.append(("line", ["" if n.line is None else f"{n.line}" for n in neighbours], False))
    for name in list(neighbours[0].ids)[:1]:
        columns.append((shortened(name, cells), [shortened(n.ids[name], cells) for n in neighbours], True))
    return [
        *columns,
        ("label", [shortened(n.given_label, cells) for n in neighbours], True),
        ("score", [f"{n.label_score:.3f}" for n in neighbours], False),
        ("influence", [f"{n.influence:.3g}" for n in neighbours], False),
    ]


def _agreement(n: Neighbour, cells: int) -> str:
    """How many columns agree, and which, as many as fit."""
    if n.same_features:
        return shortened("all: a duplicate", cells)
    text = f"{len(n.agrees)} of {n.of_columns}"
    for i, a in enumerate(n.agrees):
        cell = f"{shortened(a.column, COLUMN_CELLS)} {shortened(worded(a.value), VALUE_CELLS)}"
        longer = f"{text}{', ' if i else ': '}{cell}"
        if width(longer) > cells:
            break
        text = longer
    return shortened(text, cells)
