"""`labelaudit report`: a saved audit in another form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labelaudit.cli.talk import write_stdout

if TYPE_CHECKING:
    from labelaudit.audits.result import Audit

OWN_FORMATS = ("text", "csv", "json", "parquet")  # made of the audit alone
CHECK_FORMATS = ("jsonl", "sarif", "junit", "github", "gitlab", "markdown")


@click.command()
@click.argument("audit")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice([*OWN_FORMATS, "html", *CHECK_FORMATS]),
    default="text",
    metavar="FORM",
    help=f"{', '.join([*OWN_FORMATS, 'html', *CHECK_FORMATS[:-1]])} or {CHECK_FORMATS[-1]} [text].",
)
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
@click.option("--top", type=click.IntRange(0), metavar="N", help="Only the first N rows [text: 20, else all].")
@click.option("--spreadsheet", is_flag=True, help="csv: escape cells that a spreadsheet would run as formulas.")
@click.option("--data", multiple=True, metavar="FILE", help="Where the audited data is now; repeatable, in its order.")
@click.option(
    "--validation", metavar="DIR", help="html: add what `labelaudit validate --out DIR` measured on the data."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def report(audit: str, form: str, output: str | None, *, debug: bool, **how: Any) -> None:
    """Render the saved AUDIT (its folder or its audit.json) again.

    text, csv, json and parquet hold the whole ranking, parquet in its types and only in a file. html is one page that
    opens offline; where the data is gone it lacks the data's own columns; with --validation it says how well the audit
    finds errors planted in this data. The other formats are those of `labelaudit check` with no issue allowed: for them
    the data is read again from where the audit found it, and refused if it was changed.

    \b
    Examples:
      labelaudit report labelaudit-report -f csv --spreadsheet -o suspects.csv
      labelaudit report labelaudit-report -f html -o report.html
      labelaudit report labelaudit-report -f sarif -o labels.sarif
    """
    from labelaudit.audits.loading import load
    from labelaudit.audits.saving import encoded
    from labelaudit.files import write_bytes
    from labelaudit.masks import no_wider_than

    _refuse_options(form, **how)
    if form == "parquet":
        _refuse_parquet(output)
    if output is not None:
        refuse_to_overwrite_audit(audit, Path(output))
    loaded = load(audit)
    if output is not None:
        refuse_to_overwrite_source(loaded.record, Path(output))
        refuse_to_overwrite_given(how["data"], Path(output))
        refuse_to_overwrite_validation(how["validation"], Path(output))
    content = _rendered(loaded, form, **how)
    if output is None:
        write_stdout(str(content), encoding=None if form == "text" else "utf-8")
    else:
        with no_wider_than(source["path"] for source in loaded.record["sources"]):
            write_bytes(Path(output), encoded(content) if isinstance(content, str) else content)


def _refuse_options(
    form: str, *, top: int | None, spreadsheet: bool, data: tuple[str, ...], validation: str | None
) -> None:
    from labelaudit.errors import UsageError

    if validation is not None and form != "html":
        raise UsageError("--validation goes with -f html.")
    if spreadsheet and form != "csv":
        raise UsageError("--spreadsheet goes with -f csv.")
    if top is not None and form not in OWN_FORMATS:
        raise UsageError(f"--top goes with -f {', '.join(OWN_FORMATS)}; {form} has its own number.")
    if data and form in OWN_FORMATS:
        raise UsageError(
            f"--data goes with the formats that read the data again: {', '.join(('html', *CHECK_FORMATS))}."
        )


def _refuse_parquet(output: str | None) -> None:
    """Raises UsageError where such a report cannot be: on a terminal, or without pyarrow."""
    import importlib.util

    from labelaudit.errors import UsageError

    if output is None:
        raise UsageError("-f parquet is not text: name the file to write with -o.")
    if importlib.util.find_spec("pyarrow") is None:
        raise UsageError("-f parquet needs pyarrow; install labelaudit[parquet], or take -f csv.")


def _rendered(
    audit: Audit, form: str, *, top: int | None, spreadsheet: bool, data: tuple[str, ...], validation: str | None
) -> str | bytes:
    from labelaudit.report import csv, json, parquet, text

    if form == "csv":
        return csv.render(audit, top=top, spreadsheet=spreadsheet)
    if form == "json":
        return json.render(audit, top=top)
    if form == "parquet":
        return parquet.render(audit, top=top)
    if form == "text":
        return text.render(audit, top=20 if top is None else top)
    if form == "html":
        from labelaudit.report import html
        from labelaudit.validation.loading import validation_of
        from labelaudit.views.view import view_of_saved

        measured = validation_of(audit, validation)
        return html.render(view_of_saved(audit, list(data) or None), measured)
    from labelaudit.checks.run import check_saved
    from labelaudit.report.formats import CHECK_FORMATS as RENDER

    return RENDER[form](check_saved(audit, list(data) or None))


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
    from labelaudit.addresses import path_of
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file

    for source in [*record["sources"], *record.get("reference", {}).get("sources", [])]:
        if same_file(output, path_of(source["path"])):
            raise UsageError(f"{output} is the data that was audited. Name another file with -o.")


def refuse_to_overwrite_given(data: tuple[str, ...], output: Path) -> None:
    """Raises UsageError when the report would replace the data where it is now."""
    from labelaudit.addresses import path_of
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file

    for path in data:
        if same_file(output, path_of(path)):
            raise UsageError(f"{output} is the data that was audited. Name another file with -o.")


def refuse_to_overwrite_validation(validation: str | None, output: Path) -> None:
    """Raises UsageError when the report would replace the validation that it shows."""
    from labelaudit.errors import UsageError
    from labelaudit.files import same_file
    from labelaudit.validation.loading import validation_file

    if validation is not None and same_file(output, validation_file(validation)):
        raise UsageError(f"{output} is the validation that the report shows. Name another file with -o.")
