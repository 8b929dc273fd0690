"""The Python interface: DataFrames, options, the notebook's view."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.errors import InputError, UsageError
from sample_data import HEADER, QUICK, csv_text, sample_rows


def frame_of(rows):
    return pd.DataFrame(rows, columns=list(HEADER)).astype({"a": float, "b": float})


def test_a_frame_gives_what_its_file_gives(audited):
    ranking = labelaudit.audit(frame_of(sample_rows(150)), "label", id="key").ranking
    assert ranking["line"].isna().all()
    pd.testing.assert_frame_equal(ranking.drop(columns="line"), audited.ranking.drop(columns="line"), check_exact=True)


def test_every_form_of_path_gives_the_same(write, tmp_path):
    name = write(csv_text(sample_rows()))
    first = labelaudit.audit(name, "label", id="key", **QUICK).ranking
    for data in (tmp_path / name, [name], (tmp_path / name,)):
        assert labelaudit.audit(data, label="label", id=("key",), **QUICK).ranking.equals(first)


def test_column_options_reach_the_reader(write):
    rows = [[*row, "1" if i % 2 else "?"] for i, row in enumerate(sample_rows())]
    path = write(csv_text(rows, (*HEADER, "code")))
    kinds = labelaudit.audit(path, "label", id="key", categorical="code", missing="?", **QUICK).summary["columns"]
    assert {"name": "code", "kind": "categorical"} in kinds
    kinds = labelaudit.audit(path, "label", id="key", numeric=["code"], missing=["?"], **QUICK).summary["columns"]
    assert {"name": "code", "kind": "numeric"} in kinds
    kinds = labelaudit.audit(path, "label", id="key", drop=["code", "a"], **QUICK).summary["columns"]
    assert [c["name"] for c in kinds] == ["b", "colour"]


def test_reading_options_reach_the_reader(write):
    rows = sample_rows()
    rows[0][3] = "blé"
    text = "made by hand\n" + csv_text(rows).replace(",", ";")
    path = write(text.encode("latin-1"))
    audit = labelaudit.audit(path, "label", id="key", skip=1, delimiter=";", charset="latin-1", **QUICK)
    assert audit.summary["rows"] == 90
    assert audit.record["sources"][0]["charset"] == "iso8859-1"


@pytest.mark.parametrize("options", [{"optimizer": "lbfgs"}, {"threads": 1}, {"threads": 3}])
def test_how_it_is_computed_changes_no_score(write, options):
    path = write(csv_text(sample_rows()))
    usual, other = (labelaudit.audit(path, "label", id="key", **QUICK, **more).ranking for more in ({}, options))
    names = ["label_score", "average_influence", "self_influence", "self_confidence", "leverage"]
    left, right = (r.set_index("row").sort_index()[names] for r in (usual, other))
    # lbfgs stops at the same norm of the gradient as newton, elsewhere: 1e-9 over the smallest curvature, l2 = 0.01
    np.testing.assert_allclose(right, left, rtol=1e-6, atol=1e-7)


def test_a_reference_frame_equals_a_reference_file(write):
    import pandas as pd

    rows, trusted = csv_text(sample_rows()), csv_text(sample_rows(40, seed=7, wrong=0.0))
    path, reference = write(rows), write(trusted, "trusted.csv")
    frames = [pd.read_csv(p, dtype={"key": str}) for p in (path, reference)]
    left = labelaudit.audit(path, "label", id="key", reference=reference, **QUICK).ranking
    right = labelaudit.audit(frames[0], "label", id="key", reference=frames[1], **QUICK).ranking
    pd.testing.assert_frame_equal(left.drop(columns="line"), right.drop(columns="line"))
    without = labelaudit.audit(path, "label", id="key", **QUICK).ranking
    assert not left["average_influence"].equals(without["average_influence"])


def test_a_reference_frame_without_a_column_is_refused(write):
    import pandas as pd

    frame = pd.read_csv(write(csv_text(sample_rows())), dtype={"key": str})
    with pytest.raises(InputError, match='no column "a"'):
        labelaudit.audit(frame, "label", id="key", reference=frame.drop(columns="a"), **QUICK)


def test_cg_gives_the_influences_of_the_direct_solver(write):
    path, reference = write(csv_text(sample_rows())), write(csv_text(sample_rows(40, seed=7, wrong=0.0)), "trusted.csv")
    direct, cg = (
        labelaudit.audit(path, "label", id="key", reference=reference, solver=solver, **QUICK).ranking
        for solver in ("direct", "cg")
    )
    names = ["average_influence", "self_influence", "leverage"]
    left, right = (r.set_index("row").sort_index()[names] for r in (direct, cg))
    np.testing.assert_allclose(right, left, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoding": "cubic"}, "--encoding: expected one of auto, linear"),
        ({"solver": "lu"}, "--solver: expected one of"),
        ({"optimizer": "sgd"}, "--optimizer: expected one of"),
        ({"device": "tpu"}, "--device: expected one of"),
        ({"precision": "float16"}, "--precision: expected one of float64, float32"),
        ({"rank_by": "rank"}, "--rank-by: expected one of"),
        ({"l2": -1.0}, "--l2: expected auto or a number from 0 to 1e+06, got -1.0"),
        ({"l2": float("nan")}, "--l2: expected"),
        ({"l2": "strong"}, "--l2: expected auto or a number from 0 to 1e+06, got 'strong'"),
        ({"max_fdr": 1.5}, "--max-fdr: expected a share from 0 to 1"),
        ({"max_fdr": float("nan")}, "--max-fdr: expected"),
        ({"threads": 0}, "--threads: expected 1 or more, got 0"),
        ({"seed": -1}, "--seed: expected 0 or more, got -1"),
        ({"skip": -1}, "--skip: expected 0 or more"),
        ({"id": "given_label"}, "given_label"),
        ({"id": "nothing"}, "nothing"),
    ],
)
def test_an_option_out_of_range_is_wrong_usage(options, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        labelaudit.audit(frame_of(sample_rows()), "label", **options)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        labelaudit.audit(tmp_path / "nothing.csv", "label")


def test_findings_hold_what_the_ranking_holds(audited):
    findings = list(audited.findings())
    assert [f.row for f in findings] == audited.ranking["row"].tolist()
    assert findings[0].ids == {"key": audited.ranking["key"].iloc[0]}
    assert findings[0].file is None
    assert findings[0].line == audited.ranking["line"].iloc[0]
    assert len(list(audited.findings(5))) == 5
    frame = labelaudit.audit(frame_of(sample_rows()), "label", id="key", **QUICK)
    assert {f.line for f in frame.findings()} == {None}


def test_issues_are_the_flagged_rows(audited):
    assert audited.issues["is_label_issue"].all()
    assert len(audited.issues) == audited.ranking["is_label_issue"].sum()


def test_the_notebook_shows_the_first_rows_and_escapes_every_text():
    rows = sample_rows()
    for row in rows:
        row[0] = f"<img src=x onerror=alert({row[0]})>"
        row[-1] = {"u": "<script>alert(1)</script>", "v": "a & b"}.get(row[-1], row[-1])
    frame = frame_of(rows).rename(columns={"key": "<b>key</b>"})
    html = labelaudit.audit(frame, "label", id="<b>key</b>", **QUICK)._repr_html_()
    assert set(re.findall(r"</?(\w+)", html)) == {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html
    assert "&lt;b&gt;key" in html
    assert "of 90 rows are probably mislabeled" in html


def test_the_package_lists_what_is_public():
    public = {
        "Audit",
        "__version__",
        "apply",
        "audit",
        "check",
        "explain",
        "load",
        "plan",
        "render",
        "undo",
        "validate",
    }
    assert set(labelaudit.__all__) == public
    assert isinstance(labelaudit.audit(frame_of(sample_rows()), "label", **QUICK), labelaudit.Audit)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = labelaudit.nothing


def test_the_import_is_light():
    code = "import labelaudit, sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {"numpy", "pandas", "scipy", "torch", "sklearn", "click", "rich"} & set(done.stdout.split())
