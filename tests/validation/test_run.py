"""What is planted, and what is measured, against counts made by hand from the planted rows."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.assess import rows_of
from labelaudit.audits.inputs import Inputs, read
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.run import fitted_rows, take
from labelaudit.errors import InputError, UsageError
from labelaudit.planting import KINDS
from labelaudit.validation.ambiguity import ambiguity
from labelaudit.validation.result import FIGURES, Spread
from labelaudit.validation.run import Planting, validate_inputs
from sample_data import HEADER, QUICK, sample_rows


def options(**values):
    return AuditOptions.of({"label": "label", "ids": ("key",), "threads": 1, **QUICK, **values})


def runs(validation):
    return [run for kind in validation.kinds for run in kind.runs]


def test_every_kind_is_repeated_and_its_seeds_follow(frame):
    found = labelaudit.validate(frame, "label", id="key", kinds=("instance", "uniform"), repeats=2, seed=5, **QUICK)
    assert [(r.kind, r.repeat, r.seed) for r in runs(found)] == [
        ("instance", 1, 5), ("instance", 2, 6), ("uniform", 1, 5), ("uniform", 2, 6)
    ]  # fmt: skip


def test_errors_are_planted_in_a_copy(frame):
    before, table = frame.copy(), read(frame, options())
    given = table.given.copy()
    validate_inputs(Inputs(table), options(), Planting(("uniform",), 0.3, 1))
    assert np.array_equal(table.given, given)
    pd.testing.assert_frame_equal(frame, before)


def test_the_planted_rows_are_listed_with_both_labels(validation, frame):
    assert len(validation.rows) == sum(run.planted for run in runs(validation)) > 0
    assert set(validation.rows["kind"]) == set(KINDS)
    labels = frame["label"].to_numpy()[validation.rows["row"] - 1]
    assert (validation.rows["label"] == labels).all()
    assert (validation.rows["planted_label"] != labels).all()


def test_the_figures_are_those_of_the_planted_rows(validation, frame):
    for run in runs(validation):
        labels, planted = run.labels, len(run.labels)
        ranks = np.sort(labels["rank"])
        assert (run.rows, run.planted, run.planted_rate) == (len(frame), planted, planted / len(frame))
        hits = int(labels["is_label_issue"].sum())
        assert run.recall == hits / planted
        assert hits <= run.flagged
        if run.flagged:
            assert run.precision == hits / run.flagged
            assert run.false_alarms == 1 - run.precision
        assert run.precision_at_planted == np.mean(ranks <= planted)
        assert run.average_precision == pytest.approx(np.mean(np.arange(1, planted + 1) / ranks), rel=1e-12)
        assert run.covered == (run.interval[0] <= run.planted_rate <= run.interval[1])
        for i, rows in enumerate(run.tenths.rows):
            found = np.sum(ranks <= rows)
            assert run.tenths.precision[i] * rows == pytest.approx(found, rel=1e-12)
            assert run.tenths.recall[i] * planted == pytest.approx(found, rel=1e-12)
        assert run.tenths.recall[-1] == 1
        assert run.tenths.rows[-1] == run.rows == run.reliability.rows.sum()


def test_a_false_alarm_of_the_data_as_it_is_is_told_apart(frame):
    table, planting = read(frame, options()), Planting(("uniform",), 0.15, 1)
    plain = labelaudit.audit(frame, "label", id="key", **QUICK)
    found = validate_inputs(Inputs(table), options(), planting)
    assert found.as_it_is.flagged_rows.tolist() == sorted(plain.issues["row"]) != []
    assert found.as_it_is.stated_rate == plain.summary["noise"]["rate"]
    assert 0 <= runs(found)[0].false_alarms_before <= 1


def test_planted_errors_are_found_far_above_chance(validation):
    for kind in validation.kinds:
        assert kind.spread("average_precision").lowest > 2 * kind.spread("planted_rate").highest


def test_a_spread_is_of_the_defined_values():
    assert Spread.of([0.25, float("nan"), 0.75]) == Spread(0.5, 0.25, 0.75)
    assert np.isnan(Spread.of([float("nan")]).mean)


def test_the_summary_holds_every_figure_and_no_nan(validation):
    document = json.loads(json.dumps(validation.summary, allow_nan=False))
    for kind, told in zip(validation.kinds, document["kinds"], strict=True):
        for name in FIGURES:
            values = [run[name] for run in told["runs"] if run[name] is not None]
            assert told[name]["lowest"] == min(values)
            assert told[name]["mean"] == pytest.approx(np.mean(values))
        assert told["intervals_that_cover"] == sum(run["covered"] for run in told["runs"])
        bins = told["reliability"]
        assert sum(b["rows"] for b in bins) == sum(run.rows for run in kind.runs)
        right = sum(b["rows"] * b["right"] for b in bins)
        assert right == pytest.approx(sum(run.rows - run.planted for run in kind.runs))


def with_small_classes(frame):
    """The frame with a class of two rows and one of a single row."""
    labels = frame["label"].to_numpy().copy()
    labels[[3, 50]], labels[77] = "pair", "single"
    return frame.assign(label=labels)


@pytest.mark.parametrize("kind", KINDS)
def test_small_classes_keep_two_rows_and_a_single_row_stays(frame, kind):
    found = labelaudit.validate(with_small_classes(frame), "label", id="key", kinds=kind, rate=0.5, repeats=2, **QUICK)
    assert found.data["only_row_of_its_class"] == 1
    for run in runs(found):
        assert run.rows == len(frame) - 1
        assert not set(run.labels["label"]) & {"pair", "single"}
        assert "single" not in set(run.labels["planted_label"])
    if kind == "uniform":
        assert sum(run.taken_back for run in runs(found)) > 0


def test_trusted_rows_stay_as_they_are_and_are_counted(frame):
    trusted = pd.DataFrame(sample_rows(30, wrong=0.0, seed=9), columns=HEADER).astype({"a": float, "b": float})
    before = trusted.copy()
    found = labelaudit.validate(frame, "label", id="key", kinds="uniform", repeats=1, reference=trusted, **QUICK)
    pd.testing.assert_frame_equal(trusted, before)
    assert found.data["reference_rows"] == 30
    alone = labelaudit.validate(frame, "label", id="key", kinds="uniform", repeats=1, **QUICK)
    assert (found.rows["row"] == alone.rows["row"]).all()


def test_the_same_figures_for_any_number_of_threads(frame):
    said = []
    for threads in (1, 2):
        found = labelaudit.validate(frame, "label", id="key", kinds="instance", repeats=2, threads=threads, **QUICK)
        said.append(json.dumps(found.summary))
    assert said[0] == said[1]


def test_ambiguity_is_of_probabilities_and_high_where_classes_meet(frame):
    table = read(frame, options())
    fitted, _ = fitted_rows(table)
    p = ambiguity(rows_of(take(table.columns, fitted), table.given, 3))
    assert p.sum(1) == pytest.approx(np.ones(len(frame)))
    assert np.mean(p[np.arange(len(frame)), table.given]) > 0.6
    assert p.max(1).std() > 0.05


def test_texts_are_ambiguous_by_their_components():
    rng = np.random.default_rng(0)
    words = [["parcel", "late", "lost"], ["invoice", "tax", "paid"]]
    labels = np.arange(60) % 2
    texts = [" ".join(rng.choice(words[label], 12)) + f" {i}" for i, label in enumerate(labels)]
    frame = pd.DataFrame({"text": texts, "label": np.where(labels, "bill", "post")})
    found = labelaudit.validate(frame, "label", text="text", kinds="instance", repeats=1, **QUICK)
    assert found.kinds[0].runs[0].planted > 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rate": 0.0}, "--rate"),
        ({"rate": 0.6}, "--rate"),
        ({"repeats": 0}, "--repeats"),
        ({"kinds": "usual"}, "--kind"),
        ({"kinds": ()}, "--kind"),
        ({"rate": 1e-9}, "no error was planted"),
    ],
)
def test_what_cannot_be_planted_is_wrong_usage(frame, values, words):
    with pytest.raises(UsageError, match=words):
        labelaudit.validate(frame, "label", **values, **QUICK)


def test_an_option_that_audit_lacks_is_a_type_error(frame):
    with pytest.raises(TypeError, match="lable"):
        labelaudit.validate(frame, "label", lable="x")


def test_a_table_without_features_is_refused_as_by_audit():
    frame = pd.DataFrame({"same": ["x"] * 6, "label": list("uvuvuv")})
    with pytest.raises(InputError, match="no column is left"):
        labelaudit.validate(frame, "label")


def test_probabilities_of_another_model_are_refused():
    import pandas as pd

    import labelaudit

    rows = 40
    frame = pd.DataFrame({"x": range(rows), "y": ["a", "b"] * (rows // 2)})
    with pytest.raises(UsageError, match="--pred-probs"):
        labelaudit.validate(frame, "y", pred_probs=pd.DataFrame({"a": [0.5] * rows, "b": 0.5}))


def test_embeddings_are_audited_in_every_copy():
    import pandas as pd

    import labelaudit

    rng = np.random.default_rng(0)
    code = np.arange(120) % 2
    frame = pd.DataFrame({"y": np.array(["a", "b"])[code]})
    near = code[:, None] * 3.0 + rng.normal(size=(120, 3))
    found = labelaudit.validate(frame, "y", embeddings=near, kinds="uniform", repeats=1, encoding="linear", l2=0.01)
    assert found.kinds[0].spread("average_precision").mean > 0.5
