"""`labelaudit plan`: what an audit will need, before anything is read in full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labelaudit.cli.options import EMBEDDED, METHOD, PRED_PROBS, READING, SEED, STORAGE, TALK, with_options
from labelaudit.cli.talk import write_stdout

FORM = (
    click.option("--out", default="labelaudit-report", metavar="DIR", help="Where the audit would write."),
    click.option(
        "-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the plan [text]."
    ),
    click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output."),
)


@click.command()
@click.argument("data", nargs=-1, required=True)
@with_options(FORM, READING, EMBEDDED, PRED_PROBS, METHOD, STORAGE, SEED, TALK)
def plan(data: tuple[str, ...], *, out: str, form: str, output: str | None, **values: Any) -> None:
    """Predict memory, disk and time of an audit of DATA.

    Rows, columns, classes and needs are told from some records of DATA, its beginning and pieces of the rest, in a
    second or two whatever its size. Small files are read whole. The options are those of `labelaudit audit`.

    \b
    Examples:
      labelaudit plan orders.csv --label category
      labelaudit plan orders.csv.gz --label category --memory-limit 4GiB -f json
    """
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.planning.placing import Storage
    from labelaudit.audits.planning.plan import plan_data
    from labelaudit.audits.saving import encoded
    from labelaudit.files import write_bytes
    from labelaudit.report import planned, planned_json

    storing = Storage.of(values.pop("memory_limit"), values.pop("cache_dir"))
    options = AuditOptions.of(values)
    if output is not None:
        from labelaudit.cli.audit import refuse_to_overwrite_data

        refuse_to_overwrite_data(data, [Path(output)])
    reference = None if options.reference is None else [options.reference]
    found = plan_data(list(data), options, storing.limit(Path(out)), reference=reference)
    content = planned.render(found) if form == "text" else planned_json.render(found)
    if output is None:
        write_stdout(content, encoding=None if form == "text" else "utf-8")
    else:
        write_bytes(Path(output), encoded(content))
