"""The outcome of a check and its issues in words; every text from the data is made safe to print."""

from __future__ import annotations

from labelaudit.checks.result import Check, Issue
from labelaudit.report.words import plural, shortened

LABEL_CELLS = 60
RULE = "probably-wrong-label"
RULE_TEXT = "The label of a row is probably wrong."


def verdict(check: Check) -> str:
    """Passed or failed, and why, in one line."""
    noun = "new issue" if check.has_baseline or check.has_base else "issue"
    found = plural(len(check.issues), noun) if check.issues else f"no {noun}"
    most, share = check.limits.max_issues, check.limits.max_issue_rate
    allowed = [] if most is None else [f"at most {most:,} allowed"]
    allowed += [] if share is None else [f"rate {check.rate:.4g}, at most {share:g} allowed"]
    limits = f" ({'; '.join(allowed)})" if allowed else ""
    return f"{'passed' if check.passed else 'failed'}: {found} in {plural(check.rows, 'row')}{limits}"


def remarks(check: Check) -> list[str]:
    """What did not count, and why: a sentence each."""
    left_out = check.audit.summary["rows_left_out"]
    told = []
    if check.known:
        told.append(f"{plural(len(check.known), 'issue')} did not count: quiet by the baseline.")
    if check.weak:
        told.append(f"{plural(check.weak, 'issue')} did not count: under --min-confidence {check.min_confidence:g}.")
    if check.unchanged:
        told.append(f"{plural(check.unchanged, 'row')} did not count: as in --diff-base.")
    if left_out:
        told.append(f"{plural(left_out, 'row')} could not be audited: without a label.")
    if not check.audit.summary["fit"]["converged"]:
        told.append("Warning: the fit did not converge; the scores are of an unfinished model.")
    return told


def message(issue: Issue) -> str:
    """What is wrong with the row, in one sentence."""
    f = issue.finding
    given, predicted = (shortened(label, LABEL_CELLS) for label in (f.given_label, f.predicted_label))
    score = f"label score {f.label_score:.3g}"
    if issue.reason is not None:
        return f'The label "{given}" is probably wrong: {issue.reason} ({score}).'
    return f'The label "{given}" is probably wrong; "{predicted}" is more probable ({score}).'


def identity(issue: Issue) -> str:
    """What tells this row from every other, whatever its place."""
    return f"{issue.fingerprint}-{issue.occurrence}"


def place(issue: Issue) -> str:
    """`row 7, line 12`: where it stands in its file, if in one."""
    f = issue.finding
    return f"row {f.row}" if f.line is None else f"row {f.row}, line {f.line}"
