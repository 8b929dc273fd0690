"""The explanation of one row of an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.audits.inputs import Paths
from labelaudit.audits.options import default_threads
from labelaudit.audits.planning.placing import UNBOUND, Storage
from labelaudit.audits.result import Audit, Finding
from labelaudit.audits.run import take
from labelaudit.encode.encoder import feature_columns
from labelaudit.encode.rows import verify
from labelaudit.errors import UsageError
from labelaudit.explanations.columns import pushes, told
from labelaudit.explanations.data import is_proven, placed_again, read_again, refuse_other_values
from labelaudit.explanations.find import row_of
from labelaudit.explanations.fitted import Array, FittedRows, fitted_rows_of
from labelaudit.explanations.neighbours import sides
from labelaudit.explanations.result import NOBODY, ClassProbability, Explanation
from labelaudit.explanations.sentence import sentence_of
from labelaudit.explanations.without import belonging, duplicates, probabilities_at, theta_without
from labelaudit.kernels import native
from labelaudit.kernels.blas import one_thread
from labelaudit.model.targets import class_probabilities
from labelaudit.table.words import quoted

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.table.embeddings import Embeddings

TOP = 10  # rows on each side


def explain(
    audit: Audit,
    row: int | None = None,
    *,
    line: str | int | None = None,
    data: Sequence[str | PathLike[str]] | pd.DataFrame | None = None,
    embeddings: Embeddings | None = None,
    top: int = TOP,
    threads: int | None = None,
    storing: Storage = UNBOUND,
) -> Explanation:
    """Explains one row, named by its `row` in the ranking or by its line; see `labelaudit.explain`."""
    if top < 0:
        raise UsageError(f"--top: expected 0 or more, got {top}")
    wanted = row_of(audit, row, line)  # before the data is read
    with one_thread(), placed_again(audit, data, embeddings, storing):
        return explain_row(_model(audit, data, embeddings, threads), wanted, top=top)


def model_of(
    audit: Audit,
    data: Sequence[str | PathLike[str]] | pd.DataFrame | None = None,
    *,
    embeddings: Embeddings | None = None,
    threads: int | None = None,
    storing: Storage = UNBOUND,
) -> FittedRows:
    """The audit's model on its data, read again: for explaining several rows. Raises InputError for other data."""
    with placed_again(audit, data, embeddings, storing):
        return _model(audit, data, embeddings, threads)


def _model(
    audit: Audit, data: Paths | pd.DataFrame | None, embeddings: Embeddings | None, threads: int | None
) -> FittedRows:
    table = read_again(audit, data, embeddings)
    model = fitted_rows_of(audit, table, threads=threads or default_threads())
    if not is_proven(audit, table, embeddings):
        refuse_other_values(model)
    return model


def explain_row(model: FittedRows, row: int, *, top: int = TOP) -> Explanation:
    """Explains a row of the ranking, by its `row`, with at most `top` rows on each side."""
    finding = _finding(model.audit, row)
    at = int(np.flatnonzero(model.table.row == row)[0])
    place = int(np.searchsorted(model.fitted, at))
    fitted = place < len(model.fitted) and model.fitted[place] == at
    found = _fitted(model, finding, place, top) if fitted else _alone(model, finding, at)
    verify(model.objective.blocks)
    return replace(found, sentence=sentence_of(found))


def _finding(audit: Audit, row: int) -> Finding:
    one = audit.ranking[audit.ranking["row"] == row]
    return next(replace(audit, ranking=one).findings())


def _fitted(model: FittedRows, finding: Finding, row: int, top: int) -> Explanation:
    classes = model.audit.model.classes
    with_row = class_probabilities(model.residuals.p[[model.stored[row]]])[0]
    theta = theta_without(model, row)
    without = probabilities_at(model, row, theta)
    given = int(model.rows.given[row])
    against = _against(finding, classes, given, without)
    found = pushes(model, row, theta, given, against)
    columns = told(model, row, found, given, against)
    opposing, supporting = sides(model, row, top, [c.column for c in columns])
    twins = np.setdiff1d(duplicates(model, row), [row])
    labels, counts = np.unique(model.rows.given[twins], return_counts=True)
    return Explanation(
        finding=finding,
        of_rows=len(model.audit.ranking),
        against_label=classes[against],
        probabilities=tuple(map(ClassProbability, classes, with_row.tolist(), without.tolist())),
        duplicates={classes[i]: n for i, n in zip(labels.tolist(), counts.tolist(), strict=True)},
        opposing=opposing,
        supporting=supporting,
        columns=columns,
        logit_difference=found.logit_difference,
        average_logit_difference=found.average,
        notes=_notes(model),
        sentence="",
        group_rows=None if model.rows.together is None else len(belonging(model, row)),
    )


def _against(finding: Finding, classes: tuple[str, ...], given: int, without: Array) -> int:
    if finding.predicted_label != finding.given_label:
        return classes.index(finding.predicted_label)
    return int(np.where(np.arange(len(classes)) == given, -1.0, without).argmax())


def _notes(model: FittedRows) -> tuple[str, ...]:
    notes, summary = [], model.audit.summary
    tolerance = summary["fit"]["tolerance"]
    if not model.gradient_norm <= tolerance:
        notes.append(
            f"The fit had not converged (gradient {model.gradient_norm:.1e}, expected {tolerance:.0e}): all of this is "
            "of an unfinished model."
        )
    groups = summary.get("groups")
    if summary["evidence"] == "pred_probs":
        notes.append(
            "self_confidence and label_score are of the predicted probabilities that were given; the probabilities "
            "here are of the audit's own model."
        )
    elif groups is not None:
        notes.append(
            f"self_confidence is of folds left out, which keep every group of {quoted(groups['column'])} together; the "
            "probabilities here leave out the row's own group alone."
        )
    elif model.solver == "cg":
        notes.append(
            "self_confidence is of folds left out, as with conjugate gradient; the probabilities here leave out the "
            "row alone, with its exact duplicates."
        )
    if summary["reference_rows"] is not None:
        notes.append(
            "average_influence is measured on the trusted rows; the columns' perturbation influence on all rows, "
            "weighted by label_score."
        )
    return tuple(notes)


def _alone(model: FittedRows, finding: Finding, at: int) -> Explanation:
    """Of a row that is the only one of its class: what the model makes of its features."""
    cells = take(model.table.columns, np.array([at]))
    x = model.audit.model.encoder.encode(feature_columns(cells), np.arange(1))
    p = class_probabilities(native.probabilities(native.forward(x, model.theta)))[0]
    said = zip(model.audit.model.classes, p.tolist(), strict=True)
    return Explanation(
        finding=finding,
        of_rows=len(model.audit.ranking),
        against_label=finding.predicted_label,
        probabilities=tuple(ClassProbability(label, q, None) for label, q in said),
        duplicates={},
        opposing=NOBODY,
        supporting=NOBODY,
        columns=(),
        logit_difference=None,
        average_logit_difference=None,
        notes=("The row is the only one of its class, so that the model was not fitted to it.",),
        sentence="",
    )
