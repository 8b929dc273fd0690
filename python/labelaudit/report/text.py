"""The report for a terminal, 80 columns wide: verdict, first rows, and what the audit rests on."""

from __future__ import annotations

from typing import Any

from labelaudit.audits.result import Audit, Finding
from labelaudit.report.words import listed, plural, printable, shortened, table

LABEL_CELLS = 16
ID_CELLS = 14
MOST_IDS = 2
MOST_CLASSES = 8


def render(audit: Audit, *, top: int = 20) -> str:
    """The report with the first `top` rows."""
    parts = [_verdict(audit), _rows(audit, top), _noise(audit.summary), _basis(audit)]
    return "\n\n".join(p for p in parts if p) + "\n"


def _verdict(audit: Audit) -> str:
    s = audit.summary
    rows = s["rows"]
    share = f" ({s['issues'] / rows:.1%})" if s["issues"] else ""
    lines = [
        f'{plural(rows, "row")}, {plural(len(s["classes"]), "class")} in "{printable(s["label"])}": '
        f"{s['issues'] or 'no'} {'label is' if s['issues'] == 1 else 'labels are'} probably wrong{share}."
    ]
    if s["issues"]:
        lines.append(
            f"About {s['expected_false_alarms']:.0f} of them may be false alarms "
            f"(--max-fdr {audit.record['options']['max_fdr']:g})."
        )
    lines.append(f"Estimated noise rate: {s['noise']['rate']:.1%} of the labels.")
    if not s["fit"]["converged"]:
        lines.append(
            f"Warning: the fit did not converge (gradient {s['fit']['gradient_norm']:.1e}, expected "
            f"{s['fit']['tolerance']:.0e}); the scores are of an unfinished model."
        )
    return "\n".join(lines)


def _rows(audit: Audit, top: int) -> str:
    findings = list(audit.findings(top))
    if not findings:
        return ""
    ids = list(findings[0].ids)[:MOST_IDS]
    has_line = any(f.line is not None for f in findings)
    has_file = any(f.file is not None for f in findings)
    header = ["rank", "row", *(["file"] if has_file else []), *(["line"] if has_line else [])]
    left = {len(header) + i for i in range(len(ids) + 2)} | ({2} if has_file else set())
    header += [shortened(i, ID_CELLS) for i in ids] + ["given", "predicted", "score", "influence", ""]
    rows = [_row(f, ids, has_file, has_line) for f in findings]
    title = f"The first {plural(len(findings), 'row')} by {audit.summary['rank_by']} (* probably wrong):"
    return title + "\n" + table(header, rows, left=frozenset(left))


def _row(finding: Finding, ids: list[str], has_file: bool, has_line: bool) -> list[str]:
    cells = [f"{finding.rank}", f"{finding.row}"]
    cells += [shortened(finding.file or "", ID_CELLS)] if has_file else []
    cells += ["" if finding.line is None else f"{finding.line}"] if has_line else []
    cells += [shortened(finding.ids[i], ID_CELLS) for i in ids]
    cells += [shortened(finding.given_label, LABEL_CELLS), shortened(finding.predicted_label, LABEL_CELLS)]
    influence = "" if finding.average_influence != finding.average_influence else f"{finding.average_influence:.3g}"
    return [*cells, f"{finding.label_score:.3f}", influence, "*" if finding.is_label_issue else ""]


def _noise(summary: dict[str, Any]) -> str:
    noise = summary["noise"]
    names, matrix = noise["classes"], noise["matrix"]
    if len(names) > MOST_CLASSES:
        pairs = [(matrix[g][t], g, t) for g in range(len(names)) for t in range(len(names)) if g != t]
        worst = sorted(pairs, reverse=True)[:5]
        told = [f"{shortened(names[t], 20)} given as {shortened(names[g], 20)} {p:.1%}" for p, g, t in worst]
        return "Most frequent errors, as a share of the true class: " + "; ".join(told) + "."
    header = ["true \\ given", *(shortened(n, LABEL_CELLS) for n in names)]
    rows = [
        [shortened(names[t], LABEL_CELLS), *(f"{matrix[g][t]:.1%}" for g in range(len(names)))]
        for t in range(len(names))
    ]
    return "How labels go wrong, P(given | true):\n" + table(header, rows, left=frozenset({0}))


def _basis(audit: Audit) -> str:
    s, fit, left = audit.summary, audit.summary["fit"], audit.record["left_out"]
    kinds = listed([f"{n} {kind}" for kind, n in s["column_kinds"].items()], 6)
    lines = [f"Columns: {len(s['columns'])} used ({kinds})."]
    lines += [f'  left out "{printable(c["name"])}": {printable(c["reason"])}' for c in left["columns"]]
    if left["rows"]:
        first = [f"row {r['row']}" + (f" (line {r['line']})" if r["line"] else "") for r in left["rows"]]
        lines.append(f"Rows left out: {len(left['rows']):,}, without a label: {listed(first, 3)}.")
    if s["only_row_of_its_class"]:
        lines.append(f"Rows not fitted, each the only row of its class: {s['only_row_of_its_class']}.")
    how = "converged" if fit["converged"] else "stopped"
    lines.append(
        f"Model: {fit['encoding']} encoding, {fit['encoded_columns']} columns, L2 {fit['l2']:g}; {fit['optimizer']} "
        f"{how} after {plural(fit['iterations'], 'step')}\n"
        f"  (loss {fit['loss']:.4f}, gradient {fit['gradient_norm']:.0e}, {fit['solver']} solver, {fit['device']})."
    )
    lines.append(f"Influence: averaged over {_over(s)}.")
    return "\n".join(lines)


def _over(summary: dict[str, Any]) -> str:
    if summary["reference_rows"] is not None:
        return f"{plural(summary['reference_rows'], 'trusted row')}"
    return "all rows, each weighted by its label_score"
