from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest

import labelaudit
from labelaudit.cli.check import FORMATS
from sample_data import HEADER, QUICK, QUICK_OPTIONS, csv_text, ranking_rows, sample_rows

CHECK = ("check", "train.csv", "--label", "label", "--id", "key", *QUICK_OPTIONS)
BASELINE = ("--baseline", "base.jsonl")


def issues(call, *arguments):
    """Exit code and the issues that count."""
    code, out, err = call(*CHECK, "-f", "jsonl", *arguments)
    assert err == ""
    return code, [json.loads(line) for line in out.splitlines()]


def rewrite(change, name="train.csv"):
    """Applies a function to the rows of train.csv, header first."""
    rows = list(csv.reader(io.StringIO(Path("train.csv").read_text(), newline="")))
    header, rows = change(rows[0], rows[1:])
    Path(name).write_text(csv_text(rows, tuple(header)))


@pytest.fixture
def accepted(call):
    """A baseline that accepts all issues of train.csv."""
    code, out, err = call(*CHECK, *BASELINE, "--update-baseline")
    assert code == 0
    assert out.startswith("passed: no new issue in 90 rows (at most 0 allowed)\n")
    rows = len(Path("base.jsonl").read_text().splitlines())
    assert err == f"Written: base.jsonl, {rows} rows\n"
    assert rows >= 3
    return rows


def test_it_fails_with_the_issues_of_the_audit(call):
    code, out, err = call(*CHECK)
    assert (code, err) == (1, "")
    expected = labelaudit.audit("train.csv", "label", id="key", **QUICK).issues
    assert out.startswith(f"failed: {len(expected)} issues in 90 rows (at most 0 allowed)\n")
    code, found = issues(call)
    assert code == 1
    assert [i["line"] for i in found] == expected["line"].tolist()


def test_limits_decide(call):
    count = len(issues(call)[1])
    assert issues(call, "--max-issues", str(count))[0] == 0
    assert issues(call, "--max-issues", str(count - 1))[0] == 1
    assert issues(call, "--max-issue-rate", str(count / 90))[0] == 0
    assert issues(call, "--max-issue-rate", str(count / 90 - 0.001))[0] == 1
    assert issues(call, "--max-issue-rate", "1", "--max-issues", "0")[0] == 1
    code, found = issues(call, "--exit-zero")
    assert (code, len(found)) == (0, count)
    assert call(*CHECK, "--exit-zero")[1].startswith("failed: ")


def test_only_issues_of_enough_confidence_count(call):
    every = issues(call)[1]
    score = every[1]["label_score"]
    code, found = issues(call, "--min-confidence", repr(1 - score - 1e-9))
    assert (code, found) == (1, [i for i in every if i["label_score"] <= score])
    assert issues(call, "--min-confidence", "1") == (0, [])


def test_accepted_rows_stay_quiet_when_rows_and_columns_move(call, accepted):
    assert issues(call, *BASELINE) == (0, [])

    def moved(header, rows):
        order = [3, 0, 4, 2, 1]
        random.Random(1).shuffle(rows)
        return [header[i] for i in order], [[row[i] for i in order] for row in rows]

    rewrite(moved)
    assert issues(call, *BASELINE) == (0, [])
    assert json.loads(call(*CHECK, *BASELINE, "-f", "json")[1])["known"]


def test_a_row_whose_content_changes_is_reported_again(call, accepted):
    row = issues(call)[1][0]

    def changed(header, rows):
        rows[row["row"] - 1][3] += " "
        return header, rows

    rewrite(changed)
    code, found = issues(call, *BASELINE)
    assert (code, [i["row"] for i in found]) == (1, [row["row"]])


def test_accepting_again_keeps_what_is_there(call, accepted):
    before = Path("base.jsonl").read_bytes()
    other = {"fingerprint": "0" * 32, "occurrence": 3, "label": "u", "decision": "drop", "note": "ä"}
    Path("base.jsonl").write_bytes(before + json.dumps(other).encode() + b"\n")
    assert call(*CHECK, *BASELINE, "--update-baseline", "-q")[0] == 0
    lines = [json.loads(line) for line in Path("base.jsonl").read_text().splitlines()]
    assert lines[0] == other
    assert lines[1:] == [json.loads(line) for line in before.splitlines()]


