"""A check as text, JSON, JSON Lines and CSV, and what all formats share."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from handmade import checked, handmade
from labelaudit.checks.result import Limits
from labelaudit.cli.check import FORMATS
from labelaudit.cli.report import CHECK_FORMATS as REPORT_FORMATS
from labelaudit.report import check_csv, check_json, check_text
from labelaudit.report import csv as ranking
from labelaudit.report.formats import CHECK_FORMATS
from labelaudit.report.verdict import verdict
from labelaudit.report.words import width
from report.hostile import HOSTILE, assert_safe, hostile_check

KNOWN = {(f"{2:032x}", 1): {"decision": "accepted"}}


def test_the_command_line_offers_every_format():
    assert list(CHECK_FORMATS) == list(FORMATS)
    assert set(REPORT_FORMATS) <= set(CHECK_FORMATS)


@pytest.mark.parametrize("form", CHECK_FORMATS)
def test_the_same_check_gives_the_same_text_without_a_time(form):
    check, later = checked(), checked(handmade())
    later.audit.record["created"] = "2030-01-01T00:00:00+00:00"
    assert CHECK_FORMATS[form](check) == CHECK_FORMATS[form](later)
    assert "2020-01-01" not in CHECK_FORMATS[form](check)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, "failed: 2 issues in 4 rows (at most 0 allowed)"),
        ({"limits": Limits(max_issues=5)}, "passed: 2 issues in 4 rows (at most 5 allowed)"),
        ({"limits": Limits(None, 0.25)}, "failed: 2 issues in 4 rows (rate 0.5, at most 0.25 allowed)"),
        ({"limits": Limits(2, 0.25)}, "failed: 2 issues in 4 rows (at most 2 allowed; rate 0.5, at most 0.25 allowed)"),
        ({"baseline": KNOWN}, "failed: 1 new issue in 4 rows (at most 0 allowed)"),
        ({"limits": Limits(), "min_confidence": 1.0}, "passed: 1 issue in 4 rows"),
    ],
)
def test_the_verdict_says_why(how, expected):
    check = checked(**how)
    assert verdict(check) == expected
    assert check_text.render(check).startswith(expected + "\n")


def test_the_text_counts_what_did_not_count():
    text = check_text.render(checked(baseline=KNOWN))
    assert "1 issue did not count: quiet by the baseline." in text
    assert "2 rows could not be audited: without a label." in text
    assert "1 issue did not count: under --min-confidence 0.95." in check_text.render(checked(min_confidence=0.95))
    audit = handmade()
    audit.summary["fit"]["converged"] = False
    assert "Warning: the fit did not converge" in check_text.render(checked(audit))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_text_is_safe_and_80_columns_wide(text):
    told = check_text.render(hostile_check(text))
    assert_safe(told)
    assert max(map(width, told.splitlines())) <= 80


def test_a_long_list_is_cut_and_counted():
    check = checked()
    text = check_text.render(replace(check, issues=check.issues[1:] * 103))
    assert text.endswith("  and 3 rows more: -f csv lists all.\n")
    assert "more" not in check_text.render(replace(check, issues=check.issues[1:] * 100))


@pytest.mark.parametrize("text", HOSTILE)
def test_json_and_json_lines_hold_the_data_as_it_is(text):
    check = hostile_check(text)
    whole, lines = check_json.render(check), check_json.render_lines(check)
    assert_safe(whole)
    assert_safe(lines)
    issues = json.loads(whole)["issues"]
    assert [json.loads(line) for line in lines.splitlines()] == issues
    assert (issues[1]["given_label"], issues[1]["predicted_label"], issues[1]["ids"]) == (
        text,
        text + "2",
        {text: text},
    )
    assert issues[0]["average_influence"] is None


def test_json_holds_the_outcome_and_what_is_known():
    found = json.loads(check_json.render(checked(baseline=KNOWN)))
    assert (found["passed"], found["rows"], found["issue_rate"], found["max_issues"]) == (False, 4, 0.25, 0)
    assert [issue["row"] for issue in found["known"]] == [2]
    assert [(i["fingerprint"], i["occurrence"]) for i in found["issues"]] == [(f"{7:032x}", 1)]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_holds_the_issues_lines_of_the_ranking(text):
    check = hostile_check(text)
    rows = list(csv.reader(io.StringIO(check_csv.render(check), newline="")))
    assert rows == list(csv.reader(io.StringIO(ranking.render(check.audit, top=2), newline="")))
    assert len(rows) == 3
    assert rows[2][4] == text
