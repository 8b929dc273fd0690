"""The issues of a check as CSV, with the columns of ranking.csv."""

from __future__ import annotations

from labelaudit.audits.saving import ranking_csv
from labelaudit.checks.result import Check


def render(check: Check) -> str:
    """The lines of ranking.csv that count, as they stand there."""
    ranking = check.audit.ranking
    return ranking_csv(ranking[ranking["row"].isin([issue.finding.row for issue in check.issues])])