def test_only_rows_that_the_older_version_has_not_count(call):
    every = issues(call)[1]
    rewrite(lambda header, rows: (header, rows), "old.csv")
    assert issues(call, "--diff-base", "old.csv") == (0, [])
    row = every[1]["row"]

    def without(header, rows):
        del rows[row - 1]
        random.Random(2).shuffle(rows)
        return header[::-1], [each[::-1] for each in rows]

    rewrite(without, "old.csv")
    assert issues(call, "--diff-base", "old.csv") == (1, [every[1]])
    out = call(*CHECK, "--diff-base", "old.csv")[1]
    assert out.startswith(
        "failed: 1 new issue in 1 row (at most 0 allowed)\n89 rows did not count: as in --diff-base.\n"
    )


def test_an_older_version_under_any_name_is_read_as_the_data_is(call):
    text = Path("train.csv").read_text().replace(",", "\t")
    Path("train.tsv").write_text(text)
    Path("old").write_text(text)
    code, out, _ = call("check", "train.tsv", *CHECK[2:], "--diff-base", "old", "-f", "jsonl")
    assert (code, out) == (0, "")


def test_standard_input_is_checked(call, monkeypatch):
    expected = issues(call)[1]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("train.csv").read_bytes())))
    code, out, _ = call("check", "-", *CHECK[2:], "-f", "jsonl")
    assert code == 1
    assert [json.loads(line) for line in out.splitlines()] == [i | {"path": None} for i in expected]


def test_several_files_are_one_table(call):
    rows = sample_rows()
    Path("a.csv").write_text(csv_text(rows[:40]))
    Path("b.csv").write_text(csv_text(rows[40:]))
    whole = {i["fingerprint"]: i["row"] for i in issues(call)[1]}
    out = call("check", "a.csv", "b.csv", *CHECK[2:], "-f", "jsonl")[1]
    found = [json.loads(line) for line in out.splitlines()]
    assert {i["fingerprint"]: i["row"] for i in found} == whole
    assert all(i["path"] == ("a.csv" if i["row"] <= 40 else "b.csv") for i in found)
    lines = {path: Path(path).read_text().splitlines() for path in ("a.csv", "b.csv")}
    assert all(lines[i["path"]][i["line"] - 1].split(",")[0] == i["ids"]["key"] for i in found)


def test_one_audit_serves_several_formats(call):
    code, out, err = call(*CHECK, "-f", "sarif", "-o", "x.sarif", "-f", "csv", "-o", "x.csv", "-f", "github")
    assert (code, err) == (1, "")
    assert out == call(*CHECK, "-f", "github")[1]
    assert Path("x.sarif").read_bytes().decode() == call(*CHECK, "-f", "sarif")[1]
    assert ranking_rows(Path("x.csv").read_text())


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_holds_what_would_be_printed_and_nothing_else_is_written(call, form):
    code, printed, _ = call(*CHECK, "-f", form)
    before = sorted(Path().rglob("*"))
    again, out, err = call(*CHECK, "-f", form, "-o", "out")
    assert (code, again, out) == (1, 1, "")
    assert err.startswith("labelaudit: failed: ")
    assert Path("out").read_bytes().decode() == printed
    assert sorted(Path().rglob("*")) == sorted([*before, Path("out")])
    assert call(*CHECK, "-f", form, "--threads", "1")[1] == printed


@pytest.mark.parametrize("form", ["jsonl", "sarif", "junit", "github", "gitlab", "markdown"])
def test_the_report_of_a_saved_audit_is_what_a_check_writes(call, form):
    assert call("audit", *CHECK[1:], "--out", "saved", "-q")[0] == 0
    printed = call(*CHECK, "-f", form)[1]
    assert call("report", "saved", "-f", form) == (0, printed, "")
    Path("train.csv").rename("moved.csv")
    code, out, _ = call("report", "saved", "-f", form, "--data", "moved.csv", "-o", "out")
    assert (code, out) == (0, "")
    Path("moved.csv").write_text(csv_text(sample_rows(seed=5)))
    code, out, err = call("report", "saved", "-f", form, "--data", "moved.csv")
    assert (code, out) == (3, "")
    assert "is not the data that was audited" in err


