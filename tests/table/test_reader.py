from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from labelaudit.errors import InputError, LabelauditError, UsageError
from labelaudit.table import LeftOutRow, Table, read_table

Write = Callable[..., str]
GOOD = "x,y\n1,a\n2,a\n3,b\n4,b\n"


def same(one: Table, other: Table) -> bool:
    pairs = zip(one.columns, other.columns, strict=True)
    return (
        one.classes == other.classes
        and all(np.array_equal(getattr(one, f), getattr(other, f)) for f in ("given", "row", "line"))
        and all(a.name == b.name and a.kind == b.kind and a.levels == b.levels for a, b in pairs)
        and all(np.array_equal(a.values, b.values) for a, b in zip(one.columns, other.columns, strict=True))
    )


def test_lines_are_physical_and_rows_count_all_data(write: Write) -> None:
    table = read_table([write('x,w,y\n1,"a\n\r\nb",p\n\n2,c,\r\n3,d,p\n4,c,q\n5,d,q')], label="y", text=["w"])
    assert table.line.tolist() == [2, 7, 8, 9]
    assert table.row.tolist() == [1, 3, 4, 5]
    assert table.left_out_rows == (LeftOutRow(row=2, file=0, line=6, reason="no label"),)
    assert table.columns[1].values.tolist() == ["a\n\r\nb", "d", "c", "d"]


def test_offsets_point_at_the_records(write: Write) -> None:
    data = 'é,y\n1,"a\n"\n\n2,"a\n"\n3,b\n4,b\n'
    table = read_table([write(data)], label="y")
    assert [data.encode()[offset : offset + 2] for offset in table.offset] == [b"1,", b"2,", b"3,", b"4,"]


def test_the_source_is_recorded(write: Write) -> None:
    data = "preamble\n" + GOOD + "\n"
    (source,) = read_table([write(data)], label="y", skip=1).sources
    assert source.path == "train.csv"
    assert source.sha256 == hashlib.sha256(data.encode()).hexdigest()
    assert (source.size_bytes, source.rows, source.blank_lines, source.skip) == (len(data), 4, 1, 1)
    assert (source.header, source.delimiter, source.charset, source.compression) == (("x", "y"), ",", "utf-8", "none")


