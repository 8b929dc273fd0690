"""What the caller says about the columns, checked against itself and against a header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Required, TypedDict

from labelaudit.errors import UsageError
from labelaudit.table.words import not_there, quoted

Declared = Literal["numeric", "categorical", "text"]

MISSING_WORDS = ("", "NA", "N/A", "n/a", "nan", "NaN", "null", "None")
RANKING_COLUMNS = frozenset(
    {"rank", "row", "file", "line", "given_label", "predicted_label", "label_score", "is_label_issue"}
    | {"average_influence", "self_influence", "self_confidence", "leverage"}
)


@dataclass(frozen=True)
class Roles:
    """The label, the ids, the columns to drop, the declared kinds, the words for a missing feature value, the group."""

    label: str
    ids: tuple[str, ...]
    drop: tuple[str, ...]
    kinds: dict[str, Declared]
    missing: tuple[str, ...]
    group: str | None = None

    @property
    def as_words(self) -> tuple[str, ...]:
        """The columns that are read as they stand and are no features: label, ids, group."""
        return (self.label, *self.ids, *(() if self.group is None else (self.group,)))


class Named(TypedDict, total=False):
    """The arguments of `roles`, for those that take them as well."""

    label: Required[str]
    ids: Sequence[str]
    drop: Sequence[str]
    numeric: Sequence[str]
    categorical: Sequence[str]
    text: Sequence[str]
    missing: Sequence[str]
    group: str | None


def roles(
    *,
    label: str,
    ids: Sequence[str] = (),
    drop: Sequence[str] = (),
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
    text: Sequence[str] = (),
    missing: Sequence[str] = (),
    group: str | None = None,
) -> Roles:
    """The roles as one value; raises UsageError if a column has two, or an id is named like a column of the ranking.

    Only the group may be an id as well. Missing words must be such as a text in UTF-8 can hold.
    """
    given: dict[str, Sequence[str]] = {
        "label": (label,), "id": ids, "drop": drop, "numeric": numeric, "categorical": categorical, "text": text,
    }  # fmt: skip
    _refuse_two_roles(given)
    if group is not None:
        _refuse_two_roles({**given, "id": (), "group": (group,)})
    _refuse_reserved_ids(ids)
    kinds: dict[str, Declared] = {}
    declared: tuple[tuple[Declared, Sequence[str]], ...] = (
        ("numeric", numeric), ("categorical", categorical), ("text", text),
    )  # fmt: skip
    for kind, names in declared:
        kinds.update((name, kind) for name in names)
    _refuse_other_than_text(missing)
    words = tuple(dict.fromkeys((*MISSING_WORDS, *missing)))
    return Roles(label, tuple(dict.fromkeys(ids)), tuple(drop), kinds, words, group)


def _refuse_two_roles(given: dict[str, Sequence[str]]) -> None:
    role_of: dict[str, str] = {}
    for role, names in given.items():
        for name in names:
            if role_of.setdefault(name, role) != role:
                message = f"column {quoted(name)} is given both as --{role_of[name]} and as --{role}; give it one role."
                raise UsageError(message)


def _refuse_other_than_text(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:  # a byte of the command line that its encoding does not have
            raise UsageError(f"--missing: expected text that UTF-8 can hold, got {word!a}.") from None


def _refuse_reserved_ids(ids: Sequence[str]) -> None:
    for name in ids:
        if name in RANKING_COLUMNS:
            raise UsageError(
                f"the id column {quoted(name)} has the name of a column of the ranking; rename it in the data."
            )


def refuse_unknown(roles: Roles, header: Sequence[str]) -> None:
    """Raise UsageError if a declared column other than the label is not in the header."""
    known = set(header)
    for name in (*roles.as_words[1:], *roles.drop, *roles.kinds):
        if name not in known:
            raise UsageError(f"there is no column {quoted(name)}.{not_there(name, header)}")
