"""What a validation measured: every audit of a copy with planted errors, and the means over those of a kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from labelaudit import __version__
from labelaudit.errors import UsageError
from labelaudit.metrics import Reliability, Tenths
from labelaudit.planting import ErrorKind

if TYPE_CHECKING:
    import pandas as pd

Rows = TypeVar("Rows")


@dataclass(frozen=True)
class AsItIs:
    """What the audit states about the data without planted errors.

    flagged_rows: the `row` of those flagged, ascending; None in a validation that was loaded.
    """

    flagged: int
    stated_rate: float
    interval: tuple[float, float]
    flagged_rows: NDArray[np.int64] | None = None

    @property
    def rows(self) -> NDArray[np.int64]:
        """flagged_rows; raises UsageError where they are not known."""
        return _at_hand(self.flagged_rows, "flagged")


@dataclass(frozen=True)
class Run:
    """One audit of a copy with planted errors; a figure that is not defined, as of no flagged row, is nan.

    Rows alone in their class are in no figure. labels: one line for every planted error, in row order, with its `row`,
    `label` (of the file), `planted_label`, `rank`, `label_score` and `is_label_issue`; None in one that was loaded.
    """

    kind: ErrorKind
    repeat: int  # from 1
    seed: int
    rows: int
    planted: int
    taken_back: int  # errors that would have left a class fewer than two of its rows
    average_precision: float
    flagged: int
    precision: float  # of the flagged rows
    recall: float  # of the flagged rows
    precision_at_planted: float  # of the first rows, as many as are planted
    stated_false_alarms: float  # expected share among the flagged
    false_alarms_before: float  # of the false alarms, the share that is flagged in the data as it is
    stated_rate: float
    interval: tuple[float, float]  # 95 %, of the stated noise rate
    calibration_error: float
    brier_skill: float
    tenths: Tenths
    reliability: Reliability
    converged: bool
    labels: pd.DataFrame | None = None

    @property
    def planted_rows(self) -> pd.DataFrame:
        """labels; raises UsageError where they are not known."""
        return _at_hand(self.labels, "planted")

    @property
    def planted_rate(self) -> float:
        """Of the rows; also the average precision of a ranking by chance."""
        return self.planted / self.rows

    @property
    def false_alarms(self) -> float:
        """The share of flagged rows whose label was not planted."""
        return 1 - self.precision

    @property
    def covered(self) -> bool:
        """Whether the stated interval holds the planted rate."""
        return self.interval[0] <= self.planted_rate <= self.interval[1]


@dataclass(frozen=True)
class Spread:
    """A figure over the repeats in which it is defined: nan where it is so in none."""

    mean: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The mean and the range of these values, nan left out."""
        known = [float(v) for v in values if not math.isnan(v)]
        return cls(math.fsum(known) / len(known), min(known), max(known)) if known else cls(*[math.nan] * 3)


def _at_hand(rows: Rows | None, what: str) -> Rows:
    """What a validation that was loaded has not; raises UsageError for it."""
    if rows is None:
        raise UsageError(f"a saved validation does not hold which rows were {what}: validate the data again.")
    return rows


FIGURES = (
    *("planted", "planted_rate", "taken_back", "average_precision", "flagged", "recall", "precision"),
    *("precision_at_planted", "stated_false_alarms", "false_alarms", "false_alarms_before", "stated_rate"),
    *("calibration_error", "brier_skill"),
)


@dataclass(frozen=True)
class KindOfError:
    """All repeats of one kind."""

    kind: ErrorKind
    runs: tuple[Run, ...]

    def spread(self, figure: str) -> Spread:
        """One of FIGURES over the repeats."""
        return Spread.of([getattr(run, figure) for run in self.runs])

    @property
    def covered(self) -> int:
        """How many stated intervals hold the planted rate."""
        return sum(run.covered for run in self.runs)

    @property
    def tenths(self) -> list[tuple[int, Spread, Spread]]:
        """Rows, precision and recall of the first tenth of the ranking, the first two, .. all of it."""
        parts = [run.tenths for run in self.runs]
        return [
            (int(rows), Spread.of([p.precision[i] for p in parts]), Spread.of([p.recall[i] for p in parts]))
            for i, rows in enumerate(parts[0].rows)
        ]

    @property
    def reliability(self) -> Reliability:
        """Bin by bin, as the rows of all repeats together."""
        parts = [run.reliability for run in self.runs]
        stated, right = (np.mean([getattr(p, name) for p in parts], axis=0) for name in ("stated", "right"))
        return Reliability(np.sum([p.rows for p in parts], axis=0), stated, right)


@dataclass(frozen=True)
class Validation:
    """What was planted in the data, and what the audits found.

    data: label, rows, classes and sources, and what was left out. options: those of the audits and of the planting.
    labelaudit: the version that measured it.
    """

    data: dict[str, Any]
    options: dict[str, Any]
    as_it_is: AsItIs
    kinds: tuple[KindOfError, ...]
    labelaudit: str = __version__

    @property
    def summary(self) -> dict[str, Any]:
        """Every figure as plain data, as validation.json holds it; one that is not defined is None."""
        from labelaudit.validation.summary import summary_of

        return summary_of(self)

    @property
    def rows(self) -> pd.DataFrame:
        """One line for every planted error: which were found, and which were not; UsageError where it was loaded."""
        import pandas as pd

        runs = [run for kind in self.kinds for run in kind.runs]
        return pd.concat([run.planted_rows.assign(kind=run.kind, repeat=run.repeat) for run in runs], ignore_index=True)

    def save(self, path: str | PathLike[str]) -> Path:
        """Writes validation.json into a folder, and plots where matplotlib is installed; returns the folder."""
        from labelaudit.validation.saving import save

        save(self, Path(path))
        return Path(path)
