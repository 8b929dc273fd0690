from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from labelaudit.errors import InputError, UsageError
from labelaudit.table import read_table, table_from_frame

Write = Callable[..., str]
DATA = (
    "id,n,i,c,flag,when,words,same,key,y\n"
    "007,1.5,1,red,true,2020-01-01,a b c d,5,r1,1\n"
    "8,,2,blue,false,2020-01-02,e f g h,5,r2,1\n"
    "9,2.5,3,NA,true,2020-01-01,i j k l,5,r3,0\n"
    "10,NA,4,red,,,m n o p,5,r4,\n"
    "11,7,5,blue,true,2020-01-02,q r s t,5,r5,0\n"
)


@pytest.mark.parametrize(
    "options", [{"dtype": {"id": str}}, {"dtype": object}, {"dtype": str, "keep_default_na": False}]
)
def test_a_frame_gives_the_same_table_as_its_file(write: Write, options: dict[str, Any]) -> None:
    name = write(DATA)
    from_file = read_table([name], label="y", ids=["id"])
    table = table_from_frame(pd.read_csv(name, **options), label="y", ids=["id"])
    assert (table.classes, table.given.tolist()) == (from_file.classes, from_file.given.tolist())
    assert table.row.tolist() == from_file.row.tolist()
    assert table.ids["id"].tolist() == from_file.ids["id"].tolist()
    assert table.left_out_columns == from_file.left_out_columns
    for column, expected in zip(table.columns, from_file.columns, strict=True):
        assert (column.name, column.kind, column.levels) == (expected.name, expected.kind, expected.levels)
        np.testing.assert_array_equal(column.values, expected.values)


def test_pandas_own_dtypes_are_understood() -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["b", "a", None, "b"]),
            "when": pd.to_datetime(["1970-01-02", None, "1970-01-01", "1970-01-01"]),
            "zoned": pd.to_datetime(["1970-01-01", None, "1970-01-02", "1970-01-02"]).tz_localize("Etc/GMT-1"),
            "nullable": pd.array([1, None, 3, 4], dtype="Int64"),
            "flag": pd.array([True, None, False, True], dtype="boolean"),
            "plain": [True, False, True, True],
            "small": np.array([1, 2, 3, 4], dtype=np.float32),
            "y": pd.Categorical([True, False, True, False]),
        }
    )
    table = table_from_frame(frame, label="y")
    nan = np.nan
    assert [column.kind for column in table.columns] == [
        "categorical", "date", "date", "numeric", "boolean", "boolean", "numeric",
    ]  # fmt: skip
    values = [
        [1, 0, -1, 1],
        [86400, nan, 0, 0],
        [-3600, nan, 82800, 82800],
        [1, nan, 3, 4],
        [1, nan, 0, 1],
        [1, 0, 1, 1],
        [1, 2, 3, 4],
    ]
    for column, expected in zip(table.columns, values, strict=True):
        np.testing.assert_array_equal(column.values, expected)
    assert table.classes == ("False", "True")


def test_float_labels_beside_missing_ones_are_the_integers_they_were() -> None:
    frame = pd.DataFrame({"x": [1, 2, 3, 4, 5], "y": [0.0, 1.0, np.nan, 0.0, 1.0]})
    table = table_from_frame(frame, label="y")
    assert table.classes == ("0", "1")
    assert [row.row for row in table.left_out_rows] == [3]
    assert set(table.line.tolist()) == {-1}


def test_cells_of_any_type_are_taken_as_they_are_written() -> None:
    day = datetime.date(2020, 1, 1)
    frame = pd.DataFrame(
        {
            "mixed": [1, "a", 2.0, "a"],
            "lists": [[1], [2], [1], [2]],
            "days": [day, None, day, datetime.date(2020, 1, 2)],
            "y": ["a", "a", "b", "b"],
        }
    )
    table = table_from_frame(frame, label="y")
    assert [column.kind for column in table.columns] == ["categorical", "categorical", "date"]
    assert table.columns[0].levels == ("1", "2", "a")
    assert table.columns[1].levels == ("[1]", "[2]")


def test_missing_words_that_are_numbers_hold_for_numbers() -> None:
    frame = pd.DataFrame({"n": [1, -999, 3, 4], "f": [1.5, 2, -999, 4], "y": ["a", "a", "b", "b"]})
    table = table_from_frame(frame, label="y", missing=["-999"])
    np.testing.assert_array_equal(table.columns[0].values, [1, np.nan, 3, 4])
    np.testing.assert_array_equal(table.columns[1].values, [1.5, 2, np.nan, 4])


def test_infinity_is_refused_with_its_row() -> None:
    frame = pd.DataFrame({"x": [1.0, np.inf, 3, 4], "y": ["a", "a", "b", "b"]})
    with pytest.raises(InputError, match='row 2, column "x": expected a number within float64, got "inf"'):
        table_from_frame(frame, label="y")


def test_the_index_does_not_matter() -> None:
    frame = pd.DataFrame({"x": [1, 2, 3, 4], "y": ["a", "a", "b", "b"]}, index=[7, 7, "z", None])
    assert table_from_frame(frame, label="y").columns[0].values.tolist() == [1, 2, 3, 4]


def test_the_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"x": ["NA", "a", "b", "a"], "y": ["a", "a", "b", "b"]})
    before = frame.copy(deep=True)
    table_from_frame(frame, label="y")
    pd.testing.assert_frame_equal(frame, before)


def test_column_names_must_be_distinct_strings() -> None:
    with pytest.raises(UsageError, match="is not a string"):
        table_from_frame(pd.DataFrame({0: [1], "y": ["a"]}), label="y")
    with pytest.raises(UsageError, match='"x" stands 2 times'):
        table_from_frame(pd.DataFrame([[1, 2, "a"]], columns=["x", "x", "y"]), label="y")


def test_a_label_that_is_not_there_and_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match=r'no label column "z"\. Columns: "x", "y"'):
        table_from_frame(pd.DataFrame({"x": [1], "y": ["a"]}), label="z")
    with pytest.raises(InputError, match="no rows"):
        table_from_frame(pd.DataFrame({"x": [], "y": []}), label="y")
