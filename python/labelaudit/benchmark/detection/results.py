"""What the runs found: as data, as means by kind of error and by table, and as JSON.

Planted and real errors are never averaged together: planted ones are easier.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from labelaudit.benchmark.detection.cleanlab_peer import Filtered
from labelaudit.benchmark.detection.peers import PEERS

FORMAT = 1  # of the JSON; a change that readers must know of raises it
OURS = ("label_score", "average_influence", "self_influence", "self_confidence")
RANKINGS = (*OURS, *PEERS)
NEAR = 0.03  # of average precision: further below the best peer, a table counts as lost


@dataclass(frozen=True)
class LeftOut:
    """A table, or one of its runs, that did not take part, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Run:
    """One table with one set of errors.

    average_precision by ranking. stated_rate: the mean of 1 - label_score; issues: rows with is_label_issue, of which
    issues_right are errors; brier_skill of label_score. cleanlab: by peer, where it is installed. seconds of the audit.
    """

    name: str
    kind: str
    seed: int
    rows: int
    classes: int
    errors: int
    average_precision: dict[str, float]
    stated_rate: float
    brier_skill: float
    issues: int
    issues_right: int
    cleanlab: dict[str, Filtered]
    seconds: float


@dataclass(frozen=True)
class Cell:
    """The runs of one table with one kind of error, seed by seed."""

    name: str
    kind: str
    runs: tuple[Run, ...]

    @cached_property
    def mean(self) -> dict[str, float]:
        """Average precision by ranking, the mean over seeds."""
        return mean_of(run.average_precision for run in self.runs)

    @property
    def best_peer(self) -> str:
        """The peer with the highest mean; of equal ones the first."""
        return max(PEERS, key=lambda peer: self.mean[peer])

    @property
    def lost(self) -> bool:
        """Whether label_score is below the best peer by more than NEAR."""
        return self.mean["label_score"] < self.mean[self.best_peer] - NEAR


@dataclass(frozen=True)
class Detection:
    """Every run, in order, with what was left out; cleanlab is its version, None where it is not installed."""

    rate: float
    most_rows: int
    runs: tuple[Run, ...]
    left_out: tuple[LeftOut, ...]
    cleanlab: str | None

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The runs by kind and table."""
        grouped: dict[tuple[str, str], list[Run]] = {}
        for run in self.runs:
            grouped.setdefault((run.kind, run.name), []).append(run)
        return tuple(Cell(name, kind, tuple(runs)) for (kind, name), runs in grouped.items())

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that were run, the real errors last."""
        there = dict.fromkeys(cell.kind for cell in self.cells)
        return tuple(sorted(there, key=lambda kind: kind == "real"))

    def of(self, kind: str) -> tuple[Cell, ...]:
        """The tables with errors of one kind."""
        return tuple(cell for cell in self.cells if cell.kind == kind)

    def mean(self, kind: str) -> dict[str, float]:
        """Average precision by ranking, the mean over all runs of one kind."""
        return mean_of(run.average_precision for run in self.runs if run.kind == kind)

    @property
    def planted(self) -> dict[str, float]:
        """The mean of the planted kinds' means; empty where no error was planted."""
        kinds = [kind for kind in self.kinds if kind != "real"]
        return mean_of(self.mean(kind) for kind in kinds) if kinds else {}


def mean_of(figures: Iterable[dict[str, float]]) -> dict[str, float]:
    """The mean of each ranking's figures."""
    every = list(figures)
    return {name: float(np.mean([f[name] for f in every])) for name in RANKINGS}


def to_json(detection: Detection) -> str:
    """Every figure of every run and the means; keys are sorted, numbers are exact."""
    document = {
        "format": FORMAT,
        "rankings": list(RANKINGS),
        "peers": list(PEERS),
        "cleanlab": detection.cleanlab,
        "error_rate": detection.rate,
        "most_rows": detection.most_rows,
        "runs": [_finite(asdict(run)) for run in detection.runs],
        "left_out": [asdict(one) for one in detection.left_out],
        "means": {kind: detection.mean(kind) for kind in detection.kinds},
        "mean_of_planted": detection.planted,
        "margin": NEAR,
        "tables": [
            {"name": c.name, "kind": c.kind, "means": c.mean, "best_peer": c.best_peer, "lost": c.lost}
            for c in detection.cells
        ],
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in record.items()}
