"""A table means the same as Parquet, as CSV and as a DataFrame; what cannot be read exactly is refused."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from labelaudit import _core, storage
from labelaudit.errors import InputError, UsageError
from labelaudit.table import read_table, table_from_frame
from labelaudit.table.opening import open_input
from labelaudit.table.reader import read_cells
from labelaudit.table.table import Table
from parquets import as_csv, as_parquet, drawn, pa, pq
from refusals import GOOD

Write = Callable[..., str]
SEEDS = range(25)
LABELS = ["a", "a", "b", "b"]


def assert_same(found: Table, expected: Table) -> None:
    assert (found.classes, found.given.tolist()) == (expected.classes, expected.given.tolist())
    assert found.row.tolist() == expected.row.tolist()
    assert found.file.tolist() == expected.file.tolist()
    assert {name: ids.tolist() for name, ids in found.ids.items()} == {n: i.tolist() for n, i in expected.ids.items()}
    assert found.left_out_columns == expected.left_out_columns
    assert [row.row for row in found.left_out_rows] == [row.row for row in expected.left_out_rows]
    for column, other in zip(found.columns, expected.columns, strict=True):
        assert (column.name, column.kind, column.levels) == (other.name, other.kind, other.levels)
        np.testing.assert_array_equal(column.values, other.values)  # to the bit


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_is_the_same_as_csv_and_as_parquet(write: Write, seed: int) -> None:
    table = drawn(seed)
    options: dict[str, Any] = {"label": "y", "ids": ["id"], "missing": ["3", "red"] if seed % 2 else []}
    found = read_table([write(as_parquet(table, row_group_size=1 + seed), "train.parquet")], **options)
    assert_same(found, read_table([write(as_csv(table))], **options))
    assert set(found.line.tolist()) == set(found.offset.tolist()) == {-1}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_is_the_same_as_parquet_and_as_the_frame_that_pandas_reads(write: Write, seed: int) -> None:
    table = drawn(seed).drop_columns(["long", "unsigned"])  # pandas rounds them where cells are missing
    name = write(as_parquet(table, row_group_size=1 + seed), "train.parquet")
    assert_same(
        read_table([name], label="y", ids=["id"]), table_from_frame(pd.read_parquet(name), label="y", ids=["id"])
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_as_categories_are_the_same_as_csv_and_as_parquet(write: Write, seed: int) -> None:
    table = drawn(seed).select(["long", "unsigned", "small", "day", "code", "flag", "word", "y"])
    options: dict[str, Any] = {"label": "y", "categorical": table.column_names[:-1]}
    found = read_table([write(as_parquet(table), "train.parquet")], **options)
    assert_same(found, read_table([write(as_csv(table))], **options))


def test_files_are_read_one_after_the_other(write: Write) -> None:
    table = drawn(0)
    whole = read_table([write(as_parquet(table), "whole.parquet")], label="y", ids=["id"])
    names = [write(as_parquet(part, row_group_size=7), f"{i}.parquet") for i, part in enumerate(
        (table.slice(0, 20), table.slice(20, 1), table.slice(21)))]  # fmt: skip
    parts = read_table(names, label="y", ids=["id"], expect_rows=60)
    assert [source.rows for source in parts.sources] == [20, 1, 39]
    assert parts.file.tolist() == [0 if row <= 20 else 1 if row == 21 else 2 for row in parts.row.tolist()]
    assert_same(parts.__class__(**{**vars(parts), "file": whole.file}), whole)


def test_a_reference_takes_kinds_and_levels_of_the_audited_table(write: Write) -> None:
    table = drawn(1)
    both = [(write(as_parquet(t), f"{n}.parquet"), write(as_csv(t), f"{n}.csv")) for n, t in (
        ("data", table), ("trusted", drawn(2).select(table.column_names)))]  # fmt: skip
    read = [read_table([data], label="y") for data in both[0]]
    found, expected = (read_table([trusted], label="y", expect=t) for trusted, t in zip(both[1], read, strict=True))
    assert_same(found, expected)
    crossed = read_table([both[1][1]], label="y", expect=read[0])  # a CSV beside Parquet
    assert_same(crossed, expected)


def test_the_source_is_recorded(write: Write) -> None:
    content = as_parquet(drawn(0))
    source = read_table([write(content, "train.csv")], label="y").sources[0]  # whatever its name
    assert (source.path, source.size_bytes, source.rows) == ("train.csv", len(content), 60)
    assert (source.format, source.compression, source.delimiter, source.charset, source.skip) == (
        "parquet", "none", "", "", 0,
    )  # fmt: skip
    assert source.header == tuple(drawn(0).column_names)


def test_lost_characters_are_counted(write: Write) -> None:
    table = pa.table({"x": ["\ufffd\ufffd", "a\ufffd", "a", None], "z": [1, 2, 3, 4], "y": LABELS})
    assert read_table([write(as_parquet(table))], label="y").sources[0].lost_characters == 3


ODD = {
    "list": [[1.5], [2.5], [1.5], None],
    "struct": [{"a": 1}, {"a": 2}, {"a": 1}, None],
    "binary": [b"\0", b"1", b"\0", None],
    "duration": [datetime.timedelta(1), datetime.timedelta(2), datetime.timedelta(1), None],
}


@pytest.mark.parametrize("name", list(ODD))
def test_what_is_no_feature_is_left_out_with_a_reason_or_taken_as_written(write: Write, name: str) -> None:
    table = pa.table({"x": [1, 2, 3, 4], name: ODD[name], "y": LABELS})
    file = write(as_parquet(table))
    found = read_table([file], label="y")
    assert [column.name for column in found.columns] == ["x"]
    assert [column.name for column in found.left_out_columns] == [name]
    assert f"{table.schema.field(name).type}".split("<")[0] in found.left_out_columns[0].reason
    declared = read_table([file], label="y", categorical=[name])
    assert declared.columns[1].levels == tuple(sorted({str(value) for value in ODD[name][:3]}))
    assert read_table([file], label="y", drop=[name]).left_out_columns[0].reason == "dropped on request"
    with pytest.raises(InputError, match=f'column "{name}": expected numbers'):
        read_table([file], label="y", numeric=[name])


def test_the_index_of_a_stored_frame_is_left_out_unless_it_is_asked_for(write: Write) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3, 4], "y": LABELS}, index=pd.Index(["p", "q", "r", "s"], name="key"))
    frame.to_parquet(write("", "train.parquet"))
    found = read_table(["train.parquet"], label="y")
    assert [column.name for column in found.columns] == ["x"]
    assert "index of the DataFrame" in found.left_out_columns[0].reason
    assert read_table(["train.parquet"], label="y", ids=["key"]).ids["key"].tolist() == ["p", "q", "r", "s"]


def test_names_with_points_are_read_as_themselves(write: Write) -> None:
    table = pa.table({"a": [1, 2, 3, 4], "a.b": [5, 6, 7, 8], "s": [{"b": i} for i in range(4)], "y": LABELS})
    found = read_table([write(as_parquet(table))], label="y")
    assert {column.name: column.values.tolist() for column in found.columns} == {"a": [1, 2, 3, 4], "a.b": [5, 6, 7, 8]}


def without_footer(content: bytes) -> bytes:
    return content[:-40] + b"\xff" * 32 + content[-8:]


TABLE = pa.table({"x": [1.5, 2, 3, 4], "w": ["p", "q", "p", "q"], "y": LABELS})
FINE = as_parquet(TABLE, compression="none")
REFUSED: list[tuple[str, bytes, dict[str, Any], str]] = [
    ("no_rows", as_parquet(TABLE.slice(0, 0)), {}, "there are no rows"),
    ("no_columns", as_parquet(pa.table({})), {}, "there is no label column"),
    ("two_names", as_parquet(pa.table([[1], [2], ["a"]], ["x", "x", "y"])), {}, 'the name "x" stands 2 times'),
    ("empty_name", as_parquet(pa.table([[1], ["a"]], [" ", "y"])), {}, "a column has an empty name"),
    ("no_label", FINE, {"label": "Y"}, 'there is no label column "Y". Did you mean "y"?'),
    ("rows_lost", FINE, {"expect_rows": 5}, "expected 5 rows (--expect-rows), got 4"),
    ("cut_short", FINE[:-3], {}, "a Parquet file that is cut short"),
    ("cut_in_front", FINE[:4] + FINE[60:], {}, "a Parquet file that cannot be read"),
    ("footer_lost", without_footer(FINE), {}, "a Parquet file that cannot be read"),
    ("footer_alone", b"PAR1" + FINE[-8:], {}, "a Parquet file that cannot be read"),
    ("magic_alone", b"PAR1PAR1", {}, "a Parquet file that cannot be read"),
    ("no_utf_8", as_parquet(TABLE.set_column(1, "w", pa.array([b"\xff"] * 4).view(pa.string()))), {}, "UTF8"),
    ("infinite", as_parquet(TABLE.set_column(0, "x", [[1.0, 2.0, -np.inf, 3.0]])), {},
        'train.parquet, row 3, column "x": expected a number within float64, got "-inf"'),
    ("a_slip", as_parquet(pa.table({"x": [*map(str, range(200)), "?"], "y": ["a", "b", "a"] * 67})), {},
        'train.parquet, row 201, column "x": expected a number, got "?"'),
    ("one_class", as_parquet(TABLE.set_column(2, "y", [["a"] * 4])), {}, 'every label is "a"'),
    ("bomb", as_parquet(pa.table({"x": pa.nulls(10**7, pa.int8()), "y": pa.repeat("a", 10**7)})), {}, "--trust-size"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused_files_say_what_and_where(write: Write, content: bytes, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        read_table([write(content, "train.parquet")], **{"label": "y", **options})
    assert words in str(refused.value)
    assert str(refused.value).startswith("train.parquet")
    assert refused.value.exit_code == 3


def test_a_damaged_byte_anywhere_is_read_or_refused(write: Write) -> None:
    fine = as_parquet(drawn(0, 20), write_page_checksum=True)
    rng = np.random.default_rng(0)
    refused = 0
    for at in rng.choice(len(fine), 400, replace=False).tolist():
        content = bytearray(fine)
        content[at] ^= 1 << rng.integers(8)
        try:
            read_table([write(bytes(content), "train.parquet")], label="y")
        except InputError:
            refused += 1
    assert refused > 100


MISUSED = {"--skip": {"skip": 1}, "--delimiter": {"delimiter": ","}, "--charset": {"charset": "latin-1"}, "--rejects": {
    "rejects": "r.csv"}}  # fmt: skip


@pytest.mark.parametrize("option", list(MISUSED))
def test_options_for_csv_are_refused_by_name(write: Write, option: str) -> None:
    name = write(FINE, "train.parquet")
    for read in (read_table, read_cells):
        with pytest.raises(UsageError, match=f"{option} is for CSV, and train.parquet is a Parquet file"):
            read([name], label="y", **MISUSED[option])
    assert not Path("r.csv").exists()


def test_files_that_do_not_fit_together_are_refused(write: Write) -> None:
    fine = write(FINE, "train.parquet")
    with pytest.raises(InputError, match=r"train\.parquet is a Parquet file and train\.csv is not"):
        read_table([write(GOOD), fine], label="y")
    other = write(as_parquet(TABLE.select(["w", "x", "y"])), "other.parquet")
    with pytest.raises(InputError, match=r"other\.parquet: expected the columns of train\.parquet"):
        read_table([fine, other], label="y")
    words = write(as_parquet(TABLE.set_column(0, "x", [["1.5", "2", "3", "4"]])), "words.parquet")
    with pytest.raises(InputError, match=r'words\.parquet, column "x": expected double as in train\.parquet, got str'):
        read_table([fine, words], label="y")
    assert len(read_table([fine, words], label="y", drop=["x"])) == 8


def test_a_file_of_nulls_goes_with_every_type(write: Write) -> None:
    empty = write(as_parquet(TABLE.set_column(0, "x", [pa.nulls(4)])), "empty.parquet")
    column = read_table([empty, write(FINE, "train.parquet")], label="y").columns[0]
    np.testing.assert_array_equal(column.values, [np.nan] * 4 + [1.5, 2, 3, 4])


def test_a_compressed_parquet_file_is_refused(write: Write) -> None:
    import gzip

    with pytest.raises(InputError, match="compressed as a whole"):
        read_table([write(gzip.compress(FINE), "train.parquet.gz")], label="y")


def test_a_trusted_file_may_be_as_large_as_it_is(write: Write) -> None:
    labels = pa.array(["a", "b"] * (5 * 10**6)).dictionary_encode()
    table = pa.table({"x": pa.array([0, 1, 1, 0] * (10**7 // 4), pa.int8()), "y": labels})
    name = write(as_parquet(table, compression="zstd"), "train.parquet")
    with pytest.raises(InputError, match="20,000,000 cells take more than 100 times the size"):
        open_input(name)
    assert open_input(name, trust_size=True).name == name


def test_standard_input_may_be_parquet(write: Write) -> None:
    code = "from labelaudit.table import read_table; print(read_table(['-'], label='y').sources[0].sha256)"
    name = write(FINE, "train.parquet")
    done = subprocess.run([sys.executable, "-c", code], input=FINE, capture_output=True, check=True)
    assert done.stdout.decode().strip() == read_table([name], label="y").sources[0].sha256


def test_a_file_that_changes_while_it_is_read_is_refused(write: Write) -> None:
    opened = open_input(write(FINE, "train.parquet"))
    read_table([opened], label="y")
    os.utime("train.parquet", (1, 1))
    for read in (read_table, read_cells):
        with pytest.raises(InputError, match="changed while it was read"):
            read([opened], label="y")


def test_without_pyarrow_the_cure_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    name = write(FINE, "train.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"install labelaudit\[parquet\] \(pyarrow\), or convert it to CSV"):
        read_table([name], label="y")


def test_numbers_live_where_large_arrays_do(write: Write, tmp_path: Path) -> None:
    rows = 150_000
    table = pa.table({
        "x": np.arange(rows, dtype=np.float64), "i": np.arange(rows), "y": pa.array(["a", "b"] * (rows // 2))
    })  # fmt: skip
    name = write(as_parquet(table, row_group_size=10_000), "train.parquet")
    with storage.on_disk(tmp_path):
        columns = read_table([name], label="y").columns
        assert _core.file_memory_state(_core.memory_in_use())[1] >= 2 * 8 * rows
    for column in columns:
        np.testing.assert_array_equal(column.values, np.arange(rows))


def test_a_row_group_that_is_large_is_read_column_by_column(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from labelaudit.table.parquet import cells

    name = write(as_parquet(drawn(3)), "train.parquet")
    together = read_table([name], label="y")
    monkeypatch.setattr(cells, "AT_ONCE", 0)
    assert_same(read_table([name], label="y"), together)


def test_old_writers_moments_are_read(write: Write) -> None:
    moments = [datetime.datetime(2020, 1, 1, 0, 0, i) for i in (1, 2, 1, 3)]
    table = pa.table({"x": moments, "y": LABELS})
    out = pa.BufferOutputStream()
    pq.write_table(table, out, use_deprecated_int96_timestamps=True)
    found = read_table([write(bytes(out.getvalue()))], label="y").columns[0]
    assert found.kind == "date"
    assert found.values.tolist() == [m.replace(tzinfo=datetime.UTC).timestamp() for m in moments]
