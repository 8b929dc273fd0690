from __future__ import annotations

import csv
import gzip
import lzma
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import InputError, LabelauditError, UsageError
from sample_data import QUICK, csv_text, sample_rows

DECISIONS = "saved/decisions.sqlite"


def rows(path="train.csv"):
    with Path(path).open(newline="") as file:
        return list(csv.reader(file))[1:]


def store(*decisions, path=DECISIONS):
    with DecisionStore(path) as opened:
        opened.append(decisions)


def lines(*decisions, path="d.jsonl"):
    Path(path).write_text(json_lines(decisions))
    return path


def files():
    return {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}


def test_the_decisions_beside_the_audit_are_applied(decide):
    store(decide(0, "relabel", "w"), decide(1, "relabel", "w"), decide(2, "drop"), decide(3, "keep"))
    store(decide(1, "undo"), decide(4, "unsure"))
    done = labelaudit.apply("saved", "train.csv", "clean.csv")
    before = rows()
    assert rows("clean.csv") == [[*before[0][:-1], "w"], before[1], *before[3:]]
    assert (done.relabelled, done.dropped, done.suggestions) == (1, 1, 0)
    assert dict(done.decisions) == {"relabel": 1, "drop": 1, "keep": 1, "unsure": 1}


def test_an_audit_at_hand_has_no_decisions_beside_it(decide):
    store(decide(0, "drop"))
    labelaudit.apply(labelaudit.load("saved"), "train.csv", "clean.csv")
    assert rows("clean.csv") == rows()
    labelaudit.apply(labelaudit.load("saved"), "train.csv", "clean.csv", decisions=DECISIONS)
    assert rows("clean.csv") == rows()[1:]


def test_equal_rows_are_told_apart_and_rows_without_a_label_can_be_labelled(decide):
    store(decide(6, "drop"), decide(7, "relabel", "u"))
    labelaudit.apply("saved", "train.csv", "clean.csv")
    before = rows()
    assert rows("clean.csv") == [*before[:6], [*before[7][:-1], "u"], *before[8:]]


def test_accepted_suggestions_are_the_issues_up_to_a_score(audited):
    audit = labelaudit.load("saved")
    before = rows()
    for limit in (None, 0.001, 0.0):
        issues = audit.issues if limit is None else audit.issues[audit.issues["label_score"] <= limit]
        done = labelaudit.apply("saved", "train.csv", "clean.csv", accept_suggestions=True, max_label_score=limit)
        wanted = dict(zip(issues["row"] - 1, issues["predicted_label"], strict=True))
        assert rows("clean.csv") == [[*row[:-1], wanted.get(i, row[-1])] for i, row in enumerate(before)]
        assert done.relabelled == done.suggestions == len(issues)
    assert len(audit.issues) > (audit.issues["label_score"] <= 0.001).sum() > 0  # the limits tell


def test_a_decision_goes_before_a_suggestion(decide):
    audit = labelaudit.load("saved")
    first, second, third = (audit.issues["row"].head(3) - 1).tolist()
    store(decide(first, "keep"), decide(second, "unsure"), decide(third, "drop"))
    done = labelaudit.apply("saved", "train.csv", "clean.csv", accept_suggestions=True)
    assert (done.suggestions, done.overruled, done.dropped) == (len(audit.issues) - 3, 3, 1)
    kept = rows("clean.csv")
    assert rows()[first] in kept
    assert rows()[second] in kept


def test_several_files_of_decisions_are_united(decide):
    one, two = lines(decide(0, "drop"), decide(1, "drop")), lines(decide(1, "drop"), decide(2, "keep"), path="e.jsonl")
    done = labelaudit.apply("saved", "train.csv", "clean.csv", decisions=[one, two])
    assert (done.dropped, sum(done.decisions.values())) == (2, 3)
    assert rows("clean.csv") == rows()[2:]


@pytest.mark.parametrize("neither", [True, False])
def test_a_flag_marks_what_would_change_or_else_the_issues(decide, neither):
    issues = labelaudit.load("saved").issues
    if not neither:
        store(decide(0, "drop"), decide(1, "relabel", "w"), decide(2, "keep"))
    done = labelaudit.apply("saved", "train.csv", "clean.csv", flag=True)
    wanted = set(issues["row"] - 1) if neither else {0, 1}
    flags = ["true" if i in wanted else "false" for i in range(len(rows()))]
    assert rows("clean.csv") == [[*row, flag] for row, flag in zip(rows(), flags, strict=True)]
    assert done.flagged == len(wanted)


def test_a_dry_run_writes_nothing_and_tells_what_would_change(decide):
    store(decide(2, "drop"))
    before = files()
    done = labelaudit.apply("saved", "train.csv", "clean.csv", undo="u.json", dry_run=True)
    assert files() == before
    header, old = "--- train.csv\n+++ clean.csv\n", [",".join(row) for row in rows()]
    hunk = f"@@ -1,7 +1,6 @@\n key,a,b,colour,label\n {old[0]}\n {old[1]}\n-{old[2]}\n {old[3]}\n {old[4]}\n {old[5]}\n"
    assert done.diff.decode() == header + hunk
    assert done.dropped == 1


