"""Cells of a cleaned copy that a spreadsheet would take for formulas: they stay as they are, and are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labelaudit.audits.saving import is_formula_like

if TYPE_CHECKING:
    import pandas as pd


def formula_like_cells(cells: pd.DataFrame, label: str, labels: Mapping[int, str], drops: frozenset[int]) -> int:
    """How many cells and names are formula-like once these rows have these labels, and those are dropped."""
    kept = cells.drop(index=cells.index[sorted(drops)]) if drops else cells
    found = sum(is_formula_like(str(name)) for name in cells.columns)
    for name in cells.columns:
        counts = kept[name].value_counts()
        found += sum(int(n) for cell, n in counts.items() if is_formula_like(str(cell)))
    changed = [row for row in labels if row not in drops]
    before = cells[label].iloc[changed]
    return found + sum(is_formula_like(labels[row]) for row in changed) - sum(map(is_formula_like, before.astype(str)))
