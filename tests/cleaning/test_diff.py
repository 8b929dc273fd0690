"""The diff, applied to the old text line by line, gives the new one."""

from __future__ import annotations

import random
import re

import pytest

from labelaudit.cleaning.diff import CONTEXT, unified_diff
from labelaudit.cleaning.edits import Edit, edited, inverse


def patched(old: bytes, diff: bytes) -> bytes:
    """What `patch` does, refusing whatever is not exactly where the diff says."""
    lines, out, at = old.splitlines(keepends=True), [], 0
    hunks = re.split(rb"^(@@ -\d+,\d+ \+\d+,\d+ @@)\n", diff, flags=re.MULTILINE)
    for head, body in zip(hunks[1::2], hunks[2::2], strict=True):
        start, count, new_start, new_count = map(int, re.findall(rb"\d+", head))
        first = start - (count > 0)
        out += lines[at:first]
        assert len(out) == new_start - (new_count > 0)
        body_lines = re.findall(rb"([ +-])(.*?\n)(\\ No newline at end of file\n)?", body)
        kept = [(sign, line[:-1] if mark else line) for sign, line, mark in body_lines]
        before = [line for sign, line in kept if sign in (b" ", b"-")]
        after = [line for sign, line in kept if sign in (b" ", b"+")]
        assert (lines[first : first + count], len(after)) == (before, new_count)
        out += after
        at = first + count
    return b"".join(out + lines[at:])


@pytest.mark.parametrize("seed", range(300))
def test_a_diff_makes_the_new_text_of_the_old(seed):
    draw = random.Random(seed)
    data = b"".join(b"%d%s\n" % (i, draw.choice([b"", b"abc"])) for i in range(draw.randint(1, 60)))
    data = data[: len(data) - draw.choice([0, 1])]
    marks = sorted(draw.sample(range(len(data) + 1), min(2 * draw.randint(0, 5), len(data) // 2 * 2)))
    news = [b"", b"x", b"1\n2", b"\n"]
    edits = [Edit(a, b, draw.choice(news)) for a, b in zip(marks[::2], marks[1::2], strict=True)]
    new = edited(data, edits)
    assert edited(new, inverse(data, edits)) == data
    diff = unified_diff(data, edits, "old", "new")
    assert patched(data, diff) == new
    assert (diff == b"") == (new == data)


def test_it_reads_as_diff_writes_it():
    data = b"".join(b"%d\n" % i for i in range(1, 21))
    five, eighteen = data.index(b"5\n"), data.index(b"18\n")
    diff = unified_diff(data, [Edit(five, five + 1, b"five"), Edit(eighteen, eighteen + 3, b"")], "a.csv", "b.csv")
    assert diff == (
        b"--- a.csv\n+++ b.csv\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        b"@@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n"
    )
    assert CONTEXT == 3
