from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden files of the reports anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a report with its golden file; `python -m pytest tests/report --regenerate` writes the files anew."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        # the option is unknown when the whole suite runs: pytest asks only the folders that it is given for options
        if request.config.getoption("--regenerate", default=False):
            path.write_bytes(text.encode())
        assert text == path.read_bytes().decode()

    return compare
