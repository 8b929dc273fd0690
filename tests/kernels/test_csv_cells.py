"""Cells read without pandas: what is read is what Python's csv and float make of it, and nothing is read in between."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit._core import csv_cells

plain = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1).map(str),
    st.floats(-1e9, 1e9).map(repr),
    st.floats(-1e9, 1e9).map("{:.6f}".format),
    st.floats(-1e3, 1e3).map("{:.25f}".format),
    st.floats(1e-300, 1e15).map("{:e}".format),
    st.sampled_from(["0", "0.0", "-0.0", "1.", ".5", "-.5", "007", "1e5", "1E+5", "", "NA"]),
)
words = st.one_of(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), plain)


def written(rows: list[tuple[str, ...]], delimiter: str, end: str, quoting: Any) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue().encode()


@given(
    st.lists(st.tuples(plain, words, plain), min_size=1, max_size=20),
    st.sampled_from(",;\t|.7"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_cells_are_read_as_they_are(
    rows: list[tuple[str, ...]], delimiter: str, end: str, quoting: Any, open_end: bool
) -> None:
    data = written(rows, delimiter, end, quoting)
    data = data.removesuffix(end.encode()) if open_end and not data.endswith(end.encode() * 2) else data
    first, third, codes = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows), dtype=np.int64)
    columns: Any = [((b"", b"NA"), first), ((b"NA",), codes), ((b"", b"NA"), third)]
    found = csv_cells(data, delimiter, len(rows), columns)
    for column, slots, counted in ((0, first, found[0]), (2, third, found[2])):
        texts = [row[column] for row in rows]
        expected = [float(text) if text not in ("", "NA") else np.nan for text in texts]
        if counted is None:
            assert any(abs(value) > 2**53 or text == "-0" for value, text in zip(expected, texts, strict=True))
            continue
        np.testing.assert_array_equal(slots.view(np.int64), np.array(expected).view(np.int64))
        digits = all(text.lstrip("-").isdigit() for text in texts if text not in ("", "NA"))
        assert counted == (sum(text in ("", "NA") for text in texts), digits)
    seen = found[1]
    assert isinstance(seen, list)
    assert [("NA" if code < 0 else seen[code]) for code in codes.tolist()] == [row[1] for row in rows]
    assert seen == list(dict.fromkeys(row[1] for row in rows if row[1] != "NA"))


@pytest.mark.parametrize(
    "cell",
    [
        "x",
        "1 ",
        " 1",
        "+1",
        "1_0",
        "0x1",
        "inf",
        "nan",
        "1e400",
        "1e",
        "-",
        ".",
        "1.2.3",
        "1" * 16,
        "1e16",
        "-0",
        "--1",
    ],
)
def test_a_column_gives_up_where_it_would_have_to_judge(cell: str) -> None:
    numbers, codes = np.zeros(2), np.zeros(2, dtype=np.int64)
    columns: Any = [((b"",), numbers), ((b"",), codes)]
    assert csv_cells(f"{cell},a\n2,b\n".encode(), ",", 2, columns) == [None, ["a", "b"]]
    assert codes.tolist() == [0, 1]


@pytest.mark.parametrize(
    "data",
    [b"", b"1", b"1,2", b"1,2\n3", b"1,2\n3,4\n5,6\n", b"1,2,3\n4,5,6\n", b'1,"2\n3,4\n', b'1,"2"x\n3,4', b"1,2\r3,4"],
)
def test_bytes_that_are_not_such_records_are_refused(data: bytes) -> None:
    columns: Any = [((), np.zeros(2)), ((), np.zeros(2, dtype=np.int64))]
    with pytest.raises(ValueError, match="not as many records"):
        csv_cells(data, ",", 2, columns)


def read_only() -> np.ndarray:
    out = np.zeros(2)
    out.flags.writeable = False
    return out


SHARED = np.zeros(3)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([1], "columns: expected None or"),
        ([((),)], "columns: expected None or"),
        ([((b"",), None)], "slots: expected a plain numpy array"),
        ([((b"",), np.zeros(3))], "slots: expected shape"),
        ([((b"",), np.zeros(2, dtype=np.float32))], "slots: expected int64"),
        ([((b"",), np.zeros(4)[::2])], "slots: expected a C-contiguous array"),
        ([((b"",), read_only())], "slots: expected a writable array"),
        ([(("",), np.zeros(2))], "missing: expected bytes"),
        ([([b""], np.zeros(2))], "missing: expected a tuple"),
        ([((), SHARED[:2]), ((), SHARED[1:])], "slots: expected memory of its own"),
    ],
)
def test_slots_of_another_make_are_refused(columns: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        csv_cells(b"1\n2\n", ",", 2, columns)


def test_the_text_itself_is_never_written_to() -> None:
    data = np.frombuffer(bytearray(b"1\n2\n3\n4\n5\n6\n7\n8\n"), dtype=np.int8)
    with pytest.raises(ValueError, match="slots: expected memory of its own"):
        csv_cells(data, ",", 2, [((), data.view(np.float64))])


def test_rows_must_be_some() -> None:
    with pytest.raises(ValueError, match="rows: expected 0 or more"):
        csv_cells(b"", ",", -1, [])
