"""The ranking as a table: one line for every labelled row, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.assess import Assessment
from labelaudit.audits.frames import plain_texts
from labelaudit.audits.options import AuditOptions
from labelaudit.blocks import on_threads
from labelaudit.score import RankBy, flagged
from labelaudit.table.table import Table

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def ranking_of(
    table: Table,
    fitted: NDArray[np.int64],
    alone: NDArray[np.int64],
    assessment: Assessment,
    guesses: Array,
    names: tuple[str, ...],
    options: AuditOptions,
) -> pd.DataFrame:
    """The ranking of the table's rows: `fitted` ones as assessed, those `alone` in their class with label_score 0.

    guesses (alone rows, fitted classes) are the model's probabilities for the rows it could not be fitted to.
    """
    scores = _scores(len(table), fitted, alone, assessment)
    code = {name: i for i, name in enumerate(table.classes)}
    class_of = np.array([code[name] for name in names], dtype=np.int64)
    predicted = np.empty(len(table), dtype=np.int64)
    predicted[fitted] = class_of[assessment.scores.predicted]
    if len(alone):
        predicted[alone] = class_of[guesses.argmax(1)]
    estimated = np.zeros(len(table), dtype=bool)
    estimated[fitted] = True
    issue = flagged(scores["label_score"], (predicted != table.given) & estimated, options.max_fdr) | ~estimated
    columns: dict[str, Any] = {
        "row": table.row,
        **({"file": table.file} if len(table.sources) > 1 else {}),
        "line": _lines(table),
        **table.ids,
        "given_label": table.given,
        "predicted_label": predicted,
        "label_score": scores.pop("label_score"),
        "is_label_issue": issue,
        **scores,
    }
    words = dict.fromkeys(("given_label", "predicted_label"), table.classes) | {"file": [s.path for s in table.sources]}
    return _frame(columns, words, worst_first(columns, options.rank_by), options.settings.threads)


def _frame(
    columns: dict[str, Any], words: Mapping[str, Sequence[str]], order: NDArray[np.int64], threads: int
) -> pd.DataFrame:
    """The columns in this order; those that words has a list for are places in it."""
    import pandas as pd

    def ordered_of(name: str) -> Any:
        values = columns[name].take(order)
        return np.array(words[name], dtype=object).take(values) if name in words else values

    ordered = dict(zip(columns, on_threads(ordered_of, list(columns), threads), strict=True))
    with plain_texts():
        return pd.DataFrame({"rank": np.arange(1, len(order) + 1), **ordered}, copy=False)


def _lines(table: Table) -> Any:
    import pandas as pd

    missing = np.broadcast_to(not (table.line >= 0).all(), len(table)).copy()
    return pd.arrays.IntegerArray(np.where(missing, 0, table.line), missing)


def _scores(rows: int, fitted: NDArray[np.int64], alone: NDArray[np.int64], assessment: Assessment) -> dict[str, Array]:
    names = ("label_score", "average_influence", "self_influence", "self_confidence", "leverage")
    found: dict[str, Array] = {name: getattr(assessment.scores, name) for name in names}
    if not len(alone):
        return found
    out = {name: np.full(rows, np.nan) for name in names}
    for name in names:
        out[name][fitted] = found[name]
    out["label_score"][alone] = 0.0
    out["self_confidence"][alone] = 0.0
    return out


def worst_first(columns: dict[str, Any], rank_by: RankBy) -> NDArray[np.int64]:
    """The order by the column that was asked for, ties by label_score, average_influence, row; missing values last."""
    key = -columns[rank_by] if rank_by == "self_influence" else columns[rank_by]
    order = np.argsort(key)
    tied = _tied(key[order])
    some = order[tied]
    ties = (columns["row"][some], columns["average_influence"][some], columns["label_score"][some], key[some])
    order[tied] = some[np.lexsort(ties)]
    return order


def _tied(values: Array) -> NDArray[np.int64]:
    """Where a sorted value equals its neighbour; missing ones, which stand last, equal each other."""
    missing = np.isnan(values)
    same = (values[1:] == values[:-1]) | (missing[1:] & missing[:-1])
    return np.flatnonzero(np.append(same, False) | np.append(False, same))
