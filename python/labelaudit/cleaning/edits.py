"""Pieces of a text replaced by others, and the edits that take them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """`data[start:end]` becomes `new`."""

    start: int
    end: int
    new: bytes


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The text after the edits, which are sorted and do not overlap; every other byte stays."""
    pieces, at = [], 0
    for start, end, new in edits:
        if not at <= start <= end <= len(data):
            raise ValueError(f"the edit of bytes {start} to {end} overlaps the one before it, or leaves the text")
        pieces += [data[at:start], new]
        at = end
    return b"".join([*pieces, data[at:]])


def inverse(data: bytes, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that make `data` again of what the edits made of it."""
    back, shift = [], 0
    for start, end, new in edits:
        back.append(Edit(start + shift, start + shift + len(new), data[start:end]))
        shift += len(new) - (end - start)
    return back
