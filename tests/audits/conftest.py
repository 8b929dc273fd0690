from __future__ import annotations

import pytest

import labelaudit
from labelaudit.audits.result import Audit
from sample_data import csv_text, sample_rows


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """An audit with every choice left to the tool; read only."""
    path = tmp_path_factory.mktemp("data") / "train.csv"
    path.write_text(csv_text(sample_rows(150)))
    return labelaudit.audit(path, "label", id="key")
