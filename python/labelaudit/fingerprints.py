"""Rows known by their content, so that a decision on a row outlives its place in the file.

A fingerprint is the first 128 bits, in hexadecimal, of the SHA-256 of the row's (column name, cell text) pairs, label
included, sorted by name and written as JSON without spaces in ASCII: [["age","41"],["income","<=50K"]].
So neither the order of rows nor that of columns matters, and every change of a cell does.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

HEX_DIGITS = 32


def fingerprints(cells: pd.DataFrame) -> NDArray[np.object_]:
    """The fingerprint of each row, (rows,), from all cells as the texts that stand in the file."""
    names = sorted(cells.columns)
    rows = zip(*(cells[name].tolist() for name in names), strict=True)
    return np.array([_fingerprint(names, row) for row in rows], dtype=object)


def _fingerprint(names: list[str], row: tuple[str, ...]) -> str:
    pairs = json.dumps(list(zip(names, row, strict=True)), separators=(",", ":"))
    return hashlib.sha256(pairs.encode("ascii")).hexdigest()[:HEX_DIGITS]


def occurrences(prints: NDArray[np.object_]) -> NDArray[np.int64]:
    """Which of its equals each row is, (rows,): 1, 2, .. in the order of the rows."""
    import pandas as pd

    counted: NDArray[np.int64] = pd.Series(prints).groupby(prints).cumcount().to_numpy(dtype=np.int64) + 1
    return counted
