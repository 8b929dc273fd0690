"""`labelaudit apply`: a cleaned copy of the audited file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from labelaudit.cli.options import Number

if TYPE_CHECKING:
    from labelaudit.cleaning.apply import Applied

EXAMPLE = """\b
Examples:
  labelaudit apply labelaudit-report data.csv --output clean.csv
  labelaudit apply labelaudit-report data.csv --accept-suggestions --dry-run
"""


@click.command(epilog=EXAMPLE)
@click.argument("audit")
@click.argument("data", nargs=-1, required=True)
@click.option("-o", "--output", metavar="CLEAN", help="The file to write; .gz, .bz2, .xz, .zst compress a text.")
@click.option(
    "--decisions",
    multiple=True,
    metavar="FILE",
    help="What people decided, a database or JSON Lines; repeatable [decisions.sqlite beside the audit].",
)
@click.option("--accept-suggestions", is_flag=True, help="Give every issue that nobody decided its predicted label.")
@click.option(
    "--max-label-score", type=Number(), metavar="S", help="Accept only suggestions with a label_score up to S."
)
@click.option("--new-labels", is_flag=True, help="Allow labels that no audited row has.")
@click.option("--flag", is_flag=True, help="Change no row; add a column label_issue, true where one would change.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would change, of a text as a unified diff.")
@click.option("--undo", metavar="FILE", help="Write here what `labelaudit undo` needs to restore the original.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing about what was done.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def apply(
    audit: str,
    data: tuple[str, ...],
    output: str | None,
    decisions: tuple[str, ...],
    accept_suggestions: bool,
    max_label_score: float | None,
    new_labels: bool,
    flag: bool,
    dry_run: bool,
    undo: str | None,
    quiet: bool,
    debug: bool,
) -> None:
    """Write a cleaned copy of DATA, the file that AUDIT is of.

    Labels that were decided on are replaced and dropped rows left out; every other byte stays as it was, and in a
    Parquet file every other value, type and row group. A decision goes before a suggestion. An unknown row, decisions
    that disagree, or a label outside the classes refuse everything.
    """
    from labelaudit.cleaning.apply import apply as apply_to_data
    from labelaudit.errors import UsageError

    if len(data) > 1:
        raise UsageError(f"apply cleans one file at a time, and {len(data)} are named. Audit and clean each by itself.")
    done = apply_to_data(
        audit,
        data[0],
        output,
        decisions=decisions,
        accept_suggestions=accept_suggestions,
        max_label_score=max_label_score,
        new_labels=new_labels,
        flag=flag,
        undo=undo,
        dry_run=dry_run,
    )
    if done.diff:
        _print(done.diff)
    if not quiet:
        click.echo(sentence(done, None if dry_run else output), err=True)


def _print(diff: bytes) -> None:
    """The diff as it is, fit for `patch`; on a terminal with escapes for what would act on it."""
    from labelaudit.cli.talk import write_stdout
    from labelaudit.report.words import printable

    if sys.stdout is not None and sys.stdout.isatty():
        lines = diff.decode("utf-8", "backslashreplace").split("\n")
        write_stdout("\n".join(printable(line.removesuffix("\r")) for line in lines))
    elif sys.stdout is not None:
        click.echo(diff, nl=False)


def sentence(done: Applied, output: str | None) -> str:
    """What was done, in one to three lines."""
    from labelaudit.report.words import listed, plural, printable

    count = sum(done.decisions.values())
    words = [f"{n:,} {word}" for word, n in sorted(done.decisions.items())]
    kinds = f" ({', '.join(words)})" if words else ""
    names = f" of {listed([printable(name) for name in done.decision_files], 3)}" if done.decision_files else ""
    verb = "Would apply" if output is None else "Applied"
    applied = f"{verb} {plural(count, 'decision')}{names}{kinds}"
    applied += f" and {plural(done.suggestions, 'suggestion')}." if done.suggestions else "."
    if done.overruled:
        applied += f" A decision stood against {plural(done.overruled, 'suggestion')}."
    if done.flagged is not None:
        result = f"{plural(done.flagged, 'row')} flagged in the column label_issue"
    else:
        result = f"{plural(done.relabelled, 'row')} relabelled, {done.dropped:,} dropped"
    told = f"{applied}\n{result}; {'nothing' if output is None else printable(output)} was written."
    if done.formula_like:
        told += (
            f"\n{plural(done.formula_like, 'cell')} of the copy would act as formulas in a spreadsheet (= + - @); they "
            "are the data's own. Import them as text."
        )
    return told
