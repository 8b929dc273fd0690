from __future__ import annotations

import json
from pathlib import Path

import pytest

import labelaudit

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01")


@pytest.fixture
def saved(call):
    code, out, _ = call(*AUDIT, "--out", "saved")
    assert code == 0
    return out


@pytest.mark.parametrize("name", ["saved", "saved/", "saved/audit.json"])
def test_text_is_what_the_audit_printed(call, saved, name):
    assert call("report", name) == (0, saved, "")


def test_csv_is_the_ranking(call, saved):
    assert call("report", "saved", "-f", "csv")[1] == Path("saved/ranking.csv").read_bytes().decode()
    assert call("report", "saved", "-f", "csv", "--top", "3")[1].count("\n") == 4


def test_json_holds_the_record_and_the_ranking(call, saved):
    found = json.loads(call("report", "saved", "-f", "json", "--top", "7")[1])
    assert len(found["ranking"]) == 7
    assert found["summary"] == json.loads(Path("saved/audit.json").read_text())["summary"]


@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_an_output_file_holds_what_would_be_printed(call, saved, form):
    printed = call("report", "saved", "-f", form)[1]
    assert call("report", "saved", "-f", form, "-o", "out") == (0, "", "")
    assert Path("out").read_bytes().decode() == printed


def test_a_file_of_the_audit_is_never_replaced(call, saved):
    Path("link").symlink_to("saved/ranking.csv")
    before = {p: p.read_bytes() for p in Path("saved").iterdir()}
    for target in ("saved/audit.json", "saved/ranking.csv", "saved/model.npz", "link"):
        code, _, err = call("report", "saved", "-o", target)
        assert code == 2
        assert "which the audit consists of" in err
    assert {p: p.read_bytes() for p in Path("saved").iterdir()} == before


def test_the_audited_data_is_never_replaced(call, saved):
    before = Path("train.csv").read_bytes()
    code, _, err = call("report", "saved", "-f", "csv", "-o", "train.csv")
    assert code == 2
    assert "is the data that was audited" in err
    assert Path("train.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["", "."])
def test_an_output_without_a_file_name_is_refused(call, saved, name):
    code, _, err = call("report", "saved", "-o", name)
    assert code == 4
    assert "a file name is needed" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 3, "nowhere: cannot be read: No such file"),
        (["train.csv"], 3, "train.csv: is no JSON"),
        (["."], 3, "audit.json: cannot be read"),
        (["saved", "--spreadsheet"], 2, "--spreadsheet goes with -f csv"),
        (["saved", "-f", "pdf"], 2, "'pdf' is not one of 'text', 'csv', 'json'"),
        (["saved", "-o", "no/such/folder/file"], 4, "No such file or directory"),
        (["saved", "-o", "saved"], 4, "saved: cannot be written"),
        ([], 2, "Missing argument 'AUDIT'"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(call, saved, arguments, code, words):
    before = sorted(Path().rglob("*"))
    found, out, err = call("report", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert sorted(Path().rglob("*")) == before


def test_a_changed_ranking_is_refused(call, saved):
    with Path("saved/ranking.csv").open("a") as file:
        file.write("\n")
    code, out, err = call("report", "saved")
    assert (code, out) == (3, "")
    assert "saved/ranking.csv: was changed since the audit wrote it" in err


def test_html_is_the_page_that_the_audit_wrote(call, saved):
    assert call("report", "saved", "-f", "html", "-o", "again.html") == (0, "", "")
    assert Path("again.html").read_bytes() == Path("saved/report.html").read_bytes()


def test_html_without_the_data_says_so_and_html_of_moved_data_does_not(call, saved):
    Path("train.csv").rename("moved.csv")
    code, page, _ = call("report", "saved", "-f", "html")
    assert code == 0
    assert "train.csv: the audited data is not there" in page
    assert call("report", "saved", "-f", "html", "--data", "moved.csv")[1] == Path("saved/report.html").read_text()
    assert call("report", "saved", "-f", "html", "--data", "nowhere.csv")[0] == 3


def test_a_page_that_was_removed_is_not_missed(call, saved):
    page = Path("saved/report.html").read_bytes()
    Path("saved/report.html").unlink()
    assert call("report", "saved") == (0, saved, "")
    assert call("report", "saved", "-f", "html", "-o", "saved/report.html")[0] == 0
    assert Path("saved/report.html").read_bytes() == page


def test_rows_of_a_page_cannot_be_chosen(call, saved):
    code, _, err = call("report", "saved", "-f", "html", "--top", "5")
    assert code == 2
    assert "--top goes with -f text, csv, json" in err


@pytest.fixture
def validated(call, saved):
    options = ("--id", "key", "--encoding", "linear", "--l2", "0.01", "--kind", "uniform", "--repeats", "1")
    assert call("validate", "train.csv", "--label", "label", *options, "--out", "val", "-q")[0] == 0


@pytest.mark.parametrize("name", ["val", "val/validation.json"])
def test_html_shows_a_validation_of_the_same_data(call, validated, name):
    code, page, err = call("report", "saved", "-f", "html", "--validation", name)
    assert (code, err) == (0, "")
    assert "Reliability diagram, uniform errors" in page
    assert "other options" not in page
    assert page == labelaudit.render(labelaudit.load("saved"), "html", validation=name)


def test_a_validation_of_other_data_or_none_is_refused(call, validated):
    code, out, err = call("report", "saved", "-f", "html", "--validation", "saved")
    assert (code, out) == (3, "")
    assert "saved/validation.json: cannot be read: No such file" in err
    more = Path("train.csv").read_text()
    Path("train.csv").write_text(more + more.splitlines()[-1].replace("00089", "00090") + "\n")
    assert call(*AUDIT, "--out", "other")[0] == 0
    code, out, err = call("report", "other", "-f", "html", "--validation", "val")
    assert (code, out) == (3, "")
    assert "val: is of other data than the audit" in err


def test_a_validation_goes_into_a_page_alone_and_is_never_replaced(call, validated):
    code, _, err = call("report", "saved", "-f", "json", "--validation", "val")
    assert code == 2
    assert "--validation goes with -f html" in err
    before = Path("val/validation.json").read_bytes()
    code, _, err = call("report", "saved", "-f", "html", "--validation", "val", "-o", "val/validation.json")
    assert code == 2
    assert "is the validation that the report shows" in err
    assert Path("val/validation.json").read_bytes() == before
