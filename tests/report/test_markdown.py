from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from markdown_it import MarkdownIt

from handmade import checked, handmade
from labelaudit.report import markdown
from labelaudit.report.words import shortened
from report.hostile import FILES, HOSTILE, assert_safe, hostile_check


def parsed(check):
    """Tags in their order, and the table's cells, as a renderer of CommonMark with tables sees them."""
    text = markdown.render(check)
    assert_safe(text)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = [[unescape(re.sub(r"</?code>", "", c)) for c in re.findall(r"<t[hd]>(.*?)</t[hd]>", r)] for r in rows]
    return set(re.findall(r"<(\w+)", page)), cells


def test_the_verdict_is_the_heading_and_each_issue_a_line_of_the_table():
    assert markdown.render(checked()).startswith("### labelaudit failed: 2 issues in 4 rows (at most 0 allowed)\n")
    _, cells = parsed(checked())
    assert cells == [
        ["line", "row", "code", "given label", "predicted label", "label score"],
        ["12", "7", "007", "+", "cat", "0"],
        ["3", "2", "=1+1", "cat", "dog", "0.0625"],
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_the_data_come_back_and_are_no_markup(text):
    tags, cells = parsed(hostile_check(text))
    assert tags == {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code"}
    shown = shortened(text, 60)
    assert len(cells) == 3
    assert cells[0][2] == shown
    assert cells[2][2:4] == [shown, shown]


@pytest.mark.parametrize("path", FILES)
def test_of_several_files_each_is_named(path):
    check = checked(handmade(files=[path, "b.csv", path, path]), sources=[path, "b.csv"])
    tags, cells = parsed(check)
    assert "code" in tags
    assert [row[0] for row in cells] == ["file", shortened(path, 60), "b.csv"]


def test_a_long_list_is_cut_and_counted_and_fits_a_comment():
    check = hostile_check("\x1b|" * 30)
    many = replace(check, issues=check.issues[1:] * 101)
    text = markdown.render(many)
    assert text.endswith("\nAnd 1 row more.\n")
    assert "more." not in markdown.render(replace(check, issues=check.issues[1:] * 100))
    assert len(parsed(many)[1]) == 101
    assert len(text) < 65_536


def test_without_an_issue_there_is_no_table():
    quiet = {(f"{row:032x}", 1): {"decision": "keep"} for row in (7, 2)}
    assert "|" not in markdown.render(checked(baseline=quiet))
