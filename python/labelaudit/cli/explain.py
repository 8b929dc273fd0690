"""`labelaudit explain`: why one row has its verdict."""

from __future__ import annotations

from pathlib import Path

import click

from labelaudit.cli.options import STORAGE, with_options
from labelaudit.cli.report import refuse_to_overwrite_audit, refuse_to_overwrite_given, refuse_to_overwrite_source
from labelaudit.cli.talk import write_stdout


@click.command()
@click.argument("audit")
@click.argument("row", type=click.IntRange(1), required=False)
@click.option("--line", metavar="[FILE:]N", help="Name the row by its line in the file instead.")
@click.option("--data", multiple=True, metavar="FILE", help="Where the audited data is now; repeatable, in its order.")
@click.option("--embeddings", metavar="FILE", help="Where the audited embeddings are now.")
@click.option(
    "-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the report [text]."
)
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
@click.option("--top", type=click.IntRange(0), default=10, metavar="N", help="Rows to list on each side [10].")
@with_options(STORAGE)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def explain(
    audit: str,
    row: int | None,
    line: str | None,
    data: tuple[str, ...],
    embeddings: str | None,
    form: str,
    output: str | None,
    top: int,
    memory_limit: int | str,
    cache_dir: str | None,
    debug: bool,
) -> None:
    """Say why ROW (its number in ranking.csv) of the saved AUDIT has its verdict.

    The rows that weigh most for and against its label, the columns that push it, and what the model says without it.
    The data is read again from where the audit found it, and refused if it was changed.

    \b
    Examples:
      labelaudit explain labelaudit-report 304
      labelaudit explain labelaudit-report --line 305 -f json -o row.json
    """
    from labelaudit.audits.loading import load
    from labelaudit.audits.planning.placing import Storage
    from labelaudit.audits.saving import encoded
    from labelaudit.explanations.explain import explain as explain_audit
    from labelaudit.files import write_bytes
    from labelaudit.masks import no_wider_than
    from labelaudit.report import explanation, explanation_json

    if output is not None:
        refuse_to_overwrite_audit(audit, Path(output))
    loaded = load(audit)
    if output is not None:
        refuse_to_overwrite_source(loaded.record, Path(output))
        refuse_to_overwrite_given((*data, *filter(None, [embeddings])), Path(output))
    storing = Storage.of(memory_limit, cache_dir)
    found = explain_audit(
        loaded, row, line=line, data=list(data) or None, embeddings=embeddings, top=top, storing=storing
    )
    content = explanation.render(found) if form == "text" else explanation_json.render(found)
    if output is None:
        write_stdout(content, encoding=None if form == "text" else "utf-8")
    else:
        with no_wider_than(source["path"] for source in loaded.record["sources"]):
            write_bytes(Path(output), encoded(content))
