"""Rows one by one, as the texts of their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from labelaudit.table.rowwise import BoolArray
from labelaudit.table.table import IntArray
from labelaudit.table.values import FilePlaces

if TYPE_CHECKING:
    import pandas as pd


class SingleRows(Protocol):
    """Every data row, labelled or not, in file order; rows count from 0."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in file order."""
        ...

    def cells(self, row: int) -> tuple[str, ...]:
        """The texts of one row's cells."""
        ...

    def holding(self, rows: IntArray, text: str) -> BoolArray:
        """Which of the rows have this text in a cell, whatever its case."""
        ...


@dataclass(frozen=True)
class TextRows:
    """Rows of well-formed texts, each read when it is asked for."""

    places: FilePlaces

    @property
    def names(self) -> tuple[str, ...]:
        """See SingleRows."""
        return self.places.structures[0].header

    def cells(self, row: int) -> tuple[str, ...]:
        """See SingleRows."""
        return self.places.record(row)

    def holding(self, rows: IntArray, text: str) -> BoolArray:
        """See SingleRows."""
        wanted = text.upper()
        in_file = wanted.replace('"', '""')  # a cell that holds a quote is in quotes

        def holds(row: int) -> bool:
            found = in_file in self.places.written(row).upper()
            return found and any(wanted in cell.upper() for cell in self.cells(row))

        return np.array([holds(row) for row in rows.tolist()], dtype=bool)


@dataclass(frozen=True)
class FrameRows:
    """Rows of a frame of texts."""

    frame: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """See SingleRows."""
        return tuple(self.frame.columns)

    def cells(self, row: int) -> tuple[str, ...]:
        """See SingleRows."""
        return tuple(self.frame.iloc[row].tolist())

    def holding(self, rows: IntArray, text: str) -> BoolArray:
        """See SingleRows."""
        found = np.zeros(len(rows), dtype=bool)
        cells = self.frame.iloc[rows]
        for name in cells.columns:
            found |= cells[name].str.contains(text, case=False, regex=False).to_numpy(dtype=bool)
        return found
