"""The ranking as a Parquet file, with the types of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labelaudit.audits.result import SCORES, Audit
from labelaudit.audits.saving import encoded

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("rank", "row", "line")


def render(audit: Audit, *, top: int | None = None) -> bytes:
    """The first `top` rows (all by default); scores that there are none of, and lines, are null. Needs pyarrow."""
    import pyarrow as pa
    from pyarrow import parquet

    ranking = audit.ranking if top is None else audit.ranking.head(top)
    table = pa.table({name: _column(name, ranking[name]) for name in ranking.columns})
    out = pa.BufferOutputStream()
    parquet.write_table(table, out, compression="zstd")
    return bytes(out.getvalue())


def _column(name: str, column: pd.Series) -> Any:
    import numpy as np
    import pyarrow as pa

    if name in SCORES:
        return pa.array(column.to_numpy(dtype=np.float64), pa.float64(), from_pandas=True)  # NaN is null
    if name in NUMBERS:
        return pa.array(column.array, pa.int64(), from_pandas=True)
    if name == "is_label_issue":
        return pa.array(column.to_numpy(dtype=bool), pa.bool_())
    return pa.array([encoded(cell).decode() for cell in column], pa.string())
