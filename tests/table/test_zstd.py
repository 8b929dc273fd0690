"""zstd, which needs a package before Python 3.14: the same laws as for gzip, bzip2 and xz."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.errors import InputError
from labelaudit.table import compression, read_table
from refusals import GOOD

Write = Callable[..., str]

zstandard = pytest.importorskip("zstandard", reason="zstandard, of the extra zst, is not installed")


def press(data: bytes) -> bytes:
    return bytes(zstandard.ZstdCompressor(write_checksum=True).compress(data))


def test_it_is_known_by_its_content_and_read_member_by_member(write: Write) -> None:
    plain = read_table([write(GOOD)], label="y")
    half = len(GOOD) // 2
    for data in (press(GOOD.encode()), press(GOOD[:half].encode()) + press(GOOD[half:].encode())):
        table = read_table([write(data, "no_suffix")], label="y")
        assert (table.classes, table.given.tolist()) == (plain.classes, plain.given.tolist())
        np.testing.assert_array_equal(table.columns[0].values, plain.columns[0].values)
        assert table.sources[0].compression == "zstd"


def test_cut_damaged_and_extended_files_are_refused(write: Write) -> None:
    data = press(GOOD.encode() * 100)
    for damaged in (data[:-9], data[: len(data) // 2], data + b"more", data[:-1] + bytes([data[-1] ^ 1])):
        with pytest.raises(InputError, match=r"ends early|is damaged"):
            read_table([write(damaged)], label="y")


def test_a_bomb_is_refused_unless_it_is_trusted(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE_EXPANSION", 1 << 20)
    name = write(press(GOOD.encode() + b"3,b\n" * (1 << 19)))
    with pytest.raises(InputError, match="expands to more than 100 times"):
        read_table([name], label="y")
    assert len(read_table([name], label="y", trust_size=True)) == 4 + (1 << 19)


def test_without_the_package_the_cure_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "compression", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r'pip install "labelaudit\[zst\]", or decompress the file'):
        read_table([write(press(GOOD.encode()))], label="y")
