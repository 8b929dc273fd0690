"""The pictures of a page that need no script: the distribution of scores, and the noise matrix as a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.audits.result import Audit
from labelaudit.report.words import shortened

BINS = 40
MOST_CLASSES = 16  # in the heat map
NAME_CELLS = 24
SHADES = 9


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram in the picture's units: x and width, and the height of all and of the suspects."""

    x: float
    width: float
    height: float
    suspects: float
    low: float
    high: float
    count: int
    issues: int


@dataclass(frozen=True)
class Histogram:
    """Bars in a picture of the given size; ticks are (place, text); cut is the place of the largest suspect score."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    counts: tuple[tuple[float, str], ...]
    cut: float | None
    cut_score: float | None


@dataclass(frozen=True)
class HeatCell:
    """A share of the noise matrix as text, and its shade from 0 to SHADES."""

    text: str
    shade: int
    right: bool


@dataclass(frozen=True)
class HeatMap:
    """P(given | true): a row for each true class, a column for each given one; `all` counts the classes."""

    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]
    all: int


def histogram(audit: Audit, width: int = 640, height: int = 180) -> Histogram:
    """The rows by label_score, counts on a logarithmic scale: the few low ones are what one looks for."""
    scores = audit.ranking["label_score"].to_numpy()
    issue = audit.ranking["is_label_issue"].to_numpy()
    edges = np.linspace(0.0, 1.0, BINS + 1)
    counts, issues = np.histogram(scores, edges)[0], np.histogram(scores[issue], edges)[0]
    top = np.log1p(max(1, counts.max()))

    def tall(count: float) -> float:
        return round(float(np.log1p(count) / top * height), 1)

    step = width / BINS
    bars = [
        Bar(round(i * step + 0.5, 1), round(step - 1, 1), tall(n), tall(k), float(edges[i]), float(edges[i + 1]), n, k)
        for i, (n, k) in enumerate(zip(counts.tolist(), issues.tolist(), strict=True))
        if n
    ]
    cut = float(scores[issue].max()) if issue.any() else None
    ticks = [10**k for k in range(12) if 10**k <= counts.max()]
    return Histogram(
        width,
        height,
        tuple(bars),
        tuple((tall(t), f"{t:,}") for t in ticks),
        None if cut is None else round(cut * width, 1),
        cut,
    )


def heat_map(noise: dict[str, Any]) -> HeatMap | None:
    """The noise matrix, of the classes that go wrong most often where there are many; None where no audit has it."""
    if noise["matrix"] is None:
        return None
    names, matrix = noise["classes"], np.array(noise["matrix"])
    chosen = np.sort(np.argsort(np.diag(matrix), kind="stable")[:MOST_CLASSES])
    shown = tuple(shortened(names[i], NAME_CELLS) for i in chosen)
    rows = [
        (name, tuple(_heat(float(matrix[given, true]), given == true) for given in chosen))
        for name, true in zip(shown, chosen, strict=True)
    ]
    return HeatMap(shown, tuple(rows), len(names))


def _heat(share: float, right: bool) -> HeatCell:
    """The root of the share as shade, so that one label in a hundred can be seen."""
    return HeatCell(f"{share:.1%}", round(float(np.sqrt(min(1.0, max(0.0, share)))) * SHADES), right)
