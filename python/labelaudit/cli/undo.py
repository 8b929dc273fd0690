"""`labelaudit undo`: the original again of a cleaned copy."""

from __future__ import annotations

import click

EXAMPLE = """\b
Example:
  labelaudit undo clean.csv u.json --output data-again.csv
"""


@click.command(epilog=EXAMPLE)
@click.argument("clean")
@click.argument("undo_file", metavar="UNDO")
@click.option("-o", "--output", required=True, metavar="FILE", help="The file to write.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def undo(clean: str, undo_file: str, output: str, debug: bool) -> None:
    """Restore, byte for byte, the file that CLEAN was made of.

    UNDO is what `labelaudit apply --undo` wrote with it. A copy that was changed since is refused.
    """
    from labelaudit.cleaning.undo import undo as undo_copy
    from labelaudit.report.words import printable

    undo_copy(clean, undo_file, output)
    click.echo(f"{printable(output)} is the original of {printable(clean)} again.", err=True)
