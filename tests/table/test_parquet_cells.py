"""The texts of Parquet cells, which identify a row: as `str` writes Python's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from labelaudit.errors import InputError
from labelaudit.fingerprints import fingerprints
from labelaudit.table.frame import cells_of_frame
from labelaudit.table.parquet.cells import texts
from labelaudit.table.reader import read_cells
from parquets import as_csv, as_parquet, drawn, pa

Write = Callable[..., str]
SEEDS = range(10)
EXACT = ["long", "unsigned", "small", "word", "text", "colour", "code", "day", "y", "id"]  # the same text as in CSV


def as_said(value: Any) -> str:
    """The rule of docs/formats.md, cell by cell."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cell_is_as_str_writes_its_value(write: Write, seed: int) -> None:
    table = drawn(seed)
    cells = read_cells([write(as_parquet(table, row_group_size=1 + 7 * seed), "train.parquet")], label="y")
    assert cells.columns.tolist() == table.column_names
    for name in table.column_names:
        assert cells[name].tolist() == [as_said(value) for value in table.column(name).to_pylist()], name


@pytest.mark.parametrize("values", [[[1, 2], [], None], [{"a": 1.0, "b": None}, None], [b"\0a", b"", None], [-0.0, 1e22,
    np.inf, np.nan]])  # fmt: skip
def test_nested_binary_and_extreme_cells_have_a_text_too(values: list[Any]) -> None:
    assert texts(pa.array(values)).tolist() == [as_said(value) for value in values]


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_and_integers_have_the_fingerprints_of_their_csv(write: Write, seed: int) -> None:
    table = drawn(seed).select(EXACT)
    from_csv = read_cells([write(as_csv(table))], label="y")
    from_parquet = read_cells([write(as_parquet(table), "train.parquet")], label="y")
    assert fingerprints(from_parquet).tolist() == fingerprints(from_csv).tolist()


def test_the_fingerprints_are_those_of_the_frame(write: Write) -> None:
    table = drawn(0).drop_columns(["long", "unsigned"])
    name = write(as_parquet(table), "train.parquet")
    expected = fingerprints(cells_of_frame(pd.read_parquet(name)))
    assert fingerprints(read_cells([name], label="y")).tolist() == expected.tolist()


def test_row_groups_encodings_and_codecs_do_not_matter(write: Write) -> None:
    table = drawn(4)
    names = [
        write(as_parquet(table, **options), f"{i}.parquet")
        for i, options in enumerate(
            ({}, {"row_group_size": 3}, {"compression": "zstd"}, {"use_dictionary": False, "data_page_version": "2.0"})
        )
    ]
    found = [fingerprints(read_cells([name], label="y")).tolist() for name in names]
    assert found[0] == found[1] == found[2] == found[3]


def test_moments_that_python_does_not_know_are_as_arrow_writes_them(write: Write) -> None:
    moments = pa.array([2**58, 1, None], pa.timestamp("us"))
    assert texts(moments).tolist() == [
        str(np.datetime64(2**58, "us")).replace("T", " "),
        "1970-01-01 00:00:00.000001",
        "",
    ]
    nested = pa.array([[2**58], [1]], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("us")))
    table = pa.table({"x": nested, "y": ["a", "b"]})
    with pytest.raises(InputError, match=r"train\.parquet"):
        read_cells([write(as_parquet(table), "train.parquet")], label="y")
