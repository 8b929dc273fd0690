"""The ranking as CSV: as data, or with formulas escaped for a spreadsheet."""

from __future__ import annotations

from labelaudit.audits.result import SCORES, Audit
from labelaudit.audits.saving import is_formula_like, ranking_csv


def render(audit: Audit, *, top: int | None = None, spreadsheet: bool = False) -> str:
    """The first `top` rows (all by default); for a spreadsheet, formula-like cells begin with an apostrophe."""
    ranking = audit.ranking if top is None else audit.ranking.head(top)
    if spreadsheet:
        numbers = {"rank", "row", "line", "is_label_issue", *SCORES}
        texts = [c for c in ranking.columns if c not in numbers]
        ranking = ranking.copy()
        for name in texts:
            ranking[name] = ranking[name].map(escaped)
        ranking.columns = [escaped(name) for name in ranking.columns]
    return ranking_csv(ranking)


def escaped(cell: str) -> str:
    """The cell, behind an apostrophe where a spreadsheet would take it for a formula."""
    return "'" + cell if is_formula_like(cell) else cell
