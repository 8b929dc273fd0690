"""The audited rows with their cells and with what identifies them: everything about a row that does not change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.inputs import Paths
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.result import Audit, Finding, findings_of
from labelaudit.checks.compare import Content
from labelaudit.decisions.decision import Key
from labelaudit.errors import UsageError
from labelaudit.explanations.data import audited_inputs
from labelaudit.fingerprints import DIGITS
from labelaudit.table.reader import read_single_rows
from labelaudit.table.single import SingleRows

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Suspects:
    """An audit beside its data: `rows` and `content` of every data row, labelled or not, in file order.

    A row goes by its `row` of the ranking, from 1.
    """

    audit: Audit
    rows: SingleRows
    content: Content

    @cached_property
    def _place(self) -> Rows:
        """Where each row stands in the ranking; -1 for one that was not audited."""
        place = np.full(len(self.content.fingerprints) + 1, -1, dtype=np.int64)
        place[self.audit.ranking["row"].to_numpy()] = np.arange(len(self.audit.ranking))
        return place

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.bytes_], Rows]:
        """The fingerprints in order, and the row of each; equal ones in file order."""
        found = self.content.fingerprints.astype(f"S{DIGITS}")
        order = np.argsort(found, kind="stable")
        return found[order], order + 1

    def has(self, row: int) -> bool:
        """Whether this row was audited."""
        return 1 <= row < len(self._place) and bool(self._place[row] >= 0)

    def finding(self, row: int) -> Finding:
        """Its line of the ranking; raises UsageError for a row that was not audited."""
        if not self.has(row):
            raise UsageError(f"there is no row {row} in the audit.")
        return next(findings_of(self.audit.ranking.iloc[[self._place[row]]]))

    def key(self, row: int) -> Key:
        """What identifies the row, whatever its place."""
        return str(self.content.fingerprints[row - 1]), int(self.content.occurrences[row - 1])

    def row_of(self, key: Key) -> int | None:
        """The audited row with this content; None where there is none."""
        prints, rows = self._sorted
        wanted = key[0].encode()
        at = int(np.searchsorted(prints, np.bytes_(wanted))) + key[1] - 1
        if at >= len(rows) or prints[at] != wanted:
            return None
        return int(rows[at]) if self.has(int(rows[at])) else None

    @property
    def columns(self) -> list[str]:
        """The columns but the label, in the order of the file."""
        return [name for name in self.rows.names if name != self.audit.summary["label"]]

    def cells_of(self, row: int) -> dict[str, str]:
        """The row's cells but for its label, as they stand in the file, in its order."""
        named = dict(zip(self.rows.names, self.rows.cells(row - 1), strict=True))
        return {name: named[name] for name in self.columns}

    def holding(self, rows: Rows, text: str) -> NDArray[np.bool_]:
        """Which of the rows have this text in a cell, whatever its case; `#N` is a row's number, `:N` its line."""
        if text[:1] in ("#", ":") and text[1:].isdecimal():
            numbers = rows if text[0] == "#" else self._lines(rows)
            return np.asarray(numbers == float(text[1:]), dtype=bool)
        return self.rows.holding(rows - 1, text)

    def _lines(self, rows: Rows) -> NDArray[np.float64]:
        lines = self.audit.ranking["line"].iloc[self._place[rows]]
        return np.asarray(lines.to_numpy(dtype=np.float64, na_value=np.nan))


def read_suspects(audit: Audit, data: Paths | None = None) -> Suspects:
    """The audit with its data read again; raises InputError where that is gone or was changed."""
    how = AuditOptions.of(audit.record["options"]).reading
    inputs = audited_inputs(audit, data)
    rows, found = read_single_rows(inputs, label=how.label, skip=how.skip, delimiter=how.delimiter, charset=how.charset)
    return Suspects(audit, rows, Content.of(found))
