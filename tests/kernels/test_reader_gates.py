"""The boundary to C++ of the readers and writers: what they cannot read as it is they refuse, and never make anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit import _core
from labelaudit._core import CsvScanner, TextNotes, csv_records

ROWS = 4
FLOATS, CODES, WORDS = np.linspace(0.1, 0.9, ROWS), np.array([0, 1, 0, 1]), (b"a", b"b")
HUGE = 2**33


def unaligned(a: np.ndarray) -> np.ndarray:
    raw = np.zeros(a.nbytes + 1, dtype=np.uint8)
    out = raw[1:].view(a.dtype)
    out[...] = a
    return out


SPOILT: dict[str, Callable[[np.ndarray], Any]] = {
    "int32": lambda a: a.astype(np.int32),
    "uint64": lambda a: a.astype(np.uint64),
    "float32": lambda a: a.astype(np.float32),
    "bool": lambda a: a.astype(bool),
    "complex": lambda a: a.astype(np.complex128),
    "object": lambda a: a.astype(object),
    "text": lambda a: a.astype(str),
    "dates": lambda a: a.astype(np.int64).astype("M8[s]"),
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "one dimension more": lambda a: a[None],
    "no dimension": lambda a: np.array(a[0]),
    "one row more": lambda a: np.append(a, a[:1]),
    "one row less": lambda a: a[:-1].copy(),
    "no row": lambda a: a[:0],
    "every second element": lambda a: np.repeat(a, 2)[::2],
    "backwards": lambda a: a[::-1],
    "zero strides": lambda a: np.broadcast_to(a[:1], a.shape),
    "elements that overlap": lambda a: np.lib.stride_tricks.as_strided(a, a.shape, (4,)),
    "more than 2**31 elements": lambda a: np.broadcast_to(a[:1], (HUGE,)),
    "unaligned": unaligned,
    "masked": lambda a: np.ma.masked_array(a, mask=a > 0),
    "a subclass": lambda a: a.view(type("Tagged", (np.ndarray,), {})),
    "a list": np.ndarray.tolist,
    "a tuple of numbers": lambda a: tuple(a.tolist()),
    "a memory view": lambda a: memoryview(a),
    "None": lambda a: None,
}


@pytest.mark.parametrize("spoil", list(SPOILT))
@pytest.mark.parametrize("column", [FLOATS, CODES], ids=["floats", "integers"])
def test_a_column_of_another_make_is_refused_by_name(column: np.ndarray, spoil: str) -> None:
    rows = HUGE if spoil == "more than 2**31 elements" else ROWS
    with pytest.raises(ValueError, match=r"^(columns|codes): expected "):
        csv_records([SPOILT[spoil](column)], rows, 0, ROWS)


@pytest.mark.parametrize("spoil", list(SPOILT))
def test_codes_of_another_make_are_refused_by_name(spoil: str) -> None:
    rows = HUGE if spoil == "more than 2**31 elements" else ROWS
    with pytest.raises(ValueError, match=r"^codes: expected "):
        csv_records([(SPOILT[spoil](CODES), WORDS)], rows, 0, ROWS)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((CODES, list(WORDS)), "words: expected a tuple"),
        ((CODES, np.array(WORDS)), "words: expected a tuple"),
        ((CODES, b"ab"), "words: expected a tuple"),
        ((CODES, ("a", "b")), "words: expected bytes"),
        ((CODES, (bytearray(b"a"), b"b")), "words: expected bytes"),
        ((CODES, (None, b"b")), "words: expected bytes"),
        ((CODES, ()), "codes: expected the number of a word"),
        ((CODES + 1, WORDS), "codes: expected the number of a word"),
        ((CODES << 62, WORDS), "codes: expected the number of a word"),
        ((CODES, WORDS, 1), "columns: expected"),
        ((), "columns: expected"),
    ],
)
def test_words_that_the_writer_cannot_hold_are_refused(pair: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        csv_records([pair], ROWS, 0, ROWS)


def test_what_is_no_number_and_no_word_is_an_empty_cell() -> None:
    floats = np.array([np.nan, np.inf, -np.inf, -0.0])
    codes = np.array([np.iinfo(np.int64).min, -1, 0, 1])
    floats.flags.writeable = codes.flags.writeable = False
    assert csv_records([floats, (codes, WORDS)], ROWS, 0, ROWS) == b",\ninf,\n-inf,a\n-0.0,b\n"


@pytest.mark.parametrize(
    "span", [(ROWS, -1, 2), (ROWS, 3, 2), (ROWS, 0, 5), (-1, 0, 0), (ROWS, -(2**63), 2**63 - 1), (ROWS, 5, 5)]
)
def test_rows_that_are_not_there_are_refused(span: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="start, stop: expected some of the rows"):
        csv_records([FLOATS], *span)


@pytest.mark.parametrize("arguments", [((FLOATS,), 4, 0, 4), (None, 4, 0, 4), ([FLOATS], 4.0, 0, 4), ([], 2**63, 0, 0)])
def test_arguments_are_not_converted(arguments: Any) -> None:
    with pytest.raises(TypeError, match="csv_records"):
        csv_records(*arguments)


BYTES = np.arange(64, 72, dtype=np.int8)
NO_BYTES: dict[str, Any] = {
    "two bytes each": BYTES.view(np.int16),
    "objects": BYTES.astype(object),
    "a table": BYTES[None],
    "no dimension": np.array(1, np.int8),
    "every second": BYTES[::2],
    "every second of bytes": memoryview(b"abcd")[::2],
    "backwards": BYTES[::-1],
    "zero strides": np.broadcast_to(BYTES[:1], 8),
    "more than 2**31 of one": np.broadcast_to(BYTES[:1], HUGE),
    "no width": np.zeros(0, "V0"),
}


@pytest.fixture(params=["scanner", "notes"])
def reader(request: pytest.FixtureRequest) -> CsvScanner | TextNotes:
    return CsvScanner(delimiter=",") if request.param == "scanner" else TextNotes(longest=5)


@pytest.mark.parametrize("data", list(NO_BYTES))
def test_what_is_no_row_of_bytes_is_refused(reader: Any, data: str) -> None:
    with pytest.raises(ValueError, match="expected one contiguous row of bytes"):
        reader.feed(NO_BYTES[data])


@pytest.mark.parametrize("data", [None, "text", 3, [1, 2], {}], ids=repr)
def test_what_has_no_buffer_is_refused(reader: Any, data: object) -> None:
    with pytest.raises(TypeError, match="feed"):
        reader.feed(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"a", bytearray(b"a,b"), memoryview(b"a,b")[1:], BYTES, BYTES[:0], BYTES[:1][::-1]],
    ids=lambda data: f"{type(data).__name__} of {len(data)}",
)
def test_any_row_of_bytes_is_read_and_left_alone(reader: Any, data: Any) -> None:
    before = bytes(data)
    reader.feed(data)
    reader.finish()
    assert bytes(data) == before


@pytest.mark.parametrize("longest", [-1, -(2**63), 2**63, 1.5, "1", None])
def test_a_length_is_a_whole_number_of_bytes(longest: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        TextNotes(longest=longest)


@pytest.mark.parametrize("name", ["charset_switch", "lost_characters", "has_minus_zero"])
def test_notes_wait_for_the_end(name: str) -> None:
    notes = TextNotes()
    with pytest.raises(ValueError, match="not finished"):
        getattr(notes, name)
    notes.finish()
    getattr(notes, name)
    with pytest.raises(ValueError, match="is finished"):
        notes.feed(b"a")


@pytest.mark.parametrize("folder", ["", "a\0b", b"a\0"])
def test_a_folder_without_a_name_is_refused(folder: Any) -> None:
    with pytest.raises(ValueError, match="folder: expected the name of a folder"):
        _core.file_memory(folder, 1)


@pytest.mark.parametrize("arguments", [(None, 1), (3, 1), ("a", -1), ("a", 2**64), ("a", 1.5), ("a", None)])
def test_a_place_and_a_size_are_not_converted(arguments: Any) -> None:
    with pytest.raises(TypeError, match="file_memory"):
        _core.file_memory(*arguments)


@pytest.mark.parametrize("handler", [3, "mem_handler", object(), np._core._multiarray_umath._ARRAY_API], ids=type)
def test_what_is_no_handler_is_not_used(handler: Any) -> None:
    before = _core.memory_in_use()
    with pytest.raises(ValueError, match="mem_handler"):
        _core.use_memory(handler)
    assert _core.memory_in_use() is before
    assert not _core.is_file_memory(handler)
    with pytest.raises(ValueError, match="file_memory"):
        _core.file_memory_state(handler)


def test_the_smallest_arrays_may_live_in_files_too(tmp_path: Path) -> None:
    before = _core.use_memory(_core.file_memory(os.fsencode(tmp_path), 0))
    try:
        made = [np.empty(0), np.empty((3, 0)), np.zeros(1, np.int8), np.arange(3.0), np.zeros(0).copy()]
        grown = np.arange(5.0)
        grown.resize(5000, refcheck=False)
    finally:
        _core.use_memory(before)
    assert [a.sum() for a in made] == [0, 0, 0, 3, 0]
    assert grown[:5].tolist() == [0, 1, 2, 3, 4]
    assert not grown[5:].any()
