"""`labelaudit audit`: the main job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelaudit.cli.options import EMBEDDED, METHOD, PLACE, PRED_PROBS, READING, SEED, TALK, with_options
from labelaudit.cli.talk import progress, warn_unconverged, write_stdout

if TYPE_CHECKING:
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.planning.result import Placement
    from labelaudit.audits.result import Audit

OUT = (
    click.option("--top", type=click.IntRange(0), default=20, metavar="N", help="Rows to print [20]."),
    click.option("--top-only", type=click.IntRange(1), metavar="N", help="Write only the first N rows of the ranking."),
    click.option("--out", default="labelaudit-report", metavar="DIR", help="Where to write [labelaudit-report]."),
)


@click.command()
@click.argument("data", nargs=-1, required=True)
@with_options(READING, EMBEDDED, PRED_PROBS, METHOD, PLACE, SEED, OUT, TALK)
def audit(
    data: tuple[str, ...], *, top: int, top_only: int | None, out: str, quiet: bool, verbose: bool, **values: Any
) -> None:
    """Rank every row of DATA by how probably its label is wrong.

    DATA is one or more CSV or TSV files with the same header, plain or compressed, Parquet files with the same columns,
    addresses of such files (s3://bucket/x.csv), or - for standard input. Writes ranking.csv, audit.json, model.npz and
    report.html into --out and prints the first rows.

    \b
    Example:
      labelaudit audit orders.csv --label category --id order_id
    """
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.planning.placing import Storage, placed
    from labelaudit.audits.saving import AUDIT, MODEL, PAGE, RANKING
    from labelaudit.cli import ahead
    from labelaudit.errors import UsageError
    from labelaudit.files import check_folder
    from labelaudit.report import text

    if not out:
        raise UsageError("--out: expected a folder, got an empty name")
    storing = Storage.of(*map(values.pop, ("memory_limit", "cache_dir", "cluster")))
    options = AuditOptions.of(values)
    beside = (options.reference, options.embeddings, options.reference_embeddings, options.pred_probs)
    targets = [Path(out) / name for name in (RANKING, MODEL, PAGE, AUDIT)]
    refuse_to_overwrite_data((*data, *filter(None, beside)), targets)
    check_folder(Path(out))
    trusted = None if options.reference is None else [options.reference]
    ahead.expect(data, threads=options.settings.threads, bound=storing.memory_limit is not None, page=True)
    place = placed(list(data), options, storing, out=Path(out), reference=trusted)
    with place as placement, progress(quiet=quiet, verbose=verbose) as tick:
        result, page = _audited(placement, options, trusted, tick, top_only)
        folder = result.save(out, page=page)
    warn_unconverged(result)
    if verbose:
        _tell(result, placement)
    if not quiet:
        write_stdout(text.render(result, top=top))
        click.echo(f"Written: {', '.join(str(folder / name) for name in (RANKING, AUDIT, PAGE))}", err=True)


def _audited(
    placement: Placement,
    options: AuditOptions,
    reference: list[str] | None,
    tick: Callable[[str], None],
    top_only: int | None,
) -> tuple[Audit, Callable[[], str]]:
    """The audit, and what gives its page: it is made beside whatever comes next."""
    from labelaudit import storage
    from labelaudit.audits.inputs import read_inputs
    from labelaudit.audits.run import audit_inputs

    tick("reading")
    inputs = read_inputs(placement.taken(), options, reference=reference)
    audit = audit_inputs(inputs, options, placement=placement, tick=tick)
    audit = audit if top_only is None else audit.first(top_only)
    tick("writing the report")

    def page() -> str:
        from labelaudit.report import html
        from labelaudit.views.view import view_of

        return html.render(view_of(audit, inputs.table))

    return audit, storage.beside(page, options.settings.threads)


def _tell(audit: Audit, placement: Placement) -> None:
    """What else there is to say under -v."""
    from labelaudit.report.planned import lived

    for trial in audit.summary["fit"]["trials"]:
        click.echo(f"  tried {_told(trial)}", err=True)
    click.echo(lived(placement), err=True)


def _told(trial: dict[str, Any]) -> str:
    if trial["loss"] is None:
        return f"{trial['encoding']}: not tried, {trial['note']}"
    explained = "" if trial["explained_loss"] is None else f", explained {trial['explained_loss']:.5f}"
    return f"{trial['encoding']}, l2 {trial['l2']:g}: loss {trial['loss']:.5f}{explained}"


def refuse_to_overwrite_data(data: tuple[str, ...], targets: Sequence[Path]) -> None:
    """Raises UsageError when an output would replace an input."""
    from labelaudit.addresses import path_of
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file

    for target in targets:
        for source in data:
            if source != "-" and same_file(target, path_of(source)):
                raise UsageError(f"{target} would replace the data file {source}. Name another folder with --out.")
