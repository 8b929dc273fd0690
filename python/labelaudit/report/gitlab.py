"""A check as a Code Quality report of GitLab, for its merge requests."""

from __future__ import annotations

from typing import Any

from labelaudit.checks.result import Check, Issue
from labelaudit.jsontext import dumps
from labelaudit.report.verdict import RULE, identity, message, place

SEVERITY = "major"
NO_FILE = "data"  # GitLab wants a path; for standard input and DataFrames


def render(check: Check) -> str:
    """The issues that count, as a list of objects with the documented fields."""
    return dumps([_issue(issue) for issue in check.issues], indent=1) + "\n"


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "description": f"{message(issue)} [{place(issue)}]",
        "check_name": RULE,
        "fingerprint": identity(issue),
        "severity": SEVERITY,
        "location": {"path": issue.path or NO_FILE, "lines": {"begin": issue.finding.line or 1}},
    }
