"""Inputs that are large where tables are not."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.errors import InputError
from labelaudit.table import compression, intake, read_table, source

Write = Callable[..., str]
ROWS = "x,y\n" + "1,a\n2,b\n" * 3
PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE_EXPANSION", 1 << 20)
    monkeypatch.setattr(source, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(intake, "MIB", 1 << 20)


@pytest.mark.parametrize("packer", ["gzip", "xz"])
def test_a_bomb_is_refused_before_it_fills_the_memory(write: Write, small_bounds: None, packer: str) -> None:
    bomb = PACKERS[packer](ROWS.encode() + b"3,b\n" * (5 << 20))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"train.csv: the file expands to more than 100 times its size.*--trust-size"):
        read_table([write(bomb)], label="y")
    assert tracemalloc.get_traced_memory()[1] < 14 << 20  # the bomb holds 20 MiB, and xz asks for 8
    tracemalloc.stop()


@pytest.mark.parametrize("packer", PACKERS)
def test_many_members_count_together(write: Write, small_bounds: None, packer: str) -> None:
    members = PACKERS[packer](ROWS.encode()) + PACKERS[packer](b"3,b\n" * (1 << 17)) * 60
    with pytest.raises(InputError, match="expands to more than 100 times"):
        read_table([write(members)], label="y")


@pytest.mark.parametrize("packer", PACKERS)
def test_a_trusted_size_is_read(write: Write, small_bounds: None, packer: str) -> None:
    packed = PACKERS[packer](ROWS.encode() + b"3,b\n" * (1 << 19))
    assert len(read_table([write(packed)], label="y", trust_size=True)) == 6 + (1 << 19)


def test_what_shrinks_less_than_a_hundredfold_is_read(write: Write, small_bounds: None) -> None:
    text = "x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(200_000))
    assert len(read_table([write(gzip.compress(text.encode()))], label="y")) == 200_000


@pytest.mark.parametrize("pack", [bytes, lambda data: gzip.compress(data)], ids=["plain", "gzip"])
def test_a_line_without_an_end_is_refused_with_its_number(write: Write, small_bounds: None, pack) -> None:
    head = ROWS.encode() + b'4,"\n'
    data = head + random.Random(1).randbytes(1 << 20).hex().encode()
    with pytest.raises(InputError, match=r"train.csv:9: the line is longer than 1 MiB.*--trust-size"):
        read_table([write(pack(data))], label="y")


def test_a_line_of_a_gibibyte_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    with path.open("wb") as file:  # a hole of zeros: it takes no place on the disk
        file.write(b"x,y\n")
        file.truncate(1 << 30)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"train.csv:2: the line is longer than 64 MiB"):
        read_table([path], label="y")
    assert tracemalloc.get_traced_memory()[1] < 4 * intake.LONGEST_LINE
    tracemalloc.stop()


def test_lines_of_the_longest_length_are_read(write: Write, small_bounds: None) -> None:
    cell = "z" * ((1 << 20) - 2)
    table = read_table([write(f"w,y\n{cell},a\n{cell},b\n{cell[1:]},a\nc,b\n")], label="y", ids=["w"])
    assert [len(word) for word in table.ids["w"]] == [len(cell), len(cell), len(cell) - 1, 1]
    with pytest.raises(InputError, match=r"train.csv:3: the line"):
        read_table([write(f"w,y\n{cell},a\n{cell}z,b\n")], label="y")


def test_a_hundred_thousand_columns_are_counted(write: Write) -> None:
    header = ",".join(f"c{i}" for i in range(100_000))
    row = ",".join("1" for _ in range(100_000))
    with pytest.raises(
        InputError, match=r"train.csv:2, byte \d+: expected 100,001 fields as in the header, got 100,00"
    ):
        read_table([write(f"{header},y\n{row}\n")], label="y")


def test_many_columns_and_few_rows_are_read(write: Write) -> None:
    header = ",".join(f"c{i}" for i in range(2_000))
    rows = [",".join(str(i * j % 7) for i in range(2_000)) + f",{'aabb'[j]}" for j in range(4)]
    assert len(read_table([write("\n".join([f"{header},y", *rows]))], label="y").columns) > 1_700
