"""labelaudit finds the rows of a labelled table whose label is probably wrong."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

__version__ = "0.1.0"
__all__ = ["Audit", "__version__", "apply", "audit", "explain", "load", "undo"]

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.audits.result import Audit
    from labelaudit.cleaning.apply import Applied
    from labelaudit.explanations.result import Explanation
    from labelaudit.score import RankBy

_Names = str | Sequence[str]


def audit(
    data: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]],
    label: str,
    *,
    id: _Names = (),  # noqa: A002 - the command line's name
    drop: _Names = (),
    numeric: _Names = (),
    categorical: _Names = (),
    text: _Names = (),
    missing: _Names = (),
    skip: int = 0,
    delimiter: str | None = None,
    charset: str = "utf-8",
    reference: pd.DataFrame | str | PathLike[str] | None = None,
    rank_by: RankBy = "label_score",
    max_fdr: float = 0.2,
    l2: float | Literal["auto"] = "auto",
    encoding: str = "auto",
    solver: str = "auto",
    optimizer: str = "newton",
    device: str = "auto",
    threads: int | None = None,
    seed: int = 0,
    strict: bool = False,
) -> Audit:
    """Audits a DataFrame or one or more CSV files; the options are those of `labelaudit audit`.

    Returns an `Audit`: `.ranking` (a DataFrame, one line for every labelled row, worst first), `.issues`, `.summary`,
    `.save(folder)`. Raises the errors of `labelaudit.errors`: InputError for data that cannot be audited, UsageError
    for options that do not fit, ConvergenceError under strict.
    """
    values = {name: _names(v) if name in _LISTS else v for name, v in locals().items() if name != "data"}
    values["ids"] = values.pop("id")
    trusted = [reference] if isinstance(reference, (str, PathLike)) else reference
    if reference is not None:
        values["reference"] = str(reference) if isinstance(reference, (str, PathLike)) else "a DataFrame"

    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.run import audit_data

    paths = [data] if isinstance(data, (str, PathLike)) else data
    return audit_data(paths, AuditOptions.of(values), reference=trusted)


_LISTS = ("id", "drop", "numeric", "categorical", "text", "missing")


def _names(names: _Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def load(path: str | PathLike[str]) -> Audit:
    """A saved audit, from its folder or its audit.json; raises InputError when a file is missing or was changed."""
    from labelaudit.audits.loading import load as load_audit

    return load_audit(path)


def explain(
    audit: Audit | str | PathLike[str],
    row: int | None = None,
    *,
    line: int | str | None = None,
    data: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    top: int = 10,
) -> Explanation:
    """Why a row has its verdict: the rows and columns that speak for and against its label, in numbers and in words.

    The row is named by its `row` in the ranking, or by its line in the file (FILE:LINE where there are several). The
    audit is one at hand or the path of a saved one. The audited data is read again from where it was; data names it
    elsewhere, and must be given where the audit is of a DataFrame. top bounds the rows listed on each side.
    Returns an `Explanation`: `.sentence`, `.probabilities`, `.opposing`, `.supporting`, `.columns`. Raises UsageError
    for a row that was not audited, InputError for data that is gone or is not what was audited.
    """
    from labelaudit.explanations.explain import explain as explain_audit

    at_hand = load(audit) if isinstance(audit, (str, PathLike)) else audit
    paths = [data] if isinstance(data, (str, PathLike)) else data
    return explain_audit(at_hand, row, line=line, data=paths, top=top)


def apply(
    audit: Audit | str | PathLike[str],
    data: str | PathLike[str],
    output: str | PathLike[str] | None = None,
    *,
    decisions: str | PathLike[str] | Sequence[str | PathLike[str]] = (),
    accept_suggestions: bool = False,
    max_label_score: float | None = None,
    new_labels: bool = False,
    flag: bool = False,
    undo: str | PathLike[str] | None = None,
    dry_run: bool = False,
) -> Applied:
    """Writes a cleaned copy of the audited file; the options are those of `labelaudit apply`.

    The audit is one at hand or the path of a saved one; decisions.sqlite beside a saved one counts by default, where
    it is. Returns what was done: `.relabelled`, `.dropped`, `.decisions`, `.suggestions`, under dry_run `.diff`.
    Raises InputError, with nothing written, for other data than was audited, an unknown row, decisions that disagree,
    or a label outside the classes; UsageError for an output that is an input, and for options that do not fit.
    """
    from labelaudit.cleaning.apply import apply as apply_to_data

    files = [decisions] if isinstance(decisions, (str, PathLike)) else decisions
    return apply_to_data(
        audit,
        data,
        output,
        decisions=files,
        accept_suggestions=accept_suggestions,
        max_label_score=max_label_score,
        new_labels=new_labels,
        flag=flag,
        undo=undo,
        dry_run=dry_run,
    )


def undo(clean: str | PathLike[str], undo_file: str | PathLike[str], output: str | PathLike[str]) -> None:
    """Restores the file that a cleaned copy was made of, from the undo file that `apply` wrote with it.

    Raises InputError for a copy that was changed since; UsageError for an output that is one of both.
    """
    from labelaudit.cleaning.undo import undo as undo_copy

    undo_copy(clean, undo_file, output)


def __getattr__(name: str) -> Any:
    if name == "Audit":
        from labelaudit.audits.result import Audit

        return Audit
    raise AttributeError(f"module 'labelaudit' has no attribute {name!r}")
