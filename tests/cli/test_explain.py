from __future__ import annotations

import json
from pathlib import Path

import pytest

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01", "-q")


@pytest.fixture
def saved(call):
    assert call(*AUDIT, "--out", "saved")[0] == 0


def test_text_begins_with_the_sentence_and_keeps_to_80_columns(call, saved):
    code, out, err = call("explain", "saved", "7")
    assert (code, err) == (0, "")
    assert out.startswith("Row 7 (line 8) is labelled ")
    assert max(map(len, out.splitlines())) <= 80


def test_json_says_the_same(call, saved):
    import labelaudit

    code, out, _ = call("explain", "saved", "7", "-f", "json", "--top", "3")
    assert code == 0
    found = json.loads(out)
    expected = labelaudit.explain("saved", 7, top=3)
    assert found["sentence"] == expected.sentence
    assert len(found["opposing"]["strongest"]) == 3
    assert found["columns"][0]["contribution"] == expected.columns[0].contribution


def test_a_line_names_the_row_that_begins_there(call, saved):
    by_line = call("explain", "saved", "--line", "8")
    assert by_line == call("explain", "saved/audit.json", "7") == call("explain", "saved", "--line", "train.csv:8")


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_output_file_holds_what_would_be_printed(call, saved, form):
    printed = call("explain", "saved", "7", "-f", form)[1]
    assert call("explain", "saved", "7", "-f", form, "-o", "out") == (0, "", "")
    assert Path("out").read_bytes().decode() == printed


def test_data_may_be_named_elsewhere(call, saved):
    here = call("explain", "saved", "7")
    Path("train.csv").rename("moved.csv")
    assert call("explain", "saved", "7", "--data", "moved.csv") == here
    code, out, err = call("explain", "saved", "7")
    assert (code, out) == (3, "")
    assert "train.csv: the audited data is not there" in err
    assert "--data" in err


def test_nothing_of_the_audit_nor_the_data_is_replaced(call, saved):
    Path("copy.csv").write_bytes(Path("train.csv").read_bytes())
    before = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
    for target in ("saved/audit.json", "saved/ranking.csv", "saved/model.npz", "train.csv", "copy.csv"):
        code, out, err = call("explain", "saved", "7", "--data", "copy.csv", "-o", target)
        assert (code, out) == (2, "")
        assert "Name another file" in err
    assert {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()} == before


def test_changed_data_is_refused(call, saved):
    with Path("train.csv").open("a") as file:
        file.write("9,1,1,red,u\n")
    code, out, err = call("explain", "saved", "7", "-o", "out")
    assert (code, out) == (3, "")
    assert "train.csv: is not the data that was audited" in err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["saved"], 2, "name one row"),
        (["saved", "7", "--line", "8"], 2, "name one row"),
        (["saved", "91"], 2, "there is no row 91"),
        (["saved", "0"], 2, "0 is not in the range x>=1"),
        (["saved", "x"], 2, "'x' is not a valid integer"),
        (["saved", "--line", "1"], 2, "no row begins at line 1"),
        (["saved", "7", "-f", "csv"], 2, "'csv' is not one of 'text', 'json'"),
        (["saved", "7", "--data", "nothing.csv"], 3, "nothing.csv: no such file"),
        (["nowhere", "7"], 3, "nowhere: cannot be read"),
        (["saved", "7", "-o", "no/such/file"], 4, "No such file or directory"),
        ([], 2, "Missing argument 'AUDIT'"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(call, saved, arguments, code, words):
    before = sorted(Path().rglob("*"))
    found, out, err = call("explain", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert sorted(Path().rglob("*")) == before


def test_a_fit_that_had_not_converged_is_said(call):
    assert call(*AUDIT, "--out", "saved", "--optimizer", "adamw")[0] == 0
    code, out, _ = call("explain", "saved", "7")
    assert code == 0
    assert "The fit had not converged (gradient" in " ".join(out.split())


def test_conjugate_gradient_and_a_reference_are_noted(call):
    Path("trusted.csv").write_bytes(Path("train.csv").read_bytes())
    assert call(*AUDIT, "--out", "saved", "--solver", "cg", "--reference", "trusted.csv")[0] == 0
    code, out, _ = call("explain", "saved", "7")
    assert code == 0
    said = " ".join(out.split())
    assert "self_confidence is of folds left out" in said
    assert "average_influence is measured on the trusted rows" in said
