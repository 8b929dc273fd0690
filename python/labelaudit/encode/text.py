"""Running text as weighted counts of its words and letter sequences (TF-IDF), sparse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.table.table import Column
from labelaudit.threads import importing

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Analyzer = Literal["word", "char_wb"]

LENGTHS: dict[Analyzer, tuple[int, int]] = {"word": (1, 2), "char_wb": (2, 5)}
WORDS: dict[Analyzer, str] = {"word": "word", "char_wb": "letters"}
RAREST_TERM = 2  # rows; a term of one row says nothing of any other row
MOST_TERMS = 2**18  # of each analyzer; above, terms are hashed to so many columns
MOST_COUNTED = 16 * MOST_TERMS  # different terms, rare ones included: some 500 MB while they are counted
# Of a text's squared length, per analyzer; a standardised number has 1 on average. Of 1, 4, 16 and 64, 16 brings the L2
# with the lowest out-of-sample loss into the range that is tried on all of four real sets.
SQUARED_LENGTH = 16


@dataclass(frozen=True)
class Terms:
    """The words or letter sequences of a text, each text's weights scaled to the same length.

    A weight is (1 + log count) idf, idf = log((1 + rows) / (1 + rows with the term)) + 1, as in scikit-learn. Terms
    that fitting has not seen are ignored. `terms` are sorted; there are none where they are hashed, to len(idf)
    columns.
    """

    kind: ClassVar[str] = "terms"
    analyzer: Analyzer
    terms: tuple[str, ...]
    hashed: bool
    idf: Array

    @property
    def names(self) -> tuple[str, ...]:
        """What each column counts."""
        what = WORDS[self.analyzer]
        if self.hashed:
            return tuple(f"{what} of hash {i}" for i in range(len(self.idf)))
        return tuple(f'{what} "{term}"' for term in self.terms)

    @classmethod
    def fit(cls, analyzer: Analyzer, texts: NDArray[np.object_]) -> Terms:
        """From all texts, whatever their order."""
        rows_with = _rows_with(_counter(analyzer, ()).build_analyzer(), texts)
        kept = None if rows_with is None else sorted(t for t, n in rows_with.items() if n >= RAREST_TERM)
        if rows_with is None or kept is None or len(kept) > MOST_TERMS:
            plain = cls(analyzer, (), True, np.ones(MOST_TERMS))
            counts = plain._counts(texts)
            return cls(analyzer, (), True, _idf(np.bincount(counts.indices, minlength=MOST_TERMS), len(texts)))
        return cls(analyzer, tuple(kept), False, _idf(np.array([rows_with[t] for t in kept]), len(texts)))

    def encode(self, texts: NDArray[np.object_]) -> csr_array:
        """(rows, terms), with sorted columns; a row without a known term is zero."""
        weights = self._counts(texts)
        weights.data = (1 + np.log(weights.data)) * self.idf[weights.indices]
        row = np.repeat(np.arange(len(texts)), np.diff(weights.indptr))
        squares = np.bincount(row, weights=np.square(weights.data), minlength=len(texts))
        weights.data *= np.sqrt(SQUARED_LENGTH / squares[row])
        return weights

    def _counts(self, texts: NDArray[np.object_]) -> csr_array:
        with importing:
            from scipy.sparse import csr_array

        if not len(self.idf):
            return csr_array((len(texts), 0))
        counter = _hasher(self.analyzer) if self.hashed else _counter(self.analyzer, self.terms)
        counts = csr_array(counter.transform(texts), dtype=np.float64)
        counts.sort_indices()
        return counts


def _idf(rows_with: NDArray[np.integer[Any]], rows: int) -> Array:
    out: Array = np.log((1 + rows) / (1 + rows_with.astype(np.float64))) + 1
    return out


def _counter(analyzer: Analyzer, terms: tuple[str, ...]) -> Any:
    with importing:
        from sklearn.feature_extraction.text import CountVectorizer

    vocabulary = {term: i for i, term in enumerate(terms)}
    return CountVectorizer(analyzer=analyzer, ngram_range=LENGTHS[analyzer], vocabulary=vocabulary or None)


def _hasher(analyzer: Analyzer) -> Any:
    with importing:
        from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer=analyzer, ngram_range=LENGTHS[analyzer], n_features=MOST_TERMS, alternate_sign=False, norm=None
    )


def _rows_with(analyze: Callable[[str], list[str]], texts: NDArray[np.object_]) -> Counter[str] | None:
    """How many texts hold each term; None once there are more than MOST_COUNTED terms."""
    rows_with: Counter[str] = Counter()
    for text in texts:
        rows_with.update(set(analyze(text)))
        if len(rows_with) > MOST_COUNTED:
            return None
    return rows_with


@dataclass(frozen=True)
class TfIdf:
    """A text as the weights of its words, pairs of words, and sequences of 2 to 5 letters within words."""

    kind: ClassVar[str] = "tfidf"
    column: str
    words: Terms
    letters: Terms

    @property
    def names(self) -> tuple[str, ...]:
        """column, and the word or the letters."""
        return tuple(f"{self.column}: {name}" for part in (self.words, self.letters) for name in part.names)

    @classmethod
    def fit(cls, column: Column) -> TfIdf:
        """From all of the column's texts."""
        return cls(column.name, Terms.fit("word", column.values), Terms.fit("char_wb", column.values))

    def encode(self, values: NDArray[Any]) -> csr_array:
        """(rows, terms), sparse; a missing text is a row of zeros."""
        with importing:
            from scipy.sparse import csr_array, hstack

        return csr_array(hstack([self.words.encode(values), self.letters.encode(values)], format="csr"))
