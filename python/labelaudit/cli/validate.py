"""`labelaudit validate`: what the audit finds of errors planted in the user's own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelaudit.cli.audit import refuse_to_overwrite_data
from labelaudit.cli.options import EMBEDDED, METHOD, PLACE, READING, SEED_OF_REPEATS, TALK, Number, with_options
from labelaudit.cli.talk import progress, write_stdout

if TYPE_CHECKING:
    from labelaudit.validation.result import Validation

PLANTING = (
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice(["uniform", "asymmetric", "instance"]),
        help="Kind of errors to plant; repeatable [all].",
    ),
    click.option("--rate", type=Number(), default=0.1, metavar="R", help="Share of the labels to plant wrong [0.1]."),
    click.option("--repeats", type=click.IntRange(1), default=3, metavar="N", help="Copies of each kind [3]."),
    click.option("--out", metavar="DIR", help="Write validation.json and plots here."),
)


@click.command()
@click.argument("data", nargs=-1, required=True)
@with_options(READING, PLANTING, EMBEDDED, METHOD, PLACE, SEED_OF_REPEATS, TALK)
def validate(data: tuple[str, ...], *, out: str | None, quiet: bool, verbose: bool, **values: Any) -> None:
    """Plant errors in copies of DATA and say what the audit finds of them.

    The labels of DATA are taken as right. Each copy is audited as `labelaudit audit` would with the same options. The
    report says what share of the errors is found, at which precision, and how true the stated figures are.

    \b
    Kinds of errors:
      uniform     every row alike, to any other class
      asymmetric  every second class at twice the rate, given as the class before
      instance    more often where a random forest finds the row ambiguous

    \b
    Example:
      labelaudit validate orders.csv --label category --out validation
    """
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.planning.placing import Storage, placed
    from labelaudit.errors import UsageError
    from labelaudit.files import check_folder
    from labelaudit.planting import KINDS
    from labelaudit.report import validation as report
    from labelaudit.validation.run import Planting, validate_data

    planting = Planting(values.pop("kinds") or KINDS, values.pop("rate"), values.pop("repeats"))
    storing = Storage.of(*map(values.pop, ("memory_limit", "cache_dir", "cluster")))
    options = AuditOptions.of(values)
    if out is not None:
        from labelaudit.validation.saving import FILES

        if not out:
            raise UsageError("--out: expected a folder, got an empty name")
        beside = (options.reference, options.embeddings, options.reference_embeddings)
        inputs = (*data, *filter(None, beside))
        refuse_to_overwrite_data(inputs, [Path(out) / name for name in FILES])
        check_folder(Path(out))
    reference = None if options.reference is None else [options.reference]
    folder = None if out is None else Path(out)
    with (
        placed(list(data), options, storing, out=folder, reference=reference) as placement,
        progress(quiet=quiet, verbose=verbose) as tick,
    ):
        result = validate_data(placement.data, options, planting, reference=reference, tick=tick)
    written = [] if folder is None else _saved(result, folder)
    if not quiet:
        write_stdout(report.render(result))
        if written:
            click.echo(f"Written: {', '.join(map(str, written))}", err=True)


def _saved(result: Validation, folder: Path) -> list[Path]:
    from labelaudit.validation.saving import can_plot, save

    if not can_plot():
        click.echo("labelaudit: no plots, since they need matplotlib: pip install 'labelaudit[plots]'", err=True)
    return save(result, folder)
