"""An excerpt holds records of the file, whole ones only, and tells how many there are."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.audits.planning import excerpt as module
from labelaudit.audits.planning.excerpt import Excerpt, excerpt
from labelaudit.table.source import open_text

HOW = {"charset": "utf-8", "delimiter": None, "skip": 0, "trust_size": False}
SMALL = {"WHOLE_BYTES": 500, "HEAD_BYTES": 600, "PIECE_BYTES": 400, "PIECES": 8, "FED_BYTES": 64}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Sizes for small files, where excerpts are taken as from large ones."""
    for name, size in SMALL.items():
        monkeypatch.setattr(module, name, size)


def records(data: bytes) -> list[tuple[str, ...]]:
    """As Python's own reader sees them, the header first."""
    return [tuple(row) for row in csv.reader(io.StringIO(data.decode("utf-8"), newline="")) if row]


def table(rows: int, cells: list[str], seed: int = 0) -> str:
    rng = np.random.default_rng(seed)
    out = io.StringIO()
    lines = [[f"{rng.normal():.3f}", cells[rng.integers(len(cells))], "ab"[rng.integers(2)]] for _ in range(rows)]
    csv.writer(out, lineterminator="\n").writerows([["x", "note", "label"], *lines])
    return out.getvalue()


NOTES = [
    "plain",
    "",
    'with "quotes"',
    "two\nlines",
    "many\n\n\nlines, and, commas,\nx,y,z\n",
    "ä ö ü",
    "a,b\nc,d,e\n1,2,3",
]


def check(found: Excerpt, data: bytes) -> float:
    """Every record is one of the file's; the estimate of the rows over their number."""
    header, *rows = records(data)
    first, *some = records(found.text.data)
    assert first == header
    assert not Counter(some) - Counter(rows)
    assert records(found.head.data)[1:] == rows[: len(records(found.head.data)) - 1]
    return found.rows(len(some)) / len(rows)


@pytest.mark.parametrize("notes", [["plain"], NOTES, ["two\nlines"], ["a,b\nc,d,e\n1,2,3"]])
@pytest.mark.parametrize("seed", range(3))
def test_records_are_whole_and_counted(tmp_path, notes, seed):
    path = tmp_path / "x.csv"
    path.write_text(table(1500, notes, seed))
    found = excerpt(path, **HOW)
    assert len(found.text.data) < 6000
    assert check(found, path.read_bytes()) == pytest.approx(1, rel=0.25)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text('ab,"\n\r x', max_size=30), min_size=150, max_size=200))
def test_no_record_is_cut_whatever_the_cells_hold(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("cells") / "x.csv"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["a", "b"], *([c, "y"] for c in cells)])
    path.write_bytes(out.getvalue().encode())
    check(excerpt(path, **HOW), path.read_bytes())


def test_pieces_come_from_the_whole_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("row,label\n" + "".join(f"{i},a\n" for i in range(2000)))
    found = [int(row) for row, _ in records(excerpt(path, **HOW).text.data)[1:]]
    assert np.histogram(found, bins=4, range=(0, 2000))[0].min() > 50


def test_a_small_file_is_read_whole(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(table(5, ["plain"]))
    found = excerpt(path, **HOW)
    assert found.whole
    assert found.rows(5) == 5
    assert found.text.data == path.read_bytes()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_compressed_is_told_from_its_beginning(tmp_path, monkeypatch, compress):
    path = tmp_path / "x.csv.xx"
    data = table(60_000, NOTES).encode()
    path.write_bytes(compress(data))
    monkeypatch.setattr(module, "WHOLE_BYTES", 100_000)
    found = excerpt(path, **HOW)
    assert not found.whole
    assert len(found.text.data) < len(data)
    # bzip2 gives nothing of a block until it has all of it
    assert check(found, data) == pytest.approx(1, rel=0.25)


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "cp037"])
def test_other_charsets_become_utf_8(tmp_path, charset):
    path = tmp_path / "x.csv"
    text = table(1500, NOTES)
    path.write_bytes(text.encode(charset))
    found = excerpt(path, **{**HOW, "charset": charset})
    assert check(found, text.encode()) == pytest.approx(1, rel=0.3)


def test_a_text_that_was_read_is_not_opened_again(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(table(1500, NOTES))
    text = open_text(path)
    data = path.read_bytes()
    path.unlink()
    assert check(excerpt(text, **HOW), data) == pytest.approx(1, rel=0.25)


def test_long_lines_give_some_records(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x,label\n" + "".join(f"{'9' * 700},{'ab'[i % 2]}\n" for i in range(300)))
    found = excerpt(path, **HOW)
    assert len(records(found.text.data)) >= 40
    assert check(found, path.read_bytes()) == pytest.approx(1, rel=0.05)


def test_no_more_than_some_of_a_large_file_is_read(tmp_path, monkeypatch):
    monkeypatch.undo()
    counters = Path("/proc/self/io")
    if not counters.exists():
        pytest.skip("no /proc here")
    path = tmp_path / "x.csv"
    path.write_bytes(b"x,label\n" + b"0.123456,a\n0.234567,b\n" * 1_000_000)

    def read() -> int:
        return int(counters.read_text().split()[1])

    before = read()
    found = excerpt(path, **HOW)
    assert read() - before < 4 << 20
    assert found.rows(found.text.data.count(b"\n") - 1) == pytest.approx(2_000_000, rel=1e-3)
