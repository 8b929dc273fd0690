from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import xmlschema

from handmade import checked
from labelaudit.checks.result import Limits
from labelaudit.report import junit
from labelaudit.report.words import printable
from report.hostile import FILES, HOSTILE, assert_safe, hostile_check

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "schemas" / "junit-10.xsd")
# what the schema allows, of which we write these
ATTRIBUTES = {
    "testsuites": {"tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped"},
    "testcase": {"classname", "name"},
    "failure": {"type", "message"},
    "skipped": {"message"},
}
CHILDREN = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "skipped"}}


def parsed(check):
    text = junit.render(check)
    assert_safe(text)
    SCHEMA.validate(text)
    root = ET.fromstring(text.encode())
    for element in root.iter():
        assert set(element.keys()) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    suite = root[0]
    counts = {"tests": len(suite), "failures": len(suite.findall("*/failure")), "errors": 0}
    counts["skipped"] = len(suite.findall("*/skipped"))
    assert {name: int(suite.get(name)) for name in counts} == counts
    assert root.attrib.items() <= suite.attrib.items()
    return suite


def test_issues_fail_where_the_check_does():
    suite = parsed(checked())
    assert [c.get("name") for c in suite] == ["limits", "row 7, line 12", "row 2, line 3"]
    assert [c.get("classname") for c in suite] == ["labelaudit", "train.csv", "train.csv"]
    assert len(suite.findall("*/failure")) == 3


def test_issues_within_the_limits_and_known_ones_are_skipped():
    one = checked().issues[0]
    known = {(one.fingerprint, 1): {"decision": "accepted"}}
    suite = parsed(checked(limits=Limits(max_issues=1), baseline=known))
    assert [(c.get("name"), [e.get("message") for e in c]) for c in suite] == [
        ("limits", []),
        ("row 2, line 3", ["within the limits"]),
        ("row 7, line 12", ["kept quiet by the baseline"]),
    ]
    suite = parsed(checked(baseline=known))
    assert (suite.get("failures"), suite.get("skipped")) == ("2", "1")


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_the_data_make_no_element_and_no_attribute(text):
    suite = parsed(hostile_check(text))
    assert len(suite) == 3
    assert f'The label "{printable(text)[:50]}' in suite[2][0].get("message")


@pytest.mark.parametrize("path", FILES)
def test_a_file_name_comes_back_as_it_is_printed(path):
    assert {c.get("classname") for c in parsed(hostile_check("x", path))} == {"labelaudit", printable(path)}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (' errors="0" skipped=', " skipped="),
        ("<testcase classname=", "<testcase why="),
        ("<skipped message=", "<ignored message="),
        (' name="row 7, line 12"', ""),
    ],
)
def test_the_schema_refuses_what_its_readers_would(right, wrong):
    known = {(checked().issues[0].fingerprint, 1): {"decision": "accepted"}}
    text = junit.render(checked(baseline=known))
    assert SCHEMA.is_valid(text)
    assert right in text
    assert not SCHEMA.is_valid(text.replace(right, wrong))
