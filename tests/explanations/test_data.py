from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import labelaudit
from labelaudit.errors import InputError
from sample_data import QUICK, csv_text, sample_rows

TEXT = csv_text(sample_rows(60, 2))


@pytest.fixture
def train(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("train.csv").write_text(TEXT)
    return tmp_path


@pytest.fixture
def saved(train):
    labelaudit.audit("train.csv", "label", id="key", **QUICK).save("saved")
    return labelaudit.load("saved")


def frame(text: str = TEXT) -> pd.DataFrame:
    Path("again.csv").write_text(text)
    return pd.read_csv("again.csv")


def test_a_saved_audit_reads_its_own_data(saved):
    assert labelaudit.explain("saved", 5) == labelaudit.explain(saved, 5)


def test_data_may_stand_elsewhere_if_it_is_the_same(saved):
    before = labelaudit.explain(saved, 5)
    Path("train.csv").rename("moved.csv")
    with pytest.raises(InputError, match=r"train\.csv: the audited data is not there .*--data"):
        labelaudit.explain(saved, 5)
    assert labelaudit.explain(saved, 5, data="moved.csv") == before
    assert labelaudit.explain(saved, 5, data=[Path("moved.csv")]) == before


def test_changed_data_is_refused(saved):
    with Path("train.csv").open("a") as file:
        file.write("00099,1,2,red,u\n")
    with pytest.raises(InputError, match=r"train\.csv: is not the data that was audited: its SHA-256 differs"):
        labelaudit.explain(saved, 5)


def test_a_change_between_hash_and_reading_is_seen(saved, monkeypatch):
    monkeypatch.setattr("labelaudit.explanations.data._sha256", lambda path: saved.record["sources"][0]["sha256"])
    Path("train.csv").write_text(TEXT.replace("red", "rot"))
    with pytest.raises(InputError, match="SHA-256 differs"):
        labelaudit.explain(saved, 5)


def test_the_reading_options_of_the_audit_are_used(train):
    Path("odd.csv").write_bytes(("a comment\n" + TEXT.replace(",", ";").replace("red", "rød")).encode("latin-1"))
    options = {"id": "key", "skip": 1, "delimiter": ";", "charset": "latin-1", "missing": "blue", "categorical": "a"}
    audit = labelaudit.audit("odd.csv", "label", **options, **QUICK)
    found = labelaudit.explain(labelaudit.load(audit.save("odd")), 7)
    cells = dict(zip(TEXT.splitlines()[0].split(","), TEXT.splitlines()[7].split(","), strict=True))
    assert found.finding.ids == {"key": cells["key"]}
    assert {c.column: c.kind for c in found.columns} == {c["name"]: c["kind"] for c in audit.summary["columns"]}
    assert {c.column: c.value for c in found.columns}["b"] == float(cells["b"])


def test_several_files_are_matched_in_their_order(train):
    rows = sample_rows(60, 2)
    Path("one.csv").write_text(csv_text(rows[:30]))
    Path("two.csv").write_text(csv_text(rows[30:]))
    audit = labelaudit.audit(["one.csv", "two.csv"], "label", id="key", **QUICK)
    found = labelaudit.explain(audit, 31)
    assert (found.finding.file, found.finding.line) == ("two.csv", 2)
    assert "(two.csv, line 2)" in found.sentence
    assert {n.file for n in found.supporting.strongest} == {"one.csv", "two.csv"}
    assert labelaudit.explain(audit, line="two.csv:2") == found
    with pytest.raises(InputError, match="SHA-256 differs"):
        labelaudit.explain(audit, 31, data=["two.csv", "one.csv"])
    with pytest.raises(InputError, match="the audit is of 2 files"):
        labelaudit.explain(audit, 31, data="one.csv")


def test_an_audit_of_a_frame_needs_the_frame(train):
    audit = labelaudit.audit(frame(), "label", id="key", **QUICK)
    with pytest.raises(InputError, match="the audit is of a DataFrame"):
        labelaudit.explain(audit, 5)
    found = labelaudit.explain(audit, 5, data=frame())
    assert found.finding.line is None
    assert found.sentence.startswith("Row 5 is labelled")
    assert labelaudit.explain(audit, 5, data="train.csv").columns == found.columns


def test_a_frame_may_stand_for_a_file(saved):
    assert labelaudit.explain(saved, 5, data=frame()).columns == labelaudit.explain(saved, 5).columns


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda f: f.drop(index=3), "other rows or labels"),
        (lambda f: f.assign(label=f["label"].replace("u", "w")), "other rows or labels"),
        (lambda f: f.drop(columns="a"), "other columns"),
        (lambda f: f.assign(more=f["a"] * 2), "other columns"),
        (lambda f: f.assign(colour=f["colour"].where(f.index > 0, "violet")), "other columns"),
        (lambda f: f.assign(a=f["a"].where(f.index != 17, f["a"] + 0.01)), "other values"),
    ],
)
def test_another_frame_is_refused(saved, changed, words):
    with pytest.raises(InputError, match=f"the DataFrame: has {words} than the data that was audited"):
        labelaudit.explain(saved, 5, data=changed(frame()))


def test_standard_input_must_be_named_again(saved):
    saved.record["sources"][0]["path"] = "-"
    with pytest.raises(InputError, match="the audit is of standard input"):
        labelaudit.explain(saved, 5)
    assert labelaudit.explain(saved, 5, data="train.csv").finding.row == 5


def test_any_number_of_threads_gives_the_same(saved):
    from labelaudit.explanations.explain import explain

    assert explain(saved, 5, threads=1) == explain(saved, 5, threads=3)
