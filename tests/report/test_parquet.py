"""The ranking as Parquet: the cells of the ranking, in their types."""

from __future__ import annotations

import io

import pandas as pd

from handmade import handmade
from labelaudit.audits.result import SCORES
from labelaudit.report import csv, parquet
from parquets import pa, pq
from sample_data import ranking_rows


def read(content: bytes):
    return pq.read_table(io.BytesIO(content))


def test_it_holds_the_ranking_in_its_types():
    audit = handmade()
    table = read(parquet.render(audit))
    assert table.column_names == list(audit.ranking.columns)
    for field in table.schema:
        kind = {"rank": pa.int64(), "row": pa.int64(), "line": pa.int64(), "is_label_issue": pa.bool_()}.get(field.name)
        assert field.type == (kind or (pa.float64() if field.name in SCORES else pa.string()))
    for name in audit.ranking.columns:
        expected = [None if pd.isna(cell) else cell for cell in audit.ranking[name].tolist()]
        assert table[name].to_pylist() == expected
    assert table["self_influence"].null_count == 1


def test_it_says_what_the_csv_says():
    audit = handmade()
    cells = ranking_rows(csv.render(audit))
    for row, line in zip(read(parquet.render(audit)).to_pylist(), cells, strict=True):
        for name, value in row.items():
            cell = line[name]
            if value is None:
                assert cell == ""
            elif isinstance(value, bool):
                assert cell == ("true" if value else "false")
            else:
                assert type(value)(cell) == value


def test_lines_that_are_not_there_are_null_and_top_cuts():
    audit = handmade()
    audit.ranking["line"] = pd.array([None] * len(audit.ranking), dtype="Int64")
    table = read(parquet.render(audit, top=2))
    assert table["line"].to_pylist() == [None, None]
    assert table["rank"].to_pylist() == [1, 2]


def test_the_same_audit_gives_the_same_bytes():
    assert parquet.render(handmade()) == parquet.render(handmade())
