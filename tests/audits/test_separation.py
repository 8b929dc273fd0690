"""Classes that columns separate: the fit has no finite optimum without a penalty, and the scores are finite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit

ROWS = 200


def table(case: str) -> str:
    rng = np.random.default_rng(1)
    x, z = rng.permutation(ROWS) / 7, rng.normal(size=ROWS)
    label = np.where(x < np.median(x), "a", "b")
    if case == "quasi-complete":  # rows of both classes stand on the border, and on no other value
        x = np.where(np.abs(x - np.median(x)) < 1, np.median(x), x)
    return "x,z,y\n" + "".join(f"{float(a)!r},{float(b)!r},{c}\n" for a, b, c in zip(x, z, label, strict=True))


@pytest.mark.parametrize("case", ["complete", "quasi-complete"])
@pytest.mark.parametrize("options", [{}, {"l2": 0.0, "encoding": "linear"}], ids=["usual", "no penalty"])
def test_every_score_is_finite_and_a_column_that_separates_all_is_named(
    tmp_path: Path, case: str, options: dict[str, object]
) -> None:
    path = tmp_path / "train.csv"
    path.write_text(table(case))
    audit = labelaudit.audit(path, "y", **options)
    named = set(audit.oddities.query("kind == 'leak'")["column"])
    assert named == ({"x"} if case == "complete" else set())  # on the border x does not tell the classes apart
    scores = audit.ranking.select_dtypes("number").drop(columns=["line"], errors="ignore")
    assert np.isfinite(scores.to_numpy()).all()
