from __future__ import annotations

import re
from dataclasses import replace

import pytest

from handmade import checked
from labelaudit.checks.result import Limits
from labelaudit.report import github
from labelaudit.report.words import printable
from report.hostile import FILES, HOSTILE, assert_safe, hostile_check

# ::name key=value,key=value::message; in the workflow commands' documentation and the toolkit's command.ts
LINE = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def unescaped(text):
    for code, c in [("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]:
        text = text.replace(code, c)
    return text


def parsed(check):
    text = github.render(check)
    assert_safe(text)
    found = []
    for line in text.removesuffix("\n").split("\n"):
        match = LINE.fullmatch(line)
        properties = dict(each.split("=", 1) for each in match["properties"].split(","))
        assert properties.keys() <= {"title", "file", "line"}
        found.append((match["name"], {k: unescaped(v) for k, v in properties.items()}, unescaped(match["message"])))
    return found


def test_the_verdict_comes_first_and_then_each_issue_at_its_line():
    verdict, first, second = parsed(checked())
    assert verdict[0] == "error"
    assert verdict[2].startswith("failed: 2 issues in 4 rows (at most 0 allowed).")
    assert first[:2] == ("warning", {"file": "train.csv", "line": "12", "title": "labelaudit"})
    assert second[1]["line"] == "3"
    assert "only row of its class" in first[2]
    assert parsed(checked(limits=Limits(max_issues=2)))[0][0] == "notice"


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_the_data_make_no_command(text):
    found = parsed(hostile_check(text))
    assert [name for name, _, _ in found] == ["error", "warning", "warning"]
    assert f'The label "{printable(text)[:50]}' in found[2][2]


@pytest.mark.parametrize("path", FILES)
def test_a_file_name_comes_back_as_it_is_printed(path):
    assert parsed(hostile_check("x", path))[1][1]["file"] == printable(path)


@pytest.mark.parametrize(("count", "said"), [(10, False), (11, True)])
def test_it_says_how_many_github_shows(count, said):
    check = checked()
    found = parsed(replace(check, issues=check.issues[1:] * count))
    assert len(found) == 1 + count
    assert (f"GitHub shows the first 10 of {count} issues at their lines, the log all." in found[0][2]) == said
