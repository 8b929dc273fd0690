"""A cleaned copy of the audited file: the labels that were decided on, and all else as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath

from labelaudit.audits.loading import audit_file, load
from labelaudit.audits.result import Audit
from labelaudit.audits.saving import AUDIT, MODEL, RANKING
from labelaudit.cleaning.original import Original, fingerprints_of, read_original
from labelaudit.cleaning.output import refuse_same
from labelaudit.cleaning.parquet_copy import ParquetCopy, parquet_copy, refuse_name
from labelaudit.cleaning.plan import Plan, found_again, plan_of, refuse_foreign_labels, suggestions, united
from labelaudit.cleaning.text_copy import TextCopy, text_copy
from labelaudit.decisions.exchange import read_decisions
from labelaudit.decisions.store import NAME
from labelaudit.errors import InputError, UsageError
from labelaudit.masks import no_wider_than
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.words import printable, quoted

File = str | PathLike[str]
SQLITE_PARTS = ("-wal", "-shm", "-journal")  # what SQLite puts beside a database
FLAG = "label_issue"  # the column that --flag adds


@dataclass(frozen=True)
class Applied:
    """What was done, or would be: rows relabelled and dropped, decisions by kind, and suggestions.

    suggestions: how many labels are the audit's own; overruled: how many of its suggestions a decision stood against.
    flagged: rows with true in the added column, None without one. diff: UTF-8 text, empty unless it was a dry run;
    of Parquet it says in words what becomes of which row. formula_like: cells and names of the copy that a spreadsheet
    would take for formulas; they are the data's own, and stay.
    """

    relabelled: int
    dropped: int
    decisions: Counter[str]
    decision_files: tuple[str, ...]
    suggestions: int
    overruled: int
    flagged: int | None
    diff: bytes
    formula_like: int


def apply(
    audit: Audit | File,
    data: File,
    output: File | None = None,
    *,
    decisions: Sequence[File] = (),
    accept_suggestions: bool = False,
    max_label_score: float | None = None,
    new_labels: bool = False,
    flag: bool = False,
    undo: File | None = None,
    dry_run: bool = False,
) -> Applied:
    """Writes a cleaned copy, and the undo file where one is named; both or none.

    Without `decisions`, those in decisions.sqlite beside a saved audit count, where it is. Raises InputError, with
    nothing written, for data that was not audited, an unknown row, decisions that disagree, or a foreign label;
    UsageError for an output that is one of the inputs and for options that do not fit.
    """
    _check(output, accept_suggestions, max_label_score, flag, dry_run)
    at_hand = audit if isinstance(audit, Audit) else load(audit)
    sources = _decision_files(audit, decisions)
    _refuse_inputs(output, undo, audit, at_hand, [data, *sources])
    original = read_original(at_hand, data)
    if isinstance(original, Parquet) and output is not None:
        refuse_name(output)
    plan = _plan(at_hand, original, sources, accept_suggestions, max_label_score)
    refuse_foreign_labels(plan, [c["name"] for c in at_hand.summary["classes"]], new_labels=new_labels)
    flags = _flags(at_hand, plan, sources, accept_suggestions, max_label_score) if flag else None
    copy = _copy(original, plan, at_hand.summary["label"], flags)
    if dry_run:
        diff = copy.diff(original.name if output is None else printable(fspath(output)))
    elif output is not None:
        with no_wider_than([data]):
            copy.write(output, undo)
    return Applied(
        relabelled=0 if flag else len(plan.labels),
        dropped=0 if flag else len(plan.drops),
        decisions=plan.words,
        decision_files=tuple(fspath(path) for path in sources),
        suggestions=plan.suggested,
        overruled=plan.overruled,
        flagged=None if flags is None else len(flags),
        diff=diff if dry_run else b"",
        formula_like=copy.formulas,
    )


def _check(
    output: File | None, accept_suggestions: bool, max_label_score: float | None, flag: bool, dry_run: bool
) -> None:
    if output is None and not dry_run:
        raise UsageError("name the file to write with --output, or see what would change with --dry-run.")
    if max_label_score is not None and not (accept_suggestions or flag):
        raise UsageError("--max-label-score bounds the suggestions: it goes with --accept-suggestions or --flag.")
    if max_label_score is not None and not 0 <= max_label_score <= 1:
        raise UsageError(f"--max-label-score: expected a probability from 0 to 1, got {max_label_score}.")


def _decision_files(audit: Audit | File, decisions: Sequence[File]) -> list[File]:
    """The files named, else the one beside the saved audit where it is."""
    if decisions or isinstance(audit, Audit):
        return list(decisions)
    beside = audit_file(audit).parent / NAME
    return [beside] if beside.is_file() else []


def _refuse_inputs(
    output: File | None, undo: File | None, audit: Audit | File, at_hand: Audit, inputs: Sequence[File]
) -> None:
    """Raises UsageError if a file to be written is one that is read."""
    kept: dict[str, File] = {f"the input {fspath(path)}": path for path in inputs}
    recorded = [*at_hand.record["sources"], *at_hand.record.get("reference", {}).get("sources", [])]
    kept |= {f"the audited file {source['path']}": source["path"] for source in recorded}
    if not isinstance(audit, Audit):
        folder = audit_file(audit).parent
        kept |= {f"{name} of the audit": folder / name for name in (AUDIT, RANKING, MODEL, NAME)}
        kept |= {"the audit": audit_file(audit)}
    kept |= {f"{path}{end}, a part of {path}": f"{path}{end}" for path in map(str, inputs) for end in SQLITE_PARTS}
    if output is not None:
        refuse_same(output, kept)
    if undo is not None:
        refuse_same(undo, kept | ({} if output is None else {"the output": output}))


def _plan(
    audit: Audit,
    original: Original | Parquet,
    sources: Sequence[File],
    accept_suggestions: bool,
    max_label_score: float | None,
) -> Plan:
    decided = united([(printable(fspath(path)), read_decisions(path)) for path in sources])
    rows = found_again(decided, fingerprints_of(original), original.name) if decided else {}
    return plan_of(rows, suggestions(audit, max_label_score) if accept_suggestions else {})


def _flags(
    audit: Audit, plan: Plan, sources: Sequence[File], accept_suggestions: bool, max_label_score: float | None
) -> list[int]:
    """The rows that would be changed; where there are neither decisions nor accepted suggestions, the issues."""
    if sources or accept_suggestions:
        return plan.changed
    return sorted(suggestions(audit, max_label_score))


def _refuse_flag(original: Original | Parquet) -> None:
    name, header = original.name, original.header
    if FLAG in header:
        raise InputError(
            f"{name}: has a column {quoted(FLAG)} already, which --flag would add. Rename it, and audit anew."
        )


def _copy(original: Original | Parquet, plan: Plan, label: str, flags: list[int] | None) -> TextCopy | ParquetCopy:
    if flags is not None:
        _refuse_flag(original)
    if isinstance(original, Parquet):
        return parquet_copy(original, plan, label, FLAG, flags)
    return text_copy(original, plan, label, FLAG, flags)
