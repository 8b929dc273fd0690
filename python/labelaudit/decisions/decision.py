"""One decision about one row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from labelaudit.errors import UsageError
from labelaudit.fingerprints import DIGITS

Word = Literal["keep", "relabel", "drop", "unsure", "undo"]
WORDS: tuple[Word, ...] = get_args(Word)
FINGERPRINT = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
LARGEST = 2**63 - 1  # an integer in SQLite

Key = tuple[str, int]


@dataclass(frozen=True)
class Decision:
    """What someone decided about the row with this content; `occurrence` tells equal rows apart, from 1 in file order.

    label: the new one, for relabel alone. given_label: the one that the row has, where it is known. when: ISO 8601 in
    UTC; empty until the decision is appended. An undo takes back what was decided before.
    """

    fingerprint: str
    occurrence: int
    decision: Word
    label: str | None = None
    given_label: str | None = None
    note: str = ""
    who: str = ""
    when: str = ""

    @property
    def key(self) -> Key:
        """The row that it is about."""
        return self.fingerprint, self.occurrence

    def __post_init__(self) -> None:
        """Raises UsageError for what is no decision."""
        if not (isinstance(self.fingerprint, str) and FINGERPRINT.fullmatch(self.fingerprint)):
            raise UsageError(f"a fingerprint is {DIGITS} digits 0-9 a-f, got {self.fingerprint!r}.")
        if type(self.occurrence) is not int or not 1 <= self.occurrence <= LARGEST:
            raise UsageError(f"an occurrence counts from 1, got {self.occurrence!r}.")
        if self.decision not in WORDS:
            raise UsageError(f"a decision is {', '.join(WORDS[:-1])} or {WORDS[-1]}, got {self.decision!r}.")
        if (self.decision == "relabel") != (self.label is not None) or self.label == "":
            raise UsageError(f"relabel, and nothing else, needs a new label, got {self.decision} and {self.label!r}.")
        for text in (self.label, self.given_label, self.note, self.who, self.when):
            check_text(text)


def check_text(text: str | None) -> None:
    """Raises UsageError for what no file of decisions can hold."""
    if text is None:
        return
    if not isinstance(text, str):
        raise UsageError(f"expected a text, got {text!r}.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"the text {text!r} holds half a character, which no file can hold.") from None


def latest(decisions: Iterable[Decision]) -> list[Decision]:
    """The last decision on each row, less those taken back, by fingerprint and occurrence."""
    last = {decision.key: decision for decision in decisions}
    return [last[key] for key in sorted(last) if last[key].decision != "undo"]
