from __future__ import annotations

import csv
import io
import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit._core import CsvFault, CsvScanner

hostile_text = st.text(alphabet='ab,;"\n\r\té€😀\ufeff\0 ', max_size=40)
hostile_bytes = st.one_of(hostile_text.map(str.encode), st.binary(max_size=40), st.text(max_size=40).map(str.encode))


def scanned(data: bytes, *, cuts: list[int] = [], delimiter: str = ",", skip: int = 0) -> CsvScanner:  # noqa: B006
    scanner = CsvScanner(delimiter=delimiter, skip_lines=skip)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        scanner.feed(data[start:end])
    scanner.finish()
    return scanner


def outcome(scanner: CsvScanner) -> object:
    errors = [(e.fault, e.line, e.start_line, e.column, e.offset, e.found, e.expected) for e in scanner.errors]
    header = (scanner.header_fields, scanner.header_line, scanner.header_offset, scanner.header_end)
    arrays = [scanner.take_lines(), scanner.take_offsets(), scanner.take_blank_offsets()]
    return errors, scanner.error_count, header, [array.tolist() for array in arrays], scanner.marked_line


def strict_rows(text: str) -> list[list[str]] | None:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        return None


@given(hostile_bytes, st.lists(st.integers(0, 40), max_size=6))
def test_pieces_give_the_same_as_the_whole(data: bytes, cuts: list[int]) -> None:
    assert outcome(scanned(data, cuts=cuts)) == outcome(scanned(data))


@given(hostile_bytes)
def test_pieces_of_one_byte_give_the_same_as_the_whole(data: bytes) -> None:
    assert outcome(scanned(data, cuts=list(range(len(data))))) == outcome(scanned(data))


@given(st.lists(st.tuples(hostile_text, st.integers(0, 90)), max_size=8), st.lists(st.integers(0, 900), max_size=4))
def test_long_cells_give_the_same_as_pieces_of_one_byte(parts: list[tuple[str, int]], cuts: list[int]) -> None:
    data = "".join(text + "x" * filling for text, filling in parts).replace("\0", "").encode()
    assert outcome(scanned(data, cuts=cuts)) == outcome(scanned(data, cuts=list(range(len(data)))))


@given(st.lists(st.lists(st.text(alphabet='ab,"\n\r é', max_size=90), min_size=2, max_size=2), min_size=2, max_size=6))
def test_long_cells_have_the_rows_that_python_finds(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    scanner = scanned(out.getvalue().encode())
    assert scanner.errors == []
    assert scanner.header_fields == 2
    assert len(scanner.take_lines()) == len(strict_rows(out.getvalue()) or []) - 1


def test_records_may_be_taken_between_pieces() -> None:
    data = b"a,b\n" + b"1,2\n\n" * 100
    scanner, taken = CsvScanner(delimiter=","), []
    for start in range(0, len(data), 7):
        scanner.feed(data[start : start + 7])
        taken.append(scanner.take_records())
    scanner.finish()
    taken.append((scanner.take_lines(), scanner.take_offsets(), scanner.take_blank_offsets()))
    found = [np.concatenate(arrays).tolist() for arrays in zip(*taken, strict=True)]
    assert found == outcome(scanned(data))[3]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("\ufeffa\n1\n", 0),
        ("\ufeff\ufeffa\n1\n", 1),
        ("a\n1\n\n\ufeff2\n\ufeff3\n", 4),
        ('a\n"\n\ufeff1"\n', 0),
        ("a\n1\ufeff\n", 0),
    ],
)
def test_the_first_record_that_starts_with_a_mark_is_noted(data: str, line: int) -> None:
    assert scanned(data.encode()).marked_line == line
    assert scanned(data.encode(), cuts=list(range(len(data.encode())))).marked_line == line


@given(
    st.one_of(
        st.binary(max_size=12), st.lists(st.sampled_from(b"\x80\x9f\xa0\xbf\xc1\xc2\xe0\xed\xf0\xf4a")).map(bytes)
    )
)
def test_utf8_is_valid_where_python_says_so(data: bytes) -> None:
    inside = data.replace(b'"', b"").replace(b"\0", b"")
    faults = [(error.fault, error.offset) for error in scanned(b'"' + inside + b'"').errors]
    assert faults == [(CsvFault.INVALID_UTF8, at + 1) for at in invalid_at(inside)]


def invalid_at(data: bytes) -> list[int]:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return [error.start]
    return []


@given(hostile_text.filter(lambda text: "\0" not in text and not text.startswith("\ufeff")))
def test_what_is_accepted_has_the_rows_that_python_finds(text: str) -> None:
    scanner = scanned(text.encode())
    if scanner.errors:
        return
    rows = strict_rows(text)
    assert rows is not None
    assert len(scanner.take_lines()) == max(len(rows) - 1, 0)
    assert {len(row) for row in rows} <= {scanner.header_fields}


