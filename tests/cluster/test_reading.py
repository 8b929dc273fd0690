"""Workers read their rows themselves, and what they read is what the coordinator has read, or is sent."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("distributed", reason="dask.distributed is not installed")

import grids
import labelaudit
from labelaudit import assess
from labelaudit.audits.saving import ranking_csv
from labelaudit.blocks import layout_of
from labelaudit.cluster.current import using
from labelaudit.cluster.messages import Encode, Read, decoded
from labelaudit.errors import InputError
from sample_data import QUICK

ROWS = 400
TEXTS = [
    'a "quoted" one, with commas',
    "over\ntwo lines and more words",
    "é ü 漢 in other scripts",
    "plain old words here",
]


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assess, "layout_of", partial(layout_of, chunk_rows=32))


def frame(seed: int = 0) -> pd.DataFrame:
    """Every kind of column, missing cells, rows without a label, a class of one row."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, ROWS)
    out = pd.DataFrame(
        {
            "number": rng.normal(size=ROWS) + label,
            "whole": rng.integers(-5, 1000, ROWS),
            "holes": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
            "colour": rng.choice(["red", "green", "blue", "NA"], ROWS),
            "flag": rng.random(ROWS) < 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D"),
            "said": rng.choice(np.array(TEXTS, dtype=object), ROWS),
            "label": np.array(["u", "v", "w"], dtype=object)[label],
        }
    )
    out.loc[rng.choice(ROWS, 15, replace=False), "label"] = None
    out.loc[17, "label"] = "lone"
    return out


def encodings(client: grids.InProcess) -> list[Any]:
    """What the workers were sent to encode."""
    messages = [decoded(data) for _, data in client.messages]
    return [message.columns for message in messages if isinstance(message, Encode)]


def audited(data: Any, **options: Any) -> Any:
    return labelaudit.audit(data, "label", text="said", **{**QUICK, **options})


def on_grid(data: Any, workers: int = 3, **options: Any) -> tuple[Any, list[Any]]:
    grid, client = grids.grid_of(workers)
    with using(grid):
        audit = audited(data, **options)
    return audit, encodings(client)


def assert_same(audit: Any, expected: Any) -> None:
    assert ranking_csv(audit.ranking) == ranking_csv(expected.ranking)
    assert np.array_equal(audit.model.theta, expected.model.theta)


@pytest.mark.parametrize("form", ["csv", "tsv", "crlf", "blank lines", "mark", "parquet", "row groups"])
def test_workers_read_files_themselves(form: str, tmp_path: Path) -> None:
    data = write(form, tmp_path)
    expected = audited(data)
    found, sent = on_grid(data)
    assert_same(found, expected)
    assert sent
    assert all(isinstance(columns, Read) for columns in sent)


def write(form: str, folder: Path) -> Path:
    if form in ("parquet", "row groups"):
        pytest.importorskip("pyarrow", reason="pyarrow, of the extra parquet, is not installed")
        path = folder / "train.parquet"
        frame().to_parquet(path, row_group_size=ROWS if form == "parquet" else 30)
        return path
    path = folder / ("train.tsv" if form == "tsv" else "train.csv")
    how: dict[str, Any] = {"lineterminator": "\r\n" if form == "crlf" else "\n"}
    text = frame().to_csv(index=False, sep="\t" if form == "tsv" else ",", **how)
    if form == "blank lines":
        text = text.replace("\n2", "\n\n\n2") + "\n"
    path.write_bytes((b"\xef\xbb\xbf" if form == "mark" else b"") + text.encode())
    return path


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_workers_read_several_files(form: str, tmp_path: Path) -> None:
    paths = []
    for seed, folder in enumerate(("one", "two", "three")):
        (tmp_path / folder).mkdir()
        part = frame(seed).iloc[: 300 - 100 * seed]
        paths.append(tmp_path / folder / f"train.{form}")
        part.to_csv(paths[-1], index=False) if form == "csv" else part.to_parquet(paths[-1])
    expected = audited(paths)
    found, sent = on_grid(paths)
    assert_same(found, expected)
    assert all(isinstance(columns, Read) for columns in sent)
    assert any(len(columns.segments) > 1 for columns in sent)