def test_decisions_survive_other_rows_and_another_order_of_rows_and_columns(decide):
    before = rows()
    decided = [decide(0, "relabel", "w"), decide(2, "drop"), decide(5, "drop"), decide(6, "keep")]
    frame = pd.read_csv("train.csv", dtype=str, keep_default_na=False)
    new = pd.DataFrame(sample_rows(20, seed=1), columns=list(frame.columns)).assign(key="new")
    both = pd.concat([frame, new]).sample(frac=1, random_state=0)[["label", "b", "key", "colour", "a"]]
    both.to_csv("other.csv", index=False)
    labelaudit.audit("other.csv", "label", id="key", **QUICK).save("again")
    store(*decided, path="again/decisions.sqlite")
    done = labelaudit.apply("again", "other.csv", "clean.csv")
    assert (done.relabelled, done.dropped) == (1, 2)
    found = pd.read_csv("clean.csv", dtype=str, keep_default_na=False)[list(frame.columns)].to_numpy().tolist()
    added = new.to_numpy().tolist()
    assert sorted(found) == sorted([[*before[0][:-1], "w"], before[1], *before[3:5], *before[6:], *added])


def test_a_decision_does_not_survive_a_change_of_the_row(decide):
    decided = decide(3, "drop")
    content = (
        Path("train.csv").read_text().replace(",".join(rows()[3]), ",".join([*rows()[3][:2], "9", *rows()[3][3:]]))
    )
    Path("other.csv").write_text(content)
    labelaudit.audit("other.csv", "label", id="key", **QUICK).save("again")
    with pytest.raises(InputError, match="has no such row"):
        labelaudit.apply("again", "other.csv", "clean.csv", decisions=lines(decided))


def _refused(error, words, *arguments, **options):
    before = files()
    with pytest.raises(error) as refused:
        labelaudit.apply(*arguments, **options)
    assert words in str(refused.value)
    assert files() == before


def test_other_data_is_refused(audited):
    Path("other.csv").write_bytes(Path("train.csv").read_bytes() + b"9,1,1,red,u\n")
    _refused(InputError, "its SHA-256 differs", "saved", "other.csv", "clean.csv", undo="u.json")
    _refused(InputError, "no such file", "saved", "nothing.csv", "clean.csv")
    _refused(InputError, "no regular file", "saved", ".", "clean.csv")
    _refused(UsageError, "standard input", "saved", "-", "clean.csv")
    labelaudit.apply("saved", Path("train.csv").rename("moved.csv"), "clean.csv")  # the content counts


def test_an_unknown_row_refuses_everything(decide):
    unknown = Decision("0" * 32, 1, "keep", who="ann")
    for other in (unknown, Decision(decide(0, "keep").fingerprint, 2, "keep"), decide(6, "drop")):
        path = lines(decide(1, "drop"), other, unknown)
        words = "1 decision of 3" if other == decide(6, "drop") else "train.csv has no such row"
        _refused(InputError, words, "saved", "train.csv", "clean.csv", decisions=path, undo="u.json")


def test_decisions_that_disagree_refuse_everything(decide):
    one, two = lines(decide(0, "relabel", "w")), lines(decide(0, "relabel", "v"), path="e.jsonl")
    _refused(
        InputError,
        'relabel as "w" in d.jsonl, relabel as "v" in e.jsonl',
        "saved",
        "train.csv",
        "c",
        decisions=[one, two],
    )
    both = lines(decide(0, "keep"), decide(0, "drop"))
    _refused(InputError, "drop in d.jsonl, keep in d.jsonl", "saved", "train.csv", "c", decisions=both)


def test_a_foreign_label_needs_to_be_meant(decide):
    path = lines(decide(0, "relabel", "x,y"))
    _refused(InputError, '1 new label not among the audited classes: "x,y"', "saved", "train.csv", "c", decisions=path)
    labelaudit.apply("saved", "train.csv", "clean.csv", decisions=path, new_labels=True)
    assert rows("clean.csv") == [[*rows()[0][:-1], "x,y"], *rows()[1:]]


def test_a_label_that_the_charset_does_not_have_is_refused(audited):
    Path("train.csv").write_bytes(csv_text(sample_rows()).replace(",red,", ",rêd,").encode("latin-1"))
    audit = labelaudit.audit("train.csv", "label", id="key", charset="latin-1", **QUICK)
    audit.save("saved")
    frame = pd.read_csv("train.csv", dtype=str, keep_default_na=False, encoding="latin-1")
    from labelaudit.fingerprints import fingerprints

    path = lines(Decision(fingerprints(frame)[0], 1, "relabel", "€"))
    _refused(InputError, "'€', which iso8859-1 cannot", "saved", "train.csv", "c", decisions=path, new_labels=True)


def test_a_label_with_a_nul_is_refused(decide):
    path = lines(decide(0, "relabel", "a\0"))
    _refused(InputError, "NUL", "saved", "train.csv", "c", decisions=path, new_labels=True)


