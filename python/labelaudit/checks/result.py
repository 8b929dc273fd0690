"""What a check found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from labelaudit.audits.result import Audit, Finding


@dataclass(frozen=True)
class Limits:
    """How many issues are allowed, as a count, as a share of the rows compared, or both; None: no such limit."""

    max_issues: int | None = None
    max_issue_rate: float | None = None


@dataclass(frozen=True)
class Issue:
    """A row whose label is probably wrong, with what identifies it whatever its place.

    `path`: its file with `/` between folders, relative where it lies below the working folder; None without a file.
    `reason`: why the row was not fitted, where it was not.
    """

    finding: Finding
    path: str | None
    fingerprint: str
    occurrence: int
    reason: str | None = None


@dataclass(frozen=True)
class Check:
    """The outcome of a check.

    issues: those that count, in the order of the ranking; known: those that the baseline keeps quiet.
    rows: the labelled rows that were compared; unchanged: those that were not, as the older version has them.
    weak: issues whose confidence, 1 - label_score, is below min_confidence.
    """

    audit: Audit
    issues: tuple[Issue, ...]
    known: tuple[Issue, ...]
    rows: int
    unchanged: int
    weak: int
    limits: Limits
    min_confidence: float = 0.0
    has_baseline: bool = False
    has_base: bool = False

    @property
    def rate(self) -> float:
        """The share of the rows compared that are issues; 0 where none was compared."""
        return len(self.issues) / self.rows if self.rows else 0.0

    @property
    def passed(self) -> bool:
        """Whether no limit is exceeded."""
        most, share = self.limits.max_issues, self.limits.max_issue_rate
        return (most is None or len(self.issues) <= most) and (share is None or self.rate <= share)
