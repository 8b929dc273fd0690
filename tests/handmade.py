"""A tiny audit made by hand: what reports are tested on, so that no figure in them comes from a computation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from labelaudit.audits.fitted import FittedModel
from labelaudit.audits.frames import plain_texts
from labelaudit.audits.result import Audit
from labelaudit.checks.compare import Content, compare
from labelaudit.checks.result import Check, Limits
from labelaudit.encode.encoder import Encoder

SCORES = {
    "label_score": [0.0, 0.0625, 0.5, 0.9375],
    "is_label_issue": [True, True, False, False],
    "average_influence": [float("nan"), -1.5, 0.001953125, 12.25],
    "self_influence": [float("nan"), 3.0, 1e-07, 0.1],
    "self_confidence": [0.0, 0.03125, 0.5, 0.96875],
    "leverage": [float("nan"), 0.25, 0.125, 0.0078125],
}


def ranking(labels: list[str], predicted: list[str], ids: dict[str, list[str]], files: list[str] | None) -> Any:
    with plain_texts():
        return pd.DataFrame(
            {
                "rank": [1, 2, 3, 4],
                "row": [7, 2, 5, 1],
                **({"file": files} if files else {}),
                "line": pd.array([12, 3, 6, 2], dtype="Int64"),
                **ids,
                "given_label": labels,
                "predicted_label": predicted,
                **SCORES,
            }
        )


def record(classes: list[str], **changes: Any) -> dict[str, Any]:
    n = len(classes)
    summary = {
        "label": "kind",
        "rows": 4,
        "rows_left_out": 2,
        "classes": [{"name": c, "rows": 2} for c in classes],
        "columns": [{"name": "size", "kind": "numeric"}, {"name": "colour", "kind": "categorical"}],
        "column_kinds": {"numeric": 1, "categorical": 1},
        "columns_left_out": 1,
        "issues": 2,
        "expected_false_alarms": 0.0625,
        "only_row_of_its_class": 1,
        "noise": {
            "rate": 0.625,
            "interval": [0.5, 0.75],
            "without_reference": None,
            "classes": classes,
            "matrix": (np.eye(n) * (1 - n / 16) + 1 / 16).tolist(),
            "matrix_is": "P(given | true): a row for each given class, a column for each true class",
            "counts": np.eye(n).tolist(),
            "pairs": [],
            "models": {"one rate": 1.0},
        },
        "fit": {
            "votes": [{"encoding": "linear", "l2": 0.01, "weight": 1.0}],
            **{"encoding": "linear", "l2": 0.01, "encoded_columns": 4, "parameters": 4, "optimizer": "newton"},
            **{"solver": "direct", "device": "cpu", "iterations": 5, "loss": 0.25, "gradient_norm": 1e-12},
            **{"tolerance": 1e-09, "converged": True, "trials": []},
        },
        "reference_rows": None,
        "evidence": "leave-one-out",
        "average_influence_over": "all rows, weighted by label_score",
        "rank_by": "label_score",
    }
    left_out = {
        "rows": [{"row": r, "file": "train.csv", "line": r + 1, "reason": "no label"} for r in (3, 4)],
        "columns": [{"name": "note", "reason": "every value is different; name it with --id"}],
    }
    return {
        "labelaudit": "0.1.0",
        "created": "2020-01-01T00:00:00+00:00",
        "summary": {**summary, **changes},
        "options": {"label": "kind", "max_fdr": 0.2},
        "sources": [{"path": "train.csv", "sha256": "0" * 64}],
        "left_out": left_out,
        "reasons": [{"row": 7, "reason": "only row of its class"}],
    }


def handmade(
    labels: tuple[str, str, str] = ("cat", "dog", "+"),
    *,
    ids: dict[str, list[str]] | None = None,
    files: list[str] | None = None,
    more: dict[str, Any] | None = None,
    **changes: Any,
) -> Audit:
    """Four rows of the given labels; `changes` go into the summary, `more` stands beside it."""
    a, b, c = labels
    names = {"code": ["007", "=1+1", "", "x,y"]} if ids is None else ids
    model = FittedModel(Encoder("linear", (), (), None), np.zeros((1, 1)), (a, b))
    return Audit(ranking([c, a, b, a], [a, b, b, a], names, files), record([a, b, c], **changes) | (more or {}), model)


def checked(audit: Audit | None = None, *, sources: list[str] | None = None, **how: Any) -> Check:
    """The check of an audit (the handmade one), whose row i has the fingerprint i; no issue is allowed."""
    audit = handmade() if audit is None else audit
    if sources is not None:
        audit.record["sources"] = [{"path": path, "sha256": "0" * 64} for path in sources]
    rows = int(audit.ranking["row"].max())
    content = Content(np.array([f"{i + 1:032x}" for i in range(rows)], dtype=object), np.ones(rows, dtype=np.int64))
    return compare(audit, content, how.pop("limits", Limits(max_issues=0)), **how)
