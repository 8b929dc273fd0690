"""A check as JSON: one object, or an object a line."""

from __future__ import annotations

import math
from typing import Any

from labelaudit.checks.result import Check, Issue
from labelaudit.jsontext import dumps
from labelaudit.report.verdict import verdict


def render(check: Check) -> str:
    """Outcome, limits and counts, then the issues that count and the known ones; a missing number is null."""
    audit = check.audit
    document = {
        "labelaudit": audit.record["labelaudit"],
        "passed": check.passed,
        "verdict": verdict(check),
        "label": audit.summary["label"],
        "rows": check.rows,
        "rows_unchanged": check.unchanged,
        "rows_left_out": audit.summary["rows_left_out"],
        "issue_rate": check.rate,
        "max_issues": check.limits.max_issues,
        "max_issue_rate": check.limits.max_issue_rate,
        "min_confidence": check.min_confidence,
        "issues_under_min_confidence": check.weak,
        "converged": audit.summary["fit"]["converged"],
        "sources": [{"path": s["path"], "sha256": s["sha256"]} for s in audit.record["sources"]],
        "issues": [as_object(issue) for issue in check.issues],
        "known": [as_object(issue) for issue in check.known],
    }
    return dumps(document, indent=1) + "\n"


def render_lines(check: Check) -> str:
    """The issues that count, one object a line."""
    return "".join(dumps(as_object(issue)) + "\n" for issue in check.issues)


def as_object(issue: Issue) -> dict[str, Any]:
    """The fields of the finding, and what identifies the row."""
    own = {"path": issue.path, "fingerprint": issue.fingerprint, "occurrence": issue.occurrence, "reason": issue.reason}
    values = {**vars(issue.finding), **own}
    return {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in values.items()}
