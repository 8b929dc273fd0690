"""An audit's issues, sorted into those that count and those that do not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.addresses import is_address
from labelaudit.audits.result import Audit, findings_of
from labelaudit.checks.baseline import Key, is_quiet
from labelaudit.checks.result import Check, Issue, Limits
from labelaudit.fingerprints import Fingerprints, occurrences

if TYPE_CHECKING:
    import pandas as pd

STDIN = "-"


@dataclass(frozen=True)
class Content:
    """What identifies every data row, those without a label too, in file order."""

    fingerprints: Fingerprints
    occurrences: NDArray[np.int64]

    @classmethod
    def of(cls, found: Fingerprints) -> Content:
        """From the rows' fingerprints."""
        return cls(found, occurrences(found))

    def changed(self, base: Fingerprints) -> NDArray[np.bool_]:
        """Which rows the older version does not have; of equal rows, those beyond as many as it has."""
        import pandas as pd

        before = pd.Series(self.fingerprints).map(pd.Series(base).value_counts()).fillna(0)
        return np.asarray(self.occurrences > before.to_numpy(dtype=np.int64), dtype=bool)


def compare(
    audit: Audit,
    content: Content,
    limits: Limits,
    *,
    min_confidence: float = 0.0,
    baseline: Mapping[Key, Mapping[str, Any]] | None = None,
    base: Fingerprints | None = None,
) -> Check:
    """The check of an audit: first only rows that `base` has not, then only issues of enough confidence, then those
    that the baseline does not keep quiet.
    """
    ranking = audit.ranking
    rows = ranking["row"].to_numpy() - 1
    compared = np.ones(len(ranking), dtype=bool) if base is None else content.changed(base)[rows]
    issue = ranking["is_label_issue"].to_numpy(dtype=bool) & compared
    strong = issue & (1 - ranking["label_score"].to_numpy() >= min_confidence)
    found = list(_issues(audit, content, ranking[strong]))
    quiet = [is_quiet(baseline or {}, each) for each in found]
    return Check(
        audit,
        issues=tuple(each for each, known in zip(found, quiet, strict=True) if not known),
        known=tuple(each for each, known in zip(found, quiet, strict=True) if known),
        rows=int(compared.sum()),
        unchanged=int((~compared).sum()),
        weak=int((issue & ~strong).sum()),
        limits=limits,
        min_confidence=min_confidence,
        has_baseline=baseline is not None,
        has_base=base is not None,
    )


def _issues(audit: Audit, content: Content, ranking: pd.DataFrame) -> Iterator[Issue]:
    paths = {source["path"]: relative_path(source["path"]) for source in audit.record["sources"]}
    reasons = {each["row"]: each["reason"] for each in audit.record["reasons"]}
    only = next(iter(paths.values()), None)
    for finding in findings_of(ranking):
        yield Issue(
            finding,
            only if finding.file is None else paths[finding.file],
            str(content.fingerprints[finding.row - 1]),
            int(content.occurrences[finding.row - 1]),
            reasons.get(finding.row),
        )


def relative_path(path: str) -> str | None:
    """The path as other tools name it, relative below the working folder; None for standard input and addresses."""
    if path == STDIN or is_address(path):
        return None
    whole = Path(os.path.normpath(Path(path).absolute()))
    return (whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole).as_posix()
