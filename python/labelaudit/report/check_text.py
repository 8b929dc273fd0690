"""A check for a terminal of 80 columns: the verdict, what did not count, then the issues."""

from __future__ import annotations

from labelaudit.checks.result import Check
from labelaudit.report.text import WIDTH, findings_table
from labelaudit.report.verdict import remarks, verdict
from labelaudit.report.words import plural, wrapped

MOST_ROWS = 100


def render(check: Check, *, rows: int = MOST_ROWS) -> str:
    """The check with its first issues."""
    lines = [wrapped(line, WIDTH, "  ") for line in (verdict(check), *remarks(check))]
    shown = [issue.finding for issue in check.issues[:rows]]
    if shown:
        lines += ["", findings_table(shown, marked=False)]
        more = len(check.issues) - len(shown)
        lines += [f"  and {plural(more, 'row')} more: -f csv lists all."] if more else []
    return "\n".join(lines) + "\n"