@given(st.lists(st.lists(st.text(alphabet='ab,"\n\r é', max_size=5), min_size=2, max_size=2), min_size=2, max_size=8))
def test_lines_and_offsets_point_at_the_records(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    starts = []
    for row in rows:
        starts.append(out.tell())
        csv.writer(out).writerow(row)
    text = out.getvalue()
    scanner = scanned(text.encode())
    assert scanner.errors == []
    offsets = scanner.take_offsets().tolist()
    assert offsets == [len(text[:start].encode()) for start in starts[1:]]
    assert scanner.take_lines().tolist() == [text.count("\n", 0, start) + 1 for start in starts[1:]]


@pytest.mark.parametrize(
    ("data", "fault", "line", "start_line", "column", "offset"),
    [
        (b"a,b\n1\n", CsvFault.TOO_FEW_FIELDS, 2, 2, 0, 4),
        (b"a,b\n1,2,3\n", CsvFault.TOO_MANY_FIELDS, 2, 2, 0, 4),
        (b'a,b\n1,"x\ny\n', CsvFault.UNCLOSED_QUOTE, 2, 2, 2, 6),
        (b'a,b\n1,"x\ny"z\n', CsvFault.TEXT_AFTER_QUOTE, 3, 2, 2, 11),
        (b'a,b\n1,x"\n', CsvFault.BARE_QUOTE, 2, 2, 2, 7),
        (b"a,b\n1,\0\n", CsvFault.NUL, 2, 2, 2, 6),
        (b'a,b\n1,"\n\0"\n', CsvFault.NUL, 3, 2, 2, 8),
        (b"a,b\n1,\xff\n", CsvFault.INVALID_UTF8, 2, 2, 2, 6),
        (b"a,b\n1,2\n\xff", CsvFault.INVALID_UTF8, 3, 3, 1, 8),
        (b"a,b\n1,\xe2\x82", CsvFault.INVALID_UTF8, 2, 2, 2, 6),
        (b"a,b\n1,2\rx\n", CsvFault.BARE_CARRIAGE_RETURN, 2, 2, 2, 7),
        (b"a,b\n1,2\r", CsvFault.BARE_CARRIAGE_RETURN, 2, 2, 2, 7),
        (b"a,b\n\rx", CsvFault.BARE_CARRIAGE_RETURN, 2, 2, 1, 4),
    ],
)
def test_an_error_says_where(
    data: bytes, fault: CsvFault, line: int, start_line: int, column: int, offset: int
) -> None:
    (error,) = scanned(data).errors
    assert (error.fault, error.line, error.start_line, error.column, error.offset) == (
        fault, line, start_line, column, offset,
    )  # fmt: skip


def test_ragged_rows_are_counted_and_the_first_twenty_kept() -> None:
    scanner = scanned(b"a,b\n" + b"1\n" * 30)
    assert scanner.error_count == 30
    assert [error.line for error in scanner.errors] == list(range(2, 22))


def test_blank_lines_are_counted_and_no_records() -> None:
    scanner = scanned(b"\n\r\na,b\n\n1,2\r\n\r\n")
    assert scanner.header_line == 3
    assert scanner.take_blank_offsets().tolist() == [0, 1, 7, 13]
    assert scanner.take_lines().tolist() == [5]


def test_a_line_of_one_quoted_empty_cell_is_a_record() -> None:
    assert scanned(b'a\n""\n').take_lines().tolist() == [2]


def test_skipped_lines_count_as_lines_and_are_not_parsed() -> None:
    scanner = scanned(b'a "preamble\n\na,b\n1,2\n', skip=2)
    assert scanner.header_line == 3
    assert scanner.take_lines().tolist() == [4]


def test_a_mark_at_the_start_is_skipped_and_elsewhere_kept() -> None:
    assert scanned(b'\xef\xbb\xbf"a",b\n1,2').errors == []
    assert scanned(b'a,b\n\xef\xbb\xbf"a",b\n').errors[0].fault is CsvFault.BARE_QUOTE


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "\0", "é"])
def test_a_delimiter_that_means_something_else_is_refused(delimiter: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        CsvScanner(delimiter=delimiter)


def test_a_negative_skip_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        CsvScanner(delimiter=",", skip_lines=-1)


@pytest.mark.parametrize("data", [np.zeros(4, np.int64), np.zeros((2, 2), np.uint8), np.zeros(8, np.uint8)[::2]])
def test_a_buffer_that_is_no_row_of_bytes_is_refused(data: np.ndarray) -> None:
    with pytest.raises(ValueError, match="contiguous"):
        CsvScanner(delimiter=",").feed(data)


def test_results_wait_for_the_end_and_nothing_follows_it() -> None:
    scanner = CsvScanner(delimiter=",")
    with pytest.raises(ValueError, match="not finished"):
        scanner.take_lines()
    scanner.finish()
    with pytest.raises(ValueError, match="is finished"):
        scanner.feed(b"a")


def test_a_second_thread_is_refused_while_one_scans() -> None:
    scanner = CsvScanner(delimiter=",")
    data = b"1,2\n" * 5_000_000
    thread = threading.Thread(target=scanner.feed, args=(data,))
    thread.start()
    refused = 0
    while thread.is_alive():
        try:
            scanner.feed(b"")
        except ValueError:
            refused += 1
    thread.join()
    assert refused > 0
