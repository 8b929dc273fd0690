"""A column of words by its distinct words, so that whatever looks at words looks at each only once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.table.rowwise import BoolArray, counts, picked
from labelaudit.table.table import FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    import pandas as pd

MISSING = -1
BOOLEANS = {"true": 1.0, "false": 0.0}
NUMBER_START = re.compile(r"\s*(?:[-+.0-9nNiI]|[^\x00-\x7f])")  # of whatever pandas might take for a number, and others
LONG_NUMBER = 16  # characters; any shorter number has so few digits that nobody rounds it
ENDLESS_INTEGER = re.compile(r"[+-]?[0-9]{4300,}")  # where Python, and so pandas, stops to convert
ISO_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


@dataclass(frozen=True)
class Distinct:
    """`words` in order of appearance; `codes`: the word of each row, MISSING where there is none."""

    codes: IntArray
    words: ObjectArray

    @cached_property
    def counts(self) -> IntArray:
        """How many rows hold each word."""
        return counts(self.codes, len(self.words))

    def spread(self, values: FloatArray) -> FloatArray:
        """One value a word to one value a row, NaN where missing."""
        return picked(self.codes, place=np.append(values, np.nan))

    def text(self, kept: BoolArray | None = None) -> ObjectArray:
        """The words row by row, of all rows or the kept ones, "" where missing."""
        padded = np.empty(len(self.words) + 1, dtype=object)
        padded[:-1], padded[-1] = self.words, ""
        return picked(self.codes, kept, padded)

    def coded(self, levels: tuple[str, ...] | None = None) -> tuple[IntArray, tuple[str, ...]]:
        """Codes into the sorted words, or into given levels with every other word MISSING."""
        kept = tuple(sorted(self.words.tolist())) if levels is None else levels
        place = {level: code for code, level in enumerate(kept)}
        codes = np.array([*(place.get(word, MISSING) for word in self.words), MISSING], dtype=np.int64)
        return picked(self.codes, place=codes), kept

    def numbers(self) -> FloatArray:
        """Each word as pandas' C reader takes it for a number, NaN where it does not."""
        if not any(map(NUMBER_START.match, self.words)):
            return np.full(len(self.words), np.nan)
        import pandas as pd

        values = np.array(pd.to_numeric(pd.Series(self.words, dtype=object), errors="coerce"), dtype=np.float64)
        for code, word in enumerate(self.words):  # pandas rounds some long numbers with a sign, and gives up on endless
            if len(word) >= LONG_NUMBER and (not np.isnan(values[code]) or ENDLESS_INTEGER.fullmatch(word)):
                values[code] = float(word)
        return values

    def booleans(self) -> FloatArray:
        """1 for true, 0 for false, in any case, NaN for other words."""
        return np.array([BOOLEANS.get(word.lower(), np.nan) for word in self.words], dtype=np.float64)

    def dates(self) -> FloatArray:
        """Seconds since 1970 (UTC, where no zone is given) of ISO 8601 dates, NaN for other words."""
        import pandas as pd

        dates = [word if ISO_DATE.fullmatch(word) else None for word in self.words]
        return seconds(pd.to_datetime(pd.Series(dates, dtype=object), format="ISO8601", utc=True, errors="coerce"))

    def mean_words(self) -> float:
        """Words separated by white space, on average over the rows that hold any."""
        if len(self.words) == 0:
            return 0.0
        sizes = np.array([len(word.split()) for word in self.words])
        return float(np.average(sizes, weights=self.counts))


def seconds(moments: pd.Series) -> FloatArray:
    """Seconds since 1970 of a column with a time zone, NaN where missing."""
    since = moments.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
    values: FloatArray = since.astype(np.int64).astype(np.float64) / 1e6
    values[np.isnat(since)] = np.nan
    return values


def distinct(cells: pd.Series) -> Distinct:
    """The distinct words of a column; cells that are not text are taken as str() writes them."""
    import pandas as pd

    codes, found = pd.factorize(as_words(cells).to_numpy(dtype=object))
    return Distinct(codes.astype(np.int64), np.asarray(found, dtype=object))


def as_words(cells: pd.Series) -> pd.Series:
    """The column with every cell that is not missing as str."""
    import pandas as pd

    words = cells.astype(object)
    if pd.api.types.infer_dtype(words, skipna=True) in ("string", "empty"):
        return words
    return words.where(words.isna(), words.map(as_word))


def as_word(value: object) -> str:
    """A cell of a DataFrame as a file would hold it; 1.0 is `1`: beside a missing cell pandas makes integers float."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
