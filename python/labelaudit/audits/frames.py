"""Parts of an audit's record as DataFrames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def plain_texts() -> Iterator[None]:
    """Texts in frames made inside are Python's: pyarrow's, which pandas prefers, cannot hold every label."""
    import pandas as pd

    with pd.option_context("mode.string_storage", "python"):
        yield


def listed_conflicts(ranking: pd.DataFrame, record: dict[str, Any]) -> pd.DataFrame:
    """The conflicts that the record lists: the ranking's lines of their rows, behind the number of the group."""
    import pandas as pd

    groups = record.get("conflicts", {}).get("list", [])
    pairs = [(number, r["row"]) for number, group in enumerate(groups, 1) for r in group["rows"]]
    listed = pd.DataFrame(pairs, columns=["group", "row"], dtype="int64")
    return listed.merge(ranking, on="row", how="left", sort=False, validate="one_to_one")


def listed_oddities(record: dict[str, Any]) -> pd.DataFrame:
    """The oddities of the record, one a line."""
    import pandas as pd

    found = record.get("oddities", [])
    lines = [(o["kind"], o["column"], [c["name"] for c in o["classes"]], o["sentence"]) for o in found]
    return pd.DataFrame(lines, columns=["kind", "column", "classes", "sentence"])
