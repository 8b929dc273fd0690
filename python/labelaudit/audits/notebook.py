"""An audit as a notebook shows it: the verdict and the first rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ROWS = 20


def html(ranking: pd.DataFrame, summary: dict[str, Any]) -> str:
    """A self-contained fragment; every text from the data is escaped."""
    verdict = (
        f"{summary['issues']:,} of {summary['rows']:,} rows are probably mislabeled "
        f"(estimated noise rate {summary['noise']['rate']:.1%})"
    )
    table = ranking.head(ROWS).to_html(index=False, escape=True, border=0, na_rep="")
    return f"<div><p><strong>{escape(verdict)}</strong></p>{table}</div>"
