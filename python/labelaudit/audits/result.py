"""What an audit found: the ranking, the record around it, and the fitted model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelaudit.audits import notebook, saving
from labelaudit.audits.fitted import FittedModel
from labelaudit.audits.frames import listed_conflicts, listed_oddities
from labelaudit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

SCORES = ("label_score", "average_influence", "self_influence", "self_confidence", "leverage")
RANKING_COLUMNS = (
    *("rank", "row", "file", "line", "given_label", "predicted_label", "label_score", "is_label_issue"),
    *SCORES[1:],
)


@dataclass(frozen=True)
class Finding:
    """One row of the ranking; `line` and `file` are None where there are none."""

    rank: int
    row: int
    file: str | None
    line: int | None
    ids: dict[str, str]
    given_label: str
    predicted_label: str
    label_score: float
    is_label_issue: bool
    average_influence: float
    self_influence: float
    self_confidence: float
    leverage: float


@dataclass(frozen=True)
class Audit:
    """An audit of a table.

    ranking: one line for every labelled row, worst first, with the columns of `ranking.csv`; after `first`, of some.
    record: everything else that `audit.json` holds: summary, options, sources, what was left out and why.
    """

    ranking: pd.DataFrame
    record: dict[str, Any]
    model: FittedModel

    @property
    def summary(self) -> dict[str, Any]:
        """Rows, classes, columns, fit, noise and number of issues."""
        out: dict[str, Any] = self.record["summary"]
        return out

    @property
    def issues(self) -> pd.DataFrame:
        """The rows whose label is probably wrong."""
        return self.ranking[self.ranking["is_label_issue"]]

    @property
    def conflicts(self) -> pd.DataFrame:
        """Rows with exactly the same features and different labels, the most suspicious group first.

        Columns: group (from 1), then those of the ranking; the groups and rows that the record lists, see
        `.summary["conflicts"]` for how many there are.
        """
        return listed_conflicts(self.ranking, self.record)

    @property
    def oddities(self) -> pd.DataFrame:
        """Leaks, identifiers and odd classes: kind, column, classes (names), sentence."""
        return listed_oddities(self.record)

    def first(self, rows: int) -> Audit:
        """The same audit with only the first rows of its ranking, and a note of that in its record.

        Summary and model stay those of all rows; what needs every row's score (`explain`) cannot work on it.
        """
        if rows < 1:
            raise UsageError(f"expected 1 row or more, got {rows}")
        if rows >= len(self.ranking):
            return self
        return replace(self, ranking=self.ranking.head(rows), record={**self.record, "top_only": rows})

    def findings(self, count: int | None = None) -> Iterator[Finding]:
        """The first rows of the ranking (all by default)."""
        yield from findings_of(self.ranking if count is None else self.ranking.head(count))

    def save(self, path: str | PathLike[str], *, page: saving.Page | None = None) -> Path:
        """Writes ranking.csv, model.npz and, last, audit.json into a folder, each whole or not at all; returns it.

        page is this audit's report.html, to be written beside them (`labelaudit.render`), or a function that gives it.
        """
        return saving.save(Path(path), self.ranking, self.record, self.model, page)

    def _repr_html_(self) -> str:
        return notebook.html(self.ranking, self.summary)


def findings_of(ranking: pd.DataFrame) -> Iterator[Finding]:
    """Rows of a ranking one by one."""
    own = set(RANKING_COLUMNS)
    ids = [c for c in ranking.columns if c not in own]
    for values in ranking.to_dict("records"):
        plain = {name: values.get(name) for name in RANKING_COLUMNS}
        plain["line"] = None if plain["line"] is None or plain["line"] != plain["line"] else int(plain["line"])
        yield Finding(**plain, ids={name: values[name] for name in ids})
