from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labelaudit
from labelaudit.audits.result import Audit
from labelaudit.explanations.explain import model_of
from labelaudit.explanations.fitted import FittedRows
from sample_data import csv_text, sample_rows

Model = Callable[..., FittedRows]

MIXED = ("when", "size", "colour", "ok", "note", "label")


def mixed_rows(rows: int = 80, classes: int = 2) -> list[list[str]]:
    """Rows of MIXED: every kind of column, some cells missing, some rows twice with another label."""
    rng = np.random.default_rng(3)
    out = []
    for i in range(rows):
        c = i % classes
        out.append(
            [
                f"20{10 + 5 * c + i % 4}-0{1 + i % 9}-11",
                "" if i % 13 == 5 else f"{rng.normal() + 3 * c:.2f}",
                ["red", "green", ""][c if i % 7 else 2],
                ["true", "false"][(c + (i % 5 == 0)) % 2],
                f"some words {i} that tell nothing {i * i}",
                "xyz"[(c + (i % 11 == 0)) % classes],
            ]
        )
    return [*out, *([*row[:-1], "x"] for row in out[:6])]


@pytest.fixture(scope="session")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Audit]:
    """An audit of sample rows, of a file that stays; each kept for the whole session."""
    kept: dict[Any, Audit] = {}

    def of(classes: int = 3, encoding: str = "linear", solver: str = "direct", rows: int = 60) -> Audit:
        key = (classes, encoding, solver, rows)
        if key not in kept:
            path = tmp_path_factory.mktemp("data") / "train.csv"
            twice = sample_rows(rows, classes)
            path.write_text(csv_text(twice + [[f"9{r[0]}", *r[1:-1], "u"] for r in twice[:5]]))
            kept[key] = labelaudit.audit(path, "label", id="key", encoding=encoding, l2=0.02, solver=solver)
        return kept[key]

    return of


@pytest.fixture(scope="session")
def models(audits: Callable[..., Audit]) -> Model:
    """The same with their data, read again."""
    kept: dict[Any, FittedRows] = {}

    def of(*key: Any) -> FittedRows:
        if key not in kept:
            kept[key] = model_of(audits(*key))
        return kept[key]

    return of


@pytest.fixture
def mixed(tmp_path: Path) -> Callable[..., Audit]:
    """An audit of rows with every kind of column; more rows may be added."""

    def of(more: list[list[str]] = [], *, classes: int = 2, **options: Any) -> Audit:  # noqa: B006 - only read
        path = tmp_path / "mixed.csv"
        path.write_text(csv_text([*mixed_rows(classes=classes), *more], MIXED))
        return labelaudit.audit(path, "label", **{"encoding": "spline", "l2": 0.02, **options})

    return of
