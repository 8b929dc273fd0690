"""A saved validation read again, and refused where it is none, damaged, or of other data."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import labelaudit
from labelaudit.errors import InputError, UsageError
from labelaudit.report import validation as report
from labelaudit.validation.loading import load_validation, refuse_other_data
from sample_data import QUICK


@pytest.fixture(scope="session")
def saved(validation, tmp_path_factory):
    return validation.save(tmp_path_factory.mktemp("saved"))


@pytest.fixture(scope="session")
def audit(frame):
    return labelaudit.audit(frame, "label", id="key", **QUICK)


@pytest.mark.parametrize("name", ["", "validation.json"])
def test_what_was_saved_is_loaded(validation, saved, name):
    again = load_validation(saved / name)
    assert again.summary == validation.summary
    assert report.render(again) == report.render(validation)


def test_a_figure_that_is_not_defined_stays_so(validation, tmp_path):
    run = replace(validation.kinds[0].runs[0], flagged=0, precision=np.nan, stated_false_alarms=np.nan)
    found = replace(validation, kinds=(replace(validation.kinds[0], runs=(run,)),))
    again = load_validation(found.save(tmp_path / "out"))
    assert np.isnan(again.kinds[0].runs[0].precision)
    assert again.summary == found.summary


def test_another_version_stays_named(validation, tmp_path):
    assert load_validation(replace(validation, labelaudit="9.9").save(tmp_path / "out")).labelaudit == "9.9"


def test_the_rows_are_not_in_it(saved):
    with pytest.raises(UsageError, match="which rows were planted"):
        _ = load_validation(saved).rows
    with pytest.raises(UsageError, match="which rows were flagged"):
        _ = load_validation(saved).as_it_is.rows


def changed(record, *keys, to):
    *before, last = keys
    for key in before:
        record = record[key]
    record[last] = to


@pytest.mark.parametrize(
    ("keys", "to", "words"),
    [
        (["format"], "labelaudit audit", "is no validation"),
        (["format_version"], 2, "has format version 2"),
        (["kinds"], [], "damaged"),
        (["kinds"], None, "damaged"),
        (["kinds", 0, "kind"], "other", "damaged"),
        (["kinds", 0, "runs"], [], "damaged"),
        (["kinds", 0, "runs", 0, "recall"], "<b>0.5</b>", "damaged"),
        (["kinds", 0, "runs", 0, "recall"], 1.5, "damaged"),
        (["kinds", 0, "runs", 0, "rows"], 0, "damaged"),
        (["kinds", 0, "runs", 0, "rows"], True, "damaged"),
        (["kinds", 0, "runs", 0, "tenths"], [], "damaged"),
        (["kinds", 0, "runs", 0, "reliability"], [], "damaged"),
        (["kinds", 0, "runs", 0, "interval"], [0.1], "damaged"),
        (["kinds", 0, "runs", 0, "reliability", 0, "stated"], None, "damaged"),
        (["as_it_is"], {}, "damaged"),
        (["data", "classes"], [{"rows": 3}], "damaged"),
        (["options", "rate"], None, "damaged"),
        (["labelaudit"], 1, "damaged"),
    ],
)
def test_what_is_no_validation_is_refused(saved, tmp_path, keys, to, words):
    record = json.loads((saved / "validation.json").read_text())
    changed(record, *keys, to=to)
    path = tmp_path / "validation.json"
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=words) as refused:
        load_validation(tmp_path)
    assert str(refused.value).startswith(str(path))
    assert "labelaudit validate" in str(refused.value)


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("[", "is no JSON"), ("[]", "is no valid")])
def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path, content, words):
    if content is not None:
        (tmp_path / "validation.json").write_text(content)
    with pytest.raises(InputError, match=words):
        load_validation(tmp_path / "validation.json")


def test_one_of_other_data_is_refused(validation, audit, frame):
    refuse_other_data(validation, audit, "here")
    fewer = labelaudit.audit(frame[:100], "label", id="key", **QUICK)
    with pytest.raises(InputError, match="here: is of other data than the audit"):
        refuse_other_data(validation, fewer, "here")
    files = replace(validation, data=validation.data | {"sources": [{"path": "x.csv", "sha256": "0" * 64}]})
    with pytest.raises(InputError, match="other data"):
        refuse_other_data(files, audit, "here")
    column = replace(validation, data=validation.data | {"label": "b"})
    with pytest.raises(InputError, match='of the column "b", the audit of "label"'):
        refuse_other_data(column, audit, "here")