@pytest.mark.parametrize("press", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_known_by_content(write: Write, press: Callable[[bytes], bytes]) -> None:
    plain = read_table([write(GOOD)], label="y")
    data = press(GOOD.encode())
    table = read_table([write(data, "no_suffix")], label="y")
    assert same(table, plain)
    assert table.sources[0].sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("press", [gzip.compress, bz2.compress, lzma.compress])
def test_members_after_the_first_are_read_too(write: Write, press: Callable[[bytes], bytes]) -> None:
    half = len(GOOD) // 2
    data = press(GOOD[:half].encode()) + press(GOOD[half:].encode())
    assert same(read_table([write(data)], label="y"), read_table([write(GOOD)], label="y"))


@pytest.mark.parametrize("press", [gzip.compress, bz2.compress, lzma.compress])
def test_cut_damaged_and_extended_archives_are_refused(write: Write, press: Callable[[bytes], bytes]) -> None:
    data = press(GOOD.encode() * 100)
    for damaged in (data[:-9], data[: len(data) // 2], data + b"more"):
        with pytest.raises(InputError, match=r"ends early|is damaged"):
            read_table([write(damaged)], label="y")


def test_every_flipped_byte_of_a_gzip_is_refused_or_harmless(write: Write) -> None:
    data = gzip.compress(GOOD.encode(), mtime=0)
    plain = read_table([write(GOOD)], label="y")
    for at in range(len(data)):
        flipped = bytes([*data[:at], data[at] ^ 0x10, *data[at + 1 :]])
        try:
            assert same(read_table([write(flipped)], label="y"), plain), at
        except LabelauditError:
            continue


@pytest.mark.parametrize("name", ["a.tsv", "a.TAB", "a.tsv.gz"])
def test_tabs_are_the_default_by_name(write: Write, name: str) -> None:
    data = GOOD.replace(",", "\t").encode()
    table = read_table([write(gzip.compress(data) if name.endswith("gz") else data, name)], label="y")
    assert table.sources[0].delimiter == "\t"


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8-sig", "utf-8"])
def test_other_charsets_are_read_when_named(write: Write, charset: str) -> None:
    data = "x,y\né,a\nè,a\né,b\nè,b\n"
    table = read_table([write(data.encode(charset))], label="y", charset=charset)
    assert table.columns[0].levels == ("è", "é")


def test_standard_input_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(GOOD.encode())))
    table = read_table(["-"], label="y")
    assert len(table) == 4
    assert table.sources[0].path == "-"


def test_several_files_are_one_table(write: Write) -> None:
    one, two = write(GOOD.rstrip("\n"), "one.csv"), write("\ufeffx,y\n5,\n\nlow,c\n", "two.csv")
    table = read_table([Path(one), two], label="y")
    assert table.row.tolist() == [1, 2, 3, 4, 6]
    assert table.file.tolist() == [0, 0, 0, 0, 1]
    assert table.line.tolist() == [2, 3, 4, 5, 4]
    assert table.left_out_rows == (LeftOutRow(row=5, file=1, line=2, reason="no label"),)
    assert [source.rows for source in table.sources] == [4, 2]


def test_kinds_come_from_all_files_together(write: Write) -> None:
    numbers = write("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(200)), "one.csv")
    with pytest.raises(InputError, match=r'two\.csv:3, column "x": expected a number, got "low"'):
        read_table([numbers, write("x,y\n5,a\nlow,b\n", "two.csv")], label="y")


def test_another_header_is_refused_at_its_first_difference(write: Write) -> None:
    one = write(GOOD, "one.csv")
    with pytest.raises(InputError, match=r'two\.csv:1, column 1: expected "x" as in one\.csv, got "z"'):
        read_table([one, write("z,y\n1,a\n", "two.csv")], label="y")
    with pytest.raises(InputError, match=r'column 3: expected no more columns as in one\.csv, got "z"'):
        read_table([one, write("x,y,z\n1,a,2\n", "two.csv")], label="y")


def test_files_with_different_delimiters_are_refused(write: Write) -> None:
    one = write(GOOD, "one.csv")
    with pytest.raises(InputError, match=r"two\.tsv: has another delimiter than one\.csv"):
        read_table([one, write(GOOD.replace(",", "\t"), "two.tsv")], label="y")


def test_one_path_is_no_list_of_paths(write: Write) -> None:
    with pytest.raises(UsageError, match="list of one or more files"):
        read_table(write(GOOD), label="y")


def test_a_class_with_one_row_is_kept(write: Write) -> None:
    assert read_table([write(GOOD + "5,c\n")], label="y").classes == ("a", "b", "c")


def test_a_mark_in_the_first_cell_is_kept(write: Write) -> None:
    long = "z" * (
        (1 << 18) - 1
    )  # pandas reads pieces of this size and looks for a mark at each start on the first line
    for first in ('"\ufeffa"', long + "\ufeff", long[1:] + "\ufeff", long[2:] + "\ufeff", "z" + long + "\ufeff"):
        table = read_table([write(f"id,x,y\n{first},1,a\nb,2,a\nc,3,b\nd,4,b\n")], label="y", ids=["id"])
        assert table.ids["id"].tolist() == [first.strip('"'), "b", "c", "d"]


def test_many_rows_are_read_in_order(write: Write) -> None:
    count = 50_000
    data = "x,w,y\n" + "".join(f'{i},"{"é" * (i % 7)}\n",{i % 2}\n' for i in range(count))
    table = read_table([write(data)], label="y", drop=["w"])
    np.testing.assert_array_equal(table.columns[0].values, np.arange(count))
    np.testing.assert_array_equal(table.line, 2 + 2 * np.arange(count))
