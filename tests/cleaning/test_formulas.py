"""What a spreadsheet would take for formulas in a cleaned copy: counted as the copy has it, and left as it is."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import labelaudit
from labelaudit.audits.saving import is_formula_like
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.fingerprints import fingerprints, occurrences
from sample_data import QUICK, csv_text, sample_rows

HOSTILE = ["=1+1", "+cmd", "@x", "-2+3", "\tx", "\uff1dx", "-1.5", "+2", "plain", "-", "=", "a=b"]


def counted(path: str) -> int:
    """By Python's csv, cell by cell."""
    rows = csv.reader(io.StringIO(Path(path).read_text(), newline=""))
    return sum(is_formula_like(cell) for row in rows for cell in row)


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
