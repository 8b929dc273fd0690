"""labelaudit finds the rows of a labelled table whose label is probably wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, cast

__version__ = "0.1.0"
__all__ = ["Audit", "__version__", "apply", "audit", "check", "explain", "load", "plan", "render", "undo", "validate"]

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.audits.planning.result import Plan
    from labelaudit.audits.result import Audit
    from labelaudit.checks.result import Check
    from labelaudit.cleaning.apply import Applied
    from labelaudit.explanations.result import Explanation
    from labelaudit.planting import ErrorKind
    from labelaudit.score import RankBy
    from labelaudit.table.embeddings import Embeddings
    from labelaudit.validation.result import Validation

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
    group: str | None = None,
    skip: int = 0,
    delimiter: str | None = None,
    charset: str = "utf-8",
    expect_rows: int | None = None,
    rejects: str | PathLike[str] | None = None,
    trust_size: bool = False,
    reference: pd.DataFrame | str | PathLike[str] | None = None,
    embeddings: Embeddings | None = None,
    only_embeddings: bool = False,
    reference_embeddings: Embeddings | None = None,
    pred_probs: pd.DataFrame | str | PathLike[str] | None = None,
    rank_by: RankBy = "label_score",
    max_fdr: float = 0.2,
    l2: float | Literal["auto"] = "auto",
    encoding: str = "auto",
    solver: str = "auto",
    optimizer: str = "newton",
    device: str = "auto",
    precision: str = "float64",
    threads: int | None = None,
    memory_limit: str | float = "auto",
    cache_dir: str | PathLike[str] | None = None,
    cluster: str | None = None,
    seed: int = 0,
    strict: bool = False,
) -> Audit:
    """Audits a DataFrame, or CSV or Parquet files or addresses; the options are those of `labelaudit audit`.

    embeddings (data rows, dimensions) of float16, float32 or float64, and pred_probs, a DataFrame with the classes'
    names as columns, have a row for every row of the data, in its order; both may be files instead. memory_limit is a
    size in bytes or as text ("8GiB"), or "auto" for what is free: what is predicted to need more lives in files of
    cache_dir (by default the folder of temporary files), with the same results. cluster, "local:4" or the address of a
    dask scheduler, holds encoded rows on its workers, likewise.
    Returns an `Audit`: `.ranking` (a DataFrame, one line for every labelled row, worst first), `.issues`,
    `.conflicts`, `.oddities`, `.summary`, `.save(folder)`. Raises the errors of `labelaudit.errors`: InputError for
    data that cannot be audited, UsageError for options that do not fit, OutputError where cache_dir cannot hold what
    does not fit into memory, ClusterError for a cluster that is lost, ConvergenceError under strict.
    """
    given = locals()  # the arguments, while nothing else has a name here

    from labelaudit.arguments import audit_options, paths
    from labelaudit.audits.inputs import read_inputs
    from labelaudit.audits.planning.placing import placed
    from labelaudit.audits.run import audit_inputs

    asked = audit_options(given)
    beside: Any = {"reference": asked.reference, "beside": asked.beside}
    with placed(paths(data), asked.options, asked.storing, **beside) as placement:
        inputs = read_inputs(placement.taken(), asked.options, **beside)
        return audit_inputs(inputs, asked.options, placement=placement)


def plan(data: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]], label: str, **options: Any) -> Plan:
    """Predicts memory, disk and time of `audit` with the same options, from some rows of the data.

    Returns a `Plan`: `.rows`, `.classes`, `.encoded_columns`, `.memory_bytes`, `.disk_bytes`, `.seconds` and more, and
    `.to_disk`: whether large values would live on disk. Raises the errors of `audit`, as far as some rows show them.
    """
    from labelaudit.arguments import bound_options, paths
    from labelaudit.audits.planning.plan import plan_data

    asked = bound_options(audit, data, label, options)
    limit = asked.storing.limit()
    return plan_data(paths(data), asked.options, limit, reference=asked.reference, beside=asked.beside)


def check(
    data: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]],
    label: str,
    *,
    max_issues: int | None = None,
    max_issue_rate: float | None = None,
    min_confidence: float = 0.0,
    baseline: str | PathLike[str] | None = None,
    update_baseline: bool = False,
    diff_base: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    **options: Any,
) -> Check:
    """Audits the data and compares what is found with limits, a baseline and an older version of the data.

    Without a limit no issue is allowed. The options are those of `audit`; the others are those of `labelaudit check`.
    Returns a `Check`: `.passed`, `.issues` (each with its `.finding`, `.fingerprint`, `.occurrence`), `.known`,
    `.audit`; `render` writes it in any format. With update_baseline the baseline file is written.
    Raises the errors of `audit`, InputError for a malformed baseline, OutputError for one that cannot be written.
    """
    from pathlib import Path

    from labelaudit.arguments import bound_options, paths
    from labelaudit.checks.baseline import baseline_text
    from labelaudit.checks.run import Gate, check_data, limits_of
    from labelaudit.files import write_bytes

    target = None if baseline is None else Path(baseline)
    limits = limits_of(max_issues, max_issue_rate)
    gate = Gate(limits, min_confidence, target, update_baseline, paths(diff_base))
    asked = bound_options(audit, data, label, options)
    found, accepted = check_data(
        paths(data), asked.options, gate, storing=asked.storing, reference=asked.reference, beside=asked.beside
    )
    if update_baseline and target is not None and accepted is not None:
        write_bytes(target, baseline_text(accepted).encode())
    return found


def render(
    result: Check | Audit,
    form: str = "text",
    *,
    data: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    validation: Validation | str | PathLike[str] | None = None,
) -> str:
    """A check as text, json, jsonl, csv, sarif, junit, github, gitlab or markdown; an audit as text, csv, json or html.

    html reads the audited data again; data names it where it is elsewhere, or is it where the audit is of a DataFrame.
    validation, of the same data, or the folder of a saved one, adds what was found of planted errors to html.
    Raises UsageError for another format, InputError for data, or a validation of data, that is not what was audited.
    """
    from labelaudit.audits.result import Audit
    from labelaudit.report.formats import AUDIT_FORMATS, CHECK_FORMATS

    if not isinstance(result, Audit):
        _known_format(form, CHECK_FORMATS)
        return CHECK_FORMATS[form](result)
    _known_format(form, (*AUDIT_FORMATS, "html"))
    if form != "html":
        return AUDIT_FORMATS[form](result)
    from labelaudit.arguments import paths
    from labelaudit.report import html
    from labelaudit.validation.loading import validation_of
    from labelaudit.views.view import view_of_saved

    measured = validation_of(result, validation)
    return html.render(view_of_saved(result, paths(data)), measured)


def _known_format(form: str, known: Iterable[str]) -> None:
    from labelaudit.errors import UsageError

    if form not in known:
        raise UsageError(f"there is no format {form!r}; formats: {', '.join(known)}.")


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
    embeddings: Embeddings | None = None,
    top: int = 10,
    memory_limit: str | float = "auto",
    cache_dir: str | PathLike[str] | None = None,
) -> Explanation:
    """Why a row has its verdict: the rows and columns that speak for and against its label, in numbers and in words.

    The row is named by its `row` in the ranking, or by its line in the file (FILE:LINE where there are several). The
    audit is one at hand or the path of a saved one. The audited data is read again from where it was; data names it
    elsewhere, and must be given where the audit is of a DataFrame; embeddings likewise, where it is of an array. top
    bounds the rows listed on each side. memory_limit and cache_dir are those of `audit`.
    Returns an `Explanation`: `.sentence`, `.probabilities`, `.opposing`, `.supporting`, `.columns`. Raises UsageError
    for a row that was not audited, InputError for data that is gone or is not what was audited.
    """
    from labelaudit.arguments import paths
    from labelaudit.audits.planning.placing import Storage
    from labelaudit.explanations.explain import explain as explain_audit

    at_hand = load(audit) if isinstance(audit, (str, PathLike)) else audit
    storing = Storage.of(memory_limit, cache_dir)
    return explain_audit(at_hand, row, line=line, data=paths(data), embeddings=embeddings, top=top, storing=storing)


def validate(
    data: pd.DataFrame | str | PathLike[str] | Sequence[str | PathLike[str]],
    label: str,
    *,
    kinds: _Names = ("uniform", "asymmetric", "instance"),
    rate: float = 0.1,
    repeats: int = 3,
    **options: Any,
) -> Validation:
    """Plants errors in copies of the data, audits each with these options of `audit`, and measures what is found.

    The labels of the data are taken as right, and the data stays as it is. kinds: of the errors, see
    `labelaudit.planting.plant`; rate: the share of labels to plant wrong, up to 1/2; repeats: copies of each kind, the
    first drawn from `seed`. Returns a `Validation`: `.summary`, `.kinds`, `.rows` (a DataFrame, one line for every
    planted error), `.save(folder)`. Raises what `audit` raises, and UsageError where no error would be planted.
    """
    from labelaudit.arguments import bound_options, names, paths
    from labelaudit.audits.planning.placing import placed
    from labelaudit.validation.run import Planting, validate_data

    asked = bound_options(audit, data, label, options)
    planting = Planting(cast("tuple[ErrorKind, ...]", names(kinds)), rate, repeats)
    beside: Any = {"reference": asked.reference, "beside": asked.beside}
    with placed(paths(data), asked.options, asked.storing, **beside) as placement:
        return validate_data(placement.data, asked.options, planting, **beside)


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
    from labelaudit.arguments import paths
    from labelaudit.cleaning.apply import apply as apply_to_data

    return apply_to_data(
        audit,
        data,
        output,
        decisions=paths(decisions),
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
