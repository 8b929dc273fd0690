"""`labelaudit benchmark`: the method on synthetic data, or on a folder of tables, with tables, JSON and plots."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelaudit.cli.options import Number
from labelaudit.cli.outputs import Outputs, bar, outputs
from labelaudit.errors import UsageError

if TYPE_CHECKING:
    from labelaudit.benchmark import Grid
    from labelaudit.benchmark.detection import Protocol

ROWS = (1_000, 10_000)
FULL_ROWS = (1_000, 10_000, 100_000)
FEATURES = (2, 20, 100)
SEEDS = 3
# what fits only one of the two, by the name of the option's value
SYNTHETIC_ONLY = {"features": "--features", "quick": "--quick", "full": "--full"}
FOLDER_ONLY = {"only": "--only", "kinds": "--kinds", "rate": "--rate", "classes": "--classes"}

EXAMPLE = """\b
Examples:
  labelaudit benchmark --out benchmark         (about a minute)
  labelaudit benchmark --quick                 (some seconds)
  labelaudit benchmark --seeds 10 --rows 10000 --features 2 --features 20
  labelaudit benchmark --data tables --kinds uniform,real --out benchmark
"""


@click.command(epilog=EXAMPLE)
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help=f"Seeds for each figure.  [default: {SEEDS}]")
@click.option(
    "--seed", metavar="N", type=click.IntRange(min=0), default=0, show_default=True, help="The first of the seeds."
)
@click.option(
    "--rows",
    metavar="N",
    type=click.IntRange(min=100),
    multiple=True,
    help="Rows with planted errors; repeatable.  [1000, 10000]  With --data: at most so many of each table.  [2500]",
)
@click.option(
    "--features",
    metavar="N",
    type=click.IntRange(min=1),
    multiple=True,
    help="Features of those; repeatable.  [2, 20, 100]",
)
@click.option("--quick", is_flag=True, help="One seed, 1,000 rows, 2 and 20 features.")
@click.option("--full", is_flag=True, help="Also 100,000 rows.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Run the tables that DIR/manifest.csv describes instead.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this table of --data; repeatable.")
@click.option(
    "--kinds", metavar="LIST", help="Errors with --data, with commas between.  [uniform,asymmetric,instance,real]"
)
@click.option("--rate", type=Number(), metavar="R", help="Share of labels to make wrong, with --data.  [0.1]")
@click.option(
    "--classes", metavar="N", type=click.IntRange(min=2), help="Leave out tables of --data with more classes.  [10]"
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for benchmark.json and plots.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="File for the JSON alone.")
@click.option("--plots/--no-plots", default=None, help="Plots in --out.  [default: if matplotlib is installed]")
@click.option(
    "--threads", metavar="N", type=click.IntRange(min=1), help="Threads; no figure depends on it.  [default: all cores]"
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def benchmark(
    data: Path | None,
    out: Path | None,
    json_file: Path | None,
    plots: bool | None,
    threads: int | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure the method on data whose errors are known.

    On synthetic data: first the published recipe, a model trained with AdamW on two Gaussian classes, and the influence
    of its training rows before and after ten labels are flipped. Then errors planted before training, found by every
    ranking, beside plain row loss and the Bayes rule, which nothing can beat in the long run.

    With --data, on labelled tables: errors of three kinds are planted in each, or found where the manifest names a
    column of verified labels (gold). labelaudit's rankings stand beside 1 - self-confidence of three scikit-learn
    models and, where cleanlab is installed, its own filter.

    The manifest's columns: name, file, label, and where needed gold, non_feature_cols and text_cols (names with spaces
    between), classes.
    """
    refused = FOLDER_ONLY if data is None else SYNTHETIC_ONLY
    for name, option in refused.items():
        if options[name]:
            raise UsageError(f"{option} is only {'for --data' if data is None else 'without --data'}.")
    if data is None:
        grid = _grid(options)
        _synthetic(grid, outputs(out, json_file, plots, quiet), threads or os.cpu_count() or 1)
    else:
        protocol = _protocol(options)
        _folder(data, options["only"], protocol, outputs(out, json_file, plots, quiet), threads or os.cpu_count() or 1)


def _synthetic(grid: Grid, where: Outputs, threads: int) -> None:
    from labelaudit.benchmark import render, run_benchmark, to_json

    with bar(grid.runs, where.quiet) as tick:
        results = run_benchmark(grid, threads=threads, tick=tick)

    def draw(folder: Path) -> list[Path]:
        from labelaudit.benchmark.plots import save_plots

        return save_plots(results, folder)

    where.deliver(render(results), to_json(results), draw)


def _folder(data: Path, only: tuple[str, ...], protocol: Protocol, where: Outputs, threads: int) -> None:
    from labelaudit.benchmark.detection import read_manifest, render, run_detection, to_json

    entries = read_manifest(data, only)
    with bar(protocol.runs(entries), where.quiet) as tick:
        results = run_detection(entries, protocol, threads=threads, tick=tick)

    def draw(folder: Path) -> list[Path]:
        from labelaudit.benchmark.detection.plot import save_plot

        return save_plot(results, folder)

    where.deliver(render(results), to_json(results), draw)


def _grid(options: dict[str, Any]) -> Grid:
    from labelaudit.benchmark import Grid

    quick, full = options["quick"], options["full"]
    if quick and full:
        raise UsageError("--quick and --full exclude each other.")
    chosen = _seeds(options, 1 if quick else SEEDS)
    usual_rows = ROWS[:1] if quick else FULL_ROWS if full else ROWS
    usual_features = FEATURES[:2] if quick else FEATURES
    return Grid(chosen, chosen, options["rows"] or usual_rows, options["features"] or usual_features)


def _protocol(options: dict[str, Any]) -> Protocol:
    from labelaudit.benchmark.detection import Protocol

    if len(options["rows"]) > 1:
        raise UsageError("--rows: with --data expected one number, the most rows of each table.")
    given: dict[str, Any] = {name: options[name] for name in ("rate", "classes") if options[name] is not None}
    if options["rows"]:
        given["rows"] = options["rows"][0]
    if options["kinds"] is not None:
        given["kinds"] = tuple(dict.fromkeys(kind.strip() for kind in options["kinds"].split(",")))
    return Protocol(seeds=_seeds(options, SEEDS), **given)


def _seeds(options: dict[str, Any], usual: int) -> tuple[int, ...]:
    return tuple(range(options["seed"], options["seed"] + (options["seeds"] or usual)))
