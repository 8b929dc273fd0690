from __future__ import annotations

import math

import numpy as np
import pytest

import labelaudit
from labelaudit.audits.ranking import worst_first
from labelaudit.audits.saving import ranking_csv
from sample_data import HEADER, QUICK, csv_text, ranking_rows, sample_rows

FIRST = ["rank", "row", "line", "key", "given_label", "predicted_label", "label_score", "is_label_issue"]
LAST = ["average_influence", "self_influence", "self_confidence", "leverage"]
SCORES = ["label_score", *LAST]


def test_the_columns_are_the_contracts_in_its_order(audited):
    assert list(audited.ranking.columns) == FIRST + LAST


def test_there_is_one_line_for_every_labelled_row(audited):
    rows = ranking_rows(ranking_csv(audited.ranking))
    assert [int(r["rank"]) for r in rows] == list(range(1, 151))
    assert sorted(int(r["row"]) for r in rows) == list(range(1, 151))
    assert all(int(r["line"]) == int(r["row"]) + 1 and int(r["key"]) == int(r["row"]) - 1 for r in rows)


def test_rows_without_a_label_are_left_out_with_line_and_reason(write):
    rows = sample_rows()
    rows[3][-1] = rows[10][-1] = ""
    audit = labelaudit.audit(write(csv_text(rows)), "label", id="key", **QUICK)
    left_out = [{"row": r, "file": "train.csv", "line": r + 1, "reason": "no label"} for r in (4, 11)]
    assert audit.record["left_out"]["rows"] == left_out
    assert set(audit.ranking["row"]) == set(range(1, 91)) - {4, 11}
    assert audit.summary["rows"] == 88
    assert audit.summary["rows_left_out"] == 2


@pytest.mark.parametrize("rank_by", ["label_score", "average_influence", "self_influence", "self_confidence"])
def test_the_order_is_worst_first_by_the_column_asked_for(write, rank_by):
    rows = sample_rows()
    rows[20:40] = [[f"{i:05d}", *rows[0][1:]] for i in range(20, 40)]  # ties in every column
    ranking = labelaudit.audit(write(csv_text(rows)), "label", id="key", rank_by=rank_by, **QUICK).ranking
    sign = -1 if rank_by == "self_influence" else 1
    keys = [
        (sign * getattr(r, rank_by), r.label_score, r.average_influence, r.row) for r in ranking.itertuples(index=False)
    ]
    assert keys == sorted(keys)
    assert len({k[:3] for k in keys}) < len(keys)


def test_ties_go_by_label_score_then_average_influence_then_row():
    columns = {
        "row": np.array([5, 4, 3, 2, 1]),
        "label_score": np.array([0.5, 0.2, 0.2, 0.2, 0.9]),
        "average_influence": np.array([-9.0, 0.0, -1.0, 0.0, -9.0]),
        "self_confidence": np.array([0.1, 0.1, 0.1, 0.1, 0.0]),
        "self_influence": np.array([1.0, 1.0, 1.0, 1.0, 2.0]),
    }
    for rank_by in ("self_confidence", "self_influence"):
        assert columns["row"][worst_first(columns, rank_by)].tolist() == [1, 3, 2, 4, 5]


@pytest.mark.parametrize("max_fdr", [0.0, 0.05, 0.2, 0.5, 1.0])
def test_issues_are_the_most_that_keep_the_expected_false_alarms_under_max_fdr(write, max_fdr):
    path = write(csv_text(sample_rows(wrong=0.2)))
    ranking = labelaudit.audit(path, "label", id="key", max_fdr=max_fdr, **QUICK).ranking
    issue = ranking["is_label_issue"].to_numpy()
    scores = ranking["label_score"].to_numpy()
    others = (ranking["given_label"] != ranking["predicted_label"]).to_numpy()
    assert not (issue & ~others).any()
    assert not issue.any() or scores[issue].mean() <= max_fdr
    rest = scores[others & ~issue]
    if len(rest):
        assert np.append(scores[issue], rest.min()).mean() > max_fdr
    assert max_fdr < 0.2 or issue.any()


def test_flags_are_written_true_and_false(audited):
    rows = ranking_rows(ranking_csv(audited.ranking))
    assert [r["is_label_issue"] for r in rows] == [str(v).lower() for v in audited.ranking["is_label_issue"].tolist()]
    assert {r["is_label_issue"] for r in rows} == {"true", "false"}


