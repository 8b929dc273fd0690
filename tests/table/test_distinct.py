"""Columns of words by their distinct words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.table.distinct import LONG_NUMBER, Distinct

ODD = (
    "",
    " ",
    "inf",
    "-INF",
    "Infinity",
    "nan",
    "NaN",
    "NA",
    "None",
    "null",
    "True",
    "e5",
    "x1",
    " 7",
    "\t8",
    "\x0b9",
    "1_0",
)
WORDS = st.one_of(st.sampled_from(ODD), st.text(max_size=LONG_NUMBER - 1), st.from_regex(r"\s?[a-z]?[-+]?[0-9.e]{1,8}"))


@given(WORDS)
def test_a_word_is_the_number_that_pandas_takes_it_for(word: str) -> None:
    """Alone: pandas, which takes as long to import as large files to read, is asked where it could be one."""
    if len(word) >= LONG_NUMBER or "\0" in word:
        return
    words = np.array([word], dtype=object)
    expected = np.array(pd.to_numeric(pd.Series(words, dtype=object), errors="coerce"), dtype=np.float64)
    assert np.array_equal(Distinct(np.zeros(1, dtype=np.int64), words).numbers(), expected, equal_nan=True)
