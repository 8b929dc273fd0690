"""The audit itself: from a table to an `Audit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from labelaudit import __version__
from labelaudit.assess import Assessment, Tick, assess, probabilities_of, rows_of
from labelaudit.audits.fitted import FittedModel
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.ranking import ranking_of
from labelaudit.audits.result import Audit
from labelaudit.audits.summary import left_out_columns, summary_of
from labelaudit.choose import Rows
from labelaudit.errors import ConvergenceError, InputError
from labelaudit.table.reader import Input, read_table
from labelaudit.table.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

Paths = Sequence[Input]


def _quiet(stage: str) -> None:
    """Nobody is watching."""


def audit_data(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    *,
    reference: Paths | pd.DataFrame | None = None,
    tick: Tick = _quiet,
) -> Audit:
    """Reads and audits files or a DataFrame; raises the errors of `labelaudit.errors`.

    reference holds the trusted rows, if any; options.reference only names them in the record.
    """
    tick("reading")
    table = read(data, options)
    trusted = None if reference is None else read(reference, options, expect=table)
    return audit_table(table, options, reference=trusted, tick=tick)


def _reading(options: AuditOptions) -> dict[str, Any]:
    return dict(vars(options.reading))


def read(data: Paths | pd.DataFrame, options: AuditOptions, *, expect: Table | None = None) -> Table:
    """The labelled rows as these options say; `expect` is the audited table, when reading its reference."""
    if hasattr(data, "columns"):
        from labelaudit.table.frame import table_from_frame

        reading = _reading(options)
        for name in ("skip", "delimiter", "charset"):
            reading.pop(name)
        return table_from_frame(data, expect=expect, **reading)
    return read_table(data, expect=expect, **_reading(options))


def audit_table(table: Table, options: AuditOptions, *, reference: Table | None = None, tick: Tick = _quiet) -> Audit:
    """Audits a table. Dense algebra runs on one thread each, so that no result depends on the number of threads."""
    if not table.columns:
        raise InputError(_no_features(table))
    fitted, classes = fitted_rows(table)
    with threadpool_limits(1):
        rows = rows_of(take(table.columns, fitted), classes[table.given[fitted]], int(classes.max()) + 1)
        trusted = None if reference is None else _trusted(reference, classes, rows.classes)
        assessment = assess(rows, options.settings, reference=trusted, tick=tick)
        alone = np.setdiff1d(np.arange(len(table)), fitted)
        guesses = probabilities_of(assessment, table.columns, alone) if len(alone) else np.empty((0, 0))
    if options.strict and not assessment.fit.converged:
        raise ConvergenceError(
            f"the fit did not converge: the gradient is {assessment.fit.gradient_norm:.1e} after "
            f"{assessment.fit.iterations} iterations, expected {assessment.fit.tolerance:.0e}. "
            "--optimizer newton or a larger --l2 mends it; without --strict the audit goes on and says so."
        )
    names = tuple(np.array(table.classes, dtype=object)[np.flatnonzero(classes >= 0)])
    ranking = ranking_of(table, fitted, alone, assessment, guesses, names, options)
    trusted_rows = None if trusted is None else len(trusted.given)
    record = {
        "labelaudit": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "summary": summary_of(table, ranking, assessment, names, alone, trusted_rows, options),
        "options": options.as_record(),
        "sources": _sources(table),
        "left_out": {"rows": _left_out_rows(table), "columns": _left_out_columns(table, assessment)},
        **({} if reference is None else {"reference": _reference(reference, classes)}),
        "reasons": [{"row": int(r), "reason": "only row of its class"} for r in table.row[alone]],
    }
    return Audit(ranking, record, FittedModel(assessment.encoder, assessment.fit.theta, names))


def fitted_rows(table: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of classes with two rows or more, and each class's code among the fitted classes (-1: not fitted)."""
    counts = np.bincount(table.given, minlength=len(table.classes))
    code = np.where(counts >= 2, np.cumsum(counts >= 2) - 1, -1)
    return np.flatnonzero(counts[table.given] >= 2), code


def take(columns: Sequence[Column], rows: NDArray[np.int64]) -> tuple[Column, ...]:
    """The columns of some rows (positions in the table)."""
    return tuple(Column(c.name, c.kind, c.values[rows], c.levels) for c in columns)


def _trusted(reference: Table, classes: NDArray[np.int64], count: int) -> Rows:
    fitted = np.flatnonzero(classes[reference.given] >= 0)
    if not len(fitted):
        where = reference.sources[0].path if reference.sources else "the reference"
        raise InputError(f"{where}: no row has a label of a class with two rows or more in the data")
    return rows_of(take(reference.columns, fitted), classes[reference.given[fitted]], count)


def _no_features(table: Table) -> str:
    reasons = "; ".join(f'"{c.name}": {c.reason}' for c in table.left_out_columns[:5])
    where = table.sources[0].path if table.sources else "the table"
    return f"{where}: no column is left to learn from beside the label ({reasons or 'there is no other column'})"


def _sources(table: Table) -> list[dict[str, Any]]:
    return [vars(s) | {"header": list(s.header)} for s in table.sources]


def _reference(reference: Table, classes: NDArray[np.int64]) -> dict[str, Any]:
    """The reference's files with their hashes, and its rows that could not be used."""
    unknown = reference.row[classes[reference.given] < 0]
    unused = [{"row": int(r), "reason": "the data has one row of this class"} for r in unknown]
    return {"sources": _sources(reference), "left_out_rows": [*_left_out_rows(reference), *unused]}


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