def test_quiet_prints_the_verdict_alone(call):
    code, out, err = call(*CHECK, "-q")
    assert (code, err) == (1, "")
    assert out.startswith("failed: ")
    assert "given" not in out
    assert call(*CHECK, "-q", "-o", "out")[1:] == ("", "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--update-baseline"], 2, "--update-baseline needs --baseline FILE"),
        (["--max-issues", "-1"], 2, "-1 is not in the range"),
        (["--max-issue-rate", "2"], 2, "--max-issue-rate: expected a share from 0 to 1"),
        (["--min-confidence", "nan"], 2, "'--min-confidence': expected a finite number, got 'nan'"),
        (["--min-confidence", "2"], 2, "--min-confidence: expected a probability from 0 to 1"),
        (["-f", "pdf"], 2, "'pdf' is not one of"),
        (["-f", "json", "-f", "csv"], 2, "only one format can go to standard output"),
        (["-o", "x", "-o", "y"], 2, "there are more -o than -f"),
        (["-f", "json", "-o", "x", "-f", "csv", "-o", "x"], 2, "two formats cannot go to the same file"),
        (["-o", "train.csv"], 2, "train.csv would replace the data file train.csv"),
        (["-o", "old.csv", "--diff-base", "old.csv"], 2, "old.csv would replace the data file old.csv"),
        (["--baseline", "train.csv", "--update-baseline"], 2, "train.csv would replace the data file"),
        (["-o", "base.jsonl", *BASELINE], 2, "base.jsonl is the baseline"),
        ([*BASELINE], 3, "base.jsonl: no such file. Make it with --update-baseline."),
        (["--baseline", "old.csv"], 3, "old.csv:1: is no JSON"),
        (["--diff-base", "none.csv"], 3, "none.csv: no such file"),
        (["--diff-base", "other.csv"], 3, 'other.csv:1: there is no label column "label"'),
        (["-o", "no/folder/x"], 4, "no/folder/x: cannot be written"),
        (["-o", ""], 4, "a file name is needed"),
        (["--baseline", "no/folder/x", "--update-baseline"], 4, "no/folder/x: cannot be written"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(call, arguments, code, words):
    Path("old.csv").write_text(csv_text(sample_rows(30)))
    Path("other.csv").write_text("a,b\n1,2\n")
    before = {p: p.read_bytes() for p in Path().rglob("*")}
    found, out, err = call(*CHECK, *arguments)
    assert found == code
    assert words in err
    assert {p: p.read_bytes() for p in Path().rglob("*")} == before
    if "--update-baseline" not in arguments or code != 4:
        assert out == ""


@pytest.mark.parametrize("name", ["x.csv", "-"])
def test_data_that_is_refused_never_looks_like_a_finding(call, name, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert call("check", name, "--label", "label")[0] == 3


def test_the_flipped_label_of_a_sure_row_is_found(call, accepted):
    ranking = labelaudit.audit("train.csv", "label", id="key", **QUICK).ranking
    surest = ranking.loc[ranking["self_confidence"].idxmax()]

    def flipped(header, rows):
        label = rows[surest["row"] - 1][HEADER.index("label")]
        rows[surest["row"] - 1][HEADER.index("label")] = "u" if label != "u" else "w"
        return header, rows

    rewrite(flipped)
    code, found = issues(call, *BASELINE)
    assert code == 1
    assert found[0]["line"] == surest["line"]
    assert len(found) <= 6


def test_python_finds_and_writes_the_same(call, accepted):
    before = Path("base.jsonl").read_bytes()
    check = labelaudit.check("train.csv", "label", id="key", **QUICK, baseline="new.jsonl", update_baseline=True)
    assert check.passed
    assert Path("new.jsonl").read_bytes() == before
    check = labelaudit.check("train.csv", "label", id="key", **QUICK)
    assert not check.passed
    for form in FORMATS:
        assert labelaudit.render(check, form) == call(*CHECK, "-f", form)[1]
    with pytest.raises(labelaudit.errors.UsageError, match="no format 'pdf'"):
        labelaudit.render(check, "pdf")
    with pytest.raises(TypeError, match="'lable'"):
        labelaudit.check("train.csv", "label", lable=1)


def test_a_dataframe_is_checked_against_another(folder):
    import pandas as pd

    frame = pd.read_csv("train.csv", dtype={"key": str})
    check = labelaudit.check(frame, "label", id="key", **QUICK)
    rows = [issue.finding.row for issue in check.issues]
    assert rows
    assert all(issue.path is None for issue in check.issues)
    older = frame.drop(index=rows[0] - 1)[frame.columns[::-1]]
    check = labelaudit.check(frame, "label", id="key", **QUICK, diff_base=older)
    assert [issue.finding.row for issue in check.issues] == rows[:1]


def test_a_saved_audit_of_a_dataframe_is_not_rendered_in_a_checks_format(call):
    import pandas as pd

    labelaudit.audit(pd.read_csv("train.csv"), "label", drop="key", **QUICK).save("saved")
    code, out, err = call("report", "saved", "-f", "sarif", "--data", "train.csv")
    assert (code, out) == (3, "")
    assert "check the frame with labelaudit.check" in err


def test_the_bytes_do_not_depend_on_the_time_or_on_repetition(call):
    assert call(*CHECK, "-f", "json")[1] == call(*CHECK, "-f", "json")[1]
