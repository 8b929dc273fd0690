"""What is read in parts is what one parse of the whole gives, to the bit."""

from __future__ import annotations

import csv
import io
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelaudit.errors import InputError
from labelaudit.table import parts, read_table
from labelaudit.table.plain import Plain
from same_tables import bits

MISSING = ["", "NA"]
INTEGERS = ["1", "2", "0", "-0", "-00", "+3", "01", " 4", "9007199254740993", "-9007199254740993"]
FLOATS = ["1.5", "0.0", "-0.0", "1e3", "-0e1", "7.0", "2.", ".5", "9007199254740993.0"]
HUGE = [
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999",
    "9" * 400,
    "1e300",
]
HUGE += ["-9223372036854775809", "inf", "1e400", "9223372036854775808x"]
FLAGS = ["True", "False", "true", "FALSE"]
WORDS = ["x", "y z", "2020-01-01", "1_0", "0x1", "é"]
UNSIGNED = ["9223372036854775808", "18446744073709551615", "12", "0"]
POOLS = [MISSING, INTEGERS, FLOATS, HUGE, UNSIGNED, FLAGS, WORDS]

cells = st.lists(st.sampled_from(POOLS), min_size=1, max_size=3).flatmap(
    lambda pools: st.lists(st.sampled_from(list(chain(*pools))), min_size=12, max_size=12)
)
blocks = st.lists(st.sampled_from(POOLS), min_size=4, max_size=4).flatmap(  # each part of another kind
    lambda pools: st.tuples(*(st.lists(st.sampled_from(pool), min_size=3, max_size=3) for pool in pools)).map(
        lambda found: list(chain(*found))
    )
)
columns = st.lists(st.one_of(cells, blocks), min_size=1, max_size=4)


def written(path: Path, columns: list[list[str]]) -> Path:
    out = io.StringIO(newline="")
    names = [*(f"c{i}" for i in range(len(columns))), "y"]
    labels = "pqpq" * 3 if len(columns) % 2 else "0101" * 3
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(names)
    csv.writer(out, lineterminator="\n").writerows(zip(*columns, labels, strict=True))
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def by_pandas(path: Path, **options: Any) -> Any:
    """The outcome where pandas reads every cell, all of a column at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plain, "read", lambda self, data, kinds, slots: {})
        return outcome(path, **options)


def outcome(path: Path, **options: Any) -> Any:
    try:
        return bits(read_table([path], label="y", **options))
    except InputError as error:
        return str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    columns, st.integers(1, 5), st.sampled_from([{}, {"numeric": ["c0"]}, {"categorical": ["c0"]}, {"text": ["c0"]}])
)
def test_parts_give_the_same_as_the_whole(
    tmp_path: Path, columns: list[list[str]], rows: int, options: dict[str, Any]
) -> None:
    path = written(tmp_path / "train.csv", columns)
    whole = by_pandas(path, **options)
    assert outcome(path, **options) == whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", 1)
        patch.setattr(parts, "PART_ROWS", rows)
        for threads in (1, 3):
            assert outcome(path, **options, threads=threads) == whole


NAMES = st.lists(st.sampled_from(["", "NA", "p", "q", "0", '"', "é\n", "7"]), min_size=24, max_size=24)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(NAMES, NAMES, NAMES, st.sampled_from([[], ["7"], ["p"], ["q", "0"]]))
def test_labels_ids_and_missing_words_are_the_same_in_parts(
    tmp_path: Path, ids: list[str], words: list[str], labels: list[str], missing: list[str]
) -> None:
    with (tmp_path / "train.csv").open("w", encoding="utf-8", newline="") as file:
        rows = zip(ids, words, map(str, range(24)), labels, strict=True)
        csv.writer(file).writerows([("id", "word", "number", "y"), *rows])
    whole = by_pandas(tmp_path / "train.csv", ids=["id"], missing=missing)
    assert outcome(tmp_path / "train.csv", ids=["id"], missing=missing) == whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", 1)
        patch.setattr(parts, "PART_ROWS", 5)
        assert outcome(tmp_path / "train.csv", ids=["id"], missing=missing, threads=2) == whole


def test_parts_hold_all_records_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x,y\n" + "\n".join(f"{i},{'ab'[i % 2]}\n" * (i % 3 > 0) for i in range(200))
    (tmp_path / "train.csv").write_text(text)
    whole = by_pandas(tmp_path / "train.csv")
    monkeypatch.setattr(parts, "PART_ROWS", 1)
    for size in (1, 7, 50, 300):
        monkeypatch.setattr(parts, "PART_BYTES", size)
        assert outcome(tmp_path / "train.csv") == whole
