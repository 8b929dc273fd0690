from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from labelaudit.table import Column, Table, read_table

Write = Callable[..., str]
NAN = float("nan")


def table_of(write: Write, cells: list[str], **options: Any) -> Table:
    rows = "".join(f'"{cell}",{"ab"[i % 2]}\n' for i, cell in enumerate(cells))
    return read_table([write("x,y\n" + rows)], label="y", **options)


def column_of(write: Write, cells: list[str], **options: Any) -> Column:
    (column,) = table_of(write, cells, **options).columns
    return column


def reason_of(write: Write, cells: list[str], **options: Any) -> str:
    (left_out,) = table_of(write, cells, **options).left_out_columns
    assert left_out.name == "x"
    return left_out.reason


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "2.5", "", "-3e2"], "numeric", [1, 2.5, NAN, -300]),
        (["1", " 2", "3 ", "+4"], "numeric", [1, 2, 3, 4]),
        (["1", "NA", "n/a", "None"], "numeric", [1, NAN, NAN, NAN]),
        (["9007199254740993", "1", "2", "3"], "numeric", [9007199254740992, 1, 2, 3]),
        (["99999999999999999999", "-1", "2", ""], "numeric", [1e20, -1, 2, NAN]),
        (["True", "false", "TRUE", "tRuE"], "boolean", [1, 0, 1, 1]),
        (["True", "False", "", "null"], "boolean", [1, 0, NAN, NAN]),
        (["0", "1", "0", "1"], "numeric", [0, 1, 0, 1]),
        (["1970-01-02", "", "1970-01-01T00:00:01Z", "1969-12-31 23:59:59.5"], "date", [86400, NAN, 1, -0.5]),
        (["1970-01-01T02:00+02:00", "0001-01-01", "9999-12-31", "NA"], "date", [0, -62135596800, 253402214400, NAN]),
        (["b", "a", "", "b"], "categorical", [1, 0, -1, 1]),
        (["yes", "no", "no", "yes"], "categorical", [1, 0, 0, 1]),
        (["2020-02-30", "2020-01-01", "2020-02-30", "2020-01-01"], "categorical", [1, 0, 1, 0]),
        (["1", "x", "1", "x"], "categorical", [0, 1, 0, 1]),
        (["a", " a", "a ", "a"], "categorical", [1, 0, 2, 1]),
    ],
)
def test_the_kind_follows_the_cells(write: Write, cells: list[str], kind: str, values: list[float]) -> None:
    column = column_of(write, cells)
    assert column.kind == kind
    np.testing.assert_array_equal(column.values, values)
    assert column.values.dtype == (np.int64 if kind == "categorical" else np.float64)


def test_levels_are_sorted_and_exact(write: Write) -> None:
    assert column_of(write, ["b", "a", "B", "b"]).levels == ("B", "a", "b")


def test_declared_kinds_win(write: Write) -> None:
    cells = ["007", "7", "7.0", "7"]
    assert column_of(write, cells, categorical=["x"]).levels == ("007", "7", "7.0")
    assert column_of(write, cells, text=["x"]).values.tolist() == cells
    assert column_of(write, ["1", "2", "?", "?"], numeric=["x"], missing=["?"]).kind == "numeric"


def test_missing_words_hold_for_features_and_not_for_labels_or_ids(write: Write) -> None:
    name = write("id,x,y\nNA,?,NA\nb,-,NA\nc,1,None\nd,2,None\n")
    table = read_table([name], label="y", ids=["id"], missing=["?", "-"])
    assert table.classes == ("NA", "None")
    assert table.ids["id"].tolist() == ["NA", "b", "c", "d"]
    np.testing.assert_array_equal(table.columns[0].values, [NAN, NAN, 1, 2])


def test_ids_are_text_to_the_last_digit(write: Write) -> None:
    name = write("id,x,y\n007,1,a\n9007199254740993,2,a\n1e3,3,b\n,4,b\n")
    ids = read_table([name], label="y", ids=["id"]).ids["id"].tolist()
    assert ids == ["007", "9007199254740993", "1e3", ""]


def test_a_column_without_information_is_left_out_by_name(write: Write) -> None:
    assert reason_of(write, ["5", "5", "5", "5"]).startswith("constant")
    assert reason_of(write, ["a", "a", "a", "a"]).startswith("constant")
    assert reason_of(write, ["", "NA", "null", ""]).startswith("all missing")
    assert reason_of(write, ["1", "2", "1", "2"], drop=["x"]) == "dropped on request"


def test_one_value_beside_missing_cells_is_information(write: Write) -> None:
    assert column_of(write, ["5", "", "5", "5"]).kind == "numeric"


def test_words_that_all_differ_look_like_ids(write: Write) -> None:
    assert reason_of(write, ["r1", "r2", "r3", "r4"]) == (
        "all values differ, looks like an identifier: carry it with --id x"
    )


def test_numbers_and_dates_that_all_differ_are_features(write: Write) -> None:
    assert column_of(write, ["1", "2", "3", "4"]).kind == "numeric"
    assert column_of(write, ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"]).kind == "date"


def test_free_text_is_a_text_column(write: Write) -> None:
    repeated = ["the same words twice", "the same words twice", "other words are here", "and these are new"]
    for cells in ([f"these are {i} words" for i in range(4)], repeated):
        column = column_of(write, cells)
        assert column.kind == "text"
        assert column.values.tolist() == cells


def test_a_few_different_sentences_are_categories(write: Write) -> None:
    assert column_of(write, ["the same words twice", "another set of words"] * 3).kind == "categorical"


def test_a_late_word_counts_as_much_as_an_early_one(write: Write) -> None:
    assert column_of(write, [*(str(i) for i in range(300)), *["low"] * 30]).kind == "categorical"


def test_an_unlabelled_row_gives_no_level_and_no_variety(write: Write) -> None:
    name = write("x,z,y\nc,1,\na,2,p\nb,2,p\na,2,q\nb,2,q\n")
    table = read_table([name], label="y")
    assert table.columns[0].levels == ("a", "b")
    assert table.columns[0].values.tolist() == [0, 1, 0, 1]
    assert table.left_out_columns[0].reason.startswith("constant")
