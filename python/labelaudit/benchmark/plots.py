"""The benchmark as pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.benchmark.planted import RANKINGS
from labelaudit.benchmark.published import FLIPPED, MEASURED, ROWS, PublishedRun
from labelaudit.benchmark.results import Benchmark, Cell
from labelaudit.files import write_files
from labelaudit.pictures import BLUE, GREY, ORANGE, picture
from labelaudit.synthetic import LABELS, draw, optimal_plane

SHOWN_ROWS = 2000  # of the data; more would hide each other


def save_plots(benchmark: Benchmark, folder: Path) -> list[Path]:
    """Writes the pictures as PNG into the folder, which is there, and returns their paths.

    The published recipe's four show its first seed.
    """
    pictures = {folder / f"{name}.png": picture(fill) for name, fill in _pictures(benchmark).items()}
    write_files(pictures)
    return list(pictures)


def _pictures(benchmark: Benchmark) -> dict[str, Callable[[Any], None]]:
    pictures: dict[str, Callable[[Any], None]] = {}
    if benchmark.published:
        run = benchmark.published[0]
        pictures["blobs"] = lambda figure: _blobs(figure, run)
        pictures["losses"] = lambda figure: _losses(figure, run)
        pictures["confusion"] = lambda figure: _confusion(figure, run)
        pictures["influence"] = lambda figure: _influence(figure, run)
    if benchmark.planted:
        pictures["planted"] = lambda figure: _planted(figure, benchmark.cells)
    return pictures


def _line(axes: Any, normal: Any, offset: float, **style: Any) -> None:
    """The points x with normal . x = offset in the plane."""
    foot = normal * offset / (normal @ normal)
    axes.axline(foot, foot + np.array([-normal[1], normal[0]]), **style)


def _blobs(figure: Any, run: PublishedRun) -> None:
    figure.set_size_inches(5.6, 6)
    axes = figure.subplots()
    sample = draw(ROWS, seed=run.seed).take(slice(0, SHOWN_ROWS))
    for code, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        x = sample.x[sample.true == code]
        axes.scatter(*x.T, s=12, c=colour, marker=marker, alpha=0.5, linewidths=0, label=f"class {LABELS[code]}")
    _line(axes, *optimal_plane(2), color="black", label="optimal line")
    _line(axes, run.theta[:2, 0], -float(run.theta[2, 0]), color="black", ls=":", label="fitted line")
    low, high = sample.x.min() - 0.1, sample.x.max() + 0.1
    axes.set(title=f"{SHOWN_ROWS:,} of the {ROWS:,} rows", xlabel="x1", ylabel="x2")
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    figure.legend(frameon=False, loc="outside lower center", ncols=4, markerscale=2)


def _losses(figure: Any, run: PublishedRun) -> None:
    figure.set_size_inches(6.2, 4)
    axes = figure.subplots()
    epochs = np.arange(1, len(run.losses) + 1)
    axes.plot(epochs, run.losses[:, 0], color=BLUE, label="training rows")
    axes.plot(epochs, run.losses[:, 1], color=ORANGE, ls="--", label="validation rows")
    axes.set(title="Loss under AdamW with cosine steps", xlabel="epoch", ylabel="mean log-loss (nats)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def _confusion(figure: Any, run: PublishedRun) -> None:
    figure.set_size_inches(4.6, 4.2)
    axes = figure.subplots()
    axes.imshow(run.confusion, cmap="Blues", vmin=0)
    dark = run.confusion.max() / 2
    for (true, predicted), count in np.ndenumerate(run.confusion):
        colour = "white" if count > dark else "black"
        axes.text(predicted, true, f"{count:,}", ha="center", va="center", color=colour, fontsize=14)
    axes.set(xticks=(0, 1), yticks=(0, 1), xticklabels=LABELS, yticklabels=LABELS)
    axes.set(title=f"Test rows, accuracy {run.accuracy:.4f}", xlabel="predicted class", ylabel="true class")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _influence(figure: Any, run: PublishedRun) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure.set_size_inches(11, 5)
    influences = run.influences["direct"]
    shown = ((influences.before, "labels as drawn"), (influences.after, f"{FLIPPED} labels flipped"))
    span = float(np.abs([influences.before, influences.after]).max())
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    colours = ScalarMappable(Normalize(-span, span), cmap="RdBu")
    for axes, (values, title) in zip(panels, shown, strict=True):
        for code, marker in ((0, "o"), (1, "^")):
            here = run.measured.true == code
            fill = colours.to_rgba(values[here])
            axes.scatter(*run.measured.x[here].T, c=fill, marker=marker, s=45, edgecolors=GREY, linewidths=0.6)
        _line(axes, *optimal_plane(2), color="black", lw=1)
        axes.set(title=f"{MEASURED} training rows, {title}", xlabel="x1")
    panels[0].set_ylabel("x2")
    panels[1].scatter(*run.measured.x[:FLIPPED].T, s=160, facecolors="none", edgecolors="black", linewidths=1.2)
    figure.colorbar(colours, ax=panels, label="average influence on the test rows (negative: harms)")
    figure.legend(handles=_influence_legend(), frameon=False, loc="outside lower center", ncols=4)


def _influence_legend() -> list[Any]:
    """Marks without the colour of any one point."""
    from matplotlib.lines import Line2D

    mark: dict[str, Any] = {"ls": "", "mfc": "white", "mec": GREY, "ms": 7}
    classes = [Line2D([], [], marker=m, label=f"true class {w}", **mark) for m, w in zip("o^", LABELS, strict=True)]
    flipped = Line2D([], [], marker="o", ls="", mfc="none", mec="black", ms=12, label="label flipped")
    return [*classes, Line2D([], [], color="black", lw=1, label="optimal line"), flipped]


def _planted(figure: Any, cells: tuple[Cell, ...]) -> None:
    """One panel a size: rows of the data downwards, features to the right."""
    tall, wide = (list(dict.fromkeys(values)) for values in zip(*((c.rows, c.features) for c in cells), strict=True))
    figure.set_size_inches(2.4 + 2.7 * len(wide), 0.5 + 2.7 * len(tall))
    panels = figure.subplots(len(tall), len(wide), sharex=True, sharey=True, squeeze=False)
    for cell in cells:
        axes = panels[tall.index(cell.rows), wide.index(cell.features)]
        _precisions(axes, cell)
        axes.set_title(f"{cell.rows:,} rows, d = {cell.features}")
    figure.supxlabel("average precision on planted errors: mean, and range over the seeds", fontsize=10)


def _precisions(axes: Any, cell: Cell) -> None:
    places = np.arange(len(RANKINGS))[::-1]
    for place, ranking in zip(places, RANKINGS, strict=True):
        colour = {"Bayes rule": "black", "row loss": GREY}.get(ranking, BLUE)
        axes.plot(cell.range(ranking), [place, place], color=colour, lw=3, solid_capstyle="round", alpha=0.35)
        axes.plot(cell.mean(ranking).average_precision, place, "o", color=colour, ms=6)
    axes.set(yticks=places, yticklabels=RANKINGS)
    axes.axvline(cell.mean("Bayes rule").average_precision, color="black", lw=0.8, ls=":")
    axes.grid(axis="x", alpha=0.3)
