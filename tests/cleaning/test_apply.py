from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import labelaudit
from applying import DECISIONS, files, lines, rows, store
from labelaudit.errors import InputError
from sample_data import QUICK, sample_rows


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
