from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, so that a change fails by its own faults; `make explore` draws new ones. No deadline:
# what is slow is for benchmarks to say, and this machine may be busy.
settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.register_profile("anew", deadline=None)
settings.load_profile("tests")

Write = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def _no_pass_is_short() -> Iterator[None]:
    """Threads share small tables as they do large ones, so that tests of few rows exercise them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labelaudit.blocks.SHORT", 0.0)
        yield


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file in the working folder and returns its name, so that messages hold no folder."""
    monkeypatch.chdir(tmp_path)

    def write_file(content: str | bytes, name: str = "train.csv") -> str:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write_file
