"""Decisions from the page onwards: into new audits, cleaned copies and baselines."""

from __future__ import annotations

import random
from pathlib import Path

import labelaudit
from labelaudit.decisions.store import DecisionStore
from labelaudit.review.session import Filter, Session
from labelaudit.review.suspects import read_suspects
from sample_data import HEADER, QUICK, csv_text, sample_rows


def decided(site):
    """The words on the rows of the site's audit, by their key column."""
    suspects = site.session.suspects
    found = {}
    for row in suspects.audit.ranking["row"].tolist():
        present = site.session.present(row)
        if present is not None:
            found[suspects.cells_of(row)["key"]] = present.decision
    return found


def test_decisions_survive_shuffled_added_and_reordered_rows_but_no_change(serve, audit_of, tmp_path):
    rows = sample_rows()
    rows[6] = rows[5]  # two equal rows, of which the second is dropped
    first = serve(audit_of(rows))
    ann = first.person()
    words = ["keep", "unsure", "drop", "keep", "unsure"]
    chosen = [2, 12, 22, 32, 42]
    for row, word in zip(chosen, words, strict=True):
        assert ann.decide(row, word).status == 200
    assert ann.decide(7, "drop").status == 200
    rows[32 - 1][1] = "0.5"  # this row is another one now
    again = [*rows, *([f"9{row[0]}", *row[1:]] for row in sample_rows(30, seed=1))]
    random.Random(0).shuffle(again)
    path = tmp_path / "again.csv"
    path.write_text(csv_text([row[::-1] for row in again], HEADER[::-1]))
    second = serve(labelaudit.audit(path, "label", id="key", **QUICK))
    expected = {f"{row - 1:05d}": word for row, word in zip(chosen, words, strict=True) if row != 32}
    assert decided(second) == {**expected, rows[5][0]: "drop"}
    places = [i for i, row in enumerate(again, start=1) if row == rows[5]]
    assert [second.session.present(row) is None for row in places] == [True, False]
    progress = second.person().ask("/api/session").json["progress"]
    assert (progress["decided"], progress["elsewhere"]) == (5, 1)


def test_review_apply_and_check_close_the_loop(serve, audit_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    audit = audit_of(sample_rows())
    audit.save("report")
    site = serve(audit, Path("report/decisions.sqlite"))
    before = Path("train.csv").read_bytes()
    ann = site.person()
    issues = audit.issues
    for row, predicted in zip(issues["row"].tolist(), issues["predicted_label"].tolist(), strict=True):
        word = ("relabel", {"label": predicted}) if row % 3 else ("drop", {})
        assert ann.decide(row, word[0], **word[1]).status == 200
    assert Path("train.csv").read_bytes() == before
    applied = labelaudit.apply("report", "train.csv", "clean.csv")
    assert applied.relabelled + applied.dropped == sum(applied.decisions.values()) == len(issues)
    text = Path("clean.csv").read_text()
    for row, predicted in zip(issues["row"].tolist(), issues["predicted_label"].tolist(), strict=True):
        cells = before.decode().splitlines()[row].split(",")
        kept = ",".join([*cells[:-1], predicted])
        assert (kept in text) == bool(row % 3)
    assert labelaudit.check("clean.csv", label="label", id="key", **QUICK).passed


def test_kept_rows_are_quiet_in_a_check_with_the_export_as_baseline(serve, audit_of, tmp_path):
    audit = audit_of(sample_rows())
    site = serve(audit)
    ann = site.person()
    issues = audit.issues["row"].tolist()
    for row in issues[1:]:
        ann.decide(row, "keep")
    (tmp_path / "base.jsonl").write_bytes(ann.ask("/api/export/decisions.jsonl").body)
    how = {"label": "label", "id": "key", "baseline": tmp_path / "base.jsonl", **QUICK}
    assert [i.finding.row for i in labelaudit.check(tmp_path / "train.csv", **how).issues] == issues[:1]
    ann.decide(issues[0], "keep")
    (tmp_path / "base.jsonl").write_bytes(ann.ask("/api/export/decisions.jsonl").body)
    assert labelaudit.check(tmp_path / "train.csv", **how).passed


def test_rows_of_several_files_and_without_labels_are_found_by_their_number(tmp_path):
    rows = sample_rows()
    rows[3][-1] = ""
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(csv_text(rows[:40]))
    two.write_text(csv_text(rows[40:]))
    suspects = read_suspects(labelaudit.audit([one, two], "label", id="key", **QUICK))
    assert not suspects.has(4)
    assert [suspects.cells_of(row)["key"] for row in (1, 40, 41, 90)] == [rows[row - 1][0] for row in (1, 40, 41, 90)]
    assert [suspects.row_of(suspects.key(row)) for row in (1, 4, 40, 41, 90)] == [1, None, 40, 41, 90]
    assert suspects.row_of(("0" * 32, 1)) is None
    assert suspects.row_of((suspects.key(90)[0], 2**62)) is None
    with DecisionStore(tmp_path / "d.sqlite") as store:
        queue = Session(suspects, store).queue(Filter(scope="all", search=":2")).tolist()
    assert sorted(queue) == [1, 41]  # the second line of both files
