"""The formats of a check, and of an audit, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labelaudit.audits.result import Audit
from labelaudit.checks.result import Check
from labelaudit.report import check_csv, check_json, check_text, csv, github, gitlab, json, junit, markdown, sarif, text

CHECK_FORMATS: Mapping[str, Callable[[Check], str]] = {
    "text": check_text.render,
    "json": check_json.render,
    "jsonl": check_json.render_lines,
    "csv": check_csv.render,
    "sarif": sarif.render,
    "junit": junit.render,
    "github": github.render,
    "gitlab": gitlab.render,
    "markdown": markdown.render,
}

AUDIT_FORMATS: Mapping[str, Callable[[Audit], str]] = {"text": text.render, "csv": csv.render, "json": json.render}
