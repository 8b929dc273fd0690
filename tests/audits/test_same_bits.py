"""ranking.csv has the same bits for any number of threads, any run and any hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit
from labelaudit.audits.saving import ranking_csv
from labelaudit.blocks import CHUNK_ROWS
from labelaudit.encode import encoder
from labelaudit.model import chord
from labelaudit.table import values
from sample_data import QUICK, csv_text, sample_rows


@pytest.fixture(scope="module")
def rankings(tmp_path_factory):
    """ranking.csv by (threads, hash seed, run), every choice left to the tool, each in a process of its own."""
    folder = tmp_path_factory.mktemp("bits")
    (folder / "train.csv").write_text(csv_text(sample_rows(150)))
    out = {}
    for threads, seed in ((1, "0"), (2, "1"), (4, "4294967295"), (2, "1")):
        command = [sys.executable, "-m", "labelaudit", "audit", "train.csv", "--label", "label", "--id", "key", "-q"]
        subprocess.run(
            [*command, "--threads", str(threads), "--out", f"run{len(out)}"],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        out[threads, seed, len(out)] = Path(folder / f"run{len(out)}" / "ranking.csv").read_bytes()
    return out


def test_threads_runs_and_hash_seeds_change_no_bit(rankings):
    assert len(rankings) == 4
    assert len(set(rankings.values())) == 1


@pytest.mark.parametrize("group", [None, "key"])
def test_threads_change_no_bit_of_several_chunks(write, group):
    path = write(csv_text(sample_rows(CHUNK_ROWS + 1000)))
    audits = (labelaudit.audit(path, "label", id="key", group=group, threads=n, **QUICK) for n in (1, 2, 4))
    found = {ranking_csv(audit.ranking) for audit in audits}
    assert len(found) == 1


def test_threads_change_no_bit_where_rows_are_many(write, monkeypatch):
    """What is done only for many rows: reading in parts, fitting encoders on some, chord steps."""
    monkeypatch.setattr(values, "PART_BYTES", 1 << 14)
    monkeypatch.setattr(encoder, "FITTED_ROWS", 1000)
    monkeypatch.setattr(chord, "MANY_BLOCKS", 5)
    path = write(csv_text(sample_rows(CHUNK_ROWS + 1000)))
    options = {**QUICK, "encoding": "spline"}
    audits = (labelaudit.audit(path, "label", id="key", threads=n, **options) for n in (1, 2, 4))
    assert len({ranking_csv(audit.ranking) for audit in audits}) == 1
