"""What rows are known by, from their bytes: as the documents say, cell by cell, of any dialect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects import drawn, needs_quotes
from labelaudit._core import row_contents
from labelaudit.fingerprints import fingerprints
from labelaudit.table import contents as module
from labelaudit.table.reader import read_cells, read_fingerprints

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
awkward = st.one_of(cells, st.text(',;"\n\r a', max_size=6))


@given(
    st.lists(st.lists(awkward, min_size=3, max_size=3), max_size=8),
    st.permutations(range(3)),
    st.sampled_from(",;\t :"),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(0, 2),
    st.booleans(),
)
def test_each_cell_stands_behind_its_head_and_its_length(
    rows: list[list[str]], order: list[int], delimiter: str, end: str, blank: int, all_quoted: bool
) -> None:
    def written(cell: str) -> str:
        quoted = all_quoted or needs_quotes(cell, delimiter)
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    text = end * blank + "".join(delimiter.join(map(written, row)) + end * (1 + blank) for row in rows)
    heads = tuple((i, f"head {i}".encode()) for i in order)
    expected = [b"".join(b"head %d%d:%b" % (i, len(row[i].encode()), row[i].encode()) for i in order) for row in rows]
    assert row_contents(text.encode(), delimiter, len(rows), heads) == expected


@pytest.mark.parametrize("seed", range(60))
def test_fingerprints_of_a_file_are_those_of_its_cells(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    file = drawn(seed)
    path = tmp_path / ("data.csv" + file.suffix)
    path.write_bytes(file.raw)
    how: Any = {"label": file.label, "delimiter": file.delimiter, "skip": file.preamble.count("\n")}
    how |= {"charset": file.charset[0]}
    expected = fingerprints(pd.DataFrame([r.cells for r in file.rows], columns=list(file.header.cells), dtype=object))
    assert fingerprints(read_cells([path], **how)).tolist() == expected.tolist()
    for rows in (1, 2, 1000):
        monkeypatch.setattr(module, "ROWS", rows)
        assert read_fingerprints([path, path], **how).tolist() == [*expected, *expected]


@pytest.mark.parametrize(
    ("data", "rows"),
    [(b"a,b", 2), (b"a,b\n\n", 0), (b"a,b,c\n", 1), (b"a\n", 1), (b'a,"b', 1), (b'a,"b"c', 1)],
)
def test_bytes_that_are_not_so_many_records_are_refused(data: bytes, rows: int) -> None:
    heads = ((0, b"x"), (1, b"y"))
    with pytest.raises(ValueError, match="not as many records"):
        row_contents(data, ",", rows, heads)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ((), "one or more"),
        (((0, b"x"),) * 2, "every field once"),
        (((1, b"x"),), "every field once"),
        (((-1, b"x"),), "every field once"),
        (((2**70, b"x"),), "every field once"),
        (((0, "x"),), r"\(field, head\)"),
        (((0.0, b"x"),), r"\(field, head\)"),
        ((np.int64(0), b"x"), r"\(field, head\)"),
        (((0, b"x", 1),), r"\(field, head\)"),
    ],
)
def test_columns_of_another_make_are_refused(columns: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        row_contents(b"a\n", ",", 1, columns)


@pytest.mark.parametrize("rows", [-1, 4, 2**62])
def test_more_rows_than_bytes_are_refused(rows: int) -> None:
    with pytest.raises(ValueError, match="rows: expected no more"):
        row_contents(b"a\n", ",", rows, ((0, b""),))
