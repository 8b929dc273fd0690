"""`labelaudit check`: the gate for continuous integration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelaudit.cli.options import EMBEDDED, METHOD, PLACE, PRED_PROBS, READING, SEED, TALK, Number, with_options
from labelaudit.cli.talk import progress, warn_unconverged, write_stdout

if TYPE_CHECKING:
    from labelaudit.checks.result import Check

FORMATS = ("text", "json", "jsonl", "csv", "sarif", "junit", "github", "gitlab", "markdown")

GATE = (
    click.option("--max-issues", type=click.IntRange(0), metavar="N", help="Issues allowed [0 without any limit]."),
    click.option("--max-issue-rate", type=Number(), metavar="R", help="Share of the rows allowed to be issues."),
    click.option(
        "--min-confidence",
        type=Number(),
        default=0.0,
        metavar="C",
        help="Count only rows with 1 - label_score >= C [0].",
    ),
    click.option("--baseline", metavar="FILE", help="Rows that are accepted as they are."),
    click.option("--update-baseline", is_flag=True, help="Accept every present issue in --baseline."),
    click.option(
        "--diff-base", multiple=True, metavar="FILE", help="Older data: count only rows that it does not have."
    ),
    click.option("--exit-zero", is_flag=True, help="Exit 0 even when the check fails."),
    click.option(
        "-f", "--format", "forms", type=click.Choice(FORMATS), multiple=True, help="Form of the result [text]."
    ),
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="FILE",
        help="Where to write it, the n-th -f to the n-th -o.",
    ),
)


@click.command()
@click.argument("data", nargs=-1, required=True)
@with_options(GATE, READING, EMBEDDED, PRED_PROBS, METHOD, PLACE, SEED, TALK)
def check(
    data: tuple[str, ...],
    *,
    max_issues: int | None,
    max_issue_rate: float | None,
    min_confidence: float,
    baseline: str | None,
    update_baseline: bool,
    diff_base: tuple[str, ...],
    exit_zero: bool,
    forms: tuple[str, ...],
    outputs: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    **values: Any,
) -> int:
    """Audit DATA and fail (exit 1) when more labels than allowed are probably wrong.

    The result goes to standard output or to -o; -f and -o may be repeated, so that one audit serves several formats.
    A row in the baseline stays quiet until its content changes.

    \b
    Examples:
      labelaudit check orders.csv --label category --baseline labels.jsonl
      labelaudit check orders.csv --label category -f sarif -o labels.sarif
    """
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.planning.placing import Storage
    from labelaudit.checks.baseline import baseline_text
    from labelaudit.checks.run import Gate, check_data, limits_of
    from labelaudit.cli import ahead
    from labelaudit.files import write_bytes
    from labelaudit.masks import no_wider_than
    from labelaudit.report.words import plural

    target = None if baseline is None else Path(baseline)
    written = pairs(forms or ("text",), outputs)
    gate = Gate(limits_of(max_issues, max_issue_rate), min_confidence, target, update_baseline, list(diff_base) or None)
    storing = Storage.of(*map(values.pop, ("memory_limit", "cache_dir", "cluster")))
    options = AuditOptions.of(values)
    trusted = None if options.reference is None else [options.reference]
    beside = (options.reference, options.embeddings, options.reference_embeddings, options.pred_probs)
    refuse_to_overwrite((*data, *diff_base, *filter(None, beside)), written, target)
    ahead.expect(data, threads=options.settings.threads, bound=storing.memory_limit is not None)
    with progress(quiet=quiet, verbose=verbose) as tick:
        result, accepted = check_data(list(data), options, gate, storing=storing, reference=trusted, tick=tick)
    warn_unconverged(result.audit)
    click.get_current_context().with_resource(no_wider_than(data))
    _write(result, written, quiet=quiet)
    if update_baseline and target is not None and accepted is not None:
        write_bytes(target, baseline_text(accepted).encode())
        if not quiet:
            click.echo(f"Written: {target}, {plural(len(accepted), 'row')}", err=True)
    return 0 if result.passed or exit_zero else 1


def pairs(forms: Sequence[str], outputs: Sequence[str]) -> list[tuple[str, Path | None]]:
    """Each format with its file, None for standard output; raises UsageError where they do not match."""
    from labelaudit.errors import UsageError

    if len(outputs) > len(forms):
        raise UsageError("there are more -o than -f: give each file its format.")
    if len(forms) - len(outputs) > 1:
        raise UsageError("only one format can go to standard output: give the others a file each with -o.")
    if len(set(outputs)) < len(outputs):
        raise UsageError("two formats cannot go to the same file: give each its own -o.")
    return [(form, None if output is None else Path(output)) for form, output in zip_longest(forms, outputs)]


def refuse_to_overwrite(inputs: Sequence[str], written: Sequence[tuple[str, Path | None]], target: Path | None) -> None:
    """Raises UsageError when an output would replace an input or the baseline, OutputError where none can be made."""
    from labelaudit.addresses import path_of
    from labelaudit.errors import UsageError
    from labelaudit.files import check_folder, same_file

    outputs = [path for _, path in written if path is not None]
    for path in outputs:
        if target is not None and (same_file(path, target) or path.absolute() == target.absolute()):
            raise UsageError(f"-o {path} is the baseline. Name another file.")
    for path in [*outputs, *([] if target is None else [target])]:
        for source in inputs:
            if source != "-" and same_file(path, path_of(source)):
                raise UsageError(f"{path} would replace the data file {source}. Name another file.")
        if path in outputs:
            check_folder(path.parent)


def _write(result: Check, written: Sequence[tuple[str, Path | None]], *, quiet: bool) -> None:
    from labelaudit.audits.saving import encoded
    from labelaudit.files import write_bytes
    from labelaudit.report import check_text
    from labelaudit.report.formats import CHECK_FORMATS
    from labelaudit.report.verdict import verdict

    for form, path in written:
        text = check_text.render(result, rows=0) if form == "text" and quiet else CHECK_FORMATS[form](result)
        if path is None:
            write_stdout(text, encoding=None if form == "text" else "utf-8")
        else:
            write_bytes(path, encoded(text))
    if all(path is not None for _, path in written) and not quiet:
        click.echo(f"labelaudit: {verdict(result)}", err=True)
