"""What is to be done to which row: decisions found again by content, and suggestions of the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.audits.result import Audit
from labelaudit.decisions.decision import Decision, Key
from labelaudit.errors import InputError
from labelaudit.fingerprints import Fingerprints, occurrences
from labelaudit.table.words import counted, listed, quoted


@dataclass(frozen=True)
class Plan:
    """Rows count from 0 in the file. `words`: how many decisions there are of each kind.

    `suggested`: how many labels are the audit's suggestion; `overruled`: how many suggestions a decision stood against.
    """

    labels: dict[int, str] = field(default_factory=dict)
    drops: frozenset[int] = frozenset()
    words: Counter[str] = field(default_factory=Counter)
    suggested: int = 0
    overruled: int = 0

    @property
    def changed(self) -> list[int]:
        """The rows that are relabelled or dropped, in order."""
        return sorted(self.drops.union(self.labels))


def plan_of(decided: Mapping[int, Decision], suggested: Mapping[int, str]) -> Plan:
    """Decisions on rows, and suggestions for the rows that nobody decided."""
    labels = {row: d.label for row, d in decided.items() if d.label is not None}
    open_rows = {row: label for row, label in suggested.items() if row not in decided}
    return Plan(
        labels=labels | open_rows,
        drops=frozenset(row for row, d in decided.items() if d.decision == "drop"),
        words=Counter(d.decision for d in decided.values()),
        suggested=len(open_rows),
        overruled=len(suggested) - len(open_rows),
    )


def suggestions(audit: Audit, max_label_score: float | None) -> dict[int, str]:
    """The predicted label of every issue, or of those whose label_score is at most this, by row."""
    issues = audit.issues
    if max_label_score is not None:
        issues = issues[issues["label_score"] <= max_label_score]
    return dict(zip((issues["row"] - 1).tolist(), issues["predicted_label"].tolist(), strict=True))


def united(sources: Sequence[tuple[str, Sequence[Decision]]]) -> list[Decision]:
    """The decisions of all sources, one a row; raises InputError where two about the same row disagree."""
    first: dict[Key, tuple[str, Decision]] = {}
    for name, decisions in sources:
        for decision in decisions:
            other_name, other = first.setdefault(decision.key, (name, decision))
            if (other.decision, other.label) != (decision.decision, decision.label):
                raise InputError(
                    f"two decisions about one row disagree: {_said(other)} in {other_name}, {_said(decision)} in "
                    f"{name} (fingerprint {decision.fingerprint}, occurrence {decision.occurrence}). Remove one of "
                    "them."
                )
    return [decision for _, decision in first.values()]


def found_again(decisions: Sequence[Decision], prints: Fingerprints, name: str) -> dict[int, Decision]:
    """The decisions by row, from 0; raises InputError if the data has no row with the content of one of them."""
    import pandas as pd

    count = occurrences(prints)
    wanted = {decision.key: decision for decision in decisions}
    near = np.flatnonzero(pd.Series(prints).isin({print_ for print_, _ in wanted}))
    rows = {(prints[i], int(count[i])): i for i in near.tolist()}
    unknown = [decision for key, decision in wanted.items() if key not in rows]
    if unknown:
        first = unknown[0]
        raise InputError(
            f"{counted(len(unknown), 'decision')} of {len(wanted):,}: {name} has no such row. The first is "
            f"{_said(first)} (fingerprint {first.fingerprint}, occurrence {first.occurrence}). The row was "
            "changed, or the decisions are of other data: decide again, or name others with --decisions."
        )
    return {rows[key]: decision for key, decision in wanted.items()}


def refuse_foreign_labels(plan: Plan, classes: Sequence[str], *, new_labels: bool) -> None:
    """Raises InputError for a label outside the audited classes that is not meant, and for one that no file holds."""
    known = set(classes)
    foreign = sorted({label for label in plan.labels.values() if label not in known})
    for label in foreign:
        if "\0" in label:
            raise InputError(f"the new label {quoted(label)} holds a NUL, which no CSV file may. Choose another.")
    if foreign and not new_labels:
        raise InputError(
            f"{counted(len(foreign), 'new label')} not among the audited classes: {listed(foreign)}. The classes are "
            f"{listed(classes)}. Add --new-labels if they are meant."
        )


def _said(decision: Decision) -> str:
    to = "" if decision.label is None else f" as {quoted(decision.label)}"
    by = f" by {quoted(decision.who)}" if decision.who else ""
    return f"{decision.decision}{to}{by}"
