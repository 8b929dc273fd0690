"""A validation in words and figures, as the text and the page say it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from labelaudit.report.words import listed, plural, shortened
from labelaudit.validation.result import KindOfError, Run, Spread, Validation

NAME_CELLS = 16  # of a text from the data
MOST_PAIRS = 2
FEW_ERRORS = 30  # a guess: a share of so many is known to a tenth or so
WHERE = {"uniform": "at random", "asymmetric": "in one direction", "instance": "where rows are ambiguous"}
CAVEAT = (
    "The labels of the file are taken as right, so a real error that is flagged counts as a false alarm; those flagged "
    "in the file as it is are told apart below. Planted errors are easier to find than real ones: expect less of the "
    "file's own."
)
Cells = list[str]
Kinds = tuple[KindOfError, ...]
FAR = (
    "How far to look: the share of the planted errors found in the first rows of the ranking (recall) / the share of "
    "planted errors among these rows (precision):"
)
BINS = "label_score in tenths of the rows, lowest first: the mean stated / the share of right labels:"


def verdict(kind: KindOfError) -> str:
    """What is found of one kind of errors, with the stated false alarms beside the real ones."""
    rate, recall, where = kind.spread("planted_rate").mean, kind.spread("recall").mean, WHERE[kind.kind]
    if math.isnan(recall):
        return f"No label was planted wrong {where}."
    start = f"Of the {rate:.1%} of labels planted wrong {where}, the audit"
    if not kind.spread("flagged").highest:
        return f"{start} finds none: it flags no row."
    real, stated = (share(kind.spread(name).mean) for name in ("false_alarms", "stated_false_alarms"))
    return f"{start} finds {share(recall)} in the rows it flags; {real} of these are false alarms (stated: {stated})."


def as_it_is(validation: Validation) -> str:
    """What the audit says before anything is planted."""
    found = validation.as_it_is
    count, (low, high) = found.flagged, found.interval
    flagged = f"{plural(count, 'row')} ({share(count / validation.data['rows_measured'], 1)})"
    stated = f"a noise rate of {found.stated_rate:.1%} (95 % interval {low:.1%} to {high:.1%})"
    return f"In the file as it is, the audit flags {flagged} and states {stated}."


def _percent(value: float) -> str:
    return f"{100 * value:z.1f}"


def _whole(value: float) -> str:
    return f"{100 * value:z.0f}"


def _plain(value: float) -> str:
    return f"{value:z.2f}"


class _Line(NamedTuple):
    name: str
    figure: str
    form: Callable[[float], str] | None  # None: a count
    unit: str = ""


FOUND = (
    _Line("labels planted", "planted", None),
    _Line("  of all rows", "planted_rate", _percent, "%"),
    _Line("average precision", "average_precision", _plain),
    _Line("  by chance", "planted_rate", _plain),
    _Line("rows flagged", "flagged", None),
    _Line("  recall", "recall", _whole, "%"),
    _Line("  precision", "precision", _whole, "%"),
    _Line("precision at planted", "precision_at_planted", _whole, "%"),
)
STATED = (
    _Line("false alarms, stated", "stated_false_alarms", _whole, "%"),
    _Line("  real", "false_alarms", _whole, "%"),
    _Line("    flagged before", "false_alarms_before", _whole, "%"),
    _Line("noise rate, stated", "stated_rate", _percent, "%"),
    _Line("  planted", "planted_rate", _percent, "%"),
    _Line("calibration error", "calibration_error", _percent, "%"),
    _Line("Brier skill", "brier_skill", _whole, "%"),
)


def _cell(spread: Spread, line: _Line) -> str:
    if math.isnan(spread.mean):
        return "none"
    if line.form is None:
        return f"{spread.mean:,.0f}"
    mean, low, high = (line.form(v) for v in (spread.mean, spread.lowest, spread.highest))
    between = " to " if spread.lowest < 0 else "-"
    return f"{mean}{line.unit}" + ("" if low == high else f" ({low}{between}{high})")


def found(kinds: Kinds) -> list[Cells]:
    """What is found: the name of each figure, then its mean and range for each kind."""
    return [_row(line, kinds) for line in FOUND]


def stated(kinds: Kinds) -> list[Cells]:
    """The stated figures with the real ones below each, likewise."""
    rows = [_row(line, kinds) for line in STATED]
    rows.insert(5, ["  in the interval", *(f"{kind.covered} of {len(kind.runs)}" for kind in kinds)])
    return rows


def _row(line: _Line, kinds: Kinds) -> Cells:
    return [line.name, *(_cell(kind.spread(line.figure), line) for kind in kinds)]


def tenths(kinds: Kinds) -> list[Cells]:
    """How far to look: the first tenth, two tenths .. of the ranking, its rows, and recall / precision of each kind."""
    columns = [kind.tenths for kind in kinds]
    return [
        [f"{10 * (i + 1)}%", f"{columns[0][i][0]:,}", *(_pair(of[i][2].mean, of[i][1].mean) for of in columns)]
        for i in range(len(columns[0]))
    ]


def reliability(kinds: Kinds) -> list[Cells]:
    """The number of each bin, and the mean stated / the share of right labels in it for each kind."""
    bins = [kind.reliability for kind in kinds]
    return [
        [f"{i + 1}", *(_pair(b.stated[i], b.right[i], 1) if i < len(b.rows) else "" for b in bins)]
        for i in range(max(len(b.rows) for b in bins))
    ]


def _pair(a: float, b: float, digits: int = 0) -> str:
    return f"{share(a, digits)} / {share(b, digits)}"


def share(value: float, digits: int = 0) -> str:
    """A percentage that reads 0 and 100 only where it is."""
    if math.isnan(value):
        return "none"
    text, least = f"{value:.{digits}%}", 0.1**digits
    if 0 < value < 1 and float(text[:-1]) in (0.0, 100.0):
        return f"<{least:g}%" if value < 0.5 else f">{100 - least:g}%"
    return text


def basis(validation: Validation) -> list[str]:
    """What was planted in which data, what was left out, and warnings; a sentence each."""
    data, options = validation.data, validation.options
    runs = [run for kind in validation.kinds for run in kind.runs]
    seeds = sorted({run.seed for run in runs})
    drawn = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    return [
        f'Planted in {plural(data["rows_measured"], "row")} of "{shortened(data["label"], NAME_CELLS)}" at --rate '
        f"{options['rate']:g}, {drawn}; ranked by {options['rank_by']}, --max-fdr {options['max_fdr']:g}.",
        *(f"- {_kind(kind, validation)}" for kind in validation.kinds),
        *_left_out(validation),
        *_warnings(validation, runs),
    ]


def _left_out(validation: Validation) -> Iterable[str]:
    """What no error was planted in, and why."""
    data = validation.data
    if data["reference_rows"] is not None:
        yield f"Trusted rows, in which nothing is planted: {data['reference_rows']:,}."
    if data["rows_left_out"]:
        yield f"Rows left out, without a label: {data['rows_left_out']:,}."
    if data["only_row_of_its_class"]:
        yield f"Rows in no figure, each the only row of its class: {data['only_row_of_its_class']:,}."
    counts = [(sum(run.taken_back for run in kind.runs), kind.kind) for kind in validation.kinds]
    told = [f"{count} {kind}" for count, kind in counts if count]
    if told:
        yield f"Errors not planted, so that every class keeps two right labels: {', '.join(told)}."


def _warnings(validation: Validation, runs: list[Run]) -> Iterable[str]:
    counts = [(sum(run.planted for run in kind.runs), kind.kind) for kind in validation.kinds]
    few = [f"{count} {kind}" for count, kind in counts if count < FEW_ERRORS]
    if few:
        yield f"Warning: few errors were planted ({', '.join(few)}); take the figures on them as a hint."
    stopped = sum(not run.converged for run in runs)
    if stopped:
        yield f"Warning: {stopped} of {plural(len(runs), 'fit')} did not converge."


def _kind(kind: KindOfError, validation: Validation) -> str:
    if kind.kind == "uniform":
        return "uniform: every row alike, any other class."
    if kind.kind == "instance":
        return "instance: more often where a random forest finds another class probable; that class."
    names = [shortened(c["name"], NAME_CELLS) for c in validation.data["classes"] if c["rows"] > 1]
    pairs = [f'"{b}" given as "{a}"' for a, b in zip(names[::2], names[1::2], strict=False)]
    return f"asymmetric: {2 * validation.options['rate']:.0%} of {listed(pairs, MOST_PAIRS)}, no other class."
