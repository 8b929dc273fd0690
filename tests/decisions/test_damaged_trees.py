"""Databases of decisions whose pages lead to the same page over and over: refused at once, though SQLite would go on.

Each page of a few hundred that all lead to the next one multiplies the rows: three make a file of 40 kB that is read
for hours.
"""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import LONGEST_ROW, DecisionStore
from labelaudit.errors import InputError

PAGE = 4096
MOST_SECONDS = 5.0  # of the processor's: a busy machine is no circle
DECISIONS = [Decision(f"{i:032x}", 1, "drop", note=f"note {i}") for i in range(9)]
ROOTS = {"the schema": 1, "the decisions": 2, "the counter": 3}
USES = {
    "read": "store.current()",
    "skip": "store.history(skip=10**9)",
    "append": "store.append(Decision('f' * 32, 1, 'drop')); store.history()",
}


def interior(child: int, cells: int, start: int = 0) -> bytearray:
    """A page of a table's tree, with so many cells and the last pointer that all lead to one page."""
    page = bytearray(PAGE)
    page[start] = 5
    content = PAGE
    for i in range(cells):
        content -= 6
        page[content : content + 6] = struct.pack(">IBB", child, 1 + i % 100, 0)
        struct.pack_into(">H", page, start + 12 + 2 * i, content)
    struct.pack_into(">HH", page, start + 3, cells, content)
    struct.pack_into(">I", page, start + 8, child)
    return page


def multiplied(content: bytes, root: int, levels: int, cells: int) -> bytes:
    """The database with so many levels of pages between a tree's root and its one leaf."""
    pages = [bytearray(content[i : i + PAGE]) for i in range(0, len(content), PAGE)]
    leaf = bytearray(pages[root - 1])
    if root == 1:  # its file header is not the tree's
        header = 8 + 2 * struct.unpack_from(">H", leaf, 103)[0]
        leaf[:header] = leaf[100 : 100 + header]
    pages.append(leaf)
    for _ in range(levels - 1):
        pages.append(interior(len(pages), cells))
    start = 100 if root == 1 else 0
    pages[root - 1][start:] = interior(len(pages), cells, start)[start:]
    whole = bytearray(b"".join(pages))
    struct.pack_into(">I", whole, 28, len(pages))
    return bytes(whole)


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    with DecisionStore(tmp_path / "whole.sqlite") as store:
        store.append(DECISIONS)
    return (tmp_path / "whole.sqlite").read_bytes()


@pytest.mark.parametrize("use", list(USES))
@pytest.mark.parametrize("root", list(ROOTS))
@pytest.mark.parametrize(("levels", "cells"), [(1, 1), (1, 300), (4, 300)])
def test_a_tree_that_leads_in_circles_is_refused_at_once(
    tmp_path: Path, content: bytes, root: str, levels: int, cells: int, use: str
) -> None:
    path = tmp_path / "d.sqlite"
    path.write_bytes(multiplied(content, ROOTS[root], levels, cells))
    command = f"""
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import InputError
try:
    with DecisionStore({str(path)!r}) as store:
        {use_of(use)}
except InputError as error:
    print("refused", error)
else:
    print("fine")
"""
    before = processor_seconds()
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=300, check=False)
    assert processor_seconds() - before < MOST_SECONDS, done.stdout
    assert done.returncode == 0, done.stderr
    if root != "the counter":  # of which the first row that is found counts
        refused = f"refused {path}: is damaged ("
        assert done.stdout.startswith(refused) or (use, levels, done.stdout) == ("skip", 1, "fine\n"), done.stdout


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def use_of(name: str) -> str:
    return USES[name].replace("; ", "\n        ")


@pytest.mark.parametrize("swap", [False, True])
def test_rows_out_of_order_are_damage(tmp_path: Path, content: bytes, swap: bool) -> None:
    """The numbers of the rows on the leaf, of which two change places."""
    page = bytearray(content[PAGE : 2 * PAGE])
    if swap:
        first, second = page[8:10], page[10:12]
        page[8:10], page[10:12] = second, first
    path = tmp_path / "d.sqlite"
    path.write_bytes(content[:PAGE] + bytes(page) + content[2 * PAGE :])
    with DecisionStore(path) as store:
        if swap:
            with pytest.raises(InputError, match=r"is damaged \(its rows are out of order\)\. Take"):
                store.history()
        else:
            assert [d.fingerprint for d in store.history()] == [d.fingerprint for d in DECISIONS]


def test_many_decisions_are_no_circle(tmp_path: Path) -> None:
    """What is bounded are steps by the size of the file: appending and reading many stays within."""
    many = [Decision(f"{i:032x}", 1, "drop") for i in range(30_000)]
    with DecisionStore(tmp_path / "d.sqlite") as store:
        store.append(many)
        store.append(many)
        assert len(store.history()) == 60_000
        assert len(store.history(skip=59_000)) == 1000


def test_a_text_that_no_file_should_hold_is_refused(tmp_path: Path) -> None:
    with DecisionStore(tmp_path / "d.sqlite") as store:
        with pytest.raises(InputError, match="a decision has over 64 MiB of text"):
            store.append([DECISIONS[0], Decision("0" * 32, 1, "drop", note="x" * (LONGEST_ROW + 1))])
        assert store.history() == []


def test_a_row_of_no_size_is_damage_and_no_want_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says that there is no memory for a row whose sizes are all ones; where there is none, it stays that."""
    path = tmp_path / "d.sqlite"
    with DecisionStore(path) as store:
        store.append([Decision(f"{i:032x}", 1, "drop", when="2026-01-01T00:00:00.000+00:00") for i in range(500)])
    content = path.read_bytes()
    at = content.index(f"{200:032x}".encode()) - 14
    path.write_bytes(content[:at] + b"\xff" * 20 + content[at + 20 :])
    with DecisionStore(path) as store, pytest.raises(InputError, match="is damaged"):
        store.history()
    monkeypatch.setattr("labelaudit.decisions.store._has_memory", lambda: False)
    with DecisionStore(path) as store, pytest.raises(MemoryError):
        store.history()
