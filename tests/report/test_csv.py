from __future__ import annotations

import pytest

from handmade import handmade
from labelaudit.report import csv
from sample_data import ranking_rows

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝1",
    "＋1+1",
    "－1",
    "＠a",
    "=",
    "-",
    "+",
    "-１",
    "=cmd|' /C'!A0",
]
HARMLESS = ["-1", "+2.5", "-.5e-3", "1.", "cat", "", "a=b", "é", "'quoted", " x", "007"]


@pytest.mark.parametrize("cell", FORMULAS, ids=ascii)
def test_a_formula_is_escaped_for_a_spreadsheet_and_nowhere_else(cell):
    audit = handmade((cell, "b", "c"), ids={cell: [cell] * 4}, files=[cell] * 4)
    row = ranking_rows(csv.render(audit, spreadsheet=True))[1]
    assert row["given_label"] == row["file"] == row[f"'{cell}"] == f"'{cell}"
    plain = ranking_rows(csv.render(audit))[1]
    assert plain["given_label"] == plain["file"] == plain[cell] == cell


@pytest.mark.parametrize("cell", HARMLESS, ids=ascii)
def test_plain_numbers_and_words_are_left_alone(cell):
    audit = handmade((cell, "b", "c"), ids={"code": [cell] * 4})
    assert csv.render(audit, spreadsheet=True) == csv.render(audit)


def test_no_number_of_ours_is_escaped():
    row = ranking_rows(csv.render(handmade(), spreadsheet=True))[1]
    assert row["average_influence"] == "-1.5"


@pytest.mark.parametrize("name", ["self", "data", "columns", "0"])
def test_an_id_column_may_have_any_name(name):
    audit = handmade(ids={name: ["=a", "b", "c", "d"]})
    assert ranking_rows(csv.render(audit, spreadsheet=True))[0][name] == "'=a"
    assert ranking_rows(csv.render(audit))[0][name] == "=a"


def test_top_cuts_and_rendering_changes_no_audit():
    audit = handmade()
    before = audit.ranking.copy()
    assert len(ranking_rows(csv.render(audit, top=2, spreadsheet=True))) == 2
    assert audit.ranking.equals(before)
