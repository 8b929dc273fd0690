"""What is installed with the package: few dependencies, each with its reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "pyproject.toml"
MOST = 9

pytestmark = pytest.mark.skipif(not PROJECT.exists(), reason="the tests stand alone")


def names(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=!~;\[ ]", requirement)[0] for requirement in requirements]


def test_dependencies_are_few_and_each_has_its_reason() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    needed = names(project["dependencies"])
    assert 0 < len(needed) <= MOST, needed
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.split("## Runtime dependencies")[1].split("\n## ")[0]
    reasons = dict(line.strip("| ").split(" | ", 1) for line in section.splitlines() if line.startswith("| "))
    told = [name for key in reasons if key != "package" for name in key.split(", ")]
    assert set(needed) <= set(told), set(needed) - set(told)
    extras = {
        n for extra in ("dask", "parquet", "remote", "review") for n in names(project["optional-dependencies"][extra])
    }
    assert set(told) == {*needed, *extras}


def test_only_what_is_needed_is_imported() -> None:
    """Every package that is imported where nothing else is asked for is among the dependencies."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    stated = {*names(project["dependencies"]), "sklearn", "labelaudit"}
    for path in (ROOT / "python" / "labelaudit").rglob("*.py"):
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert name in stated or is_standard(name) or is_extra(path, name), f"{path.name}: {name}"


def is_standard(name: str) -> bool:
    import sys

    return name in sys.stdlib_module_names


def is_extra(path: Path, name: str) -> bool:
    """Of an extra, in the part that is loaded with it alone."""
    parts = {
        "cluster": {"cloudpickle"},
        "review": {"starlette", "uvicorn"},
        "parquet": {"pyarrow"},
        "cleaning": {"pyarrow"},
    }
    return any(name in wanted and part in path.parts for part, wanted in parts.items())
