"""Options that several commands share, and what they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from labelaudit.cli.version import version_option

F = TypeVar("F", bound=Callable[..., Any])


class AutoOrNumber(click.ParamType[Any]):
    """auto, or a number of 0 or more."""

    name = "auto|X"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leaves auto as it is."""
        if value == "auto" or isinstance(value, float):
            return value
        try:
            return float(value)
        except ValueError:
            self.fail(f"expected auto or a number, got {value!r}", param, ctx)


READING = (
    click.option("--label", required=True, metavar="COL", help="The column that holds the labels."),
    click.option("--id", "ids", multiple=True, metavar="COL", help="Carry this column into the ranking; no feature."),
    click.option("--group", metavar="COL", help="Rows with one value here never vouch for each other."),
    click.option("--drop", multiple=True, metavar="COL", help="Leave this column out."),
    click.option("--numeric", multiple=True, metavar="COL", help="Read this column as numbers."),
    click.option("--categorical", multiple=True, metavar="COL", help="Read this column as categories."),
    click.option("--text", multiple=True, metavar="COL", help="Read this column as running text, by its words."),
    click.option("--missing", multiple=True, metavar="WORD", help="A further word for a missing value."),
    click.option("--skip", default=0, type=click.IntRange(0), metavar="N", help="Skip N lines before the header."),
    click.option("--delimiter", metavar="C", help="The separator [comma; tab for .tsv]."),
    click.option("--charset", default="utf-8", metavar="NAME", help="The encoding of the file [utf-8]."),
    click.option("--expect-rows", type=click.IntRange(1), metavar="N", help="Refuse DATA with another number of rows."),
    click.option("--rejects", metavar="FILE", help="Write every structural error of DATA here (csv or jsonl)."),
    click.option("--trust-size", is_flag=True, help="Read very long lines and files that expand 100-fold."),
)

EMBEDDED = (
    click.option("--reference", metavar="FILE", help="Rows whose labels are trusted; same columns."),
    click.option("--embeddings", metavar="FILE.npy", help="Numbers of every row, beside its columns."),
    click.option("--only-embeddings", is_flag=True, help="Leave out every column but these."),
    click.option("--reference-embeddings", metavar="FILE.npy", help="Those of the trusted rows."),
)

PRED_PROBS = (
    click.option(
        "--pred-probs",
        metavar="FILE",
        help="Another model's out-of-sample class probabilities, to weigh the labels by (csv, or npz with names).",
    ),
)

METHOD = (
    click.option(
        "--rank-by",
        type=click.Choice(["label_score", "average_influence", "self_influence", "self_confidence"]),
        default="label_score",
        help="Order of the ranking [label_score].",
    ),
    click.option(
        "--max-fdr", type=float, default=0.2, metavar="Q", help="Largest expected share of false alarms [0.2]."
    ),
    click.option("--l2", type=AutoOrNumber(), default="auto", help="Strength of the penalty [auto]."),
    click.option(
        "--encoding",
        type=click.Choice(["auto", "linear", "spline", "kernel", "rank-kernel", "spline+kernel", "terms"]),
        default="auto",
        help="How columns become features [auto].",
    ),
    click.option("--solver", type=click.Choice(["auto", "direct", "cg"]), default="auto", help="For H^-1 [auto]."),
    click.option(
        "--optimizer", type=click.Choice(["newton", "lbfgs", "adamw"]), default="newton", help="Of the fit [newton]."
    ),
    click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where to fit [auto]."),
    click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads [all processors]."),
    click.option("--strict", is_flag=True, help="Fail (exit 6) when the fit does not converge."),
)


def _seed(drawn: str) -> tuple[Callable[[F], F], ...]:
    return (click.option("--seed", type=int, default=0, metavar="N", help=f"{drawn} [0]."),)


SEED = _seed("For optimisers that draw")
SEED_OF_REPEATS = _seed("Of the first copy of each kind, and for optimisers that draw")

TALK = (
    click.option("-q", "--quiet", is_flag=True, help="No progress, no table."),
    click.option("-v", "--verbose", is_flag=True, help="Say more: every trial, the time of every stage."),
    click.option("--debug", is_flag=True, help="Show the traceback of an error."),
    version_option,
)


def with_options(*groups: tuple[Callable[[F], F], ...]) -> Callable[[F], F]:
    """Adds option groups to a command, in their order."""

    def decorate(function: F) -> F:
        for group in reversed(groups):
            for option in reversed(group):
                function = option(function)
        return function

    return decorate
