"""A validation as pictures: how true label_score is, and the precision and recall of the ranking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from labelaudit.pictures import BLUE, GREEN, GREY, ORANGE, picture
from labelaudit.validation.result import KindOfError, Run, Validation

TICKS = (0, 0.25, 0.5, 0.75, 1)
COLOURS = {"uniform": BLUE, "asymmetric": ORANGE, "instance": GREEN}
FORMS: tuple[Any, ...] = ("png", "svg")
NAMES = ("reliability", "precision_recall")
PLOTS = tuple(f"{name}.{form}" for name in NAMES for form in FORMS)


def plots(validation: Validation) -> dict[str, bytes]:
    """The files of PLOTS by name; raises UsageError where matplotlib is not installed."""
    fills: tuple[Callable[[Any], None], ...] = (
        lambda figure: _reliability(figure, validation.kinds),
        lambda figure: _precision_recall(figure, validation.kinds),
    )
    return {f"{name}.{form}": picture(fill, form) for name, fill in zip(NAMES, fills, strict=True) for form in FORMS}


def _panels(figure: Any, kinds: tuple[KindOfError, ...]) -> Any:
    """One square panel a kind, side by side, both axes from 0 to 1."""
    figure.set_size_inches(0.8 + 3.2 * len(kinds), 3.9)
    panels = figure.subplots(1, len(kinds), sharex=True, sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, kinds, strict=True):
        axes.set_title(f"{kind.kind}, {kind.spread('planted_rate').mean:.1%} planted")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set(xticks=TICKS, yticks=TICKS)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.grid(alpha=0.3)
    return panels


def _legend(figure: Any, axes: Any) -> None:
    """That of one panel for all, above them; the panels differ by colour alone."""
    columns = 3 if len(figure.axes) > 1 else 1
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, loc="outside upper left", ncols=columns)


def _reliability(figure: Any, kinds: tuple[KindOfError, ...]) -> None:
    panels = _panels(figure, kinds)
    for axes, kind in zip(panels, kinds, strict=True):
        colour = COLOURS[kind.kind]
        for i, run in enumerate(kind.runs):
            bins = run.reliability
            axes.plot(bins.stated, bins.right, color=colour, lw=0.8, alpha=0.4, label="" if i else "one repeat")
        bins = kind.reliability
        axes.plot(bins.stated, bins.right, "o", color=colour, ms=5, label="mean of a tenth of the rows")
        axes.axline((0, 0), (1, 1), color=GREY, lw=0.8, ls=":", label="as stated")
    panels[0].set_ylabel("share of right labels")
    figure.supxlabel("label_score, the stated probability of a right label", fontsize=10)
    _legend(figure, panels[0])


def _precision_recall(figure: Any, kinds: tuple[KindOfError, ...]) -> None:
    panels = _panels(figure, kinds)
    for axes, kind in zip(panels, kinds, strict=True):
        for i, run in enumerate(kind.runs):
            label = "" if i else "ranking of one repeat"
            axes.plot(*curve(run), color=COLOURS[kind.kind], lw=1.2, alpha=0.6, drawstyle="steps-pre", label=label)
        cuts = np.array([(run.recall, run.precision) for run in kind.runs]).reshape(-1, 2)
        axes.plot(*cuts.T, "o", color="black", ms=4, label="rows flagged")
        axes.axhline(kind.spread("planted_rate").mean, color=GREY, lw=0.8, ls=":", label="by chance")
    panels[0].set_ylabel("precision, the share of planted errors")
    figure.supxlabel("recall, the share of planted errors found", fontsize=10)
    _legend(figure, panels[0])


def curve(run: Run) -> tuple[Any, Any]:
    """Recall and precision at each planted error, from recall 0 on: the area below the steps is average precision."""
    found = np.arange(1, run.planted + 1)
    precision = found / np.sort(run.planted_rows["rank"].to_numpy())
    start = np.zeros(len(found[:1]))  # nothing, where nothing is planted
    return np.concatenate([start, found / max(run.planted, 1)]), np.concatenate([precision[:1], precision])
