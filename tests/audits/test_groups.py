"""Audits by groups: what the rows of a group may know of each other, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.assess import Settings, assess, rows_of
from labelaudit.errors import UsageError
from labelaudit.metrics import average_precision
from labelaudit.report import text
from labelaudit.table.table import Column
from sample_data import QUICK, csv_text, sample_rows

ROWS, GROUPS = 120, 30
SETTINGS = Settings(encoding="linear", l2=0.01)


def grouped_rows() -> tuple[list[Column], Any, Any]:
    """Four rows a group, one after the other; features of a group lie close together."""
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(GROUPS), ROWS // GROUPS)
    given = rng.integers(0, 3, size=ROWS).astype(np.int64)
    x = rng.normal(size=(GROUPS, 3))[group] + 0.1 * rng.normal(size=(ROWS, 3)) + given[:, None]
    return [Column(name, "numeric", x[:, i]) for i, name in enumerate("abc")], given, group


@pytest.mark.parametrize("solver", ["direct", "cg"])
def test_another_label_in_its_group_does_not_change_a_rows_evidence(solver: Any) -> None:
    columns, given, group = grouped_rows()
    rows = rows_of(columns, given, 3, group)
    other = given.copy()
    other[40] = (other[40] + 1) % 3
    flipped = replace(rows, given=other)  # in the same folds
    settings = replace(SETTINGS, solver=solver)
    change = np.abs(assess(flipped, settings).scores.self_confidence - assess(rows, settings).scores.self_confidence)
    its_group = np.setdiff1d(np.flatnonzero(group == group[40]), [40])
    assert change[its_group].max() <= 1e-5  # a fit's gradient of 1e-7 over an l2 of 0.01
    assert change[rows.fold != rows.fold[40]].max() > 1e-3


def test_without_groups_it_does() -> None:
    columns, given, group = grouped_rows()
    rows = rows_of(columns, given, 3)
    other = given.copy()
    other[40] = (other[40] + 1) % 3
    change = np.abs(
        assess(replace(rows, given=other), SETTINGS).scores.self_confidence
        - assess(rows, SETTINGS).scores.self_confidence
    )
    assert change[np.setdiff1d(np.flatnonzero(group == group[40]), [40])].max() > 1e-3


def frame(**columns: Any) -> pd.DataFrame:
    out = pd.DataFrame(sample_rows(), columns=["key", "a", "b", "colour", "label"])
    return out.assign(patient=[f"p{i // 3}" for i in range(len(out))], **columns)


def audited(data: Any, **options: Any) -> labelaudit.Audit:
    return labelaudit.audit(data, "label", **{"group": "patient", "id": "key", **QUICK, **options})


def test_the_group_is_no_feature_and_not_in_the_ranking() -> None:
    audit = audited(frame())
    assert "patient" not in audit.ranking.columns
    assert [c["name"] for c in audit.summary["columns"]] == ["a", "b", "colour"]
    assert "patient" not in [c["name"] for c in audit.record["left_out"]["columns"]]
    assert audit.record["options"]["group"] == "patient"


def test_a_group_may_be_carried_as_an_id() -> None:
    audit = audited(frame(), id=["key", "patient"])
    assert audit.ranking["patient"].tolist() == [f"p{(row - 1) // 3}" for row in audit.ranking["row"]]
    pd.testing.assert_frame_equal(audit.ranking.drop(columns="patient"), audited(frame()).ranking)


def test_the_summary_counts_the_groups() -> None:
    data = frame()
    data.loc[:9, "patient"] = "p0"
    data.loc[20:22, "patient"] = ["", "NA", None]
    groups = audited(data).summary["groups"]
    # rows 0 to 11 hold p0 and the last two of p3, 18 to 20 p6 but for row 20, 21 to 23 p7 but for two
    assert groups["column"] == "patient"
    assert groups["groups"] == 30 - 2
    assert groups["largest"] == 10
    assert groups["rows_without"] == 3
    assert groups["left_out_together"] == 28 + 3
    assert audited(frame(), group=None).summary["groups"] is None


def test_the_report_says_so() -> None:
    said = " ".join(text.render(audited(frame())).split())
    assert 'out-of-sample by groups of "patient" (30 groups, the largest of 3 rows).' in said


def test_the_report_says_that_duplicates_join_groups() -> None:
    data = frame()
    twin = data.iloc[[0]].assign(patient="p20", key="twin")
    audit = audited(pd.concat([data, twin], ignore_index=True))
    groups = audit.summary["groups"]
    assert (groups["groups"], groups["largest"]) == (30, 4)
    assert (groups["left_out_together"], groups["largest_together"]) == (29, 7)
    assert "exact duplicates join them to 29" in " ".join(text.render(audit).split())


def test_a_file_and_a_frame_give_the_same_audit(tmp_path: Any) -> None:
    data = frame()
    data.loc[5, "patient"] = "NA"
    path = tmp_path / "train.csv"
    path.write_text(csv_text(data.to_numpy().tolist(), tuple(data.columns)))
    from_file, from_frame = audited(path), audited(data)
    assert from_file.summary["groups"] == from_frame.summary["groups"]
    assert from_file.ranking["label_score"].tolist() == from_frame.ranking["label_score"].tolist()


def test_what_the_groups_are_called_does_not_matter() -> None:
    data = frame()
    renamed = data.assign(patient=data["patient"].map(lambda name: f"{1000 - int(name[1:])} {name}"))
    pd.testing.assert_frame_equal(audited(data).ranking, audited(renamed).ranking)


def test_the_order_of_the_rows_does_not_matter() -> None:
    data = frame()
    shuffled = data.sample(frac=1, random_state=3).reset_index(drop=True)
    there, here = (audited(d).ranking.set_index("key").sort_index() for d in (data, shuffled))
    for score in ("label_score", "self_confidence", "average_influence"):
        np.testing.assert_allclose(here[score], there[score], rtol=0, atol=1e-6)


def test_trusted_rows_need_no_groups() -> None:
    trusted = frame().drop(columns=["patient"]).head(30)
    audit = audited(frame(), reference=trusted)
    assert audit.summary["reference_rows"] == 30


REFUSED = [
    ({"group": "label"}, "given both as --label and as --group"),
    ({"drop": "patient"}, "given both as --drop and as --group"),
    ({"categorical": "patient"}, "given both as --categorical and as --group"),
    ({"group": "pateint"}, 'there is no column "pateint". Did you mean "patient"?'),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_a_column_has_one_role(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("?", r"\?").replace(".", r"\.")):
        audited(frame(), **options)


def test_one_group_is_refused() -> None:
    with pytest.raises(UsageError, match=r'--group "patient": every row has the same value; two groups'):
        audited(frame().assign(patient="p"))


def test_groups_that_duplicates_join_into_one_are_refused() -> None:
    data = frame().assign(a=1, b=2, colour=["red", "blue"] * 45)
    data.loc[0, ["patient", "colour"]] = "p5", "red"
    with pytest.raises(UsageError, match="exactly the same features join all groups into one"):
        audited(data.assign(patient=[f"p{i // 3}" for i in range(90)]))


def test_a_class_within_one_group_is_refused() -> None:
    data = frame()
    data["patient"] = data["patient"].where(data["label"] != "v", "p1")
    count = (data["label"] == "v").sum()
    with pytest.raises(UsageError, match=rf'all rows of the class "v" \({count} rows\) stand together'):
        audited(data)


def test_a_row_alone_in_its_class_is_no_reason_to_refuse() -> None:
    data = frame()
    data.loc[0, "label"] = "only"
    assert audited(data).summary["only_row_of_its_class"] == 1


def test_rows_without_any_group_are_each_on_its_own() -> None:
    audit = audited(frame().assign(patient=""))
    assert audit.summary["groups"]["groups"] == 0
    assert audit.summary["groups"]["left_out_together"] == 90


def test_an_error_that_a_whole_group_shares_is_found_only_by_groups() -> None:
    """80 groups of five nearly equal rows, 8 of them wholly mislabelled."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, size=80)
    centre = rng.normal(size=(80, 6)) + truth[:, None]
    bad = np.isin(np.arange(80), rng.choice(80, size=8, replace=False))
    patient = np.repeat(np.arange(80), 5)
    data = pd.DataFrame(centre[patient] + 0.05 * rng.normal(size=(400, 6)), columns=list("abcdef"))
    data["patient"], data["label"] = patient, np.where(bad ^ (truth == 1), "sick", "well")[patient]
    found = {}
    for options in ({"drop": "patient"}, {"group": "patient"}):
        ranked = labelaudit.audit(data, "label", encoding="kernel", **options).ranking.sort_values("row")
        found[next(iter(options))] = average_precision(bad[patient], -ranked["label_score"].to_numpy())
    assert found["drop"] < 0.4 < 0.7 < found["group"]
