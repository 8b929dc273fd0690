"""The cells of one column as they were read, before it is decided what kind the column is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from labelaudit.table.distinct import Distinct, distinct
from labelaudit.table.table import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cells:
    """Finite numbers or truth values, NaN where missing, if all cells are such: `values`. Else `found`: words."""

    kind: Literal["numeric", "boolean", "words"]
    values: FloatArray | None = None
    found: Distinct | None = None

    def words(self) -> Distinct:
        """The distinct words; of truth values those that pandas takes them for, whatever their case in the file."""
        if self.found is not None:
            return self.found
        import pandas as pd

        cells = pd.Series(self.values)
        if self.kind == "boolean":
            cells = cells.map({1.0: True, 0.0: False})
        return distinct(cells)


def words_of(cells: pd.Series | Cells) -> Distinct:
    """The distinct words of a column; cells that are not text are taken as str() writes them."""
    return cells.words() if isinstance(cells, Cells) else distinct(cells)


def rows_with(word: str, cells: pd.Series | Cells) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The rows whose cell is this word."""
    if not isinstance(cells, Cells):
        return np.flatnonzero(cells.to_numpy(dtype=object) == word).astype(np.int64)
    if cells.found is None:
        return np.empty(0, dtype=np.int64)
    code = np.flatnonzero(cells.found.words == word)
    return np.flatnonzero(np.isin(cells.found.codes, code)) if len(code) else code
