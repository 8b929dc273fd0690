"""A check as workflow commands of GitHub Actions: a line each, which GitHub shows at the file and line."""

from __future__ import annotations

from labelaudit.checks.result import Check, Issue
from labelaudit.report.verdict import message, place, remarks, verdict
from labelaudit.report.words import printable

MOST_SHOWN = 10  # annotations of one level and step that GitHub shows
TITLE = "labelaudit"


def render(check: Check) -> str:
    """The verdict as an error or a notice, then every issue as a warning."""
    told = [verdict(check) + ".", *remarks(check)]
    if len(check.issues) > MOST_SHOWN:
        told.append(f"GitHub shows the first {MOST_SHOWN} of {len(check.issues):,} issues at their lines, the log all.")
    level = "notice" if check.passed else "error"
    return "\n".join([command(level, {"title": TITLE}, " ".join(told)), *map(_warning, check.issues)]) + "\n"


def _warning(issue: Issue) -> str:
    where = {"file": issue.path, "line": issue.finding.line}
    properties = {name: str(value) for name, value in where.items() if value is not None}
    return command("warning", {**properties, "title": TITLE}, f"{message(issue)} [{place(issue)}]")


def command(name: str, properties: dict[str, str], text: str) -> str:
    """`::warning file=a.csv,line=7::text`, escaped as GitHub's own toolkit does."""
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(printable(text))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
