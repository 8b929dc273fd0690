"""Detection as a picture: every table, label_score and each peer, one panel a kind of error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from labelaudit.benchmark.detection.peers import PEERS
from labelaudit.benchmark.detection.results import Cell, Detection
from labelaudit.files import write_files
from labelaudit.pictures import BLUE, GREY, ORANGE, picture
from labelaudit.report.words import shortened

MARKS = {"label_score": "o", **dict(zip(PEERS, "s^D", strict=True))}
NAME_CELLS = 24
FORMS: tuple[Literal["png", "svg"], ...] = ("png", "svg")


def save_plot(detection: Detection, folder: Path) -> list[Path]:
    """Writes detection.png and detection.svg into the folder, which is there, and returns their paths."""
    contents = {folder / f"detection.{form}": picture(lambda f: _fill(f, detection), form) for form in FORMS}
    write_files(contents)
    return list(contents)


def _fill(figure: Any, detection: Detection) -> None:
    kinds = detection.kinds
    most = max(len(detection.of(kind)) for kind in kinds)
    figure.set_size_inches(1.2 + 3.6 * len(kinds), 1.6 + 0.3 * most)
    for axes, kind in zip(figure.subplots(1, len(kinds), sharex=True, squeeze=False)[0], kinds, strict=True):
        _panel(axes, detection.of(kind))
        axes.set_title(f"{kind} errors" if kind == "real" else f"{kind}, {100 * detection.rate:.3g} % planted")
    figure.supxlabel("average precision (mean over seeds)", fontsize=10)
    handles = _legend()
    figure.legend(handles=handles, frameon=False, loc="outside upper center", ncols=len(handles))


def _panel(axes: Any, cells: tuple[Cell, ...]) -> None:
    """The tables downwards, by label_score, the best on top."""
    ordered = sorted(cells, key=lambda cell: cell.mean["label_score"])
    for place, cell in enumerate(ordered):
        figures = [cell.mean[name] for name in MARKS]
        axes.plot([min(figures), max(figures)], [place, place], color=GREY, lw=0.8, alpha=0.5, zorder=1)
        for name, mark in reversed(MARKS.items()):
            axes.plot(cell.mean[name], place, **_style(name, mark))
    names = [shortened(cell.name, NAME_CELLS).replace("$", r"\$") for cell in ordered]
    axes.set(yticks=np.arange(len(ordered)), yticklabels=names, xlim=(0, 1))
    axes.set_ylim(-0.6, len(ordered) - 0.4)
    axes.grid(axis="x", alpha=0.3)


def _style(name: str, mark: str) -> dict[str, Any]:
    if name == "label_score":
        return {"marker": mark, "color": BLUE, "ms": 7, "ls": "", "zorder": 3}
    return {"marker": mark, "mfc": "none", "mec": ORANGE, "mew": 1.3, "ms": 6, "ls": "", "zorder": 2}


def _legend() -> list[Any]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], label=name, **_style(name, mark)) for name, mark in MARKS.items()]
