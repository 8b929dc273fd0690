"""A whole benchmark: both parts over several seeds, as data and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from labelaudit.benchmark.planted import ERROR_RATE, RANKINGS, TRUSTED_ROWS, Found, PlantedRun, run_planted
from labelaudit.benchmark.published import FLIPPED, MEASURED, SOLVERS, PublishedRun, run_published
from labelaudit.synthetic import bayes_accuracy

FORMAT = 1  # of the JSON; a change that readers must know of raises it


@dataclass(frozen=True)
class Grid:
    """What to run: seeds of the published recipe, and seeds times sizes of the planted errors."""

    published_seeds: tuple[int, ...]
    planted_seeds: tuple[int, ...]
    rows: tuple[int, ...]
    features: tuple[int, ...]

    @property
    def runs(self) -> int:
        """How often `tick` is called."""
        return len(self.published_seeds) + len(self.planted_seeds) * len(self.rows) * len(self.features)


@dataclass(frozen=True)
class Cell:
    """The planted runs of one size, ranking by ranking: the mean over seeds, and the lowest and highest AP."""

    rows: int
    features: int
    runs: tuple[PlantedRun, ...]

    def mean(self, ranking: str) -> Found:
        """The means over seeds."""
        found = [run.found[ranking] for run in self.runs]
        precision = float(np.mean([f.precision_at_k for f in found]))
        return Found(float(np.mean([f.average_precision for f in found])), precision)

    def range(self, ranking: str) -> tuple[float, float]:
        """The lowest and the highest average precision."""
        values = [run.found[ranking].average_precision for run in self.runs]
        return min(values), max(values)


@dataclass(frozen=True)
class Benchmark:
    """Every run of a grid, in the grid's order."""

    published: tuple[PublishedRun, ...]
    planted: tuple[PlantedRun, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The planted runs by size."""
        sizes = dict.fromkeys((run.rows, run.features) for run in self.planted)
        return tuple(
            Cell(rows, features, tuple(r for r in self.planted if (r.rows, r.features) == (rows, features)))
            for rows, features in sizes
        )


def run_benchmark(grid: Grid, *, threads: int = 1, tick: Callable[[str], None] = lambda what: None) -> Benchmark:
    """Runs the grid; `tick` is told what each run is as it begins."""
    published = []
    for seed in grid.published_seeds:
        tick(f"published recipe, seed {seed}")
        published.append(run_published(seed))
    planted = []
    for rows in grid.rows:
        for features in grid.features:
            for seed in grid.planted_seeds:
                tick(f"{rows:,} rows, {features} features, seed {seed}")
                planted.append(run_planted(rows, features, seed, threads=threads))
    return Benchmark(tuple(published), tuple(planted))


def to_json(benchmark: Benchmark) -> str:
    """Every figure of every run; keys are sorted, numbers are exact."""
    document = {
        "format": FORMAT,
        "bayes_accuracy": bayes_accuracy(),
        "published": [_published(run) for run in benchmark.published],
        "planted": {
            "error_rate": ERROR_RATE,
            "trusted_rows": TRUSTED_ROWS,
            "rankings": list(RANKINGS),
            "runs": [asdict(run) for run in benchmark.planted],
        },
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"


def _published(run: PublishedRun) -> dict[str, Any]:
    influences = {
        solver: {
            "mean_of_flipped": run.influences[solver].of_flipped,
            "mean_of_others": run.influences[solver].of_others,
            "before": run.influences[solver].before.tolist(),
            "after": run.influences[solver].after.tolist(),
        }
        for solver in SOLVERS
    }
    return {
        "seed": run.seed,
        "accuracy": run.accuracy,
        "bayes_accuracy": run.bayes_accuracy,
        "confusion": run.confusion.tolist(),
        "losses": run.losses.tolist(),
        "measured_rows": MEASURED,
        "flipped_rows": FLIPPED,
        "influences": influences,
        "solver_difference": run.solver_difference,
        "theta": run.theta[:, 0].tolist(),
    }
