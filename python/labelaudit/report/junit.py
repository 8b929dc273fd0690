"""A check as JUnit XML, by the schema of Jenkins' xUnit plugin (junit-10.xsd)."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from labelaudit.checks.result import Check, Issue
from labelaudit.report.verdict import RULE, identity, message, place, remarks, verdict
from labelaudit.report.words import printable


def render(check: Check) -> str:
    """Issues fail where the check does and are skipped within its limits; known ones are skipped."""
    failed = not check.passed
    cases = [_case("limits", "labelaudit", _failure(verdict(check), "\n".join(remarks(check))) if failed else "")]
    cases += [_issue(issue, _failure(message(issue), identity(issue)) if failed else _skipped("within the limits"))
              for issue in check.issues]  # fmt: skip
    cases += [_issue(issue, _skipped("kept quiet by the baseline")) for issue in check.known]
    failures = 1 + len(check.issues) if failed else 0
    skipped = len(check.known) + (0 if failed else len(check.issues))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    suite = f'<testsuite name="labelaudit" {counts} skipped="{skipped}">'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>", suite]
    return "\n".join([*lines, *cases, "</testsuite>", "</testsuites>"]) + "\n"


def _issue(issue: Issue, outcome: str) -> str:
    return _case(place(issue), issue.path or "labelaudit", outcome)


def _case(name: str, group: str, outcome: str) -> str:
    return f"<testcase classname={_attribute(group)} name={_attribute(name)}>{outcome}</testcase>"


def _failure(told: str, text: str) -> str:
    return f'<failure type="{RULE}" message={_attribute(told)}>{_text(text)}</failure>'


def _skipped(why: str) -> str:
    return f"<skipped message={_attribute(why)}/>"


def _attribute(text: str) -> str:
    return quoteattr(printable(text))


def _text(text: str) -> str:
    return escape("\n".join(map(printable, text.split("\n"))))
