"""The audit itself: from a table to an `Audit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit import __version__, storage
from labelaudit.assess import Assessment, Tick, assess, probabilities_of, rows_of
from labelaudit.audits.fitted import FittedModel
from labelaudit.audits.groups import check_groups, groups_record
from labelaudit.audits.inputs import Beside, Inputs, Paths, read_inputs
from labelaudit.audits.oddities import conflicts_record, oddities_of, oddities_record
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.result import Placement
from labelaudit.audits.ranking import ranking_of
from labelaudit.audits.result import Audit
from labelaudit.audits.summary import left_out_columns, summary_of
from labelaudit.choose import Rows
from labelaudit.cluster.origin import came_from
from labelaudit.errors import ConvergenceError, InputError
from labelaudit.kernels.blas import one_thread
from labelaudit.model.fit import Fit
from labelaudit.table.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd


def _quiet(stage: str) -> None:
    """Nobody is watching."""


def audit_data(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    *,
    reference: Paths | pd.DataFrame | None = None,
    beside: Beside | None = None,
    placement: Placement | None = None,
    tick: Tick = _quiet,
) -> Audit:
    """Reads and audits files or a DataFrame; raises the errors of `labelaudit.errors`.

    reference holds the trusted rows, if any; options.reference only names them in the record. beside holds arrays
    that are not in files; by default the options' files are read. placement: where values live, for the record.
    """
    tick("reading")
    inputs = read_inputs(data, options, reference=reference, beside=beside)
    return audit_inputs(inputs, options, placement=placement, tick=tick)


def audit_inputs(
    inputs: Inputs, options: AuditOptions, *, placement: Placement | None = None, tick: Tick = _quiet
) -> Audit:
    """Audits what was read. Dense algebra runs on one thread each: no result depends on the number of threads."""
    table, reference = inputs.table, inputs.reference
    check_features(table)
    fitted, classes = fitted_rows(table)
    names = tuple(np.array(table.classes, dtype=object)[np.flatnonzero(classes >= 0)])
    group = None if table.group is None else table.group[fitted]
    with one_thread():
        columns = take(table.columns, fitted)
        rows = rows_of(columns, classes[table.given[fitted]], len(names), group, options.settings.threads)
        came_from(rows.columns, table, fitted, options.reading.missing)
        if group is not None:
            check_groups(str(options.reading.group), group, rows, names)
        trusted = None if reference is None else _trusted(reference, classes, rows.classes)
        pred_probs = None if inputs.pred_probs is None else _of_fitted(inputs.pred_probs, fitted, classes)
        assessment = assess(rows, options.settings, reference=trusted, pred_probs=pred_probs, tick=tick)
        alone = np.flatnonzero(np.bincount(fitted, minlength=len(table)) == 0)
        guesses = probabilities_of(assessment, table.columns, alone) if len(alone) else np.empty((0, 0))
    if options.strict and not assessment.fit.converged:
        raise _not_converged(assessment.fit)
    used, predicted = take(_used(table, assessment), fitted), assessment.scores.predicted
    oddities = storage.beside(lambda: oddities_of(table, used, rows, names, predicted), options.settings.threads)
    ranking = ranking_of(table, fitted, alone, assessment, guesses, names, options)
    trusted_rows = None if trusted is None else len(trusted.given)
    groups = None if group is None else groups_record(str(options.reading.group), table, rows)
    found = conflicts_record(table, ranking, rows.same if len(fitted) == len(table) else None)
    summary = summary_of(table, ranking, assessment, names, alone, trusted_rows, options)
    record: dict[str, Any] = {
        "labelaudit": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "summary": {
            **summary,
            "groups": groups,
            "conflicts": {name: found[name] for name in ("groups", "rows")},
        },
        "conflicts": found,
        "oddities": oddities_record(oddities(), summary["formula_like_cells"]),
        "options": options.as_record(),
        "storage": _storage(placement),
        "sources": sources_of(table),
        **({"arrays": {name: vars(a) for name, a in inputs.arrays.items()}} if inputs.arrays else {}),
        "left_out": {"rows": _left_out_rows(table), "columns": _left_out_columns(table, assessment)},
        **({} if reference is None else {"reference": _reference(reference, classes)}),
        "reasons": [{"row": int(r), "reason": "only row of its class"} for r in table.row[alone]],
    }
    return Audit(ranking, record, FittedModel(assessment.encoder, assessment.fit.theta, names))


def _storage(placement: Placement | None) -> dict[str, Any]:
    """Where large values lived, and what was predicted of them."""
    where = "disk" if storage.is_on_disk() else "memory"
    return {"where": where, "predicted_bytes": None if placement is None else placement.predicted_bytes}


def _not_converged(fit: Fit) -> ConvergenceError:
    return ConvergenceError(
        f"the fit did not converge: the gradient is {fit.gradient_norm:.1e} after {fit.iterations} iterations, "
        f"expected {fit.tolerance:.0e}. --optimizer newton or a larger --l2 mends it; without --strict the audit goes "
        "on and says so."
    )


def _used(table: Table, assessment: Assessment) -> list[Column]:
    """The columns that are features."""
    left_out = {c.name for c in left_out_columns(table, assessment.encoder)}
    return [c for c in table.columns if c.name not in left_out]


def fitted_rows(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of classes with two rows or more, and each class's code among the fitted classes (-1: not fitted)."""
    counts = np.bincount(table.given, minlength=len(table.classes))
    code = np.where(counts >= 2, np.cumsum(counts >= 2) - 1, -1)
    return np.flatnonzero(counts[table.given] >= 2), code


