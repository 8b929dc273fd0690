"""Conflicts and oddities as an audit has them: record, DataFrames, report."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.audits.oddities import MOST_GROUPS, MOST_ROWS
from labelaudit.report import text
from sample_data import HEADER, QUICK, csv_text, sample_rows


def frame(rows: int = 90) -> pd.DataFrame:
    return pd.DataFrame(sample_rows(rows), columns=list(HEADER))


def audited(data: Any, **options: Any) -> labelaudit.Audit:
    return labelaudit.audit(data, "label", **{"id": "key", **QUICK, **options})


def odd() -> pd.DataFrame:
    """Two conflicts (rows 91 and 1; 92, 93 and 2), a copy of the label, a counter, classes in two spellings."""
    data = frame()
    data.loc[[0, 1], "label"] = "u", "v"
    twins = data.iloc[[0, 1, 1]].assign(label=["w", "v", "u"], key=["t1", "t2", "t3"])
    data = pd.concat([data, twins], ignore_index=True)
    data.loc[10:12, "label"] = "W"
    data.loc[[13], "label"] = "x"
    return data


@pytest.fixture(scope="module")
def made() -> labelaudit.Audit:
    return audited(odd())


def test_a_plain_table_has_none() -> None:
    audit = audited(frame())
    assert audit.record["oddities"] == []
    assert audit.summary["conflicts"] == {"groups": 0, "rows": 0}
    assert len(audit.oddities) == len(audit.conflicts) == 0
    assert list(audit.conflicts.columns) == ["group", "row", *audit.ranking.columns.drop("row")]
    said = text.render(audit)
    assert "Conflicts" not in said
    assert "Odd about" not in said


def test_conflicts_are_counted_and_listed(made: labelaudit.Audit) -> None:
    assert made.summary["conflicts"] == {"groups": 2, "rows": 5}
    found = {tuple(sorted(rows)) for _, rows in made.conflicts.groupby("group")["row"]}
    assert found == {(1, 91), (2, 92, 93)}
    listed = made.conflicts.set_index("row")
    ranked = made.ranking.set_index("row")
    for name in ("given_label", "label_score", "key"):
        assert listed[name].to_dict() == ranked.loc[listed.index, name].to_dict()
    for _, group in made.conflicts.groupby("group"):
        assert group["label_score"].is_monotonic_increasing
    assert made.conflicts.drop_duplicates("group")["label_score"].is_monotonic_increasing
    labels = {tuple(sorted(r["row"] for r in g["rows"])): g["labels"] for g in made.record["conflicts"]["list"]}
    assert labels[(2, 92, 93)] == {"u": 1, "v": 2}


def test_the_ranking_keeps_its_columns(made: labelaudit.Audit) -> None:
    assert list(made.ranking.columns) == list(audited(frame()).ranking.columns)


def test_oddities_are_named(made: labelaudit.Audit) -> None:
    found = made.oddities
    assert found["kind"].tolist() == ["alike classes", "rare classes"]
    assert found["classes"].tolist() == [["W", "w"], ["x"]]
    copied = frame().assign(copy=frame()["label"].map({"u": 5, "v": 1, "w": 3}), counter=np.arange(90) + 70)
    with_columns = audited(copied)
    assert with_columns.oddities["column"].tolist() == ["copy", "counter"]
    assert with_columns.oddities["kind"].tolist() == ["leak", "identifier"]


def test_a_column_that_is_no_feature_is_not_named() -> None:
    data = frame().assign(counter=np.arange(90), copy=frame()["label"])
    assert audited(data, id=["key", "counter"], drop="copy").record["oddities"] == []
    assert audited(data, group="counter", drop="copy").record["oddities"] == []


def test_they_are_saved_and_loaded(made: labelaudit.Audit, tmp_path: Any) -> None:
    again = labelaudit.load(made.save(tmp_path / "report"))
    pd.testing.assert_frame_equal(again.conflicts, made.conflicts, check_dtype=False)
    pd.testing.assert_frame_equal(again.oddities, made.oddities)
    record = json.loads((tmp_path / "report" / "audit.json").read_text())
    assert record["conflicts"]["groups"] == 2
    assert [o["kind"] for o in record["oddities"]] == ["alike classes", "rare classes"]


def test_an_audit_saved_without_them_can_be_read(made: labelaudit.Audit) -> None:
    record = {k: v for k, v in made.record.items() if k not in ("conflicts", "oddities")}
    record["summary"] = {k: v for k, v in made.summary.items() if k not in ("conflicts", "groups")}
    older = labelaudit.Audit(made.ranking, record, made.model)
    assert len(older.conflicts) == len(older.oddities) == 0
    assert "Odd about" not in text.render(older)


def test_the_lists_are_bounded() -> None:
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"a": np.repeat(np.arange(MOST_GROUPS + 50) * 1.5, 2), "y": ["u", "v"] * (MOST_GROUPS + 50)})
    found = labelaudit.audit(many, "y", **QUICK).record["conflicts"]
    assert (found["groups"], found["listed_groups"], len(found["list"])) == (250, 200, 200)
    few = pd.DataFrame({"a": rng.integers(0, 2, size=300), "y": rng.choice(["u", "v"], size=300)})
    crowded = labelaudit.audit(few, "y", **QUICK).record["conflicts"]
    assert (crowded["groups"], crowded["rows"]) == (2, 300)
    assert all(len(group["rows"]) == MOST_ROWS for group in crowded["list"])
    assert sum(group["of_rows"] for group in crowded["list"]) == 300


def test_lines_are_told_where_there_are_some(tmp_path: Any) -> None:
    path = tmp_path / "train.csv"
    path.write_text(csv_text(odd().to_numpy().tolist()))
    said = text.render(audited(path))
    assert "row 1 (line 2) u" in said
    assert "row 91 (line 92) w" in said
    assert max(map(len, said.splitlines())) <= 80


def test_the_order_of_the_rows_does_not_matter(made: labelaudit.Audit) -> None:
    shuffled = audited(odd().sample(frac=1, random_state=1).reset_index(drop=True))
    keys = [{frozenset(rows) for _, rows in a.conflicts.groupby("group")["key"]} for a in (made, shuffled)]
    assert keys[0] == keys[1]
    assert shuffled.record["oddities"] == made.record["oddities"]
