"""`labelaudit report`: a saved audit in another form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labelaudit.cli.talk import write_stdout


@click.command()
@click.argument("audit")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    help="Form of the report [text].",
)
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
@click.option("--top", type=click.IntRange(0), metavar="N", help="Only the first N rows [text: 20, else all].")
@click.option("--spreadsheet", is_flag=True, help="csv: escape cells that a spreadsheet would run as formulas.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def report(audit: str, form: str, output: str | None, top: int | None, spreadsheet: bool, debug: bool) -> None:
    """Render the saved AUDIT (its folder or its audit.json) again.

    \b
    Example:
      labelaudit report labelaudit-report -f csv --spreadsheet -o suspects.csv
    """
    from labelaudit.audits.loading import load
    from labelaudit.audits.saving import encoded
    from labelaudit.errors import UsageError
    from labelaudit.files import write_bytes
    from labelaudit.report import csv, json, text

    if spreadsheet and form != "csv":
        raise UsageError("--spreadsheet goes with -f csv.")
    if output is not None:
        refuse_to_overwrite_audit(audit, Path(output))
    loaded = load(audit)
    if output is not None:
        refuse_to_overwrite_source(loaded.record, Path(output))
    if form == "csv":
        content = csv.render(loaded, top=top, spreadsheet=spreadsheet)
    elif form == "json":
        content = json.render(loaded, top=top)
    else:
        content = text.render(loaded, top=20 if top is None else top)
    if output is None:
        write_stdout(content, encoding=None if form == "text" else "utf-8")
    else:
        write_bytes(Path(output), encoded(content))


def refuse_to_overwrite_audit(audit: str, output: Path) -> None:
    """Raises UsageError when the report would replace a file of the audit that it is made from."""
    from labelaudit.audits.loading import audit_file
    from labelaudit.audits.saving import AUDIT, MODEL, RANKING
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file

    file = audit_file(audit)
    for part in (file, *(file.parent / name for name in (AUDIT, RANKING, MODEL))):
        if same_file(part, output):
            raise UsageError(f"-o {output} would replace {part}, which the audit consists of. Name another file.")


def refuse_to_overwrite_source(record: dict[str, Any], output: Path) -> None:
    """Raises UsageError when the report would replace the data that was audited, or its reference."""
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file

    for source in [*record["sources"], *record.get("reference", {}).get("sources", [])]:
        if same_file(output, Path(source["path"])):
            raise UsageError(f"{output} is the data that was audited. Name another file with -o.")
