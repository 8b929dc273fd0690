"""A check from data to outcome: everything is read once, audited once, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.assess import Tick
from labelaudit.audits.inputs import Beside, Paths
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.placing import UNBOUND, Storage, placed
from labelaudit.audits.result import Audit
from labelaudit.audits.run import audit_data
from labelaudit.checks.baseline import Baseline, accepting, load_baseline
from labelaudit.checks.compare import Content, compare
from labelaudit.checks.result import Check, Limits
from labelaudit.errors import InputError, UsageError
from labelaudit.explanations.data import audited_inputs, read_again
from labelaudit.fingerprints import Fingerprints, fingerprints
from labelaudit.table.delimiter import delimiter_of
from labelaudit.table.frame import cells_of_frame
from labelaudit.table.opening import Opened, all_parquet, open_input
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.reader import read_fingerprints
from labelaudit.table.source import Text

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_LIMITS = Limits(max_issues=0)


@dataclass(frozen=True)
class Gate:
    """What is allowed; raises UsageError for a value outside its range. Without any limit no issue is allowed."""

    limits: Limits = DEFAULT_LIMITS
    min_confidence: float = 0.0
    baseline: Path | None = None
    update_baseline: bool = False
    diff_base: Sequence[str | PathLike[str]] | pd.DataFrame | None = None

    def __post_init__(self) -> None:
        most, share = self.limits.max_issues, self.limits.max_issue_rate
        if most is not None and most < 0:
            raise UsageError(f"--max-issues: expected 0 or more, got {most}")
        if share is not None and not 0 <= share <= 1:
            raise UsageError(f"--max-issue-rate: expected a share from 0 to 1, got {share}")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"--min-confidence: expected a probability from 0 to 1, got {self.min_confidence}")
        if self.update_baseline and self.baseline is None:
            raise UsageError("--update-baseline needs --baseline FILE, the file to write.")


def limits_of(max_issues: int | None, max_issue_rate: float | None) -> Limits:
    """The limits that were asked for, or else no issue at all."""
    return DEFAULT_LIMITS if max_issues is None and max_issue_rate is None else Limits(max_issues, max_issue_rate)


def check_data(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    gate: Gate,
    *,
    storing: Storage = UNBOUND,
    reference: Paths | pd.DataFrame | None = None,
    beside: Beside | None = None,
    tick: Tick = lambda stage: None,
) -> tuple[Check, Baseline | None]:
    """The outcome, and the baseline that is in force after it, to be written under `update_baseline`.

    Raises the errors of `labelaudit.errors`; the baseline and the older version are refused before anything is audited.
    """
    tick("reading")
    baseline = _baseline(gate)
    with placed(data, options, storing, reference=reference, beside=beside) as placement:
        texts = data if hasattr(data, "columns") else _opened_all(placement.data, options)
        base = None if gate.diff_base is None else _base(gate.diff_base, texts, options)
        content = Content.of(_fingerprints(texts, options, rejects=options.reading.rejects))
        audit = audit_data(texts, options, reference=reference, beside=beside, placement=placement, tick=tick)

    def compared() -> Check:
        return compare(audit, content, gate.limits, min_confidence=gate.min_confidence, baseline=baseline, base=base)

    check = compared()
    if gate.update_baseline:
        baseline = accepting(baseline or {}, check.issues)
        check = compared()
    return check, baseline


def check_saved(audit: Audit, data: Paths | None = None) -> Check:
    """The check of a saved audit with no issue allowed; its data is read again, and refused unless it is the same."""
    if not audit.record["sources"]:
        raise InputError("the audit is of a DataFrame, which it does not hold: check the frame with labelaudit.check.")
    texts = audited_inputs(audit, data)
    read_again(audit, texts)
    content = Content.of(_fingerprints(texts, AuditOptions.of(audit.record["options"])))
    return compare(audit, content, DEFAULT_LIMITS)


def _baseline(gate: Gate) -> Baseline | None:
    if gate.baseline is None:
        return None
    return {} if gate.update_baseline and not gate.baseline.exists() else load_baseline(gate.baseline)


def _opened_all(paths: Paths, options: AuditOptions) -> list[Opened]:
    return [path if isinstance(path, Text | Parquet) else _opened(path, options) for path in paths]


def _opened(path: str | PathLike[str], options: AuditOptions) -> Opened:
    return open_input(path, charset=options.reading.charset, trust_size=options.reading.trust_size)


def _base(base: Paths | pd.DataFrame, data: Paths | pd.DataFrame, options: AuditOptions) -> Fingerprints:
    """The fingerprints of the older version, read as the data is, whatever its name."""
    mark = options.reading.delimiter
    if not hasattr(base, "columns") and not hasattr(data, "columns"):
        base, first = _opened_all(base, options), data[0]
        all_parquet([*_opened_all(data, options), *base])  # their cells are compared as texts: one format
        mark = delimiter_of(first.path, mark) if isinstance(first, Text) else mark
    return _fingerprints(base, options, mark)


def _fingerprints(
    data: Paths | pd.DataFrame, options: AuditOptions, delimiter: str | None = None, rejects: str | None = None
) -> Fingerprints:
    if hasattr(data, "columns"):
        return fingerprints(cells_of_frame(data))
    how = options.reading
    return read_fingerprints(
        data,
        label=how.label,
        skip=how.skip,
        delimiter=delimiter or how.delimiter,
        charset=how.charset,
        rejects=rejects,
        trust_size=how.trust_size,
    )
