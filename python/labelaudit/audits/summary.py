"""The summary of an audit, as plain data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.assess import Assessment
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.saving import formula_like_cells
from labelaudit.curvature import quadratic_error
from labelaudit.encode.columns import RAREST
from labelaudit.encode.encoder import Encoder
from labelaudit.noise.models import MOST_CLASSES
from labelaudit.table.table import Column, LeftOutColumn, Table

if TYPE_CHECKING:
    import pandas as pd

MOST_PAIRS = 20
FEWEST_ROWS = 0.5  # that an error is expected in, to be listed


def summary_of(
    table: Table,
    ranking: pd.DataFrame,
    assessment: Assessment,
    fitted_classes: tuple[str, ...],
    alone: NDArray[np.int64],
    reference_rows: int | None,
    options: AuditOptions,
) -> dict[str, Any]:
    """Rows, classes, columns, fit, noise, issues; every figure is of this audit."""
    issues = ranking["is_label_issue"].to_numpy()
    scores = ranking["label_score"].to_numpy()
    fitted = ~ranking["leverage"].isna().to_numpy()  # a row alone in its class has a verdict, but no estimate
    left_out = left_out_columns(table, assessment.encoder)
    used = [c for c in table.columns if c.name not in {x.name for x in left_out}]
    counts = np.bincount(table.given, minlength=len(table.classes))
    return {
        "label": table.label,
        "rows": len(table),
        "rows_left_out": len(table.left_out_rows),
        "classes": [{"name": name, "rows": int(n)} for name, n in zip(table.classes, counts, strict=True)],
        "columns": [_column(c) for c in used],
        "column_kinds": dict(Counter(c.kind for c in used)),
        "columns_left_out": len(left_out),
        "issues": int(issues.sum()),
        "expected_false_alarms": float(scores[issues].sum()),
        "only_row_of_its_class": len(alone),
        "noise": _noise(assessment, fitted_classes, scores[fitted]),
        "fit": _fit(assessment),
        "reference_rows": reference_rows,
        "evidence": _evidence(assessment, options),
        "average_influence_over": "trusted rows" if reference_rows is not None else "all rows, weighted by label_score",
        "rank_by": options.rank_by,
        "formula_like_cells": formula_like_cells(ranking, list(table.ids), table.classes),
    }


def _column(column: Column) -> dict[str, Any]:
    about: dict[str, Any] = {"name": column.name, "kind": column.kind}
    return about | {"dimensions": column.values.shape[1]} if column.kind == "embedding" else about


def _evidence(assessment: Assessment, options: AuditOptions) -> str:
    """Where the out-of-sample probabilities came from."""
    if options.pred_probs is not None:
        return "pred_probs"
    if options.reading.group is not None:
        return "5 folds by groups"
    return "leave-one-out" if assessment.solver == "direct" else "5 folds"


def _noise(assessment: Assessment, classes: tuple[str, ...], scores: NDArray[np.float64]) -> dict[str, Any]:
    belief = assessment.credibility
    rate, (low, high) = float(np.mean(1 - scores)), belief.estimate.interval
    without = belief.without_trusted
    return {
        "rate": rate,
        "interval": [min(low, rate), max(high, rate)],
        "without_reference": None if without is None else {"rate": without.rate, "interval": list(without.interval)},
        "classes": list(classes),
        "matrix": belief.estimate.noise.tolist() if len(classes) <= MOST_CLASSES else None,
        "matrix_is": "P(given | true): a row for each given class, a column for each true class",
        "counts": belief.counts.tolist() if len(classes) <= MOST_CLASSES else None,
        "pairs": _pairs(belief.counts, classes),
        "models": belief.estimate.weights,
    }


def _pairs(counts: NDArray[np.float64], classes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The most frequent errors: labels of `true` given as `given`, in expected rows."""
    errors = counts - np.diag(np.diagonal(counts))
    flat = errors.ravel()
    first = np.argsort(-flat, kind="stable")[:MOST_PAIRS]
    places = [divmod(int(i), len(classes)) for i in first if flat[i] >= FEWEST_ROWS]
    return [{"given": classes[g], "true": classes[t], "rows": float(errors[g, t])} for g, t in places]


def _fit(assessment: Assessment) -> dict[str, Any]:
    fit, choice = assessment.fit, assessment.choice
    return {
        "encoding": choice.encoding,
        "l2": choice.l2,
        "votes": [vars(vote) for vote in choice.votes],
        "encoded_columns": len(assessment.encoder.names),
        "parameters": int(fit.theta.size),
        "optimizer": fit.optimizer,
        "solver": assessment.solver,
        "self_influence_error": quadratic_error(fit.theta.size, assessment.solver, fit.theta.shape[1]),
        "device": assessment.device,
        "iterations": fit.iterations,
        "loss": fit.loss,
        "gradient_norm": fit.gradient_norm,
        "tolerance": fit.tolerance,
        "converged": fit.converged,
        "trials": [
            vars(t) | {name: None for name in ("l2", "loss", "explained_loss") if not np.isfinite(getattr(t, name))}
            for t in choice.trials
        ],
    }


def left_out_columns(table: Table, encoder: Encoder) -> list[LeftOutColumn]:
    """The columns that are no features, with reasons."""
    rare = f"every value stands in fewer than {RAREST} rows; if these are numbers, mend them or name --missing words"
    alone = "running text in which no two rows share a word or letters"
    kinds = {c.name: c.kind for c in table.columns}
    empty = [e.column for e in encoder.base if not e.names and e.column in kinds]
    reasons = (LeftOutColumn(name, alone if kinds[name] == "text" else rare) for name in empty)
    return [*table.left_out_columns, *reasons]
