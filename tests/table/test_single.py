"""Rows one by one: the cells, and what a search finds, are those of all cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialects import drawn
from labelaudit.table.reader import read_cells, read_fingerprints, read_single_rows
from labelaudit.table.single import FrameRows, TextRows


@pytest.mark.parametrize("seed", range(60))
def test_single_rows_are_those_of_all_cells(tmp_path: Path, seed: int) -> None:
    file = drawn(seed)
    path = tmp_path / ("data.csv" + file.suffix)
    path.write_bytes(file.raw)
    how: Any = {"label": file.label, "delimiter": file.delimiter, "skip": file.preamble.count("\n")}
    how |= {"charset": file.charset[0]}
    rows, found = read_single_rows([path, path], **how)
    cells = read_cells([path, path], **how)
    assert isinstance(rows, TextRows)
    assert rows.names == tuple(cells.columns)
    assert [list(rows.cells(row)) for row in range(len(cells))] == cells.to_numpy().tolist()
    assert found.tolist() == read_fingerprints([path, path], **how).tolist()
    some = np.arange(len(cells))[::-2]
    for text in ("A", "a", "é", '"', 'a "', "", ",", ";", "\n", "\r", " ", "WORD", "01", '""', "\ufeff"):
        expected = FrameRows(cells).holding(some, text)
        assert rows.holding(some, text).tolist() == expected.tolist(), text
        held = [any(text.upper() in cell.upper() for cell in cells.iloc[row]) for row in some]
        assert expected.tolist() == held


def test_a_parquet_file_has_single_rows_too(tmp_path: Path) -> None:
    from parquets import as_parquet, pa

    path = tmp_path / "data.parquet"
    path.write_bytes(as_parquet(pa.table({"x": [1.0, None], "y": ["a", 'B "c"']})))
    rows, _ = read_single_rows([path], label="y")
    assert isinstance(rows, FrameRows)
    assert [rows.cells(0), rows.cells(1)] == [("1", "a"), ("", 'B "c"')]
    assert rows.holding(np.array([1, 0]), "b").tolist() == [True, False]
