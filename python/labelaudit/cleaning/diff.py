"""A unified diff of a text and its edited form, made from the edits and not by comparing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.cleaning.edits import Edit, edited
from labelaudit.table.table import IntArray

CONTEXT = 3  # lines around a change, as diff -u has it


@dataclass(frozen=True)
class _Block:
    """Old lines `first` to before `last`, and the lines that they become."""

    first: int
    last: int
    new: list[bytes]


def unified_diff(data: bytes, edits: Sequence[Edit], old_name: str, new_name: str) -> bytes:
    """What `diff -u` prints, lines ended by LF; nothing if the edits change nothing."""
    starts = _line_starts(data)
    blocks = [block for block in _blocks(data, starts, edits) if block.new != _lines(data, starts, block)]
    if not blocks:
        return b""
    out = [f"--- {old_name}\n+++ {new_name}\n".encode("utf-8", "surrogateescape")]
    shift = 0
    for hunk in _hunks(blocks):
        out.append(_hunk(data, starts, hunk, shift))
        shift += sum(len(block.new) - (block.last - block.first) for block in hunk)
    return b"".join(out)


def _line_starts(data: bytes) -> IntArray:
    """The first byte of each line, and the end of the text."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
    return np.unique(np.concatenate([[0], ends, [len(data)]])).astype(np.int64)


def _blocks(data: bytes, starts: IntArray, edits: Sequence[Edit]) -> Iterator[_Block]:
    """The lines that edits touch; edits on the same or on adjacent lines make one block."""
    group: list[Edit] = []
    first = last = 0
    for edit in edits:
        begins, ends = _touched(starts, edit)
        if group and begins > last:
            yield _block(data, starts, first, last, group)
            group = []
        first, last = (first, max(last, ends)) if group else (begins, ends)
        group.append(edit)
    if group:
        yield _block(data, starts, first, last, group)


def _touched(starts: IntArray, edit: Edit) -> tuple[int, int]:
    """The lines of an edit, from the first to before the last: a removed line end touches only its own line."""
    first = int(np.searchsorted(starts, edit.start, side="right")) - 1
    return min(first, len(starts) - 2), max(int(np.searchsorted(starts, edit.end, side="left")), first + 1)


def _block(data: bytes, starts: IntArray, first: int, last: int, edits: Sequence[Edit]) -> _Block:
    start = int(starts[first])
    moved = [Edit(edit.start - start, edit.end - start, edit.new) for edit in edits]
    new = edited(data[start : int(starts[last])], moved)
    return _Block(first, last, _split(new))


def _split(text: bytes) -> list[bytes]:
    """Lines with their ends; a carriage return alone ends none."""
    lines = [line + b"\n" for line in text.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _lines(data: bytes, starts: IntArray, block: _Block) -> list[bytes]:
    return _between(data, starts, block.first, block.last)


def _between(data: bytes, starts: IntArray, first: int, last: int) -> list[bytes]:
    return [data[starts[i] : starts[i + 1]] for i in range(first, last)]


def _hunks(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    """Blocks whose context would meet stand in one hunk."""
    hunk = [blocks[0]]
    for block in blocks[1:]:
        if block.first - hunk[-1].last > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(block)
    yield hunk


def _hunk(data: bytes, starts: IntArray, blocks: Sequence[_Block], shift: int) -> bytes:
    """One hunk; `shift`: by how many lines the hunks before it moved what follows."""
    first = max(blocks[0].first - CONTEXT, 0)
    last = min(blocks[-1].last + CONTEXT, len(starts) - 1)
    lines, at = [], first
    for block in blocks:
        lines += [b" " + line for line in _between(data, starts, at, block.first)]
        lines += [b"-" + line for line in _lines(data, starts, block)]
        lines += [b"+" + line for line in block.new]
        at = block.last
    lines += [b" " + line for line in _between(data, starts, at, last)]
    old = last - first
    new = old + sum(len(block.new) - (block.last - block.first) for block in blocks)
    head = f"@@ -{_range(first, old)} +{_range(first + shift, new)} @@\n".encode()
    return head + b"".join(_ended(line) for line in lines)


def _range(first: int, count: int) -> str:
    return f"{first + (count > 0)},{count}"


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
