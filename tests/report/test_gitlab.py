from __future__ import annotations

import json

import pytest

from handmade import checked
from labelaudit.report import gitlab
from report.hostile import FILES, HOSTILE, assert_safe, hostile_check

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def parsed(check):
    text = gitlab.render(check)
    assert_safe(text)
    found = json.loads(text)
    for issue in found:
        assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in SEVERITIES
        assert issue["location"]["lines"]["begin"] >= 1
        assert issue["location"].keys() == {"path", "lines"}
        assert all(isinstance(issue[name], str) for name in ("description", "check_name", "fingerprint"))
    assert len({issue["fingerprint"] for issue in found}) == len(found)
    return found


def test_each_issue_has_its_file_and_line():
    assert [i["location"] for i in parsed(checked())] == [
        {"path": "train.csv", "lines": {"begin": 12}},
        {"path": "train.csv", "lines": {"begin": 3}},
    ]
    assert parsed(checked(sources=["-"]))[0]["location"]["path"] == "data"
    assert parsed(checked(min_confidence=1.0, baseline={(f"{7:032x}", 1): {"decision": "keep"}})) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_the_data_are_safe(text):
    assert len(parsed(hostile_check(text))) == 2


@pytest.mark.parametrize("path", FILES)
def test_a_file_name_comes_back(path):
    assert parsed(hostile_check("x", path))[0]["location"]["path"] == path
