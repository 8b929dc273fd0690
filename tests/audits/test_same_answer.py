"""Another instruction set, order of rows or columns, scale by a power of two or names of classes: the same scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

import labelaudit
from labelaudit import _core
from sample_data import HEADER, sample_rows

SCORES = ["label_score", "average_influence", "self_influence", "self_confidence", "leverage"]
TOLERANCE = 1e-9  # rounding in another order; measured up to 1e-10 for scores of up to some thousands
ENCODINGS = ("linear", "kernel", "auto")


def mixed() -> pd.DataFrame:
    return pd.DataFrame(sample_rows(120), columns=HEADER).astype({"a": float, "b": float})


def wine() -> pd.DataFrame:
    frame = load_wine(as_frame=True).frame.iloc[:, -7:].rename(columns={"target": "label"})
    given = np.where(np.arange(len(frame)) % 10 == 0, (frame["label"] + 1) % 3, frame["label"])
    return frame.assign(label=np.array(list("uvw"))[given], key=[f"{i:03d}" for i in range(len(frame))])


TABLES = {"mixed": mixed(), "wine": wine()}


def columns_reversed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.columns[::-1]]


def scaled(frame: pd.DataFrame) -> pd.DataFrame:
    name = frame.select_dtypes(float).columns[0]
    return frame.assign(**{name: frame[name] * 1024.0})


CHANGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "rows": lambda frame: frame.sample(frac=1.0, random_state=1),
    "columns": columns_reversed,
    "scale": scaled,
    "names": lambda frame: frame.assign(label="class " + frame["label"]),
}


def scores(frame: pd.DataFrame, encoding: str) -> np.ndarray:
    ranking = labelaudit.audit(frame, "label", id="key", encoding=encoding, threads=1).ranking
    return ranking.sort_values("key")[SCORES].to_numpy()


@pytest.fixture(scope="module", params=[(name, encoding) for name in TABLES for encoding in ENCODINGS], ids="-".join)
def audited(request):
    name, encoding = request.param
    return TABLES[name], encoding, scores(TABLES[name], encoding)


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_means_the_same_scores_the_same(audited, change):
    frame, encoding, expected = audited
    np.testing.assert_allclose(scores(CHANGES[change](frame), encoding), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_every_instruction_set_scores_the_same(audited):
    frame, encoding, expected = audited
    before = _core.instruction_set()
    try:
        for name in _core.instruction_sets():
            _core.use_instruction_set(name)
            np.testing.assert_allclose(scores(frame, encoding), expected, rtol=TOLERANCE, atol=TOLERANCE)
    finally:
        _core.use_instruction_set(before)


@pytest.mark.parametrize(("large", "small"), [(1e300, 1e-300), (2.0**990, 2.0**-990)])
def test_wildly_scaled_columns_score_the_same(large, small):
    frame = TABLES["mixed"]
    wild = frame.assign(a=frame["a"] * large, b=frame["b"] * small)
    found = scores(wild, "linear")
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, scores(frame, "linear"), rtol=TOLERANCE, atol=TOLERANCE)
