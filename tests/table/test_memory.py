"""What pandas' parser, which reads what is not plain, says when memory runs out is no bug of ours."""

from __future__ import annotations

import pytest

from labelaudit.table import parser
from labelaudit.table.reader import read_table


def test_a_parser_that_finds_no_memory_says_so(tmp_path, monkeypatch):
    (tmp_path / "train.csv").write_text("a,label\n+1,x\n2,y\n")

    def spent(self, buffer):
        raise MemoryError

    monkeypatch.setattr(parser.Joined, "readinto", spent)
    with pytest.raises(MemoryError):
        read_table([str(tmp_path / "train.csv")], label="label")
