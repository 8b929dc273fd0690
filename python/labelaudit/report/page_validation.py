"""A validation in a page: its sentences and figures, and two diagrams of each kind of errors that need no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from labelaudit.report.validation_words import (
    CAVEAT,
    as_it_is,
    basis,
    found,
    reliability,
    share,
    stated,
    tenths,
    verdict,
)
from labelaudit.report.words import listed, plural
from labelaudit.validation.result import KindOfError, Validation

SIDE = 240  # of a diagram, in the picture's units
MOST_OPTIONS = 8
PLANTING = ("kinds", "rate", "repeats")  # options that no audit has


class Dot(NamedTuple):
    """A point of a diagram in the picture's units, and what it says."""

    x: float
    y: float
    told: str


@dataclass(frozen=True)
class Diagram:
    """One kind of errors: dots of one or two figures, each joined by a line, and thin lines for each repeat."""

    kind: str
    title: str
    dots: tuple[Dot, ...]
    second: tuple[Dot, ...] = ()
    thin: tuple[str, ...] = ()


class Row(NamedTuple):
    """A line of a table: the name of a figure, how far it is indented, and its cells."""

    name: str
    level: int
    cells: list[str]


def section(validation: Validation | None, audited_with: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the page says of a validation; audited_with: the audit's options, to name those that differ."""
    if validation is None:
        return None
    kinds = validation.kinds
    return {
        "verdicts": [verdict(kind) for kind in kinds],
        "notes": [as_it_is(validation), CAVEAT],
        "kinds": [kind.kind for kind in kinds],
        "side": SIDE,
        "reliability": [_reliability(kind) for kind in kinds],
        "far": [_far(kind) for kind in kinds],
        "repeats": max(len(kind.runs) for kind in kinds),
        "found": _rows(found(kinds)),
        "stated": _rows(stated(kinds)),
        "tenths": tenths(kinds),
        "bins": reliability(kinds),
        "basis": [line.removeprefix("- ") for line in basis(validation)],
        "other": _other_options(validation.options, audited_with),
        "version": validation.labelaudit,
    }


def points(dots: Iterable[Dot]) -> str:
    """The dots as a polyline has them."""
    return " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots)


def _reliability(kind: KindOfError) -> Diagram:
    """What was stated across, what was so up."""
    bins = kind.reliability
    dots = [
        _dot(stated, right, f"{plural(int(rows), 'row')}: stated {share(stated, 1)}, right {share(right, 1)}")
        for rows, stated, right in zip(bins.rows, bins.stated, bins.right, strict=True)
    ]
    thin = [
        points(_dot(x, y) for x, y in zip(run.reliability.stated, run.reliability.right, strict=True))
        for run in kind.runs
        if len(kind.runs) > 1
    ]
    return Diagram(kind.kind, _title(kind), tuple(dots), thin=tuple(thin))


def _far(kind: KindOfError) -> Diagram:
    """The share of the ranking that is looked at across; recall, and precision as the second, up."""
    recall, precision = [], []
    for i, (rows, of_rows, of_errors) in enumerate(kind.tenths):
        part, first = (i + 1) / len(kind.tenths), f"first {plural(rows, 'row')}"
        if not math.isnan(of_errors.mean):
            recall.append(_dot(part, of_errors.mean, f"{first}: {share(of_errors.mean)} of the planted errors"))
        precision.append(_dot(part, of_rows.mean, f"{first}: {share(of_rows.mean)} of them planted errors"))
    return Diagram(kind.kind, _title(kind), tuple(recall), tuple(precision))


def _title(kind: KindOfError) -> str:
    return f"{kind.kind}, {kind.spread('planted_rate').mean:.1%} planted"


def _dot(x: float, y: float, told: str = "") -> Dot:
    return Dot(round(float(x) * SIDE, 1), round(SIDE - float(y) * SIDE, 1), told)


def _rows(rows: list[list[str]]) -> list[Row]:
    return [Row(name.strip(), (len(name) - len(name.lstrip())) // 2, cells) for name, *cells in rows]


def _other_options(validated: Mapping[str, Any], audited: Mapping[str, Any]) -> str:
    """The options of the validation that the audit was run without, or nothing."""
    names = [name for name in validated if name not in PLANTING and name in audited]
    told = [f"{name} {validated[name]} (here {audited[name]})" for name in names if validated[name] != audited[name]]
    return listed(told, MOST_OPTIONS)
