"""What is decided on the rows of an audit, by everybody who writes to the same file of decisions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from labelaudit.decisions.decision import WORDS, Decision, Word
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import UsageError
from labelaudit.review.suspects import Rows, Suspects

Scope = Literal["issues", "all"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
STATES = ("", "undecided", "decided", *(word for word in WORDS if word != "undo"))
LONGEST_LABEL, LONGEST_NOTE = 10_000, 10_000  # characters; a guess, far beyond what one types


class ConflictError(Exception):
    """Somebody else has decided on the row in the meantime."""


@dataclass(frozen=True)
class Filter:
    """Which rows to step through; raises UsageError for a word that is none."""

    scope: Scope = "issues"
    state: str = ""
    given: str | None = None
    predicted: str | None = None
    search: str = ""

    def __post_init__(self) -> None:
        for name, value, words in (("scope", self.scope, SCOPES), ("state", self.state, STATES)):
            if value not in words:
                raise UsageError(f"{name}: expected {', '.join(filter(None, words))}, got {value!r}.")


class Session:
    """Suspects and the decisions on them; may be used from several threads.

    Decisions that other processes append to the same file are seen at the next call. Those on rows that this data does
    not have stay in the file, and are counted as `elsewhere`.
    """

    def __init__(self, suspects: Suspects, store: DecisionStore) -> None:
        self.suspects = suspects
        self.store = store
        self._lock = threading.RLock()
        self._log: list[tuple[int | None, Decision]] = []
        self._of_row: dict[int, list[Decision]] = {}
        ranking = suspects.audit.ranking
        self._issues = frozenset(ranking.loc[ranking["is_label_issue"], "row"].tolist())
        self._classes = {c["name"] for c in suspects.audit.summary["classes"]}

    def decide(
        self, row: int, word: Word, *, label: str | None = None, note: str = "", who: str = "", seen: int | None = None
    ) -> Decision:
        """Appends a decision on an audited row; it is on disk when this returns.

        seen: how many decisions on this row the person has seen; raises ConflictError if there are more by now. Raises
        UsageError for what is no decision, and for a relabelling to the label that the row has.
        """
        given = self.suspects.finding(row).given_label
        _check(word, label, note, given)
        decision = Decision(*self.suspects.key(row), word, label, given, note, who)
        with self._lock:
            known = self.history(row)
            if seen is not None and len(known) > seen:
                raise ConflictError(f"{known[-1].who or 'somebody'} has decided on row {row} in the meantime.")
            if word == "undo" and (not known or known[-1].decision == "undo"):
                raise UsageError(f"row {row} has no decision to take back.")
            self.store.append(decision)
            return self.history(row)[-1]

    def history(self, row: int) -> list[Decision]:
        """All decisions on a row, the first one first."""
        with self._lock:
            self._refresh()
            return list(self._of_row.get(row, ()))

    def present(self, row: int) -> Decision | None:
        """The decision that counts, if there is one."""
        return _present(self.history(row))

    def since(self, number: int) -> tuple[list[tuple[int, Decision]], int]:
        """The decisions on audited rows after the first `number` of the file, with their rows; and how many it has."""
        with self._lock:
            self._refresh()
            return [(row, d) for row, d in self._log[max(number, 0) :] if row is not None], len(self._log)

    def queue(self, wanted: Filter) -> Rows:
        """The rows that fit, in the order of the ranking."""
        ranking = self.suspects.audit.ranking
        fits = np.ones(len(ranking), dtype=bool)
        if wanted.scope == "issues":
            fits &= ranking["is_label_issue"].to_numpy(dtype=bool)
        for column, label in (("given_label", wanted.given), ("predicted_label", wanted.predicted)):
            if label is not None:
                fits &= (ranking[column] == label).to_numpy(dtype=bool)
        rows: Rows = ranking["row"].to_numpy()[fits]
        if wanted.state:
            decided = self._words()
            known = [row for row, word in decided.items() if wanted.state in ("undecided", "decided", word)]
            rows = rows[np.isin(rows, known) != (wanted.state == "undecided")]
        return rows[self.suspects.holding(rows, wanted.search)] if wanted.search else rows

    def progress(self) -> dict[str, int]:
        """How many issues there are and how many are decided; decisions on audited rows by kind; those elsewhere."""
        words = self._words()
        with self._lock:
            keys = {d.key for row, d in self._log if row is None}
            last = {d.key: d.decision for row, d in self._log if row is None}
        counts = Counter(words.values())
        return {
            "issues": len(self._issues),
            "decided_issues": len(self._issues.intersection(words)),
            "decided": len(words),
            **{word: counts[word] for word in WORDS if word != "undo"},
            "elsewhere": sum(last[key] != "undo" for key in keys),
        }

    def classes(self) -> list[str]:
        """The labels that a row can be given: the audited classes, then new ones that were decided on, sorted."""
        with self._lock:
            self._refresh()
            new = {d.label for row, d in self._log if row is not None and d.label is not None}
        return [c["name"] for c in self.suspects.audit.summary["classes"]] + sorted(new - self._classes)

    def _words(self) -> dict[int, str]:
        """The kind of the decision that counts, by row, of all decided rows."""
        with self._lock:
            self._refresh()
            return {row: d[-1].decision for row, d in self._of_row.items() if d[-1].decision != "undo"}

    def _refresh(self) -> None:
        for decision in self.store.history(skip=len(self._log)):
            row = self.suspects.row_of(decision.key)
            self._log.append((row, decision))
            if row is not None:
                self._of_row.setdefault(row, []).append(decision)


def _present(history: Sequence[Decision]) -> Decision | None:
    return history[-1] if history and history[-1].decision != "undo" else None


def _check(word: str, label: str | None, note: str, given: str) -> None:
    if label is not None and label == given:
        raise UsageError("that is the label which the row has: keep it instead.")
    for name, text, most in (("label", label or "", LONGEST_LABEL), ("note", note, LONGEST_NOTE)):
        if len(text) > most:
            raise UsageError(f"the {name} has {len(text):,} characters; at most {most:,} fit.")
        if "\0" in text:
            raise UsageError(f"the {name} holds a NUL, which no CSV file may.")
