"""Cells that need no judgement, read without pandas: plain numbers, and words that no number or truth value could be.

Whatever else a column holds in a part of the files is left to pandas, so that a column is what pandas makes of it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from labelaudit._core import csv_cells
from labelaudit.table.pieces import Piece, floats_piece, is_number
from labelaudit.table.table import FloatArray

if TYPE_CHECKING:
    from typing_extensions import Buffer

Kind = Literal["numbers", "words", "as they stand"]


@dataclass(frozen=True)
class Plain:
    """How the cells of files with this header are read; missing words count for `features` only.

    minus_zero: whether some -0 in the files could be an integer.
    """

    header: Sequence[str]
    delimiter: str
    features: Collection[str]
    missing: Sequence[str]
    minus_zero: bool

    def read(self, data: Buffer, kinds: Mapping[str, Kind], slots: Mapping[str, FloatArray]) -> dict[str, Piece]:
        """The columns of these kinds in well-formed records without blank lines, where they are such.

        Numbers go into a column's slots as they are, words as int64 codes of the piece's words, -1 where missing.
        """
        wanted = {name: kind for name, kind in kinds.items() if kind != "numbers" or not self._has_numbers(name)}
        columns = [
            (self._missing(name), slots[name] if wanted[name] == "numbers" else slots[name].view(np.int64))
            if name in wanted
            else None
            for name in self.header
        ]
        rows = min((len(slots[name]) for name in wanted), default=0)
        found = dict(zip(self.header, csv_cells(data, self.delimiter, rows, columns), strict=True)) if wanted else {}
        pieces = {}
        for name, kind in wanted.items():
            cells = found[name]
            if isinstance(cells, tuple):
                pieces[name] = self._numbers(*cells, slots[name])
            elif cells is not None and (kind == "as they stand" or _are_words(cells)):
                pieces[name] = _words(cells)
        return pieces

    def _missing(self, name: str) -> tuple[bytes, ...]:
        return tuple(word.encode() for word in self.missing) if name in self.features else ()

    def _has_numbers(self, name: str) -> bool:
        """Whether a missing word is a number: pandas takes every spelling of it for missing."""
        return name in self.features and any(is_number(word) and not _is_nan(word) for word in self.missing)

    def _numbers(self, missing: int, all_integers: bool, slots: FloatArray) -> Piece:
        if missing == len(slots):
            return Piece("nothing")
        if all_integers and not missing:
            return Piece("integers", has_minus=bool(slots.min() < 0))
        return floats_piece(slots, minus_zero=True) if self.minus_zero else Piece("floats")


def _are_words(words: Sequence[str]) -> bool:
    """Whether some word makes words of all others: it starts with a letter, and is no number and no truth value."""
    return any(word[:1].isascii() and word[:1].isalpha() and not is_number(word) for word in words)


def _words(found: Sequence[str]) -> Piece:
    if not found:
        return Piece("nothing")
    words = np.empty(len(found), dtype=object)
    words[:] = found
    return Piece("words", words)


def _is_nan(word: str) -> bool:
    return word.lower().strip("+- ") == "nan" and math.isnan(float(word))


def expected(plain: Plain, data: Buffer, names: Sequence[str], slots: Mapping[str, FloatArray]) -> dict[str, Kind]:
    """What the columns of these records are, and so will probably be elsewhere; slots may be written to.

    Of a column that is neither, and of one without any value, pandas is to be asked.
    """
    kinds: dict[str, Kind] = {}
    tried: tuple[Kind, ...] = ("numbers", "words")
    for kind in tried:
        found = plain.read(data, {name: kind for name in names if name not in kinds}, slots)
        kinds |= {name: kind for name, piece in found.items() if piece.made != "nothing"}
    return kinds
