from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import labelaudit
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
from labelaudit.fingerprints import fingerprints

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01", "-q")


@pytest.fixture
def saved(call):
    assert call(*AUDIT, "--out", "saved")[0] == 0
    return labelaudit.load("saved")


def decide(row, *fields):
    import pandas as pd

    found = fingerprints(pd.read_csv("train.csv", dtype=str, keep_default_na=False))
    with DecisionStore("saved/decisions.sqlite") as store:
        store.append(Decision(found[row], 1, *fields))


def test_it_says_what_it_did_on_standard_error(call, saved):
    assert call("apply", "saved", "train.csv", "-o", "same.csv") == (
        0,
        "",
        "Applied 0 decisions.\n0 rows relabelled, 0 dropped; same.csv was written.\n",
    )
    assert Path("same.csv").read_bytes() == Path("train.csv").read_bytes()
    decide(0, "relabel", "w")
    decide(1, "drop")
    decide(int(saved.issues["row"].iloc[0]) - 1, "keep")
    out = call("apply", "saved", "train.csv", "-o", "clean.csv", "--accept-suggestions", "--undo", "u.json")
    issues = len(saved.issues) - 1
    assert out == (
        0,
        "",
        f"Applied 3 decisions of saved/decisions.sqlite (1 drop, 1 keep, 1 relabel) and {issues} suggestions. A "
        f"decision stood against 1 suggestion.\n{issues + 1} rows relabelled, 1 dropped; clean.csv was written.\n",
    )
    assert call("undo", "clean.csv", "u.json", "-o", "back.csv") == (
        0,
        "",
        "back.csv is the original of clean.csv again.\n",
    )
    assert Path("back.csv").read_bytes() == Path("train.csv").read_bytes()
    assert call("apply", "saved", "train.csv", "-o", "clean.csv", "--flag", "-q") == (0, "", "")


def test_a_dry_run_prints_a_diff_for_other_tools(call, saved):
    arguments = ("apply", "saved", "train.csv", "--accept-suggestions", "--max-label-score", "0.01")
    code, out, err = call(*arguments, "--dry-run")
    count = int((saved.issues["label_score"] <= 0.01).sum())
    assert code == 0
    assert f"Would apply 0 decisions and {count} suggestions.\n{count} rows relabelled, 0 dropped; nothing was" in err
    call(*arguments, "-o", "clean.csv")
    diff = subprocess.run(["git", "diff", "--no-index", "train.csv", "clean.csv"], capture_output=True, check=False)
    lines = [line for line in diff.stdout.decode().split("\n") if not line.startswith(("diff", "index"))]
    assert [line.split(" @@")[0] for line in out.split("\n")[2:]] == [line.split(" @@")[0] for line in lines[2:]]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["saved", "train.csv"], 2, "name the file to write with --output"),
        (["saved", "train.csv", "-o", "train.csv"], 2, "which is never written to"),
        (["saved", "train.csv", "b.csv", "-o", "c.csv"], 2, "apply cleans one file at a time"),
        (["saved", "-", "-o", "c.csv"], 2, "DATA cannot be standard input"),
        (["saved", "saved/ranking.csv", "-o", "c.csv"], 3, "its SHA-256 differs"),
        (["saved", "train.csv", "-o", "c.csv", "--decisions", "train.csv"], 3, "train.csv:1: is no JSON"),
        (["saved", "train.csv", "-o", "c.csv", "--decisions", "nothing"], 3, "nothing: the decisions cannot be read"),
        (["saved", "train.csv", "-o", "no/c.csv"], 4, "cannot be written"),
        (["nothing", "train.csv", "-o", "c.csv"], 3, "nothing: cannot be read"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(call, saved, arguments, code, words):
    before = sorted(Path().rglob("*"))
    found, out, err = call("apply", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert sorted(Path().rglob("*")) == before
