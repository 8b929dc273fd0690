from __future__ import annotations

import json

import numpy as np
import pytest

import labelaudit
from labelaudit.encode.encoder import TRIED
from labelaudit.errors import ConvergenceError, InputError
from sample_data import QUICK, csv_text, sample_rows


def test_the_figures_agree_with_the_ranking(audited):
    s, ranking = audited.summary, audited.ranking
    issues = ranking[ranking["is_label_issue"]]
    assert s["rows"] == len(ranking) == sum(c["rows"] for c in s["classes"])
    assert {c["name"]: c["rows"] for c in s["classes"]} == ranking["given_label"].value_counts().to_dict()
    assert s["issues"] == len(issues) == len(audited.issues) > 0
    assert s["expected_false_alarms"] == pytest.approx(issues["label_score"].sum(), rel=1e-12)
    assert s["noise"]["rate"] == pytest.approx(1 - ranking["label_score"].mean(), rel=1e-12)
    assert s["column_kinds"] == {"numeric": 2, "categorical": 1}
    assert [c["name"] for c in s["columns"]] == ["a", "b", "colour"]


def test_the_noise_matrix_has_shares_of_each_true_class(audited):
    noise = audited.summary["noise"]
    matrix, counts = np.array(noise["matrix"]), np.array(noise["counts"])
    assert noise["classes"] == ["u", "v", "w"]
    np.testing.assert_allclose(matrix.sum(0), 1, rtol=1e-9)
    assert (matrix >= 0).all()
    given = [c["rows"] for c in audited.summary["classes"]]
    np.testing.assert_allclose(counts.sum(1), given, rtol=1e-9)
    assert sum(noise["models"].values()) == pytest.approx(1)
    told = {(p["given"], p["true"]): p["rows"] for p in noise["pairs"]}
    errors = {(g, t): counts[i, j] for i, g in enumerate("uvw") for j, t in enumerate("uvw") if i != j}
    assert told == {pair: rows for pair, rows in errors.items() if rows >= 0.5} != {}
    assert list(told.values()) == sorted(told.values(), reverse=True)


def test_the_planted_errors_are_found():
    import pandas as pd

    rows, truth = sample_rows(), sample_rows(wrong=0.0)
    planted = {i + 1 for i in range(90) if rows[i][-1] != truth[i][-1]}
    frame = pd.DataFrame(rows, columns=["key", "a", "b", "colour", "label"])
    audit = labelaudit.audit(frame, "label", id="key", **QUICK)
    first = set(audit.ranking["row"].head(len(planted)))
    assert len(first & planted) >= 0.8 * len(planted) > 3  # well apart: the classes' means are 3 deviations away


def test_the_fit_says_how_it_went(audited, write):
    fit = audited.summary["fit"]
    assert fit["converged"]
    assert fit["gradient_norm"] <= fit["tolerance"]
    assert fit["parameters"] == 3 * fit["encoded_columns"]
    assert fit["self_influence_error"] == 0
    assert {t["encoding"] for t in fit["trials"]} == set(TRIED)
    assert (fit["encoding"], fit["l2"]) in {(v["encoding"], v["l2"]) for v in fit["votes"]}
    assert sum(v["weight"] for v in fit["votes"]) == pytest.approx(1)
    path = write(csv_text(sample_rows()))
    short = labelaudit.audit(path, "label", id="key", optimizer="adamw", **QUICK).summary["fit"]
    assert not short["converged"]
    assert short["gradient_norm"] > short["tolerance"]


def test_a_fit_that_stops_short_is_an_error_under_strict(write):
    path = write(csv_text(sample_rows()))
    with pytest.raises(ConvergenceError, match=r"the fit did not converge: the gradient is .* expected 1e-09"):
        labelaudit.audit(path, "label", id="key", optimizer="adamw", strict=True, **QUICK)


def test_columns_left_out_have_reasons(write):
    rows = [[f"k{key}", *row, "same", ""] for key, *row in sample_rows()]
    text = csv_text(rows, ("key", "a", "b", "colour", "label", "constant", "empty"))
    audit = labelaudit.audit(write(text), "label", drop="b", **QUICK)
    reasons = {c["name"]: c["reason"] for c in audit.record["left_out"]["columns"]}
    assert set(reasons) == {"key", "b", "constant", "empty"}
    assert reasons["b"] == "dropped on request"
    assert "--id" in reasons["key"]
    assert audit.summary["columns_left_out"] == 4


def test_a_table_without_features_is_refused_with_the_reasons(write):
    text = "label,fixed\n" + "u,1\nv,1\n" * 4
    with pytest.raises(InputError, match=r'train\.csv: no column is left to learn from .*"fixed": constant'):
        labelaudit.audit(write(text), "label")


def test_the_options_are_recorded_but_not_the_threads(write):
    path = write(csv_text(sample_rows()))
    audit = labelaudit.audit(path, "label", id=["key"], missing="?", threads=2, seed=3, **QUICK)
    options = audit.record["options"]
    assert "threads" not in options
    assert options["seed"] == 3
    assert options["ids"] == ["key"]
    assert options["missing"] == ["?"]
    assert options["encoding"] == "linear"
    assert json.loads(json.dumps(audit.record, allow_nan=False)) == audit.record


def test_declared_text_is_a_feature():
    import pandas as pd

    rows = [(key, a, b, f"some words on {colour}", label) for key, a, b, colour, label in sample_rows()]
    frame = pd.DataFrame(rows, columns=["key", "a", "b", "note", "label"])
    audit = labelaudit.audit(frame, "label", id="key", text="note", **QUICK)
    assert {"name": "note", "kind": "text"} in audit.summary["columns"]
    assert any(name.startswith("note component") for name in audit.model.encoder.names)
    alone = labelaudit.audit(frame[["note", "label"]], "label", text="note", **QUICK)
    assert alone.summary["column_kinds"] == {"text": 1}


def test_a_category_of_rare_values_is_reported_as_left_out():
    import pandas as pd

    rows = sample_rows()
    frame = pd.DataFrame(rows, columns=["key", "a", "b", "colour", "label"])
    frame["rare"] = [f"v{i // 2}" for i in range(len(rows))]
    audit = labelaudit.audit(frame, "label", id="key", **QUICK)
    assert "rare" not in [c["name"] for c in audit.summary["columns"]]
    assert "fewer than 5 rows" in next(c["reason"] for c in audit.record["left_out"]["columns"] if c["name"] == "rare")


def test_a_row_alone_in_its_class_neither_loosens_the_cut_nor_counts_as_noise():
    import pandas as pd

    frame = pd.DataFrame(sample_rows(), columns=["key", "a", "b", "colour", "label"])
    alone = pd.concat([frame, frame.head(1).assign(key="new", label="alone")], ignore_index=True)
    without, with_one = (labelaudit.audit(f, "label", id="key", max_fdr=0.3, **QUICK) for f in (frame, alone))
    fitted = with_one.ranking[with_one.ranking["leverage"].notna()]
    assert with_one.summary["noise"]["rate"] == pytest.approx((1 - fitted["label_score"]).mean())
    flagged = fitted.loc[fitted["is_label_issue"], "label_score"]
    assert flagged.mean() <= 0.3
    assert set(without.issues["key"]) == set(with_one.issues["key"]) - {"new"}
    assert with_one.ranking["key"][0] == "new"
    assert with_one.ranking["is_label_issue"][0]
