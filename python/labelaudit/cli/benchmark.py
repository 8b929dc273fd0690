"""`labelaudit benchmark`: the synthetic benchmark with its tables, JSON and plots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labelaudit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from labelaudit.benchmark import Benchmark, Grid

ROWS = (1_000, 10_000)
FULL_ROWS = (1_000, 10_000, 100_000)
FEATURES = (2, 20, 100)
SEEDS = 3

EXAMPLE = """\b
Examples:
  labelaudit benchmark --out benchmark         (about a minute)
  labelaudit benchmark --quick                 (some seconds)
  labelaudit benchmark --seeds 10 --rows 10000 --features 2 --features 20
"""


@click.command(epilog=EXAMPLE)
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help=f"Seeds for each figure.  [default: {SEEDS}]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first of the seeds.")
@click.option(
    "--rows", type=click.IntRange(min=100), multiple=True, help="Rows with planted errors; repeatable.  [1000, 10000]"
)
@click.option(
    "--features", type=click.IntRange(min=1), multiple=True, help="Features of those; repeatable.  [2, 20, 100]"
)
@click.option("--quick", is_flag=True, help="One seed, 1,000 rows, 2 and 20 features.")
@click.option("--full", is_flag=True, help="Also 100,000 rows.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for benchmark.json and plots.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="File for the JSON alone.")
@click.option("--plots/--no-plots", default=None, help="PNG plots in --out.  [default: if matplotlib is installed]")
@click.option("--threads", type=click.IntRange(min=1), help="Threads; no figure depends on it.  [default: all cores]")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def benchmark(
    seeds: int | None,
    seed: int,
    rows: tuple[int, ...],
    features: tuple[int, ...],
    quick: bool,
    full: bool,
    out: Path | None,
    json_file: Path | None,
    plots: bool | None,
    threads: int | None,
    quiet: bool,
) -> None:
    """Run the method on synthetic data whose errors are known.

    First the published recipe: a model trained with AdamW on two Gaussian classes, and the influence of its training
    rows before and after ten labels are flipped. Then errors planted before training, found by every ranking, beside
    plain row loss and the Bayes rule, which nothing can beat in the long run.
    """
    if quick and full:
        raise UsageError("--quick and --full exclude each other.")
    with_plots = _with_plots(plots, out)
    if out is not None:
        _make_folder(out)

    from labelaudit.benchmark import render, run_benchmark, to_json
    from labelaudit.files import write_atomically

    with _progress(grid := _grid(seeds, seed, rows, features, quick, full), quiet) as tick:
        results = run_benchmark(grid, threads=threads or os.cpu_count() or 1, tick=tick)
    click.echo(render(results), nl=False)
    document = to_json(results).encode()
    for path in (json_file, None if out is None else out / "benchmark.json"):
        if path is not None:
            write_atomically(path, lambda stream: stream.writelines([document]))
            _say(f"Wrote {path}", quiet)
    if out is not None and with_plots:
        _save_plots(results, out, quiet)


def _grid(
    seeds: int | None, seed: int, rows: tuple[int, ...], features: tuple[int, ...], quick: bool, full: bool
) -> Grid:
    from labelaudit.benchmark import Grid

    chosen = tuple(range(seed, seed + (seeds or (1 if quick else SEEDS))))
    usual_rows = ROWS[:1] if quick else FULL_ROWS if full else ROWS
    usual_features = FEATURES[:2] if quick else FEATURES
    return Grid(chosen, chosen, rows or usual_rows, features or usual_features)


def _with_plots(plots: bool | None, out: Path | None) -> bool:
    """Whether to draw: refused at once, not after a minute's work, where it could not be done."""
    from labelaudit.pictures import require_matplotlib

    if plots is False or (plots is None and out is None):
        return False
    if out is None:
        raise UsageError("--plots needs a folder: give --out DIR.")
    try:
        require_matplotlib()
    except UsageError as error:
        if plots:
            raise
        click.echo(f"No plots: {error}", err=True)
        return False
    return True


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror or error}.") from error


def _save_plots(results: Benchmark, out: Path, quiet: bool) -> None:
    from labelaudit.benchmark.plots import save_plots

    for path in save_plots(results, out):
        _say(f"Wrote {path}", quiet)


def _say(words: str, quiet: bool) -> None:
    if not quiet:
        click.echo(words, err=True)


@contextmanager
def _progress(grid: Grid, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A bar on stderr with what is being run; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = console.is_terminal and not quiet
    with Progress(*columns, console=console, disable=not shown, transient=True) as progress:
        task = progress.add_task("starting", total=grid.runs)
        begun = iter([0] + [1] * grid.runs)

        def tick(what: str) -> None:
            progress.update(task, advance=next(begun), description=what)

        yield tick
