"""The synthetic benchmark: the published recipe again, and what it lacks, errors planted before training."""

from labelaudit.benchmark.planted import PlantedRun, run_planted
from labelaudit.benchmark.published import PublishedRun, run_published
from labelaudit.benchmark.results import Benchmark, Grid, run_benchmark, to_json
from labelaudit.benchmark.text import render

__all__ = [
    "Benchmark",
    "Grid",
    "PlantedRun",
    "PublishedRun",
    "render",
    "run_benchmark",
    "run_planted",
    "run_published",
    "to_json",
]
