"""What a spreadsheet would take for formulas in a cleaned copy: counted as the copy has it, and left as it is."""

from __future__ import annotations

import csv
import decimal
import io
import random
from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.fingerprints import fingerprints, occurrences
from labelaudit.table.parquet.file import Parquet
from naughty import NAUGHTY
from sample_data import QUICK, csv_text, sample_rows
from spreadsheets import is_formula

HOSTILE = ["=1+1", "+cmd", "@x", "-2+3", "\tx", "\uff1dx", "-1.5", "+2", "plain", "-", "=", "a=b"]


def counted(path: str) -> int:
    """By Python's csv, cell by cell."""
    rows = csv.reader(io.StringIO(Path(path).read_text(), newline=""))
    return sum(is_formula(cell) for row in rows for cell in row)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with hostile cells in an added column under a hostile name, and labels that are hostile too."""
    monkeypatch.chdir(tmp_path)
    table = list(csv.reader(io.StringIO(csv_text(sample_rows()))))
    hostile = [[*row[:-1], HOSTILE[i % len(HOSTILE)], row[-1].replace("v", "=v")] for i, row in enumerate(table[1:])]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([[*table[0][:-1], "@note", table[0][-1]], *hostile])
    Path("train.csv").write_text(out.getvalue())
    labelaudit.audit("train.csv", "label", id="key", **QUICK).save("saved")
    return tmp_path


@pytest.mark.parametrize("flag", [False, True])
def test_formula_like_cells_of_the_copy_are_counted(folder: Path, flag: bool) -> None:
    import pandas as pd

    cells = pd.read_csv("train.csv", dtype=str, keep_default_na=False)
    prints = fingerprints(cells)
    keys = list(zip(prints, occurrences(prints), strict=True))
    decisions = [Decision(keys[0][0], int(keys[0][1]), "drop")]
    for row in [row for row in range(1, 40) if cells["label"][row] == "u"]:
        decisions.append(Decision(keys[row][0], int(keys[row][1]), "relabel", "=v", "u"))
    Path("d.jsonl").write_text(json_lines(decisions))
    done = labelaudit.apply("saved", "train.csv", "clean.csv", decisions=["d.jsonl"], flag=flag)
    assert done.formula_like == counted("clean.csv") > 20
    assert (done.formula_like == counted("train.csv")) == flag


def test_a_copy_without_formulas_says_nothing_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.csv").write_text(csv_text(sample_rows()))
    labelaudit.audit("train.csv", "label", id="key", **QUICK).save("saved")
    assert labelaudit.apply("saved", "train.csv", "clean.csv", accept_suggestions=True).formula_like == 0


@pytest.mark.parametrize("seed", range(20))
def test_formula_like_cells_of_a_changed_parquet_file_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow, of the extra parquet, is not installed")
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow, of the extra parquet, is not installed")
    from labelaudit.cleaning.formulas import formula_like_in_parquet
    from labelaudit.cleaning.parquet_change import Change
    from labelaudit.table.opening import open_input
    from labelaudit.table.parquet.reader import parquet_cells

    monkeypatch.chdir(tmp_path)
    draw, rows = random.Random(seed), 40
    floats = [-1.5, -0.0, 1e-4, -(2.0**15), -3.0, float("nan"), None, *([-np.inf, np.inf] if seed % 2 else [])]
    columns = {
        "@text": (pa.string(), [*NAUGHTY, *HOSTILE, None]),
        "label": (pa.string(), ["=v", "u", None]),
        "coded": (pa.dictionary(pa.int8(), pa.large_string()), HOSTILE),
        "float": (pa.float64(), [*floats, -1e300, 1e-300]),
        "half": (pa.float16(), [None if x is None else np.float16(x) for x in floats]),
        "whole": (pa.int64(), [-(2**63), 7, None]),
        "price": (pa.decimal128(9, 2), [decimal.Decimal("-1.50"), None]),
        "list": (pa.list_(pa.int64()), [[-1], [], None]),
        "bytes": (pa.binary(), [b"=1", b"-"]),
        "flag": (pa.bool_(), [True, False, None]),
        "none": (pa.null(), [None]),
    }
    table = pa.table({name: pa.array(draw.choices(values, k=rows), kind) for name, (kind, values) in columns.items()})
    pq.write_table(table, "data.parquet", row_group_size=draw.choice([7, 20, rows]))
    original = open_input("data.parquet")
    assert isinstance(original, Parquet)
    cells = parquet_cells([original], "label")
    drops = frozenset(draw.sample(range(rows), draw.choice([0, 5])))
    labels = {row: draw.choice(["=v", "u", "-w"]) for row in draw.sample(range(rows), 8) if row not in drops}
    for row, label in labels.items():
        cells.loc[row, "label"] = label
    expected = [*cells.columns, *cells.drop(index=sorted(drops)).to_numpy().ravel().tolist()]
    assert formula_like_in_parquet(Change(original, "label", labels, drops)) == sum(map(is_formula, expected)) > 20
