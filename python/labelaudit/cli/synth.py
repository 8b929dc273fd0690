"""`labelaudit synth`: the synthetic data set as a CSV file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from labelaudit.cli.options import Number
from labelaudit.errors import UsageError

EXAMPLE = """\b
Examples:
  labelaudit synth blobs.csv --rows 2000 --error-rate 0.05 --truth
  labelaudit audit blobs.csv --label label --drop true_label
"""


@click.command(epilog=EXAMPLE)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--rows", metavar="N", type=click.IntRange(min=1), default=10_000, show_default=True, help="How many rows."
)
@click.option(
    "--features",
    metavar="N",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How many feature columns.",
)
@click.option(
    "--error-rate",
    metavar="R",
    type=Number(0, 1),
    default=0.1,
    show_default=True,
    help="The share of rows that get the wrong label, drawn uniformly.",
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The same seed, the same bytes.",
)
@click.option("--truth", is_flag=True, help="Add the column true_label.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def synth(file: Path, rows: int, features: int, error_rate: float, seed: int, truth: bool, force: bool) -> None:
    """Write a synthetic data set with planted label errors to FILE (- for standard output).

    Two Gaussian classes, a and b, with the columns x1, x2, .. and label. Their means are sqrt(2) apart and their
    covariance is 0.2 I, so the best classifier there can be is right for 94.3 % of the rows.
    """
    from labelaudit.synthetic import csv_lines, draw, flip_share

    to_stdout = str(file) == "-"
    if file.is_file() and not to_stdout and not force:
        raise UsageError(f"{file} is there already; --force replaces it.")
    sample = flip_share(draw(rows, features, seed=seed), error_rate, seed=seed)
    _write(csv_lines(sample, truth=truth), None if to_stdout else file)
    where = "standard output" if to_stdout else str(file)
    wrong = int(sample.wrong.sum())
    click.echo(f"Wrote {rows:,} rows with {features:,} features to {where}; {wrong:,} labels are wrong.", err=True)


def _write(pieces: Iterable[bytes], file: Path | None) -> None:
    from labelaudit.files import write_atomically

    def write(stream: BinaryIO) -> None:
        stream.writelines(pieces)

    if file is None:
        sys.stdout.buffer.writelines(pieces)
    else:
        write_atomically(file, write)
