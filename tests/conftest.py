from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file in the working folder and returns its name, so that messages hold no folder."""
    monkeypatch.chdir(tmp_path)

    def write_file(content: str | bytes, name: str = "train.csv") -> str:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write_file
