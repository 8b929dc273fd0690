from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import labelaudit
from labelaudit.cleaning.original import fingerprints_of, read_original
from labelaudit.decisions.decision import Decision
from labelaudit.fingerprints import occurrences
from sample_data import QUICK, csv_text, sample_rows


@pytest.fixture(scope="session")
def audited_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited")
    rows = sample_rows()
    rows[6] = rows[5]
    rows[7] = [*rows[7][:-1], ""]
    with contextlib.chdir(folder):
        Path("train.csv").write_text(csv_text(rows))
        labelaudit.audit("train.csv", "label", id="key", **QUICK).save("saved")
    return folder


@pytest.fixture
def audited(audited_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with train.csv, whose rows 5 and 6 (from 0) are equal and row 7 has no label, and its audit."""
    shutil.copytree(audited_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def decide(audited: Path) -> Callable[..., Decision]:
    """A decision on a row of train.csv, from 0."""
    keys = _keys(labelaudit.load("saved"), "train.csv")
    return lambda row, *fields: Decision(*keys[row], *fields)


def _keys(audit: labelaudit.Audit, file: str) -> list[tuple[str, int]]:
    found = fingerprints_of(read_original(audit, file))
    return list(zip(found.tolist(), occurrences(found).tolist(), strict=True))
