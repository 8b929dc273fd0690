from __future__ import annotations

from collections import Counter
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit import fingerprints as module
from labelaudit.fingerprints import fingerprints, occurrences

TEXTS = st.text(alphabet=st.sampled_from('ab:1\n"é\U0001f600\u202e'), max_size=4)
TABLES = st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=8)
NAMES = ["b", "a", "ü"]


def frame(rows, names=NAMES):
    return pd.DataFrame(np.array(rows, dtype=object).reshape(len(rows), len(names)), columns=names, dtype=object)


def plain(row, names=NAMES):
    """The definition in docs/formats.md, row by row."""
    whole = b""
    for name, cell in sorted(zip(names, row, strict=True)):
        for text in (name, cell):
            raw = text.encode()
            whole += str(len(raw)).encode() + b":" + raw
    return sha256(whole).hexdigest()[:32]


@given(TABLES)
def test_a_fingerprint_is_what_the_documents_say(rows):
    assert fingerprints(frame(rows)).tolist() == [plain(row) for row in rows]


@given(TABLES)
def test_rows_have_the_same_fingerprint_exactly_where_they_are_equal(rows):
    found = fingerprints(frame(rows)).tolist()
    for a, fa in zip(rows, found, strict=True):
        assert [fa == fb for fb in found] == [a == b for b in rows]


@given(TABLES, st.permutations(range(3)))
def test_the_order_of_columns_does_not_matter(rows, order):
    again = frame([[row[i] for i in order] for row in rows], [NAMES[i] for i in order])
    assert fingerprints(again).tolist() == fingerprints(frame(rows)).tolist()


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_chunks_of_rows_do_not_matter(monkeypatch, chunk):
    cells = frame([[str(i), str(i % 3), "x"] for i in range(7)])
    whole = fingerprints(cells).tolist()
    monkeypatch.setattr(module, "CHUNK", chunk)
    assert fingerprints(cells).tolist() == whole


def test_a_name_or_a_border_between_cells_that_moves_makes_another_row():
    one = fingerprints(frame([["ab", "c", "d"]]))[0]
    assert one != fingerprints(frame([["a", "bc", "d"]]))[0]
    assert one != fingerprints(frame([["ab", "c", "d"]], ["b", "a", "x"]))[0]
    assert one != fingerprints(frame([["c", "ab", "d"]]))[0]


def test_a_lone_surrogate_of_a_dataframe_has_a_fingerprint():
    a, b = fingerprints(frame([["\ud800", "", ""], ["?", "", ""]]))
    assert a != b


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_occurrences_count_the_equal_rows_so_far(found):
    seen: Counter[str] = Counter()
    expected = []
    for each in found:
        seen[each] += 1
        expected.append(seen[each])
    assert occurrences(np.array(found, dtype=object)).tolist() == expected
