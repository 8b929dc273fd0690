"""Damaged files are read exactly, refused with their line, or well-formed; never silently wrong."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.errors import InputError, UsageError
from labelaudit.table import Table, read_table
from pollution.cell_damages import Damage
from pollution.damages import damages
from pollution.oracle import leaves_a_trace
from pollution.tables import TABLES, Written, numbers

WELL_FORMED = (
    *("cut", "cut at a line end", "lost line", "lost block", "doubled line", "rows twice"),
    *("shifted cells", "shifted back", "no number", "other quote", "curly quote", "spaces around cells"),
    *("spaces around cells from line 92 on", "second header", "footer", "numbered lines", "quoted mail"),
    *("backslash at line ends", "all line feeds to CRLF", "encoded twice", "lost letters", "encoding utf-7"),
    "encoding hz",
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Table, kind of damage and outcome of every damaged file: exact, refused, named, well-formed, or what is wrong.

    Named: read with other cells, and the audit says that characters were lost.
    """
    folder = tmp_path_factory.mktemp("pollution")
    found = []
    for table in TABLES:
        file = table(random.Random(1))
        truth = read(folder, file, file.text.encode())
        for damage in damages(file, random.Random(2)):
            found.append((file.name, damage.kind, outcome(folder, file, damage, truth)))
    return found


def read(folder: Path, file: Written, data: bytes) -> Table:
    path = folder / "train.csv"
    path.write_bytes(data)
    return read_table([path], label=file.label, ids=file.ids, delimiter=file.delimiter)


def outcome(folder: Path, file: Written, damage: Damage, truth: Table) -> str:
    try:
        table = read(folder, file, damage.data)
    except UsageError:  # an id column that is not there
        return "refused"
    except InputError as error:
        named = {int(line) for line in re.findall(r"(?:train\.csv:|line )(\d+)", str(error))}
        right = damage.lines is None or bool(named & set(damage.lines))
        return "refused" if right else f"wrong line, not {damage.lines}: {error}"
    if content(table) == content(truth):
        return "exact"
    if any(source.lost_characters for source in table.sources):
        return "named"
    return "silent" if leaves_a_trace(damage.data, (file.label, *file.ids), file.delimiter) else "well-formed"


def content(table: Table) -> Any:
    """All that an audit works on."""
    columns = [(c.name, c.kind, c.levels, values(c.values)) for c in table.columns]
    ids = {name: cells.tolist() for name, cells in table.ids.items()}
    return columns, ids, table.classes, table.given.tolist(), table.left_out_columns


def values(cells: np.ndarray) -> Any:
    return cells.tobytes() if cells.dtype != object else cells.tolist()


def test_no_damage_that_leaves_a_trace_is_silently_wrong(outcomes) -> None:
    assert [found for found in outcomes if found[2] == "silent"] == []


def test_refusals_name_the_damaged_line(outcomes) -> None:
    assert [found for found in outcomes if found[2].startswith("wrong line")] == []


def test_damages_after_which_a_file_is_well_formed_are_of_known_kinds_and_documented(outcomes) -> None:
    found = {found[1] for found in outcomes if found[2] == "well-formed"}
    assert found == set(WELL_FORMED)
    text = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [kind for kind in WELL_FORMED if f"`{kind}`" not in text] == []


def test_there_are_thousands_of_damages_and_each_outcome_occurs(outcomes) -> None:
    counts = Counter(found[2] for found in outcomes)
    assert len(outcomes) >= 2000
    assert counts["refused"] > 1000
    assert counts["exact"] > 50
    assert counts["named"] > 0


def test_expected_rows_catch_what_a_cut_at_a_line_end_leaves(tmp_path: Path) -> None:
    file = numbers(random.Random(1))
    for i in range(2, len(file.records)):
        path = tmp_path / "train.csv"
        path.write_text(replace(file, records=file.records[:i]).text)
        with pytest.raises(InputError, match=rf"train.csv: expected 130 rows \(--expect-rows\), got {i - 1}\."):
            read_table([path], label=file.label, expect_rows=len(file.records) - 1)
