from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import labelaudit
from labelaudit.audits.result import Audit
from sample_data import csv_text, sample_rows

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file in the working folder and returns its name."""
    monkeypatch.chdir(tmp_path)

    def write_file(content: str | bytes, name: str = "train.csv") -> str:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write_file


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """An audit with every choice left to the tool; read only."""
    path = tmp_path_factory.mktemp("data") / "train.csv"
    path.write_text(csv_text(sample_rows(150)))
    return labelaudit.audit(path, "label", id="key")
