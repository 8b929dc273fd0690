"""What kind each column is, decided from the whole of it, and its values in that kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from labelaudit.errors import InputError
from labelaudit.table.cells import Cells, words_of
from labelaudit.table.distinct import ISO_DATE, Distinct, seconds
from labelaudit.table.foreign import how_to_write, is_foreign_number
from labelaudit.table.rowwise import picked
from labelaudit.table.table import Column, FloatArray, Kind, LeftOutColumn
from labelaudit.table.words import LONGEST_SHOWN, as_option, quoted

if TYPE_CHECKING:
    import pandas as pd

EXPECTED = 0.99  # from this share of numbers, booleans or dates on, another word is taken for a slip and refused
FIRST_WORDS = 20  # in which there is a date, if the column is one; a guess
FREE_TEXT_WORDS = 4.0  # words a cell on average; a guess
FREE_TEXT_DISTINCT = 0.5  # share of different cells; a guess


class Places(Protocol):
    """Where rows stand, for messages; rows count from 0."""

    def at(self, row: int) -> str: ...  # noqa: D102
    def cell(self, row: int, column: str) -> str: ...  # noqa: D102


def infer(name: str, cells: pd.Series | Cells, places: Places) -> Column | LeftOutColumn:
    """The column in the kind that its cells show, or why it is no feature; raises InputError as `as_kind`."""
    typed = _typed(name, cells, places)
    if typed is not None:
        return typed
    words = words_of(cells)
    for kind, values in _candidates(words):
        if _share(words, values) >= EXPECTED:
            return as_kind(name, cells, kind, places)
    all_differ = bool(words.counts.sum() > 1 and len(words.words) == words.counts.sum())
    if _is_free_text(words, all_differ):
        return as_kind(name, cells, "text", places)
    if all_differ:
        reason = f"all values differ, looks like an identifier: carry it with --id {as_option(name)}"
        return LeftOutColumn(name, reason)
    return as_kind(name, cells, "categorical", places)


def _candidates(words: Distinct) -> Iterator[tuple[Kind, FloatArray]]:
    """Kinds that the words may be of, with their values, NaN for a word that is not."""
    numbers = words.numbers()
    foreign = [is_foreign_number(word) for word in words.words] if _may_be_foreign(words, numbers) else False
    yield "numeric", np.where(foreign, 0.0, numbers)
    yield "boolean", words.booleans()
    if any(ISO_DATE.fullmatch(word) for word in words.words[:FIRST_WORDS]):
        yield "date", words.dates()


def _may_be_foreign(words: Distinct, numbers: FloatArray) -> bool:
    """Whether the first words are all numbers, however written; spaces alone are not."""
    first = list(zip(words.words[:FIRST_WORDS], numbers[:FIRST_WORDS], strict=True))
    others = [word for word, number in first if np.isnan(number)]
    return all(map(is_foreign_number, others)) and not all(word.isspace() for word, _ in first)


def as_kind(
    name: str, cells: pd.Series | Cells, kind: Kind, places: Places, levels: tuple[str, ...] | None = None
) -> Column:
    """The column in this kind; given levels are kept, and other words count as missing.

    Raises InputError at the first cell that is no such thing.
    """
    if kind == "numeric":
        typed = _typed(name, cells, places)
        if typed is not None and typed.kind == "numeric":
            return typed
    words = words_of(cells)
    if kind == "text":
        return Column(name, kind, words.text())
    if kind == "categorical":
        codes, found = words.coded(levels)
        return Column(name, kind, codes, found)
    by_kind = {"numeric": words.numbers, "boolean": words.booleans, "date": words.dates}
    values = by_kind[kind]()
    _refuse_first_other(name, words, values, kind, places)
    return _numbers(name, words.spread(values), kind, places)


def _typed(name: str, cells: pd.Series | Cells, places: Places) -> Column | None:
    """A column whose cells pandas has already found to be of one kind; None for words."""
    if isinstance(cells, Cells):  # numbers that were read in parts are within float64
        return None if cells.kind == "words" or cells.values is None else Column(name, cells.kind, cells.values)
    import pandas as pd

    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind == "boolean":
        return Column(name, "boolean", cells.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "datetime64":
        return Column(name, "date", seconds(pd.to_datetime(cells, utc=True)))
    if kind in ("integer", "floating", "mixed-integer-float"):
        return _numbers(name, _floats(cells), "numeric", places)
    if kind == "empty":
        return Column(name, "numeric", np.full(len(cells), np.nan))
    return None


def _floats(cells: pd.Series) -> FloatArray:
    try:
        return np.asarray(cells.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except OverflowError:  # an integer beyond float64, which pandas keeps as Python's
        return np.array([_float(cell) for cell in cells], dtype=np.float64)


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return float("inf")


def _numbers(name: str, values: FloatArray, kind: Kind, places: Places) -> Column:
    infinite = np.isinf(values)
    if infinite.any():
        row = int(np.argmax(infinite))
        cell = places.cell(row, name)
        raise InputError(
            f"{places.at(row)}, column {quoted(name)}: expected a number within float64, got {quoted(cell)}."
            f" {_treat_as_missing(cell)} to treat it as missing."
        )
    return Column(name, kind, values)


def _share(words: Distinct, values: FloatArray) -> float:
    """The share of the cells that are not missing whose value is not NaN."""
    cells = int(words.counts.sum())
    return float(words.counts[~np.isnan(values)].sum()) / cells if cells else 0.0


def _refuse_first_other(name: str, words: Distinct, values: FloatArray, kind: Kind, places: Places) -> None:
    other = np.append(np.isnan(values), False)
    if not other.any():  # there is a row with each word
        return
    row = int(np.argmax(picked(words.codes, place=other)))
    cell = str(words.words[words.codes[row]])
    cure = (how_to_write(cell) if kind == "numeric" else "") + _treat_as_missing(cell)
    expected = {"numeric": "a number", "boolean": "true or false", "date": "an ISO 8601 date"}[kind]
    raise InputError(
        f"{places.at(row)}, column {quoted(name)}: expected {expected}, got {quoted(cell)}. {cure}"
        f" to treat it as missing, or --categorical {as_option(name)} to keep it as categories."
    )


def _treat_as_missing(cell: str) -> str:
    return f"Add --missing {quoted(cell)}" if len(cell) <= LONGEST_SHOWN else "Empty the cell"


def _is_free_text(words: Distinct, all_differ: bool) -> bool:
    varied = all_differ or len(words.words) > FREE_TEXT_DISTINCT * words.counts.sum()
    return bool(varied and words.mean_words() >= FREE_TEXT_WORDS)
