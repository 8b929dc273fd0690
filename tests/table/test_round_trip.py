from __future__ import annotations

import csv
import io
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.errors import InputError
from labelaudit.table import Table, parts, read_table

Write = Callable[..., str]

cells = st.text(alphabet=st.sampled_from("ab,\"\n\r\t é€😀\u202e\ufeff;|'=+\\ 0NA"), max_size=6) | st.text(
    alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6
)
finite = st.floats(allow_nan=False, allow_infinity=False)


def written(rows: list[list[str]], **dialect: Any) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue().encode()


def read(data: bytes, **options: Any) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.csv"
        path.write_bytes(data)
        return read_table([path], label="y", **options)


@given(
    st.lists(st.tuples(cells, cells), min_size=4, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_text_cells_come_back_as_they_were_written(
    rows: list[tuple[str, str]], delimiter: str, end: str, quoting: int
) -> None:
    if end == "\n" or any(a.startswith("\ufeff") for a, _ in rows):
        quoting = csv.QUOTE_ALL  # csv.writer leaves a carriage return bare, and a mark where a line starts
    data = [["id", "words", "y"], *([a, b, "pn"[i % 2]] for i, (a, b) in enumerate(rows))]
    text = written(data, delimiter=delimiter, lineterminator=end, quoting=quoting)
    table = read(text, delimiter=delimiter, ids=["id"], text=["words"])
    assert table.ids["id"].tolist() == [a for a, _ in rows]
    words = {column.name: column.values.tolist() for column in table.columns}.get("words")
    missing = {"NA", "N/A", "n/a", "nan", "NaN", "null", "None"}
    expected = ["" if b in missing else b for _, b in rows]
    assert words == expected or (words is None and len(set(expected)) == 1)


@given(st.text(alphabet='a1,\n\r" é\0', max_size=30))
def test_what_is_read_is_what_python_reads(body: str) -> None:
    text = "a,y\n1,p\n2,p\n3,q\n4,q\n" + body
    try:
        table = read(text.encode(), ids=["a"])
    except InputError:
        return
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row][1:]
    assert table.ids["a"].tolist() == [a for a, label in rows if label]
    assert [table.classes[code] for code in table.given] == [label for _, label in rows if label]
    assert table.row.tolist() == [i for i, (_, label) in enumerate(rows, start=1) if label]


@given(st.binary(max_size=60), st.sampled_from(["utf-8", "latin-1", "utf-16"]))
def test_any_bytes_are_read_or_refused(data: bytes, charset: str) -> None:
    for text in (data, b"x,y\n1,p\n2,p\n3,q\n4,q\n" + data):
        assert refusal(text, charset).isprintable()


def refusal(text: bytes, charset: str) -> str:
    try:
        read(text, charset=charset)
    except InputError as refused:
        return str(refused)
    return ""


@given(st.lists(cells.filter(bool), min_size=4, max_size=8))
def test_labels_come_back_as_they_were_written(labels: list[str]) -> None:
    table = read(written([["x", "y"], *(["1", label] for label in [*labels, *labels, "p", "p", "q", "q"])]))
    given_labels = [table.classes[code] for code in table.given]
    assert given_labels == [*labels, *labels, "p", "p", "q", "q"]
    assert list(table.classes) == sorted(set(given_labels))


@given(st.lists(finite, min_size=4, max_size=8, unique=True))
def test_numbers_come_back_with_the_same_bits(numbers: list[float]) -> None:
    rows = [[repr(number), "pn"[i % 2]] for i, number in enumerate(numbers)]
    (column,) = read(written([["x", "y"], *rows])).columns
    assert column.kind == "numeric"
    assert [struct.pack("d", value) for value in column.values] == [struct.pack("d", n) for n in numbers]


@given(st.lists(st.integers(-(10**25), 10**25), min_size=4, max_size=8, unique_by=float))
def test_integers_of_any_size_come_back_as_the_nearest_float(numbers: list[int]) -> None:
    rows = [[str(number), "pn"[i % 2]] for i, number in enumerate(numbers)]
    (column,) = read(written([["x", "y"], *rows])).columns
    np.testing.assert_array_equal(column.values, np.array([float(number) for number in numbers]))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["4", "4.5", "", "word", "true"])
def test_a_file_read_in_parts_is_the_same(write: Write, monkeypatch: pytest.MonkeyPatch, end: str, last: str) -> None:
    """Line breaks in quotes, blank lines, a missing last line end, and columns whose type changes near the end."""
    rows = [
        f'{i},{i / 7},"a{end}{i % 3}",{i % 2 == 0},{"yes" if i % 3 else "no"}{end * (1 + (i % 5 == 0))}'
        for i in range(40)
    ]
    path = write(f"whole,real,words,flag,label{end}{''.join(rows)}{last},1,b,{last},yes")
    options: dict[str, Any] = {"label": "label", "categorical": ["whole", "flag"]}
    alone = read_table([path], **options)
    monkeypatch.setattr(parts, "PART_BYTES", 100)
    monkeypatch.setattr(parts, "PART_ROWS", 1)
    for threads in (2, 3, 7):
        table = read_table([path], **options, threads=threads)
        for one, other in zip(table.columns, alone.columns, strict=True):
            assert (one.name, one.kind, one.levels) == (other.name, other.kind, other.levels)
            assert np.array_equal(one.values, other.values, equal_nan=one.kind == "numeric")
        assert np.array_equal(table.given, alone.given)
