from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.errors import InputError, UsageError
from labelaudit.table import read_table

Write = Callable[..., str]
BAD = 'x,y\n1,a\n2\n3,b,c\n"4\n",b\n5"5,a\n6\n'


def refused(paths: list[str], target: str, **how: str) -> str:
    with pytest.raises(InputError) as error:
        read_table(paths, label="y", rejects=target, **how)
    return str(error.value)


def test_every_structural_error_is_written(write: Write) -> None:
    message = refused([write(BAD)], "rejects.csv")
    rows = list(csv.reader(io.StringIO(Path("rejects.csv").read_text())))
    assert rows[0] == ["file", "line", "column", "byte", "reason"]
    assert [row[:4] for row in rows[1:]] == [
        ["train.csv", "3", "", "8"],
        ["train.csv", "4", "", "10"],
        ["train.csv", "7", "x", "24"],
    ]
    assert rows[1][4] in message
    assert "got 3. Put a cell" in rows[2][4]
    assert "a quote inside a cell" in rows[3][4]


def test_json_lines_hold_the_same(write: Write) -> None:
    refused([write(BAD)], "rejects.csv")
    refused(["train.csv"], "rejects.jsonl")
    rows = list(csv.DictReader(io.StringIO(Path("rejects.csv").read_text())))
    objects = [json.loads(line) for line in Path("rejects.jsonl").read_text().splitlines()]
    assert [{name: str(value) for name, value in entry.items()} for entry in objects] == rows


def test_the_errors_of_all_files_are_written(write: Write) -> None:
    refused([write(BAD), write("x,y\n1\n", "more.csv")], "rejects.csv")
    files = [row["file"] for row in csv.DictReader(io.StringIO(Path("rejects.csv").read_text()))]
    assert files == ["train.csv"] * 3 + ["more.csv"]


@pytest.mark.parametrize("seed", range(20))
def test_ragged_records_beyond_the_first_are_found_as_python_finds_them(write: Write, seed: int) -> None:
    draw = random.Random(seed)
    cells = ["", "a", '"b;c"', '"d""e"', '"f\ng"', '"h\r\n;"', "é"]
    records = [[draw.choice(cells) for _ in range(draw.choice([3, 3, 1, 2, 4, 5]))] for _ in range(200)]
    text = "x;y;z\n" + "".join(";".join(record) + draw.choice(["\n", "\r\n"]) for record in records if record != [""])
    refused([write(text + draw.choice(["", '1;2"']))], "rejects.csv", delimiter=";")
    found = [row for row in csv.DictReader(io.StringIO(Path("rejects.csv").read_text())) if not row["column"]]
    widths = [len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") if row]
    assert [f"got {width}." in row["reason"] for width, row in zip([w for w in widths if w != 3], found, strict=True)]
    lines = text.encode().split(b"\n")
    for row in found:
        assert len(b"\n".join(lines[: int(row["line"]) - 1])) + 1 == int(row["byte"])


def test_data_in_order_leaves_an_empty_file(write: Write) -> None:
    Path("rejects.csv").write_text("old")
    read_table([write("x,y\n1,a\n2,a\n3,b\n4,b\n")], label="y", rejects="rejects.csv")
    assert Path("rejects.csv").read_text() == "file,line,column,byte,reason\n"


def test_the_data_is_not_replaced(write: Write) -> None:
    Path("link.csv").hardlink_to(write(BAD))
    for name in ("train.csv", "link.csv"):
        with pytest.raises(UsageError, match="is the data file"):
            read_table(["train.csv"], label="y", rejects=name)
    assert Path("train.csv").read_text() == BAD


def test_a_hostile_header_stays_in_its_cell(write: Write) -> None:
    name = '=1+1","\u202e\x1b[31m'
    quoted_name = name.replace('"', '""')
    refused([write(f'"{quoted_name}",y\n1"1,a\n')], "rejects.csv")
    (row,) = csv.DictReader(io.StringIO(Path("rejects.csv").read_text()))
    assert row["column"] == name
