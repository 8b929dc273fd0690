"""Cells of a cleaned copy that a spreadsheet would take for formulas: they stay as they are, and are counted.

An added column of flags has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from labelaudit._core import count_formula_like
from labelaudit.audits.saving import is_formula_like
from labelaudit.cleaning.parquet_change import Change
from labelaudit.table.parquet.cells import coded_texts, is_finite, read_chunks
from labelaudit.table.scan import Structure


def formula_like_in_text(text: bytes, structure: Structure) -> int:
    """How many cells and names of a well-formed text with this header are formula-like."""
    names = sum(map(is_formula_like, structure.header))
    return names + count_formula_like(memoryview(text)[structure.body :], structure.delimiter)


def formula_like_in_parquet(change: Change) -> int:
    """How many cells and names of a Parquet file are formula-like when it is changed, by their texts."""
    original = change.original
    stays = np.ones(original.rows, dtype=bool)
    stays[sorted(change.drops)] = False
    keeps_label = stays.copy()
    keeps_label[sorted(change.labels)] = False
    found = sum(map(is_formula_like, [*original.header, *change.labels.values()]))
    for name, start, chunk in read_chunks(original, original.header):
        kept = keeps_label if name == change.label else stays
        found += _in_chunk(chunk, kept[start : start + len(chunk)])
    return found


def _in_chunk(chunk: Any, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    if is_finite(chunk):
        return 0
    codes, words = coded_texts(chunk)
    like = np.array([is_formula_like(word) for word in words], dtype=bool)
    return int(like[codes[kept]].sum())