def test_text_that_does_not_come_back_from_its_charset_is_refused(audited):
    Path("train.csv").write_bytes(b"\x1b(B" + csv_text(sample_rows()).encode())  # an escape that changes nothing
    labelaudit.audit("train.csv", "label", id="key", charset="iso2022_jp", **QUICK).save("saved")
    _refused(InputError, "gives other bytes", "saved", "train.csv", "clean.csv")


@pytest.mark.parametrize("how", ["same", "hard link", "link", "path"])
def test_the_input_is_never_the_output(decide, how):
    store(decide(0, "drop"))
    if how == "hard link":
        os.link("train.csv", "out")
    elif how == "link":
        Path("out").symlink_to("train.csv")
    out = {"same": "train.csv", "path": "../" + Path.cwd().name + "/train.csv"}.get(how, "out")
    _refused(UsageError, "which is never written to", "saved", "train.csv", out)
    _refused(UsageError, "which is never written to", "saved", "train.csv", "clean.csv", undo=out)


@pytest.mark.parametrize("out", ["saved/audit.json", "saved/ranking.csv", "saved/model.npz", DECISIONS, "d.jsonl"])
def test_nothing_that_is_read_is_written_to(decide, out):
    path = lines(decide(0, "drop"))
    _refused(UsageError, "which is never written to", "saved", "train.csv", out, decisions=path)
    _refused(UsageError, "which is never written to", "saved", "train.csv", "clean.csv", decisions=path, undo=out)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "name the file to write"),
        ({"output": "-"}, "cannot be standard output"),
        ({"output": "c", "undo": "c"}, "c is the output"),
        ({"output": "c", "undo": "./c"}, "./c is the output"),
        ({"output": "c", "max_label_score": 0.1}, "goes with --accept-suggestions"),
        ({"output": "c", "max_label_score": 2, "accept_suggestions": True}, "from 0 to 1"),
        ({"output": "c", "max_label_score": float("nan"), "accept_suggestions": True}, "from 0 to 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(audited, options, words):
    _refused(UsageError, words, "saved", "train.csv", **options)


def test_a_flag_that_is_there_already_is_refused(audited):
    Path("train.csv").write_text(
        csv_text([[*row, "1"] for row in sample_rows()], ("k", "a", "b", "c", "y", "label_issue"))
    )
    labelaudit.audit("train.csv", "y", id="k", **QUICK).save("saved")
    _refused(InputError, 'has a column "label_issue" already', "saved", "train.csv", "clean.csv", flag=True)


def test_audits_of_several_files_or_of_a_frame_are_refused(audited):
    Path("b.csv").write_text(csv_text(sample_rows(seed=1)))
    labelaudit.audit(["train.csv", "b.csv"], "label", id="key", **QUICK).save("saved")
    _refused(UsageError, "the audit is of 2 files", "saved", "train.csv", "clean.csv")
    labelaudit.audit(pd.read_csv("train.csv"), "label", id="key", **QUICK).save("saved")
    _refused(UsageError, "the audit is of a DataFrame", "saved", "train.csv", "clean.csv")


def test_an_output_that_cannot_be_written_leaves_no_undo_file(decide):
    store(decide(0, "drop"))
    _refused(LabelauditError, "cannot be written", "saved", "train.csv", "no/clean.csv", undo="u.json")


def test_the_same_decisions_give_the_same_bytes(decide):
    store(*(decide(i, "relabel", "w") for i in np.random.default_rng(0).permutation(5).tolist()))
    for name in ("one", "two"):
        labelaudit.apply("saved", "train.csv", f"{name}.csv.gz", undo=f"{name}.json")
    assert Path("one.csv.gz").read_bytes() == Path("two.csv.gz").read_bytes()
    assert Path("one.json").read_text().replace("one.csv", "two.csv") == Path("two.json").read_text()


@pytest.mark.parametrize(
    ("source", "output", "packed"),
    [
        ("train.csv.gz", "clean.csv.gz", True),
        ("train.csv.gz", "clean.csv", False),
        ("train.csv", "clean.csv", True),  # gzip by its content, and no name says otherwise
        ("train", "CLEAN.GZ", True),
    ],
)
@pytest.mark.parametrize("changed", [True, False])
def test_compression_follows_the_name(audited, source, output, packed, changed):
    plain = Path("train.csv").read_bytes()
    Path(source).write_bytes(gzip.compress(plain, mtime=99))
    audit = labelaudit.audit(source, "label", id="key", **QUICK)
    labelaudit.apply(audit, source, output, accept_suggestions=changed, undo="u.json")
    raw = Path(output).read_bytes()
    assert raw.startswith(b"\x1f\x8b") == packed
    if not changed:
        assert raw == (Path(source).read_bytes() if packed else plain)
    labelaudit.undo(output, "u.json", "back.xz")
    assert lzma.decompress(Path("back.xz").read_bytes()) == plain


def test_zstd_without_its_package_is_refused(audited, monkeypatch):
    for name in ("compression.zstd", "compression", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    _refused(UsageError, "writing zstd needs the package zstandard", "saved", "train.csv", "clean.csv.zst", undo="u")
