"""`labelaudit audit`: the main job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from labelaudit.cli.options import EMBEDDED, METHOD, PRED_PROBS, READING, SEED, TALK, with_options
from labelaudit.cli.talk import progress, warn_unconverged, write_stdout

OUT = (
    click.option("--top", type=click.IntRange(0), default=20, metavar="N", help="Rows to print [20]."),
    click.option("--out", default="labelaudit-report", metavar="DIR", help="Where to write [labelaudit-report]."),
)


@click.command()
@click.argument("data", nargs=-1, required=True)
@with_options(READING, EMBEDDED, PRED_PROBS, METHOD, SEED, OUT, TALK)
def audit(data: tuple[str, ...], *, top: int, out: str, quiet: bool, verbose: bool, **values: Any) -> None:
    """Rank every row of DATA by how probably its label is wrong.

    DATA is one or more CSV or TSV files with the same header, plain or compressed, or - for standard input. Writes
    ranking.csv, audit.json and model.npz into --out and prints the first rows.

    \b
    Example:
      labelaudit audit orders.csv --label category --id order_id
    """
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.run import audit_data
    from labelaudit.audits.saving import AUDIT, MODEL, RANKING
    from labelaudit.errors import UsageError
    from labelaudit.files import check_folder
    from labelaudit.report import text

    if not out:
        raise UsageError("--out: expected a folder, got an empty name")
    options = AuditOptions.of(values)
    beside = (options.reference, options.embeddings, options.reference_embeddings, options.pred_probs)
    targets = [Path(out) / name for name in (RANKING, MODEL, AUDIT)]
    refuse_to_overwrite_data((*data, *filter(None, beside)), targets)
    check_folder(Path(out))
    with progress(quiet=quiet, verbose=verbose) as tick:
        reference = None if options.reference is None else [options.reference]
        result = audit_data(list(data), options, reference=reference, tick=tick)
    folder = result.save(out)
    warn_unconverged(result)
    if verbose:
        for trial in result.summary["fit"]["trials"]:
            click.echo(f"  tried {_told(trial)}", err=True)
    if not quiet:
        write_stdout(text.render(result, top=top))
        click.echo(f"Written: {', '.join(str(folder / name) for name in ('ranking.csv', 'audit.json'))}", err=True)


def _told(trial: dict[str, Any]) -> str:
    if trial["loss"] is None:
        return f"{trial['encoding']}: not tried, {trial['note']}"
    explained = "" if trial["explained_loss"] is None else f", explained {trial['explained_loss']:.5f}"
    return f"{trial['encoding']}, l2 {trial['l2']:g}: loss {trial['loss']:.5f}{explained}"


def refuse_to_overwrite_data(data: tuple[str, ...], targets: Sequence[Path]) -> None:
    """Raises UsageError when an output would replace an input."""
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file

    for target in targets:
        for source in data:
            if source != "-" and same_file(target, Path(source)):
                raise UsageError(f"{target} would replace the data file {source}. Name another folder with --out.")
