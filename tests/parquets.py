"""Generated tables as CSV and as Parquet, for tests that compare both."""

from __future__ import annotations

import csv
import datetime
import decimal
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow, of the extra parquet, is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow, of the extra parquet, is not installed")

DAY = datetime.date(2020, 2, 28)
NOON = datetime.datetime(2020, 2, 28, 12)
WORDS = ["one two three four", "five six seven eight", "red", "", "NA", "é ü 漢", 'a "b", c\nd', " x", "nan"]
DRAWN: dict[str, tuple[Any, Callable[[np.random.Generator], Any]]] = {
    "float": (pa.float64(), lambda rng: float(rng.normal() * 10.0 ** rng.integers(-300, 300))),
    "whole": (pa.float64(), lambda rng: float(rng.integers(-9, 9))),
    "narrow": (pa.float32(), lambda rng: float(np.float32(rng.normal()))),
    "half": (pa.float16(), lambda rng: np.float16(rng.normal())),
    "long": (pa.int64(), lambda rng: int(rng.integers(-(2**63), 2**63 - 1))),
    "unsigned": (pa.uint64(), lambda rng: int(rng.integers(0, 2**63, dtype=np.uint64))),
    "small": (pa.int8(), lambda rng: int(rng.integers(-128, 127))),
    "flag": (pa.bool_(), lambda rng: bool(rng.integers(2))),
    "day": (pa.date32(), lambda rng: DAY + datetime.timedelta(int(rng.integers(9)))),
    "moment": (pa.timestamp("us"), lambda rng: NOON + datetime.timedelta(microseconds=int(rng.integers(10**12)))),
    "zoned": (
        pa.timestamp("ms", "UTC"),
        lambda rng: (NOON + datetime.timedelta(milliseconds=int(rng.integers(10**9)))).replace(tzinfo=datetime.UTC),
    ),
    "price": (pa.decimal128(12, 2), lambda rng: decimal.Decimal(int(rng.integers(-(10**6), 10**6))).scaleb(-2)),
    "word": (pa.string(), lambda rng: WORDS[rng.integers(2, len(WORDS))]),
    "text": (pa.large_string(), lambda rng: f"{WORDS[rng.integers(2)]} {rng.integers(10**6)}"),
    "colour": (pa.dictionary(pa.int8(), pa.string()), lambda rng: ["red", "green"][rng.integers(2)]),
    "code": (pa.dictionary(pa.int16(), pa.int32()), lambda rng: int(rng.integers(3))),
    "time": (pa.time64("us"), lambda rng: datetime.time(int(rng.integers(3)), 30)),
    "nothing": (pa.null(), lambda rng: None),
}  # fmt: skip


def drawn(seed: int, rows: int = 60) -> Any:
    """A pyarrow table of every kind of column in a drawn order, some cells missing, and the label `y`."""
    rng = np.random.default_rng(seed)
    columns = {}
    for name in rng.permutation(list(DRAWN)).tolist():
        kind, draw = DRAWN[name]
        missing = rng.random() * rng.integers(2)
        values = [None if rng.random() < missing else draw(rng) for _ in range(rows)]
        columns[name] = pa.array(values, kind)
    columns["y"] = pa.array([["a", "b", "c", "", None][i] for i in rng.choice(5, rows, p=[0.3, 0.3, 0.3, 0.05, 0.05])])
    columns["id"] = pa.array(range(rows))
    return pa.table(columns)


def as_csv(table: Any) -> bytes:
    """The table as CSV: empty where missing, floats shortest round-trip, all else as str writes it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    columns = [["" if value is None else _cell(value) for value in column.to_pylist()] for column in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _cell(value: object) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)


def as_parquet(table: Any, **options: Any) -> bytes:
    """The table as Parquet; options of pyarrow.parquet.write_table."""
    out = pa.BufferOutputStream()
    pq.write_table(table, out, **options)
    return bytes(out.getvalue())
