"""One audit against what is known to be planted. Rows alone in their class have a verdict, no estimate: no figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.result import Audit
from labelaudit.metrics import average_precision, brier_skill, by_tenths, precision, recall, reliability
from labelaudit.table.table import Table
from labelaudit.validation.result import AsItIs

if TYPE_CHECKING:
    import pandas as pd


def as_it_is(audit: Audit) -> AsItIs:
    """What is stated about the table without planted errors."""
    ranking, noise = _estimated(audit), audit.summary["noise"]
    flagged = ranking["row"][ranking["is_label_issue"]].to_numpy()
    return AsItIs(len(flagged), noise["rate"], tuple(noise["interval"]), np.sort(flagged))


def measured(audit: Audit, true: Table, given: NDArray[np.int64], before: AsItIs) -> dict[str, Any]:
    """The figures of a `Run` by name; `true` is the table as read, given (rows,) its class codes with errors."""
    ranking, noise = _estimated(audit), audit.summary["noise"]
    row, score, flags = (ranking[name].to_numpy() for name in ("row", "label_score", "is_label_issue"))
    position = np.searchsorted(true.row, row)
    wrong = (given != true.given)[position]
    planted, order = int(wrong.sum()), np.arange(len(wrong))
    suspicion = -order.astype(np.float64)  # the order of the ranking, whatever it is by
    return {
        "rows": len(wrong),
        "planted": planted,
        "average_precision": average_precision(wrong, suspicion) if planted else float("nan"),
        "flagged": int(flags.sum()),
        "precision": precision(wrong, flags),
        "recall": recall(wrong, flags),
        "precision_at_planted": precision(wrong, order < planted),
        "stated_false_alarms": _share(score[flags]),
        "false_alarms_before": _share(np.isin(row[flags & ~wrong], before.rows)),
        "stated_rate": noise["rate"],
        "interval": tuple(noise["interval"]),
        "calibration_error": reliability(score, wrong).error,
        "brier_skill": brier_skill(score, wrong),
        "tenths": by_tenths(wrong),
        "reliability": reliability(score, wrong),
        "converged": audit.summary["fit"]["converged"],
        "labels": _labels(ranking, true, position, wrong),
    }


def _estimated(audit: Audit) -> pd.DataFrame:
    return audit.ranking[audit.ranking["leverage"].notna()]


def _share(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _labels(ranking: pd.DataFrame, true: Table, position: NDArray[np.int64], wrong: NDArray[np.bool_]) -> pd.DataFrame:
    """The planted errors in row order."""
    import pandas as pd

    names = np.array(true.classes, dtype=object)
    labels = {
        "row": ranking["row"],
        "label": names[true.given[position]],
        "planted_label": ranking["given_label"],
        "rank": np.arange(1, len(ranking) + 1),
        "label_score": ranking["label_score"],
        "is_label_issue": ranking["is_label_issue"],
    }
    return pd.DataFrame(labels)[wrong].sort_values("row").reset_index(drop=True)
