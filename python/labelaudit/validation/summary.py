"""A validation as plain data."""

from __future__ import annotations

import math
from typing import Any

from labelaudit.metrics import Reliability
from labelaudit.validation.result import FIGURES, KindOfError, Run, Spread, Validation

FORMAT = "labelaudit validation"
FORMAT_VERSION = 1
ASSUMPTION = "the labels of the file are taken as right: a real error that is flagged counts as a false alarm"


def summary_of(validation: Validation) -> dict[str, Any]:
    """The data, the options, and for each kind the means and ranges over repeats, then every repeat."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "labelaudit": validation.labelaudit,
        "assumption": ASSUMPTION,
        "data": validation.data,
        "options": validation.options,
        "as_it_is": {
            "flagged": validation.as_it_is.flagged,
            "stated_rate": validation.as_it_is.stated_rate,
            "interval": list(validation.as_it_is.interval),
        },
        "kinds": [_kind(kind) for kind in validation.kinds],
    }


def _kind(kind: KindOfError) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "repeats": len(kind.runs),
        "intervals_that_cover": kind.covered,
        **{name: _spread(kind.spread(name)) for name in FIGURES},
        "tenths": [
            {"rows": rows, "precision": _spread(precision), "recall": _spread(recall)}
            for rows, precision, recall in kind.tenths
        ],
        "reliability": _reliability(kind.reliability),
        "runs": [_run(run) for run in kind.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        **{name: getattr(run, name) for name in ("repeat", "seed", "rows")},
        **{name: _number(getattr(run, name)) for name in FIGURES},
        "interval": list(run.interval),
        "covered": run.covered,
        "converged": run.converged,
        "tenths": [
            {"rows": int(rows), "precision": _number(precision), "recall": _number(recall)}
            for rows, precision, recall in zip(run.tenths.rows, run.tenths.precision, run.tenths.recall, strict=True)
        ],
        "reliability": _reliability(run.reliability),
    }


def _reliability(bins: Reliability) -> list[dict[str, Any]]:
    return [
        {"rows": int(rows), "stated": float(stated), "right": float(right)}
        for rows, stated, right in zip(bins.rows, bins.stated, bins.right, strict=True)
    ]


def _spread(spread: Spread) -> dict[str, float | None]:
    return {name: _number(value) for name, value in vars(spread).items()}


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else float(value)
