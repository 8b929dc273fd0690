"""The compiled writer against Python's csv module, cell by cell."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from labelaudit import _core
from labelaudit.audits import csv_text

WORDS = ["a", "", "a,b", 'say "no"', '"', "a\nb", "\r", " x ", "é", "\ufeff", "NA", "'", "=1+1", "1.0", "\ud800", "\t"]


class Lines(list[str]):
    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def written_by_python(frame: pd.DataFrame) -> bytes:
    """The oracle: csv.writer over lists of objects."""
    lines = Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(frame.columns)
    writer.writerows(zip(*(cells(frame[name]) for name in frame.columns), strict=True))
    return "".join(lines).encode("utf-8", "backslashreplace")


def cells(column: pd.Series) -> list[Any]:
    values = np.where(column, "true", "false") if column.dtype == bool else column.astype(object)
    found: list[Any] = np.where(column.isna(), "", values).tolist()
    return found


def floats() -> np.ndarray:
    rng = np.random.default_rng(0)
    edges = [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 0.1, 1 / 3, 5e-324, 2.2250738585072014e-308, 1.7e308]
    powers = [s * m * 10.0**e for e in range(-20, 25) for m in (1, 1.5, 9.999999999999998) for s in (1, -1)]
    bits = rng.integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64)
    usual = [rng.random(20_000), 10.0 ** rng.uniform(-9, 3, 20_000), rng.integers(-(2**60), 2**60, 2_000).astype(float)]
    return np.concatenate([edges, powers, bits[np.isfinite(bits)], *usual])


def test_floats_are_written_as_python_writes_them():
    values = floats()
    frame = pd.DataFrame({"x": values, "y": -values})
    assert csv_text.csv_bytes(frame) == written_by_python(frame)


def test_words_missing_cells_and_every_type_are_written_as_python_writes_them(monkeypatch):
    monkeypatch.setattr(csv_text, "ROWS", 7)
    n = len(WORDS) + 1
    frame = pd.DataFrame(
        {
            'a "name", with': np.arange(n) - 3,
            "word": pd.Series([*WORDS, None], dtype=object),
            "text": pd.Series([*WORDS[:-2], "z", "y", None], dtype="str"),
            "flag": np.arange(n) % 3 == 0,
            "line": pd.array(range(n), dtype="Int64"),
            "some": pd.array([None, *range(1, n)], dtype="Int64"),
            "none": pd.array([None] * n, dtype="Int64"),
            "score": np.where(np.arange(n) % 4 == 0, np.nan, np.arange(n) / 7),
        }
    )
    assert csv_text.csv_bytes(frame) == written_by_python(frame)
    assert csv_text.csv_bytes(frame[:0]) == written_by_python(frame[:0])


def test_the_real_ranking_is_written_as_python_writes_it(audited):
    assert csv_text.csv_bytes(audited.ranking) == written_by_python(audited.ranking)


def test_a_record_reads_back(audited):
    read = pd.read_csv(io.BytesIO(csv_text.csv_bytes(audited.ranking)))
    assert np.array_equal(read["label_score"], audited.ranking["label_score"])


@pytest.mark.parametrize(
    ("columns", "span", "words"),
    [
        ([np.zeros(3)], (4, 0, 4), "shape"),
        ([np.zeros(4, dtype=np.float32)], (4, 0, 4), "int64"),
        ([np.zeros(8)[::2]], (4, 0, 4), "C-contiguous"),
        ([(np.array([0, 1]), (b"a",))], (2, 0, 2), "codes"),
        ([(np.array([0, 0]), ("a",))], (2, 0, 2), "bytes"),
        ([(np.array([0, 0]),)], (2, 0, 2), "columns"),
        ([np.zeros(4)], (4, 2, 5), "start, stop"),
        ([np.zeros(4)], (4, -1, 2), "start, stop"),
    ],
)
def test_what_the_writer_cannot_read_is_refused(columns, span, words):
    with pytest.raises(ValueError, match=words):
        _core.csv_records(columns, *span)
