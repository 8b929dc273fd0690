"""Classes that columns separate: the fit has no finite optimum without a penalty, and the scores are finite.

A column that tells all labels is named as a leak, and what separates without that, or together, as a separation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.report import text

ROWS = 200


def table(case: str) -> str:
    rng = np.random.default_rng(1)
    x, z = rng.permutation(ROWS) / 7, rng.normal(size=ROWS)
    label = np.where(x < np.median(x), "a", "b")
    if case == "quasi-complete":  # rows of both classes stand on the border, and on no other value
        x = np.where(np.abs(x - np.median(x)) < 1, np.median(x), x)
    if case == "together":
        x = x / 9 + 3 * z
    return "x,z,y\n" + "".join(f"{float(a)!r},{float(b)!r},{c}\n" for a, b, c in zip(x, z, label, strict=True))


@pytest.mark.parametrize("case", ["complete", "quasi-complete", "together"])
@pytest.mark.parametrize("options", [{}, {"l2": 0.0, "encoding": "linear"}], ids=["usual", "no penalty"])
def test_every_score_is_finite_and_what_separates_is_named(
    tmp_path: Path, case: str, options: dict[str, object]
) -> None:
    path = tmp_path / "train.csv"
    path.write_text(table(case))
    audit = labelaudit.audit(path, "y", **options)
    named = {
        (o["kind"], *o.get("columns", [o["column"]]))
        for o in audit.record["oddities"]
        if o["kind"] in ("leak", "separation")
    }
    assert named == {
        {"complete": ("leak", "x"), "quasi-complete": ("separation", "x"), "together": ("separation", "x", "z")}[case]
    }
    if case != "complete":
        assert "Without a penalty the fit would be infinite" in " ".join(text.render(audit).split())
    scores = audit.ranking.select_dtypes("number").drop(columns=["line"], errors="ignore")
    assert np.isfinite(scores.to_numpy()).all()
