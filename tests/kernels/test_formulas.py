"""Formula-like cells, counted where they stand: as many as by Python's csv and the plain definition, cell by cell."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects import needs_quotes
from labelaudit._core import count_formula_like, formula_like
from labelaudit.audits.saving import is_formula_like
from naughty import NAUGHTY
from spreadsheets import LEADS, is_formula

number_like = st.text("+-.eE09", max_size=8)
led = st.builds(str.__add__, st.sampled_from(LEADS), st.text(max_size=4))
texts = st.one_of(st.text(max_size=8), number_like, led, st.sampled_from(NAUGHTY), st.floats().map(repr))
cells = texts.filter(lambda cell: "\0" not in cell and not any("\ud800" <= c <= "\udfff" for c in cell))


@given(st.one_of(texts, st.text(st.characters(), max_size=3)))
def test_a_cell_is_formula_like_by_its_plain_definition(cell: str) -> None:
    assert is_formula_like(cell) == is_formula(cell)


@pytest.mark.parametrize("cell", ["=", "-", "+", "@", "\t", "\r", "\uff1d1", "-1.5.2", "+1e", "-e5", "-.", "-1 "])
def test_what_is_formula_like(cell: str) -> None:
    assert formula_like(cell.encode())


@pytest.mark.parametrize("cell", ["", "-1", "+1.", "-.5E+07", "1=", " =1", "\uff1c1", "\ufefa", "x", "\uff1f"])
def test_what_is_not(cell: str) -> None:
    assert not formula_like(cell.encode())


@pytest.mark.parametrize("cell", [b"\xef", b"\xef\xbc", b"\xbc\x9d"])
def test_part_of_a_character_is_not(cell: bytes) -> None:
    assert not formula_like(cell)


@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), max_size=12),
    st.sampled_from(",;\t|=+-@ .7"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["where needed", "every second", "all"]),
    st.booleans(),
    st.booleans(),
)
def test_cells_of_any_dialect_are_counted(
    rows: list[list[str]], delimiter: str, end: str, quotes: str, blank: bool, open_end: bool
) -> None:
    def written(cell: str, place: int) -> str:
        plain = quotes != "all" and not (quotes == "every second" and place % 2) and not needs_quotes(cell, delimiter)
        return cell if plain else '"' + cell.replace('"', '""') + '"'

    lines = [delimiter.join(map(written, row, range(3))) for row in rows]
    text = "".join(line + end * (2 if blank else 1) for line in lines).removesuffix(end if open_end else "")
    read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    assert [row for row in read if row] == rows
    assert count_formula_like(text.encode(), delimiter) == sum(is_formula(cell) for row in rows for cell in row)


def test_every_naughty_cell_is_told() -> None:
    like = [count_formula_like(('"' + cell.replace('"', '""') + '"\n').encode(), ",") for cell in NAUGHTY]
    assert like == [is_formula(cell) for cell in NAUGHTY]
    assert sum(like) > 5


@pytest.mark.parametrize("data", [b'"=1', b'a,"', b'"=1"x\n', b'"a""', b"a\rb\n"])
def test_bytes_that_are_no_records_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no records"):
        count_formula_like(data, ",")


@pytest.mark.parametrize("data", [memoryview(b"a,=b")[::2], memoryview(b"abcd").cast("H"), memoryview(b"ab")[::-1]])
def test_what_is_no_row_of_bytes_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="expected one contiguous row of bytes"):
        count_formula_like(data, ",")


@pytest.mark.parametrize("arguments", [("=1", ","), (b"=1", ",,"), (None, ","), (b"=1", 7)])
def test_arguments_are_not_converted(arguments: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        count_formula_like(*arguments)
    with pytest.raises(TypeError):
        formula_like("=1")  # type: ignore[arg-type]
