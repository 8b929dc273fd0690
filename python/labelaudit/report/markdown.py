"""A check as Markdown, for a job summary or a comment on a pull request."""

from __future__ import annotations

import re

from labelaudit.checks.result import Check, Issue
from labelaudit.report.verdict import remarks, verdict
from labelaudit.report.words import plural, shortened

MOST_ROWS = 100  # keeps a comment under GitHub's 65,536 characters
CELLS = 60
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def render(check: Check) -> str:
    """The verdict as a heading, what did not count, and a table of the first issues."""
    told = remarks(check)
    lines = [f"### labelaudit {verdict(check)}", *(["", *told] if told else [])]
    shown = check.issues[:MOST_ROWS]
    if shown:
        rows = [_row(issue, several=_several(check)) for issue in shown]
        header = [*(["file"] if _several(check) else []), "line", "row", *map(_code, shown[0].finding.ids)]
        header += ["given label", "predicted label", "label score"]
        lines += ["", _line(header), _line(["---"] * len(header)), *map(_line, rows)]
        more = len(check.issues) - len(shown)
        lines += ["", f"And {plural(more, 'row')} more."] if more else []
    return "\n".join(lines) + "\n"


def _several(check: Check) -> bool:
    return any(issue.finding.file is not None for issue in check.issues)


def _row(issue: Issue, *, several: bool) -> list[str]:
    f = issue.finding
    cells = [_code(issue.path or "")] if several else []
    cells += ["" if f.line is None else str(f.line), str(f.row), *map(_code, f.ids.values())]
    return [*cells, _code(f.given_label), _code(f.predicted_label), f"{f.label_score:.3g}"]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """The text as code in which no character has a meaning: punctuation stands as entities, for HTML and Markdown."""
    return f"<code>{PUNCTUATION.sub(lambda c: f'&#{ord(c[0])};', shortened(text, CELLS))}</code>"