def test_floats_are_written_shortest_and_read_back_to_the_same_bits(audited):
    rows = ranking_rows(ranking_csv(audited.ranking))
    for name in SCORES:
        cells = [r[name] for r in rows]
        assert [repr(float(c)) for c in cells] == cells
        assert [float(c) for c in cells] == audited.ranking[name].tolist()


HOSTILE = ["+", " -1", "007", "7.0", 'say "hi"', "a,b", "two\nlines", "cr\ralone", "crlf\r\n", "é\u202e𝄞", "'", "=1+1"]


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_and_ids_are_written_exactly(write, label):
    rows = sample_rows(classes=2)
    for row in rows:
        row[0] = f"{label}{row[0]}"
        row[-1] = label if row[-1] == "u" else "NA"
    path = write(quoted_csv(rows))
    found = ranking_rows(ranking_csv(labelaudit.audit(path, "label", id="key", **QUICK).ranking))
    assert {r["given_label"] for r in found} == {label, "NA"}
    given = {int(r["row"]): (r["key"], r["given_label"]) for r in found}
    assert given == {i + 1: (row[0], row[-1]) for i, row in enumerate(rows)}


def quoted_csv(rows):
    lines = [HEADER, *rows]
    return "".join(",".join('"' + c.replace('"', '""') + '"' for c in line) + "\n" for line in lines)


def test_the_only_row_of_a_class_is_first_with_score_0_and_the_reason(write):
    rows = sample_rows()
    rows[50][-1] = "alone"
    audit = labelaudit.audit(write(csv_text(rows)), "label", id="key", **QUICK)
    first = next(audit.findings(1))
    assert (first.row, first.label_score, first.given_label, first.is_label_issue) == (51, 0.0, "alone", True)
    assert first.predicted_label in "uvw"
    assert math.isnan(first.average_influence)
    assert audit.record["reasons"] == [{"row": 51, "reason": "only row of its class"}]
    assert audit.summary["only_row_of_its_class"] == 1
    line = ranking_csv(audit.ranking).splitlines()[1].split(",")
    assert line[6:] == ["0.0", "true", "", "", "0.0", ""]


def test_the_only_row_of_a_class_is_not_fitted(write):
    rows = sample_rows()
    without = labelaudit.audit(write(csv_text(rows)), "label", id="key", **QUICK)
    extra = ["00090", "1.0", "1.0", "red", "alone"]
    audit = labelaudit.audit(write(csv_text([*rows, extra])), "label", id="key", **QUICK)
    assert np.array_equal(without.model.theta, audit.model.theta)
    assert audit.model.classes == ("u", "v", "w")


def test_several_files_are_told_apart(write):
    rows = sample_rows()
    paths = [write(csv_text(rows[:50]), "one.csv"), write(csv_text(rows[50:]), "two.csv")]
    ranking = labelaudit.audit(paths, "label", id="key", **QUICK).ranking
    assert list(ranking.columns)[:5] == ["rank", "row", "file", "line", "key"]
    found = {r.row: (r.file, r.line) for r in ranking.itertuples()}
    assert found == {i + 1: ("one.csv", i + 2) if i < 50 else ("two.csv", i - 48) for i in range(90)}
    whole = labelaudit.audit(write(csv_text(rows), "all.csv"), "label", id="key", **QUICK).ranking
    assert ranking[SCORES].equals(whole[SCORES])


def test_lines_are_physical_after_quoted_newlines(write):
    rows = sample_rows()
    rows[10][0] = "a\nb\nc"
    ranking = labelaudit.audit(write(csv_text(rows)), "label", id="key", **QUICK).ranking
    lines = dict(zip(ranking["row"], ranking["line"], strict=True))
    assert [lines[r] for r in (10, 11, 12, 90)] == [11, 12, 15, 93]


def test_shuffled_rows_keep_their_scores(audited, write):
    rows = sample_rows(150)
    order = np.random.default_rng(1).permutation(len(rows))
    shuffled = labelaudit.audit(write(csv_text([rows[i] for i in order])), "label", id="key")
    both = [a.ranking.set_index("key").sort_index() for a in (audited, shuffled)]
    assert both[0]["predicted_label"].equals(both[1]["predicted_label"])
    np.testing.assert_allclose(both[1][SCORES], both[0][SCORES], rtol=1e-9, atol=1e-9)  # the promise of the contract
