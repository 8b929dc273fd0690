from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator

from handmade import checked
from labelaudit.report import sarif
from report.hostile import FILES, HOSTILE, assert_safe, hostile_check

SCHEMA = Path(__file__).parents[1] / "schemas" / "sarif-schema-2.1.0.json"
URI_REFERENCE = re.compile(r"(file://)?([A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+")  # RFC 3986, no colon in a segment


@cache
def validator():
    return Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def parsed(check):
    text = sarif.render(check)
    assert_safe(text)
    document = json.loads(text)
    validator().validate(document)
    return document["runs"][0]


def test_the_schema_refuses_what_is_no_sarif():
    document = json.loads(sarif.render(checked()))
    document["runs"][0]["results"][0]["line"] = 7
    assert not validator().is_valid(document)


def test_a_result_says_where_and_what():
    run = parsed(checked())
    assert [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in run["results"]] == [12, 3]
    assert [r["partialFingerprints"] for r in run["results"]] == [
        {"labelauditRow/v1": f"{7:032x}:1"},
        {"labelauditRow/v1": f"{2:032x}:1"},
    ]
    assert [r["rank"] for r in run["results"]] == [100.0, 93.75]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert run["properties"]["passed"] is False


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_the_data_come_back_and_mean_nothing(text):
    result = parsed(hostile_check(text))["results"][1]
    values = result["properties"]
    assert (values["given_label"], values["predicted_label"]) == (text, text + "2")
    assert values["ids"] == [{"column": text, "value": text}]
    told = result["message"]["text"]
    assert not re.search(r"(?<!\\)\[", told)
    assert not re.search(r"\{", told.replace("{{", ""))


@pytest.mark.parametrize("path", FILES)
def test_a_file_name_comes_back_from_its_uri(path):
    uri = parsed(hostile_check("x", path))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert URI_REFERENCE.fullmatch(uri)
    assert unquote_to_bytes(uri).decode("utf-8", "surrogateescape") == path


def test_a_file_elsewhere_has_an_absolute_uri():
    check = checked(sources=["/else where/x.csv"])
    assert sarif.uri(check.issues[0].path) == "file:///else%20where/x.csv"
    assert sarif.uri("C:/data/x.csv") == "file:///C%3A/data/x.csv"


def test_standard_input_has_no_location():
    assert all("locations" not in result for result in parsed(checked(sources=["-"]))["results"])


def test_it_writes_at_most_5000_results_and_says_so():
    check = checked()
    many = replace(check, issues=check.issues[1:] * 5001)
    run = parsed(many)
    assert len(run["results"]) == 5000
    assert (run["properties"]["issues"], run["properties"]["resultsWritten"]) == (5001, 5000)
    told = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert "Only the first 5,000 of 5,001 issues are written here." in told
    few = parsed(replace(check, issues=check.issues[1:] * 5000))
    assert len(few["results"]) == 5000
    assert not any(
        "Only the first" in n["message"]["text"] for n in few["invocations"][0]["toolExecutionNotifications"]
    )
