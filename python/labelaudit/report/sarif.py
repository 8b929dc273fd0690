"""A check as SARIF 2.1.0 (OASIS), for code scanning; checked against its JSON schema in test_sarif."""

from __future__ import annotations

import re
from os import fsencode
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from labelaudit.checks.result import Check, Issue
from labelaudit.jsontext import dumps
from labelaudit.report.verdict import RULE, RULE_TEXT, message, remarks, verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5000  # what GitHub takes of a run; it refuses more than 25,000
FINGERPRINT = "labelauditRow/v1"


def render(check: Check) -> str:
    """The first 5,000 issues; the run says how many there are."""
    shown = check.issues[:MOST_RESULTS]
    run = {
        "tool": {"driver": _driver(check)},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(check)}],
        "results": [_result(issue) for issue in shown],
        "properties": {
            "passed": check.passed,
            "verdict": verdict(check),
            "issues": len(check.issues),
            "resultsWritten": len(shown),
            "knownIssues": len(check.known),
        },
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _driver(check: Check) -> dict[str, Any]:
    rule = {
        "id": RULE,
        "name": "ProbablyWrongLabel",
        "shortDescription": {"text": RULE_TEXT},
        "fullDescription": {"text": "The label of a row disagrees with what the other rows say about rows like it."},
        "help": {"text": "Look at the row; mend its label, or accept it as it is with --update-baseline."},
        "defaultConfiguration": {"level": "warning"},
    }
    return {"name": "labelaudit", "version": check.audit.record["labelaudit"], "rules": [rule]}


def _notifications(check: Check) -> list[dict[str, Any]]:
    told = [verdict(check), *remarks(check)]
    if len(check.issues) > MOST_RESULTS:
        told.append(f"Only the first {MOST_RESULTS:,} of {len(check.issues):,} issues are written here.")
    return [{"level": "note", "message": {"text": text}} for text in told]


def _result(issue: Issue) -> dict[str, Any]:
    f = issue.finding
    result: dict[str, Any] = {
        "ruleId": RULE,
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": _literal(message(issue))},
        "rank": 100 * (1 - f.label_score),
        "partialFingerprints": {FINGERPRINT: f"{issue.fingerprint}:{issue.occurrence}"},
        "properties": {
            "row": f.row,
            "given_label": f.given_label,
            "predicted_label": f.predicted_label,
            "label_score": f.label_score,
            "ids": [{"column": name, "value": value} for name, value in f.ids.items()],
        },
    }
    if issue.path is not None:
        place: dict[str, Any] = {"artifactLocation": {"uri": uri(issue.path)}}
        result["locations"] = [{"physicalLocation": place | _region(f.line)}]
    return result


def _literal(text: str) -> str:
    """The text with nothing that SARIF takes for a placeholder (3.11.5) or a link (3.11.6)."""
    return re.sub(r"[\[\]]", r"\\\g<0>", text.replace("{", "{{").replace("}", "}}"))


def _region(line: int | None) -> dict[str, Any]:
    return {} if line is None else {"region": {"startLine": line}}


def uri(path: str) -> str:
    """The path as a URI reference: relative where the path is, else of the scheme file."""
    quoted = quote(fsencode(path))
    return f"file://{quoted if quoted.startswith('/') else '/' + quoted}" if _is_absolute(path) else quoted


def _is_absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or path[1:3] == ":/"
