from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import labelaudit
from labelaudit.errors import UsageError
from labelaudit.explanations.find import row_of
from sample_data import QUICK, csv_text, sample_rows


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """Row 4, at line 5, has no label; after it a cell has a line end, so that row 6 begins at line 8."""
    monkeypatch.chdir(tmp_path)
    rows = sample_rows(40, 2)
    rows[3][-1] = ""
    rows[4][0] = "two\nlines"
    Path("train.csv").write_text(csv_text(rows))
    return labelaudit.audit("train.csv", "label", id="key", **QUICK)


def test_a_row_is_found_by_its_number_and_by_its_line(audit):
    for row, line in zip(audit.ranking["row"], audit.ranking["line"], strict=True):
        assert row_of(audit, int(row), None) == row
        assert row_of(audit, None, int(line)) == row_of(audit, None, f"train.csv:{line}") == row


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        (None, None, "name one row"),
        (1, 2, "name one row"),
        (41, None, "there is no row 41: the data has the rows 1 to 40"),
        (0, None, "there is no row 0"),
        (4, None, r"row 4 was left out of the audit \(row 4, at line 5\): no label"),
        (None, "5", r"line 5 was left out of the audit \(row 4, at line 5\): no label"),
        (None, "7", r"no row begins at line 7\. The one before begins at line 6 \(row 5\)"),
        (None, "1", r"no row begins at line 1\. The first one begins at line 2\."),
        (None, "x", "expected a line's number"),
        (None, "other.csv:3", r"the files are train\.csv"),
    ],
)
def test_what_is_no_audited_row_is_refused_with_a_reason(audit, row, line, words):
    with pytest.raises(UsageError, match=words):
        row_of(audit, row, line)


def test_lines_of_several_files_need_the_file(audit):
    rows = sample_rows(40, 2)
    Path("a.csv").write_text(csv_text(rows[:20]))
    Path("b.csv").write_text(csv_text(rows[20:]))
    both = labelaudit.audit(["a.csv", "b.csv"], "label", id="key", **QUICK)
    assert row_of(both, None, "b.csv:2") == 21
    with pytest.raises(UsageError, match="name the file as well, as FILE:2"):
        row_of(both, None, 2)


def test_a_frame_has_no_lines(audit):
    frame = pd.read_csv("train.csv")
    with pytest.raises(UsageError, match="which has no lines"):
        row_of(labelaudit.audit(frame, "label", id="key", **QUICK), None, 2)
