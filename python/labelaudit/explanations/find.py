"""Which row is meant: by its number in the data, or by its line in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labelaudit.audits.result import Audit
from labelaudit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def row_of(audit: Audit, row: int | None, line: str | int | None) -> int:
    """The `row` of the ranking that is meant, by itself or by its physical line: N, or FILE:N where there are several.

    Raises UsageError unless exactly one is given and it is a row of the ranking; the message says why it is not.
    """
    if (row is None) == (line is None):
        raise UsageError("name one row: by its number (ROW, the `row` of ranking.csv), or by its line (--line).")
    refuse_some_rows(audit)
    if row is None:
        return _by_line(audit, str(line))
    if (audit.ranking["row"] == row).any():
        return row
    left_out = audit.record["left_out"]["rows"]
    _refuse_left_out(f"row {row}", [r for r in left_out if r["row"] == row])
    last = max(int(audit.ranking["row"].max()), *(int(r["row"]) for r in left_out), 0)
    raise UsageError(f"there is no row {row}: the data has the rows 1 to {last}.")


def refuse_some_rows(audit: Audit) -> None:
    """Raises UsageError where the audit holds only the first rows of its ranking."""
    if "top_only" in audit.record:
        kept = f"{audit.record['top_only']:,}"
        raise UsageError(f"the audit holds only the first {kept} rows of its ranking: audit again without --top-only.")


def _by_line(audit: Audit, place: str) -> int:
    file, _, number = place.rpartition(":")
    if not number.isdecimal():
        raise UsageError(f"--line: expected a line's number, or FILE:NUMBER, got {place!r}.")
    line, paths = int(number), [str(s["path"]) for s in audit.record["sources"]]
    if not paths:
        raise UsageError("--line: the audit is of a DataFrame, which has no lines. Name the row by its number.")
    if audit.ranking["line"].isna().all():
        raise UsageError("--line: the audit is of Parquet, which has no lines. Name the row by its number.")
    if (file and file not in paths) or (not file and len(paths) > 1):
        raise UsageError(f"--line: name the file as well, as FILE:{line}; the files are {', '.join(paths)}.")
    ranking = audit.ranking if len(paths) == 1 else audit.ranking[audit.ranking["file"] == file]
    found = ranking.loc[ranking["line"] == line, "row"]
    if len(found):
        return int(found.iloc[0])
    left_out = audit.record["left_out"]["rows"]
    of_file = [r for r in left_out if r["line"] == line and (len(paths) == 1 or r["file"] == file)]
    _refuse_left_out(f"line {place}", of_file)
    raise UsageError(f"no row begins at line {place}.{_nearest(ranking, line)}")


def _nearest(ranking: pd.DataFrame, line: int) -> str:
    before = ranking[ranking["line"] < line]
    if not len(before):
        return f" The first one begins at line {ranking['line'].min()}."
    last = before.loc[before["line"].idxmax()]
    return f" The one before begins at line {last['line']} (row {last['row']})."


def _refuse_left_out(named: str, rows: list[dict[str, Any]]) -> None:
    for r in rows:
        where = f", at line {r['line']}" if r["line"] else ""
        raise UsageError(
            f"{named} was left out of the audit (row {r['row']}{where}): {r['reason']}. Only rows with a label are "
            "audited."
        )
