"""The benchmark as text, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from labelaudit.benchmark.planted import ERROR_RATE, RANKINGS, TRUSTED_ROWS
from labelaudit.benchmark.published import FLIPPED, MEASURED, PublishedRun
from labelaudit.benchmark.results import Benchmark, Cell
from labelaudit.synthetic import bayes_accuracy

# what pyDVL's notebook stores: accuracy, then the means of flipped and of other rows by the direct solver
STORED = (0.9455, -0.8618, 0.0116)
ABREAST = 3  # sizes that fit beside each other


def render(benchmark: Benchmark) -> str:
    """Both parts as tables; a part that was not run is left out."""
    parts = []
    if benchmark.published:
        parts.append("\n".join(_published(benchmark.published)))
    if benchmark.planted:
        parts.append("\n".join(_planted(benchmark.cells)))
    return "\n\n".join(parts) + "\n"


def _published(runs: Sequence[PublishedRun]) -> Iterable[str]:
    yield f"The published recipe, {_count(len(runs), 'seed')}"
    yield f"Influence of {MEASURED} training rows on the test rows; {FLIPPED} labels flipped afterwards."
    yield ""
    yield f"{'':34}{'median':>10}{'lowest':>10}{'highest':>10}{'stored':>10}"
    yield _summary("test accuracy", [r.accuracy for r in runs], STORED[0])
    yield _summary("  less the Bayes rule's", [r.accuracy - r.bayes_accuracy for r in runs])
    yield _summary("mean influence of flipped rows", [r.influences["direct"].of_flipped for r in runs], STORED[1])
    yield _summary("mean influence of the others", [r.influences["direct"].of_others for r in runs], STORED[2])
    yield ""
    yield f"Mean accuracy {np.mean([r.accuracy for r in runs]):.4f}; the Bayes rule's is {bayes_accuracy():.4f}."
    yield f"Direct and conjugate gradient differ by at most {max(r.solver_difference for r in runs):.1e}."


def _summary(name: str, values: Sequence[float], stored: float | None = None) -> str:
    numbers = "".join(f"{v:>10.4f}" for v in (np.median(values), min(values), max(values)))
    return f"{name:34}{numbers}" + ("" if stored is None else f"{stored:>10.4f}")


def _planted(cells: Sequence[Cell]) -> Iterable[str]:
    yield f"Errors planted before training: {ERROR_RATE:.0%} of the labels, {_count(len(cells[0].runs), 'seed')}"
    yield f"Means of average precision and of precision at k, k planted; {TRUSTED_ROWS:,} trusted rows."
    for rows in dict.fromkeys(cell.rows for cell in cells):
        group = [cell for cell in cells if cell.rows == rows]
        for start in range(0, len(group), ABREAST):
            yield ""
            yield from _sizes(rows, group[start : start + ABREAST])


def _sizes(rows: int, cells: Sequence[Cell]) -> Iterable[str]:
    yield f"{f'{rows:,} rows':28}" + "".join(f"{f'd = {cell.features}':>16}" for cell in cells)
    yield f"{'':28}" + f"{'AP':>8}{'at k':>8}" * len(cells)
    for ranking in RANKINGS:
        yield f"{ranking:28}" + "".join(_found(cell, ranking) for cell in cells)
    yield f"{'stated error rate':28}" + "".join(f"{_stated(cell):>16}" for cell in cells)
    yield f"{'seconds an audit':28}" + "".join(f"{_seconds(cell):>16.1f}" for cell in cells)


def _found(cell: Cell, ranking: str) -> str:
    mean = cell.mean(ranking)
    return f"{mean.average_precision:>8.3f}{mean.precision_at_k:>8.3f}"


def _stated(cell: Cell) -> str:
    return f"{np.mean([run.stated_error_rate for run in cell.runs]):.1%}"


def _seconds(cell: Cell) -> float:
    return float(np.median([run.seconds for run in cell.runs]))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
