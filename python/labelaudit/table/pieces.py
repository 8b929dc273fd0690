"""A column's cells in one part of the files: what pandas made of them, and what all parts together are.

The answer must be the one that pandas gives for the whole column. It tries integers, then floats, then truth values,
and keeps words. Integers beyond 64 bits and a minus zero are where a part may be taken otherwise than in the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from labelaudit.table.table import FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    import pandas as pd

Made = Literal["nothing", "integers", "unsigned", "floats", "booleans", "words", "other"]
Verdict = Literal["numeric", "boolean", "words", "whole"]

MOST_EXACT = 2.0**53  # beyond it an integer and the float of the same digits may differ
MOST_INTEGER = 2.0**63  # from it on, a number may have been an integer that 64 bits do not hold
INTEGER = re.compile(r"\s*[+-]?[0-9]{19,}\s*")  # that they may not hold


@dataclass(frozen=True)
class Piece:
    """What a part's cells are; "nothing": all are missing. `words`: the distinct ones, in order of appearance.

    "unsigned": integers of which some need all 64 bits. `may_differ`: as floats some numbers could be others than they
    are as integers. `has_minus`: some integers may have a minus.
    """

    made: Made
    words: ObjectArray | None = None
    may_differ: bool = False
    has_minus: bool = False


def piece_of(cells: pd.Series, slots: FloatArray, minus_zero: bool) -> Piece:
    """The cells put into their slots, 8 bytes each: as a float, or as the int64 code of a word, -1 where missing.

    `minus_zero`: whether some -0 in the text could be an integer.
    """
    import pandas as pd

    kind = cells.dtype
    if kind == np.int64:
        slots[:] = cells.to_numpy()
        minus = bool(slots.min() < 0 or (minus_zero and (slots == 0).any()))
        return Piece("integers", may_differ=_may_differ(slots, minus_zero), has_minus=minus)
    if kind == np.uint64:
        slots[:] = cells.to_numpy()
        return Piece("unsigned")
    if kind == np.float64:
        slots[:] = cells.to_numpy()
        return floats_piece(slots, minus_zero)
    if kind == np.bool_:
        slots[:] = cells.to_numpy()
        return Piece("booleans")
    return _objects(cells, slots) if pd.api.types.is_object_dtype(kind) or kind == "str" else Piece("other")


def floats_piece(values: FloatArray, minus_zero: bool) -> Piece:
    """What floats are, NaN where missing; `minus_zero`: whether some -0 in the text could be an integer."""
    missing = np.isnan(values)
    if missing.all():
        return Piece("nothing")
    largest = np.fmax.reduce(np.abs(values))
    if largest >= MOST_INTEGER:
        return Piece("other")
    if largest <= MOST_EXACT and not minus_zero:
        return Piece("floats")
    are_whole = bool((missing | (values == np.floor(values))).all())  # else they are floats for certain
    return Piece("floats", may_differ=are_whole and _may_differ(values, minus_zero))


def _may_differ(values: FloatArray, minus_zero: bool) -> bool:
    return bool(np.fmax.reduce(np.abs(values)) > MOST_EXACT or (minus_zero and (values == 0).any()))


def _objects(cells: pd.Series, slots: FloatArray) -> Piece:
    import pandas as pd

    values = cells.to_numpy(dtype=object)
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "boolean":
        slots[:] = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return Piece("booleans")
    if kind == "empty":
        return Piece("nothing")
    if kind != "string":
        return Piece("other")
    codes, words = pd.factorize(values)
    slots.view(np.int64)[:] = codes
    return Piece("words", np.asarray(words, dtype=object))


def is_number(word: str) -> bool:
    """Whether it could be a number or a truth value."""
    try:
        float(word)
    except ValueError:
        return word.lower() in ("true", "false")
    return True


def verdict(pieces: Sequence[Piece]) -> Verdict:
    """What the whole column is, from its parts; "whole" where only a reading of the whole column can tell.

    Parts that are words, beside others, make words of all.
    """
    made = {piece.made for piece in pieces}
    if "other" in made or any(_has_long_integer(piece) for piece in pieces):
        return "whole"
    if "unsigned" in made:
        fits = made <= {"integers", "unsigned"} and not any(piece.has_minus for piece in pieces)
        return "numeric" if fits else "whole"
    made.discard("nothing")
    if made <= {"integers", "floats"}:
        alike = len(made) < 2 and "floats" not in made
        return "numeric" if alike or not any(piece.may_differ for piece in pieces) else "whole"
    return "boolean" if made == {"booleans"} else "words"


def _has_long_integer(piece: Piece) -> bool:
    return piece.words is not None and any(len(word) > 18 and INTEGER.fullmatch(word) for word in piece.words)


def joined(pieces: Sequence[Piece], codes: Sequence[IntArray]) -> ObjectArray:
    """All words in order of appearance; the codes of each part become codes into them, in place."""
    index: dict[str, int] = {}
    for piece, some in zip(pieces, codes, strict=True):
        if piece.words is None:
            some[:] = -1
            continue
        place = np.array([*(index.setdefault(word, len(index)) for word in piece.words), -1], dtype=np.int64)
        if not np.array_equal(place[:-1], np.arange(len(place) - 1)):
            some[:] = place[some]
    words: npt.NDArray[np.object_] = np.empty(len(index), dtype=object)
    words[:] = list(index)
    return words
