"""One audit of a copy with planted errors against what is known to be planted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.result import Audit
from labelaudit.metrics import average_precision, brier_skill, by_tenths, precision, recall, reliability
from labelaudit.table.table import Table


def measured(audit: Audit, true: Table, given: NDArray[np.int64]) -> dict[str, Any]:
    """The figures of a `Run` by name; `true` is the table as read, given (rows,) its class codes with errors."""
    ranking = audit.ranking[
        audit.ranking["leverage"].notna()
    ]  # a row alone in its class has a verdict, but no estimate
    position = np.searchsorted(true.row, ranking["row"].to_numpy())
    wrong, score = (given != true.given)[position], ranking["label_score"].to_numpy()
    flags = ranking["is_label_issue"].to_numpy()
    planted, noise = int(wrong.sum()), audit.summary["noise"]
    suspicion = -np.arange(len(wrong), dtype=np.float64)  # the order of the ranking, whatever it is by
    return {
        "rows": len(wrong),
        "planted": planted,
        "average_precision": average_precision(wrong, -np.arange(len(wrong), dtype=np.float64))
        if planted
        else float("nan"),
        "flagged": int(flags.sum()),
        "precision": precision(wrong, flags),
        "recall": recall(wrong, flags),
        "precision_at_planted": precision(wrong, np.arange(len(wrong)) < planted),
        "stated_false_alarms": float(score[flags].mean()) if flags.any() else float("nan"),
        "stated_rate": noise["rate"],
        "interval": tuple(noise["interval"]),
        "calibration_error": reliability(score, wrong).error,
        "brier_skill": brier_skill(score, wrong),
        "tenths": by_tenths(wrong),
        "reliability": reliability(score, wrong),
        "converged": audit.summary["fit"]["converged"],
        "labels": _labels(ranking, true, position, wrong),
    }


def _labels(ranking: Any, true: Table, position: NDArray[np.int64], wrong: NDArray[np.bool_]) -> Any:
    import pandas as pd

    names = np.array(true.classes, dtype=object)
    labels = pd.DataFrame(
        {
            "row": ranking["row"].to_numpy(),
            "label": names[true.given[position]],
            "planted_label": ranking["given_label"].to_numpy(),
            "rank": np.arange(1, len(ranking) + 1),
            "label_score": ranking["label_score"].to_numpy(),
            "is_label_issue": ranking["is_label_issue"].to_numpy(),
        }
    )
    return labels[wrong].sort_values("row").reset_index(drop=True)
