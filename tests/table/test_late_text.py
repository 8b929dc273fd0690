"""A column of a million rows is numeric to its last row, or the row where it is not is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.errors import InputError
from labelaudit.table import read_table

ROWS, LATE = 1_000_000, 900_001


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return [f"{i % 9973}.5,{'ab'[i % 2]}\n" for i in range(1, ROWS + 1)]


@pytest.mark.parametrize("count", [1, 100, ROWS - LATE + 1], ids="{} cells".format)
def test_text_late_in_a_numeric_column_is_refused_at_its_line(tmp_path: Path, lines: list[str], count: int) -> None:
    """Of all the rest, a tenth of the column, so many make it words, and then all are words: never some of both."""
    spoilt = [f"word{i},{line.split(',')[1]}" for i, line in enumerate(lines[LATE - 1 : LATE - 1 + count])]
    path = tmp_path / "late.csv"
    path.write_text("x,y\n" + "".join([*lines[: LATE - 1], *spoilt, *lines[LATE - 1 + count :]]))
    if count < ROWS / 100:
        with pytest.raises(InputError, match=rf'late\.csv:{LATE + 1}, column "x": expected a number, got "word0"'):
            read_table([path], label="y")
        return
    table = read_table([path], label="y")
    assert [column.kind for column in table.columns] != ["numeric"]
    with pytest.raises(InputError, match=rf"late\.csv:{LATE + 1}, "):
        read_table([path], label="y", numeric=["x"])
