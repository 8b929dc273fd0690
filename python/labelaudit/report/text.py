"""The report for a terminal of 80 columns: verdict, first rows, and what the audit rests on."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from labelaudit.audits.result import Audit, Finding
from labelaudit.report import oddities
from labelaudit.report.words import listed, plural, printable, shortened, table, width

WIDTH = 80
WIDEST, NARROWEST = 16, 6  # cells of a text from the data in a table
NAME_CELLS = 40  # of a column's name in a sentence
MOST_IDS = 2
MOST_LEFT_OUT = 20
MOST_CLASSES = 8
MOST_NAMES = 12
MOST_PAIRS = 5
FEW_ROWS = 50  # a guess: some ten rows a class and fold
CORNER = "true \\ given"


def render(audit: Audit, *, top: int = 20) -> str:
    """The report with the first `top` rows."""
    parts = [_verdict(audit), _rows(audit, top), oddities.render(audit), _noise(audit.summary), _basis(audit)]
    return "\n\n".join(p for p in parts if p) + "\n"


def _verdict(audit: Audit) -> str:
    return "\n".join(map(_wrapped, verdict_lines(audit)))


def verdict_lines(audit: Audit) -> list[str]:
    """How many labels are probably wrong, how sure that is, and what warnings there are: sentences, safe to print."""
    s = audit.summary
    rows = s["rows"]
    share = f" ({s['issues'] / rows:.1%})" if s["issues"] else ""
    lines = [
        f'{plural(rows, "row")}, {plural(len(s["classes"]), "class")} in "{shortened(s["label"], WIDEST)}": '
        f"{s['issues'] or 'no'} {'label is' if s['issues'] == 1 else 'labels are'} probably wrong{share}."
    ]
    if s["issues"]:
        alarms = s["expected_false_alarms"]
        many = f"About {alarms:.0f} of them may be false alarms" if alarms >= 0.5 else "Hardly any is a false alarm"
        lines.append(f"{many}, by its own estimate (--max-fdr {audit.record['options']['max_fdr']:g}).")
    lines.append(_rate(s))
    if rows < FEW_ROWS:
        lines.append(
            f"Warning: {plural(rows, 'row')} can hardly tell errors from chance; take these figures as a hint."
        )
    if s["evidence"] == "pred_probs" and audit.ranking["self_confidence"].min() > 0.5:
        lines.append(
            "Warning: the predicted probabilities prefer the given label in every row. Those of rows that a model was "
            "fitted to tell no errors: predict out of sample, by cross-validation."
        )
    if not s["fit"]["converged"]:
        lines.append(
            f"Warning: the fit did not converge (gradient {s['fit']['gradient_norm']:.1e}, expected "
            f"{s['fit']['tolerance']:.0e}); the scores are of an unfinished model."
        )
    return lines


def _rate(summary: dict[str, Any]) -> str:
    """The noise rate with its interval, and what trusted rows changed about it."""
    noise = summary["noise"]
    low, high = noise["interval"]
    line = f"Estimated noise rate: {noise['rate']:.1%} of the labels (95 % interval {low:.1%} to {high:.1%})."
    if noise["without_reference"] is None:
        return line
    rate, (low, high) = noise["without_reference"]["rate"], noise["without_reference"]["interval"]
    trusted = plural(summary["reference_rows"], "trusted row")
    return f"{line} Without the {trusted} it would be {rate:.1%} ({low:.1%} to {high:.1%})."


def _wrapped(line: str) -> str:
    """The line in 80 columns, its continuation indented."""
    return textwrap.fill(line, WIDTH, subsequent_indent="    ")


def _rows(audit: Audit, top: int) -> str:
    findings = list(audit.findings(top))
    if not findings:
        return ""
    title = f"The first {plural(len(findings), 'row')} by {audit.summary['rank_by']} (* probably wrong):"
    return title + "\n" + findings_table(findings, marked=True)


def findings_table(findings: list[Finding], *, marked: bool) -> str:
    """Findings as a table of at most 80 columns; `marked`: with an asterisk where the label is probably wrong."""
    columns = _columns(findings)
    return _fitted(columns if marked else columns[:-1])


class _Column(NamedTuple):
    header: str
    cells: list[str]
    from_data: bool  # a text of any length, to be shortened and aligned left


def _columns(findings: list[Finding]) -> list[_Column]:
    def number(header: str, cells: Iterable[str]) -> _Column:
        return _Column(header, list(cells), False)

    def text(header: str, cells: Iterable[str]) -> _Column:
        return _Column(header, list(cells), True)

    columns = [number("rank", (f"{f.rank}" for f in findings)), number("row", (f"{f.row}" for f in findings))]
    if any(f.file is not None for f in findings):
        columns.append(text("file", (f.file or "" for f in findings)))
    if any(f.line is not None for f in findings):
        columns.append(number("line", ("" if f.line is None else f"{f.line}" for f in findings)))
    columns += [text(name, (f.ids[name] for f in findings)) for name in list(findings[0].ids)[:MOST_IDS]]
    columns += [
        text("given", (f.given_label for f in findings)),
        text("predicted", (f.predicted_label for f in findings)),
        number("score", (f"{f.label_score:.3f}" for f in findings)),
        number("influence", (_influence(f) for f in findings)),
        number("", ("*" if f.is_label_issue else "" for f in findings)),
    ]
    return columns


def _influence(finding: Finding) -> str:
    return "" if math.isnan(finding.average_influence) else f"{finding.average_influence:.3g}"


def _fitted(columns: list[_Column]) -> str:
    """The table, its texts from the data shortened so that it is at most WIDTH wide where their number allows that."""
    for cells in range(WIDEST, NARROWEST - 1, -1):
        shown = [_shown(c, cells) for c in columns]
        if sum(2 + max(map(width, texts)) for texts in shown) <= WIDTH:
            break
    header, *rows = map(list, zip(*shown, strict=True))
    return table(header, rows, left=frozenset(i for i, c in enumerate(columns) if c.from_data))


def _shown(column: _Column, cells: int) -> list[str]:
    if not column.from_data:
        return [column.header, *column.cells]
    return [shortened(column.header, max(cells, len("predicted"))), *(shortened(v, cells) for v in column.cells)]


def _noise(summary: dict[str, Any]) -> str:
    names, matrix = summary["noise"]["classes"], summary["noise"]["matrix"]
    if len(names) > MOST_CLASSES:
        worst = summary["noise"]["pairs"][:MOST_PAIRS]
        if not worst:
            return "No class is expected to be given as another in a row or more."
        told = [f"{shortened(p['true'], 20)} given as {shortened(p['given'], 20)} {p['rows']:.1f}" for p in worst]
        return _wrapped("Most frequent errors, in expected rows: " + "; ".join(told) + ".")
    cells = min(WIDEST, (WIDTH - 2 - len(CORNER)) // len(names) - 2)
    header = [CORNER, *(shortened(name, cells) for name in names)]
    rows = [[shortened(name, len(CORNER)), *(f"{shares[t]:.1%}" for shares in matrix)] for t, name in enumerate(names)]
    return "How labels go wrong, P(given | true):\n" + table(header, rows, left=frozenset({0}))


def _basis(audit: Audit) -> str:
    s, left = audit.summary, audit.record["left_out"]
    kinds = listed([f"{n} {kind}" for kind, n in s["column_kinds"].items()], 6)
    lines = [f"Columns: {len(s['columns'])} used ({kinds}):"]
    for kind in s["column_kinds"]:
        names = [_named(c) for c in s["columns"] if c["kind"] == kind]
        lines.append(f"  {kind}: {listed(names, MOST_NAMES)}.")
    lines += [
        f'  left out "{shortened(c["name"], NAME_CELLS)}": {printable(c["reason"])}'
        for c in left["columns"][:MOST_LEFT_OUT]
    ]
    if len(left["columns"]) > MOST_LEFT_OUT:
        lines.append(f"  and {plural(len(left['columns']) - MOST_LEFT_OUT, 'column')} more: see audit.json")
    if left["rows"]:
        first = [f"row {r['row']}" + (f" (line {r['line']})" if r["line"] else "") for r in left["rows"]]
        lines.append(f"Rows left out: {len(left['rows']):,}, without a label: {listed(first, 3)}.")
    if s["only_row_of_its_class"]:
        lines.append(f"Rows not fitted, each the only row of its class: {s['only_row_of_its_class']}.")
    lines += method_lines(audit)
    return "\n".join(map(_wrapped, lines))


def _named(column: dict[str, Any]) -> str:
    dimensions = f" ({column['dimensions']:,} dimensions)" if "dimensions" in column else ""
    return printable(column["name"]) + dimensions


def method_lines(audit: Audit) -> list[str]:
    """How the figures came about: model, evidence, what influence is averaged over; sentences, safe to print."""
    s = audit.summary
    lines = _model(s["fit"])
    if s["evidence"] == "pred_probs":
        lines.append(
            f"Labels weighed by the probabilities of {printable(audit.record['arrays']['pred_probs']['path'])}."
        )
    return [*lines, *_groups(s.get("groups")), f"Influence: averaged over {_over(s)}."]


def _model(fit: dict[str, Any]) -> list[str]:
    how = "converged" if fit["converged"] else "stopped"
    error = fit.get("self_influence_error", 0.0)
    estimated = [f"Self-influence and leverage: estimated, relative standard error {error:.0%}."] if error else []
    shares = [f"{v['encoding']} {v['weight']:.0%}" for v in fit["votes"]]
    votes = [f"Labels weighed by the votes of {len(shares)} encodings: {', '.join(shares)}."] if len(shares) > 1 else []
    return [
        f"Model: {fit['encoding']} encoding, {fit['encoded_columns']} columns, L2 {fit['l2']:g}; {fit['optimizer']} "
        f"{how} after {plural(fit['iterations'], 'step')}",
        f"  (loss {fit['loss']:.4f}, gradient {fit['gradient_norm']:.0e}, {fit['solver']} solver, {fit['device']}).",
        *votes,
        *estimated,
    ]


def _groups(groups: dict[str, Any] | None) -> list[str]:
    if groups is None:
        return []
    alone = f", {plural(groups['rows_without'], 'row')} without a group" if groups["rows_without"] else ""
    if groups["left_out_together"] < groups["groups"] + groups["rows_without"]:
        alone += f"; exact duplicates join them to {groups['left_out_together']:,} that are left out together"
    return [
        f'Probabilities: out-of-sample by groups of "{shortened(groups["column"], NAME_CELLS)}" '
        f"({plural(groups['groups'], 'group')}, the largest of {plural(groups['largest'], 'row')}{alone})."
    ]


def _over(summary: dict[str, Any]) -> str:
    if summary["reference_rows"] is not None:
        return f"{plural(summary['reference_rows'], 'trusted row')}"
    return "all rows, each weighted by its label_score"
