"""cleanlab itself, where it is installed: its ranking, and its default filter beside as many rows of ours."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.metrics import average_precision

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Filtered:
    """What cleanlab's default filter flags on one model's probabilities.

    flagged rows, of which `right` are errors; of the first so many rows by label_score, `ours` are. average_precision
    is of cleanlab's own ranking.
    """

    flagged: int
    right: int
    ours: int
    average_precision: float


def version() -> str | None:
    """cleanlab's version, None where it is not installed."""
    if importlib.util.find_spec("cleanlab") is None:
        return None
    from importlib.metadata import version as version_of

    return version_of("cleanlab")


def filtered(codes: Codes, probabilities: Array, wrong: Flags, order: Codes) -> Filtered:
    """cleanlab on out-of-fold probabilities (rows, classes); order (rows,) is labelaudit's, the worst row first."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    flags = find_label_issues(codes, probabilities, n_jobs=1)
    flagged = int(flags.sum())
    quality = get_label_quality_scores(codes, probabilities)
    return Filtered(
        flagged=flagged,
        right=int(wrong[flags].sum()),
        ours=int(wrong[order[:flagged]].sum()),
        average_precision=average_precision(wrong, 1 - quality),
    )