@pytest.mark.parametrize("form", ["compressed", "charset", "DataFrame", "embeddings"])
def test_what_has_no_such_bytes_is_sent(form: str, tmp_path: Path) -> None:
    data: Any = tmp_path / "train.csv"
    options: dict[str, Any] = {}
    if form == "compressed":
        data = tmp_path / "train.csv.gz"
        frame().to_csv(data, index=False)
    elif form == "charset":
        frame().drop(columns="said").assign(said="ü").to_csv(data, index=False, encoding="utf-16")
        options = {"charset": "utf-16"}
    elif form == "DataFrame":
        data = frame()
    else:
        frame().to_csv(data, index=False)
        options = {"embeddings": np.random.default_rng(0).normal(size=(ROWS, 4))}
    expected = audited(data, **options)
    found, sent = on_grid(data, **options)
    assert_same(found, expected)
    assert not any(isinstance(columns, Read) for columns in sent)


@pytest.mark.parametrize(
    "column",
    [
        lambda i: "-0" if i == 3 else "0.5" if i == 300 else str(i % 7),
        lambda i: str(2**53 + 1) if i < 350 else f"{i}.5",
        lambda i: str(2**63 + i) if i > 300 else str(i),
        lambda i: "1e400" if i == 0 else str(i),
    ],
    ids=["minus zero", "long", "unsigned", "beyond"],
)
def test_what_only_the_whole_column_tells_changes_no_bit(column: Any, tmp_path: Path) -> None:
    data = tmp_path / "train.csv"
    with data.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["odd", "number", "said", "label"])
        rng = np.random.default_rng(0)
        writer.writerows([column(i), rng.normal() + i % 2, "words", "uv"[i % 2]] for i in range(ROWS))
    try:
        expected = audited(data)
    except InputError:
        with pytest.raises(InputError):
            on_grid(data)
        return
    assert_same(on_grid(data)[0], expected)


def test_a_file_that_changed_meanwhile_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write("csv", tmp_path)
    expected = audited(data)
    rows_of, other = assess.rows_of, data.read_bytes().replace(b"red", b"RED")

    def change(*arguments: Any, **named: Any) -> Any:
        data.write_bytes(other)
        return rows_of(*arguments, **named)

    monkeypatch.setattr("labelaudit.audits.run.rows_of", change)
    found, sent = on_grid(data)
    assert_same(found, expected)
    assert not all(isinstance(columns, Read) for columns in sent)


def test_a_file_that_workers_do_not_see_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write("csv", tmp_path)
    rows_of = assess.rows_of

    def change(*arguments: Any, **named: Any) -> Any:
        data.rename(tmp_path / "elsewhere.csv")
        return rows_of(*arguments, **named)

    grid, _ = grids.grid_of(2)
    monkeypatch.setattr("labelaudit.audits.run.rows_of", change)
    monkeypatch.setattr("labelaudit.cluster.origin._is_plain", lambda source: True)
    with using(grid), pytest.raises(InputError, match=r"a worker on \S+ cannot read \S+train\.csv: No such file"):
        audited(data)


def test_a_lost_worker_is_made_up_for_by_reading_again(tmp_path: Path) -> None:
    data = write("csv", tmp_path)
    expected = audited(data)
    grid, client = grids.grid_of(3, {1: 9})
    with using(grid):
        assert_same(audited(data), expected)
    assert "w1" not in grid.workers
    assert all(isinstance(columns, Read) for columns in encodings(client))


@pytest.mark.parametrize("form", ["csv", "blank lines", "parquet", "row groups"])
def test_workers_read_addresses_themselves(form: str, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    path = write(form, tmp_path)
    expected = audited(path)
    with fsspec.open(f"memory://{path.name}", "wb") as file:
        file.write(path.read_bytes())
    for address in (f"file://{path}", f"memory://{path.name}"):  # the workers of this grid share this process's memory
        found, sent = on_grid(address)
        assert_same(found, expected)
        assert sent
        assert all(isinstance(columns, Read) for columns in sent)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_address_that_workers_cannot_read_is_sent(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    path = write(form, tmp_path)
    expected = audited(path)

    def refused(address: str, name: str) -> None:
        raise InputError(f"{name}: may not be read (no credentials).")

    monkeypatch.setattr("labelaudit.cluster.reading.Address", refused)
    found, sent = on_grid(f"file://{path}")
    assert_same(found, expected)
    assert any(isinstance(columns, Read) for columns in sent)
    assert not all(isinstance(columns, Read) for columns in sent)
