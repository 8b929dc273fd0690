"""Encoded rows stored in float32: nearly the ranking of float64, the same bits for any number of threads."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets

import labelaudit
from labelaudit.audits.saving import ranking_csv
from labelaudit.blocks import CHUNK_ROWS
from labelaudit.errors import InputError
from labelaudit.explanations.explain import model_of
from labelaudit.synthetic import draw, flip_share
from sample_data import HEADER, QUICK, csv_text, sample_rows

FIRST, SHARED = 100, 99  # rows of the ranking that are compared, and how many of them have to agree


def gaussian(features: int) -> pd.DataFrame:
    sample = flip_share(draw(800, features, seed=features), 0.1, seed=1)
    return pd.DataFrame(sample.x, columns=[f"x{i}" for i in range(features)]).assign(label=sample.given)


def curved() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(700, 4)) * [1e6, 1.0, 1e-6, 1.0]
    z = (x[:, 0] / 1e6) ** 2 - x[:, 1] ** 2 + rng.normal(scale=0.3, size=700)
    label = (z > 0) ^ (rng.random(700) < 0.1)
    return pd.DataFrame(x, columns=list("abcd")).assign(label=label.astype(int))


def mixed() -> pd.DataFrame:
    return pd.DataFrame(sample_rows(600), columns=HEADER).astype({"a": float, "b": float}).drop(columns="key")


def bundled(name: str) -> pd.DataFrame:
    """One of scikit-learn's sets, one label in ten replaced by the next class."""
    x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    wrong = np.random.default_rng(0).random(len(y)) < 0.1
    given = np.where(wrong, (y + 1) % (y.max() + 1), y)
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])]).assign(label=given)


TABLES = {
    "gaussian-2": (lambda: gaussian(2), {}),
    "gaussian-20": (lambda: gaussian(20), {}),
    "curved": (curved, {}),
    "mixed": (mixed, {}),
    "mixed-cg": (mixed, {"solver": "cg", **QUICK}),
    "iris": (lambda: bundled("iris"), {}),
    "wine": (lambda: bundled("wine"), {}),
    "breast_cancer": (lambda: bundled("breast_cancer"), {}),
    "digits": (lambda: bundled("digits"), QUICK),
}


@pytest.mark.parametrize("name", list(TABLES))
def test_the_first_rows_of_the_ranking_are_those_of_float64(name):
    make, options = TABLES[name]
    wide, narrow = (
        labelaudit.audit(make(), "label", precision=precision, threads=2, **options).ranking
        for precision in ("float64", "float32")
    )
    assert len(set(wide["row"][:FIRST]) & set(narrow["row"][:FIRST])) >= SHARED
    assert set(wide["label_score"]) != set(narrow["label_score"])  # or float32 had not reached the blocks


def text_table() -> pd.DataFrame:
    frame = mixed()
    words = np.array(["north wind and rain", "south sun and sand", "west fog and mist"])
    return frame.assign(
        note=words[frame["label"].map({"u": 0, "v": 1, "w": 2})] + frame["a"].map(" at {:.1f} km".format)
    )


def test_sparse_rows_are_stored_likewise():
    options = {"text": "note", "encoding": "terms", "l2": 0.01, "threads": 1}
    wide, narrow = (
        labelaudit.audit(text_table(), "label", precision=p, **options).ranking for p in ("float64", "float32")
    )
    assert len(set(wide["row"][:FIRST]) & set(narrow["row"][:FIRST])) >= SHARED
    assert set(wide["label_score"]) != set(narrow["label_score"])


@pytest.mark.parametrize("options", [QUICK, {"encoding": "spline", "l2": 0.01, "solver": "cg"}], ids=str)
def test_threads_change_no_bit_in_float32(write, options):
    path = write(csv_text(sample_rows(CHUNK_ROWS + 1000)))
    audits = (labelaudit.audit(path, "label", id="key", threads=n, precision="float32", **options) for n in (1, 2, 4))
    assert len({ranking_csv(audit.ranking) for audit in audits}) == 1


def test_the_record_holds_the_precision_and_an_explanation_uses_it(tmp_path):
    frame = mixed()
    audit = labelaudit.audit(frame, "label", precision="float32", **QUICK)
    record = json.loads((audit.save(tmp_path / "saved") / "audit.json").read_bytes())
    assert record["options"]["precision"] == "float32"
    again = model_of(labelaudit.load(tmp_path / "saved"), data=frame)
    # the gradient at the recorded coefficients is the recorded one, which no other storage gives
    assert again.gradient_norm == pytest.approx(audit.summary["fit"]["gradient_norm"], rel=1e-6, abs=1e-15)


def test_a_value_beyond_float32_is_refused(tmp_path):
    frame, trusted = mixed(), mixed()
    trusted.loc[3, "a"] = 1e60
    options = {"reference": trusted, **QUICK}
    with pytest.raises(InputError, match=r"beyond the range of float32\. Use --precision float64"):
        labelaudit.audit(frame, "label", precision="float32", **options)
    assert len(labelaudit.audit(frame, "label", **options).ranking) == len(frame)
