"""Hostile texts in header, id, label, cell and file name, through every output of an audit and a check."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from labelaudit.jsontext import is_unsafe
from naughty import NAUGHTY
from sample_data import QUICK_OPTIONS, sample_rows

ID, CELL, LABEL = "=id\u202e\x1b[31m", "<b>cell</b>,\x9b", '"label"\x1b]0;x\x07'
FORMATS = ("text", "json", "jsonl", "csv", "sarif", "junit", "github", "gitlab", "markdown")


@pytest.fixture
def hostile(folder: Path) -> str:
    """A table whose every text is hostile; its file's name is as well."""
    rows = [
        [NAUGHTY[i % len(NAUGHTY)], a, b, NAUGHTY[(i // 4) % len(NAUGHTY)], NAUGHTY[ord(label[0]) % len(NAUGHTY)]]
        for i, (_, a, b, _, label) in enumerate(sample_rows())
    ]
    name = "=x\u202e\x1b[31m<b>&'\"|.csv"
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[ID, "a", "b", CELL, LABEL], *rows])
    (folder / name).write_bytes(out.getvalue().encode())
    return name


def shown_safely(text: str) -> bool:
    return not [c for c in text if c != "\n" and is_unsafe(c)]


def cells(path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(Path(path).read_bytes().decode(), newline="")))


def test_an_audit_shows_nothing_that_acts_and_keeps_every_cell(call, hostile):
    code, out, err = call("audit", hostile, f"--label={LABEL}", f"--id={ID}", *QUICK_OPTIONS)
    assert code == 0
    assert shown_safely(out)
    assert shown_safely(err)
    data, ranking = cells(hostile), cells("labelaudit-report/ranking.csv")
    of = dict(zip(ranking[0], zip(*ranking[1:], strict=True), strict=True))
    rows = [int(row) for row in of["row"]]
    assert list(of[ID]) == [data[row][0] for row in rows]
    assert list(of["given_label"]) == [data[row][4] for row in rows]
    summary = json.loads(Path("labelaudit-report/audit.json").read_text())["summary"]
    like = [c for c in (*of[ID], *of["given_label"], *of["predicted_label"], ID) if c[0] in "=+-@\t\r＝"]
    assert summary["formula_like_cells"] == len(like) > 5
    assert f"{len(like)} cells of the ranking begin as formulas do" in " ".join(out.split())


def test_every_format_of_a_check_is_safe_and_parses_back(call, hostile):
    data = cells(hostile)
    wanted = [word for form in FORMATS for word in ("-f", form, "-o", f"out.{form}")]
    code, _, err = call("check", hostile, f"--label={LABEL}", f"--id={ID}", *QUICK_OPTIONS, *wanted, "--exit-zero")
    assert code == 0
    assert shown_safely(err)
    text = {form: Path(f"out.{form}").read_bytes().decode() for form in FORMATS}
    for form in set(FORMATS) - {"csv"}:
        assert shown_safely(text[form]), form
    issues = json.loads(text["json"])["issues"]
    assert issues
    assert [issue["ids"][ID] for issue in issues] == [data[issue["row"]][0] for issue in issues]
    assert [json.loads(line)["given_label"] for line in text["jsonl"].splitlines()] == [
        data[i["row"]][4] for i in issues
    ]
    assert [row[-8] for row in csv.reader(io.StringIO(text["csv"], newline=""))][1:] == [
        i["given_label"] for i in issues
    ]
    results = json.loads(text["sarif"])["runs"][0]["results"]
    assert [r["properties"]["given_label"] for r in results] == [i["given_label"] for i in issues]
    assert len(json.loads(text["gitlab"])) == len(issues)
    tags = {element.tag for element in ET.fromstring(text["junit"]).iter()}
    assert tags <= {"testsuites", "testsuite", "testcase", "failure", "skipped", "properties", "property"}
    assert "<b>" not in text["markdown"]
    assert "<script" not in text["markdown"]


def test_refusals_of_hostile_files_are_safe(call, hostile):
    for arguments in (["--label=\x1b[31m"], [f"--label={LABEL}", "--id=\u202e"], [f"--label={CELL}", "--numeric", ID]):
        code, out, err = call("audit", hostile, *arguments)
        assert code in (2, 3)
        assert out == ""
        assert shown_safely(err)
