"""What is noted about a text's bytes, beside regular expressions and plain loops over the whole of it."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit._core import TextNotes

SWITCH = re.compile(rb"\x1b\$[@B]|\x1b\$\)C|\x1b\([BJI]")
MINUS_ZERO = re.compile(rb"-0(?![.eE1-9])")
LOST = "\ufffd".encode()
SNIPPETS = [b"\x1b$@", b"\x1b$)C", b"\x1b(J", b"\x1b$", b"\x1b(", LOST, LOST[:2], b"\xef", b"-0", b"-0.5", b"-00", b"-"]
SNIPPETS += [b"0", b",", b"\n", b"C", b"x" * 70, b"-01", b"-0e1", b"\x1b"]
texts = st.lists(st.sampled_from(SNIPPETS), max_size=40).map(b"".join)
cuts = st.lists(st.integers(0, 300), max_size=8)


def noted(data: bytes, at: list[int], longest: int = 0) -> TextNotes:
    notes = TextNotes(longest=longest)
    edges = [0, *sorted(min(cut, len(data)) for cut in at), len(data)]
    for start, end in itertools.pairwise(edges):
        notes.feed(data[start:end])
    notes.finish()
    return notes


@given(texts, cuts)
def test_a_switch_of_the_charset_is_where_a_search_finds_it(data: bytes, at: list[int]) -> None:
    found = SWITCH.search(data)
    assert noted(data, at).charset_switch == (-1 if found is None else found.start())


@given(texts, cuts)
def test_lost_characters_are_counted(data: bytes, at: list[int]) -> None:
    assert noted(data, at).lost_characters == data.count(LOST)


@given(texts, cuts)
def test_a_minus_zero_is_noted_where_a_search_finds_one(data: bytes, at: list[int]) -> None:
    assert noted(data, at).has_minus_zero == (MINUS_ZERO.search(data) is not None)


@given(texts, cuts, st.integers(1, 100))
def test_the_first_line_that_is_too_long_is_noted(data: bytes, at: list[int], longest: int) -> None:
    starts = itertools.accumulate((len(line) + 1 for line in data.split(b"\n")), initial=0)
    long = [start for start, line in zip(starts, data.split(b"\n"), strict=False) if len(line) > longest]
    assert noted(data, at, longest).long_line == (long[0] if long else -1)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        TextNotes(longest=-1)
