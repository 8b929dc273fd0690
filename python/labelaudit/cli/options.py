"""Options that several commands share, and what they make."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from labelaudit.cli.version import version_option

F = TypeVar("F", bound=Callable[..., Any])


class Number(click.types.FloatParamType):
    """A finite number, within bounds where there are any: no option means an infinity or nan."""

    def __init__(self, low: float = -math.inf, high: float = math.inf) -> None:
        self._low, self._high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or a refusal that tells what is expected."""
        number = _number(value)
        if not (math.isfinite(number) and self._low <= number <= self._high):
            self.fail(f"expected {self._expected()}, got {value!r}", param, ctx)
        return number

    def _expected(self) -> str:
        if math.isfinite(self._high):
            return f"a number from {self._low:g} to {self._high:g}"
        return f"a number of {self._low:g} or more" if math.isfinite(self._low) else "a finite number"


class AutoOrNumber(click.ParamType[Any]):
    """auto, or a finite number."""

    name = "auto|X"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leaves auto as it is."""
        number = _number(value)
        if value != "auto" and not math.isfinite(number):
            self.fail(f"expected auto or a finite number, got {value!r}", param, ctx)
        return value if value == "auto" else number


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


class Size(click.ParamType[Any]):
    """auto, or an amount of memory such as 500MB, in bytes."""

    name = "auto|SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leaves auto as it is."""
        from labelaudit.errors import UsageError
        from labelaudit.sizes import size_of

        if value == "auto" or isinstance(value, bool):
            return "auto"
        try:
            return size_of(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


READING = (
    click.option("--label", required=True, metavar="COL", help="The column that holds the labels."),
    click.option(
        "--id",
        "ids",
        multiple=True,
        metavar="COL",
        help="Carry this column into the ranking, not as a feature; repeatable.",
    ),
    click.option(
        "--group", metavar="COL", help="Rows with the same value here belong together: none is judged by another."
    ),
    click.option("--drop", multiple=True, metavar="COL", help="Leave this column out; repeatable."),
    click.option("--numeric", multiple=True, metavar="COL", help="Read this column as numbers; repeatable."),
    click.option("--categorical", multiple=True, metavar="COL", help="Read this column as categories; repeatable."),
    click.option("--text", multiple=True, metavar="COL", help="Read this column as running text; repeatable."),
    click.option("--missing", multiple=True, metavar="WORD", help="A further word for a missing value; repeatable."),
    click.option("--skip", default=0, type=click.IntRange(0), metavar="N", help="Skip N lines before the header."),
    click.option("--delimiter", metavar="C", help="The separator [comma; tab for .tsv]."),
    click.option("--charset", default="utf-8", metavar="NAME", help="The encoding of the file [utf-8]."),
    click.option("--expect-rows", type=click.IntRange(1), metavar="N", help="Refuse DATA with another number of rows."),
    click.option("--rejects", metavar="FILE", help="Write every structural error of DATA here (csv or jsonl)."),
    click.option("--trust-size", is_flag=True, help="Read very long lines and files that expand 100-fold."),
)

EMBEDDED = (
    click.option("--reference", metavar="FILE", help="Rows whose labels are trusted; same columns."),
    click.option("--embeddings", metavar="FILE.npy", help="A vector for every row, as features beside its columns."),
    click.option("--only-embeddings", is_flag=True, help="Take the embeddings alone as features."),
    click.option("--reference-embeddings", metavar="FILE.npy", help="The embeddings of the rows of --reference."),
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
        help="Which score orders the ranking [label_score].",
    ),
    click.option(
        "--max-fdr",
        type=Number(),
        default=0.2,
        metavar="Q",
        help="Expected share of false alarms among the issues, at most [0.2].",
    ),
    click.option(
        "--l2", type=AutoOrNumber(), default="auto", metavar="auto|X", help="Strength of the L2 penalty [auto]."
    ),
    click.option(
        "--encoding",
        type=click.Choice(["auto", "linear", "spline", "kernel", "rank-kernel", "spline+kernel", "terms"]),
        default="auto",
        help="How columns become features [auto].",
    ),
    click.option(
        "--solver",
        type=click.Choice(["auto", "direct", "cg"]),
        default="auto",
        help="How linear systems are solved [auto].",
    ),
    click.option(
        "--optimizer",
        type=click.Choice(["newton", "lbfgs", "adamw"]),
        default="newton",
        help="How the model is fitted [newton].",
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        help="What the model is fitted on [auto].",
    ),
    click.option(
        "--precision",
        type=click.Choice(["float64", "float32"]),
        default="float64",
        help="How encoded rows are stored; float32 takes half the memory [float64].",
    ),
    click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads [all processors]."),
    click.option("--strict", is_flag=True, help="Fail (exit 6) when the fit does not converge."),
)


def _seed(drawn: str) -> tuple[Callable[[F], F], ...]:
    return (click.option("--seed", type=int, default=0, metavar="N", help=f"{drawn} [0]."),)


STORAGE = (
    click.option(
        "--memory-limit",
        type=Size(),
        default="auto",
        metavar="SIZE",
        help="Memory to take at most, such as 8GiB; beyond it values live on disk, with the same results [auto: what "
        "is free].",
    ),
    click.option(
        "--cache-dir",
        metavar="DIR",
        help="The folder for values beyond --memory-limit [that of the results, else of temporary files].",
    ),
)

CLUSTER = (
    click.option(
        "--cluster",
        metavar="ADDRESS|local:N",
        help="Hold and sum encoded rows on the workers of a dask scheduler, or of N processes, with the same results.",
    ),
)
PLACE = (*STORAGE, *CLUSTER)

SEED = _seed("Seed of an optimizer that draws at random")
SEED_OF_REPEATS = _seed("Seed of the first copy of each kind, and of an optimizer that draws")

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
