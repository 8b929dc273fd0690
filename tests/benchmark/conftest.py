from __future__ import annotations

from pathlib import Path

import pytest

from labelled_tables import write_folder


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two generated tables, one with verified labels."""
    return write_folder(tmp_path_factory.mktemp("data") / "tables")