def _of_fitted(pred_probs: NDArray[np.float64], rows: NDArray[np.int64], classes: NDArray[np.int64]) -> Any:
    """The probabilities of the fitted rows and classes; a row that has none for any of these has the same for all."""
    kept = pred_probs[rows][:, classes >= 0]
    sums = kept.sum(1, keepdims=True)
    return np.where(sums > 0, kept / np.where(sums > 0, sums, 1.0), 1.0 / kept.shape[1])


def take(columns: Sequence[Column], rows: NDArray[np.int64]) -> tuple[Column, ...]:
    """The columns of some rows (positions in the table)."""
    if columns and np.array_equal(rows, np.arange(len(columns[0].values))):
        return tuple(columns)
    return tuple(Column(c.name, c.kind, c.values[rows], c.levels) for c in columns)


def _trusted(reference: Table, classes: NDArray[np.int64], count: int) -> Rows:
    fitted = np.flatnonzero(classes[reference.given] >= 0)
    if not len(fitted):
        where = reference.sources[0].path if reference.sources else "the reference"
        raise InputError(f"{where}: no row has a label of a class with two rows or more in the data")
    return rows_of(take(reference.columns, fitted), classes[reference.given[fitted]], count)


def check_features(table: Table) -> None:
    """Raises InputError where there is nothing to learn from."""
    if table.columns:
        return
    reasons = "; ".join(f'"{c.name}": {c.reason}' for c in table.left_out_columns[:5])
    where = table.sources[0].path if table.sources else "the table"
    why = reasons or "there is no other column"
    raise InputError(f"{where}: no column is left to learn from beside the label ({why})")


def sources_of(table: Table) -> list[dict[str, Any]]:
    """The table's files as the record has them; none for a DataFrame."""
    return [vars(s) | {"header": list(s.header)} for s in table.sources]


def _reference(reference: Table, classes: NDArray[np.int64]) -> dict[str, Any]:
    """The reference's files with their hashes, and its rows that could not be used."""
    unknown = reference.row[classes[reference.given] < 0]
    unused = [{"row": int(r), "reason": "the data has one row of this class"} for r in unknown]
    return {"sources": sources_of(reference), "left_out_rows": [*_left_out_rows(reference), *unused]}


def _left_out_columns(table: Table, assessment: Assessment) -> list[dict[str, str]]:
    return [vars(c) for c in left_out_columns(table, assessment.encoder)]


def _left_out_rows(table: Table) -> list[dict[str, Any]]:
    paths = [s.path for s in table.sources]
    return [
        {
            "row": r.row,
            "file": paths[r.file] if paths else None,
            "line": r.line if r.line >= 0 else None,
            "reason": r.reason,
        }
        for r in table.left_out_rows
    ]
