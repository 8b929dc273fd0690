"""What an audit reads: the data, its trusted rows, and the arrays that stand beside both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.options import AuditOptions
from labelaudit.table.arrays import ArraySource
from labelaudit.table.reader import Input, read_table
from labelaudit.table.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.table.embeddings import Embeddings

Paths = Sequence[Input]


@dataclass(frozen=True)
class Beside:
    """Arrays that stand beside the data, or their files."""

    embeddings: Embeddings | None = None
    reference_embeddings: Embeddings | None = None
    pred_probs: pd.DataFrame | str | PathLike[str] | None = None

    @classmethod
    def of(cls, options: AuditOptions) -> Beside:
        """The files that the options name."""
        return cls(options.embeddings, options.reference_embeddings, options.pred_probs)


@dataclass(frozen=True)
class Inputs:
    """The audited table, the trusted rows, other models' probabilities of its labelled rows (rows, classes).

    arrays says where what stands beside the data came from.
    """

    table: Table
    reference: Table | None = None
    pred_probs: NDArray[np.float64] | None = None
    arrays: dict[str, ArraySource] = field(default_factory=dict)


def read_inputs(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    *,
    reference: Paths | pd.DataFrame | None = None,
    beside: Beside | None = None,
) -> Inputs:
    """Reads everything; beside is by default what the options name. Raises InputError for what does not fit."""
    beside = Beside.of(options) if beside is None else beside
    table = read(data, options)
    trusted = None if reference is None else read(reference, options, expect=table)
    arrays: dict[str, ArraySource] = {}
    if beside.embeddings is not None:
        from labelaudit.table.embeddings import with_embeddings

        alone = options.only_embeddings
        table, arrays["embeddings"] = with_embeddings(table, beside.embeddings, alone=alone)
        if trusted is not None and beside.reference_embeddings is not None:
            trusted, arrays["reference_embeddings"] = with_embeddings(
                trusted, beside.reference_embeddings, alone=alone, like=table.columns[-1]
            )
    probabilities = None
    if beside.pred_probs is not None:
        from labelaudit.table.pred_probs import read_pred_probs

        probabilities, arrays["pred_probs"] = read_pred_probs(beside.pred_probs, table)
    return Inputs(table, trusted, probabilities, arrays)


def read(data: Paths | pd.DataFrame, options: AuditOptions, *, expect: Table | None = None) -> Table:
    """The labelled rows as these options say; `expect` is the audited table, when reading its reference."""
    reading: dict[str, Any] = dict(vars(options.reading))
    if expect is not None:
        reading.update(
            group=None, expect_rows=None, rejects=None
        )  # trusted rows need no groups, the others are of data
    if hasattr(data, "columns"):
        from labelaudit.table.frame import table_from_frame

        for name in ("skip", "delimiter", "charset", "rejects", "trust_size"):
            reading.pop(name)
        return table_from_frame(data, expect=expect, **reading)
    return read_table(data, expect=expect, threads=options.settings.threads, **reading)
