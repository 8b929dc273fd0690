"""How large the data of an audit is, as far as its cost depends on that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.columns import RAREST, SPLINE_COLUMNS
from labelaudit.encode.components import COMPONENTS
from labelaudit.encode.embedding import DIMENSIONS
from labelaudit.encode.encoder import FEWEST_FOR_SPLINE, Encoding, feature_columns, packed_bytes, pays
from labelaudit.encode.kernel import LANDMARKS
from labelaudit.encode.text import LENGTHS, MOST_TERMS, RAREST_TERM
from labelaudit.table.table import Column, Table

NUMBER = 8  # bytes of a value, a code, a pointer
READ_TEXTS = 3000  # of which the terms are counted
WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True)
class Texts:
    """A column of running text: characters and different terms of a mean text; terms that stand in several rows."""

    letters: float
    terms: float
    vocabulary: float


@dataclass(frozen=True)
class Shape:
    """What an audit's cost is predicted from.

    rows: labelled ones. file_bytes and text_bytes: on disk, and decompressed. cells: columns of the file that are read.
    words: those that are held as words (label, ids, categories). columns: features. encoded: columns of each encoding,
    the constant included. one_hot: how many of these each category makes.
    """

    rows: int
    file_bytes: float
    text_bytes: float
    cells: int
    words: int
    columns: int
    classes: int
    encoded: dict[Encoding, int]
    texts: tuple[Texts, ...] = ()
    reference_rows: int = 0
    one_hot: tuple[int, ...] = ()

    def stored(self, encoding: Encoding, value: int) -> float:
        """Bytes of an encoded row, of `value` bytes a number; see Encoder.packs."""
        cols = self.encoded[encoding]
        dense = value < NUMBER or self.classes > 2 or encoding in ("kernel", "rank-kernel", "terms")
        if dense or not pays(cols, self.one_hot):
            return value * cols
        return packed_bytes(cols, self.one_hot)

    @property
    def outputs(self) -> int:
        """Logits of a row."""
        return 1 if self.classes == 2 else self.classes

    @property
    def pairs(self) -> int:
        """Pairs of outputs."""
        return self.outputs * (self.outputs + 1) // 2


def classes_of(table: Table, rows: float) -> int:
    """The classes of so many rows with two or more of them, as some of the rows show them."""
    counts = np.bincount(table.given, minlength=len(table.classes))
    return max(2, _frequent(counts, rows / max(1, len(table)), 2))


def encoded_columns(columns: Sequence[Column], rows: float, encodings: Iterable[Encoding]) -> dict[Encoding, int]:
    """The columns that each encoding makes of so many rows, the constant included; columns: on some of these rows."""
    features = feature_columns(columns)
    linear = sum(_base(column, rows) for column in features)
    bent = sum(_bent(column, rows) for column in features)
    landmarks = int(min(LANDMARKS, max(1, rows // 3)))
    terms = sum(_terms(column, rows) for column in features)
    counts: dict[Encoding, int] = {
        "linear": linear,
        "spline": bent,
        "kernel": landmarks,
        "rank-kernel": landmarks,
        "spline+kernel": bent + landmarks,
        "terms": terms,
    }
    return {name: counts[name] + 1 for name in encodings}


def one_hot_columns(columns: Sequence[Column], rows: float) -> tuple[int, ...]:
    """The columns that each category makes of so many rows; none for one that makes none."""
    made = (_base(column, rows) for column in columns if column.kind == "categorical")
    return tuple(count for count in made if count)


def _base(column: Column, rows: float) -> int:
    """Encoded columns of one feature."""
    if column.kind == "categorical":
        counts = np.bincount(column.values + 1, minlength=len(column.levels) + 1)
        if np.count_nonzero(counts) <= 1:  # the constant says it all
            return 0
        kept = _frequent(counts, rows / max(1, len(column.values)), RAREST)
        return kept + int(kept < np.count_nonzero(counts)) if kept else 0
    if column.kind == "text":
        return int(min(COMPONENTS, rows - 1))
    if column.kind == "embedding":
        return min(DIMENSIONS, int(column.values.shape[1]))
    return 1 + bool(np.isnan(column.values).any())


def _bent(column: Column, rows: float) -> int:
    if column.kind != "numeric":
        return _base(column, rows)
    present = column.values[~np.isnan(column.values)]
    few = len(np.unique(present)) < FEWEST_FOR_SPLINE
    return _base(column, rows) + (0 if few else SPLINE_COLUMNS - 1)


def _terms(column: Column, rows: float) -> int:
    return int(texts_of(column, rows).vocabulary) if column.kind == "text" else _base(column, rows)


def _frequent(counts: NDArray[np.int64], growth: float, fewest: int) -> int:
    """How many words stand in `fewest` rows or more, of `growth` times the rows that were counted.

    Words not seen yet are as many as Chao's estimate says, where they could be frequent enough then (Chao 1984).
    """
    seen = int(np.count_nonzero(counts * growth >= fewest))
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    unseen = once * (once - 1) / (2 * (twice + 1)) if growth / 2 >= fewest else 0.0
    return seen + int(min(unseen, counts.sum() * growth / fewest))


def texts_of(column: Column, rows: float) -> Texts:
    """The sizes of a text column of so many rows, from some of its texts.

    Each doubling of the texts multiplies the terms by less than the one before, by a share of its exponent that the
    last two doublings show.
    """
    texts = [str(text) for text in column.values[:: max(1, len(column.values) // READ_TEXTS)]]
    with_term: Counter[str] = Counter()
    total, found = 0, {0: 0}
    marks = {len(texts) // 4, len(texts) // 2, len(texts)}
    for i, text in enumerate(texts, start=1):
        terms = _terms_of(text)
        total += len(terms)
        with_term.update(terms)
        if i in marks:
            found[i] = sum(count >= RAREST_TERM for count in with_term.values())
    quarter, half, now = (max(1, found[len(texts) // n]) for n in (4, 2, 1))
    last, before = np.log2(now / half), np.log2(half / quarter)
    slower = float(np.clip(last / before if before > 0 else 1.0, 0.0, 1.0))
    doublings = float(np.log2(max(1.0, rows / max(1, len(texts)))))
    grown = slower * (1 - slower**doublings) / (1 - slower) if slower < 1 else doublings
    vocabulary = min(now * 2.0 ** float(last * grown), 2.0 * MOST_TERMS)
    return Texts(sum(map(len, texts)) / max(1, len(texts)), total / max(1, len(texts)), vocabulary)


def _terms_of(text: str) -> set[Any]:
    """Words, pairs of words and letter sequences of a text, about as its encoder counts them."""
    words = WORD.findall(text.lower())
    shortest, longest = LENGTHS["char_wb"]
    found: set[Any] = {*words, *pairwise(words)}
    for word in (f" {word} " for word in text.lower().split()):
        for length in range(shortest, longest + 1):
            found.update(word[i : i + length] for i in range(max(1, len(word) - length + 1)))
    return found
