"""Embeddings that stand beside the data, as one column of a table."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import InputError
from labelaudit.table.arrays import ArraySource, load_array, name_of, refuse_other_length
from labelaudit.table.table import Column, LeftOutColumn, Table

NAME = "embedding"
IN_MEMORY = "an array"
FLOATS = ("float16", "float32", "float64")
CHECKED_ROWS = 1 << 16  # at a time, for numbers that are not finite

Embeddings = str | os.PathLike[str] | NDArray[Any]


def with_embeddings(
    table: Table, embeddings: Embeddings, *, alone: bool = False, like: Column | None = None
) -> tuple[Table, ArraySource]:
    """The table with its labelled rows' embeddings as a last column, or as its only one, and where they came from.

    embeddings: float16, float32 or float64 (data rows, dimensions), one row for every data row in its order, or an
    .npy file of them. like: the audited table's column, for the rows of a reference. Raises InputError for arrays
    that do not fit.
    """
    values, source = _read(embeddings)
    where = source.path
    if values.ndim != 2 or values.shape[1] == 0:
        raise InputError(f"{where}: expected two dimensions (rows, numbers of each), got the shape {values.shape}.")
    if values.dtype.name not in FLOATS:
        raise InputError(f"{where}: holds {values.dtype.name}; expected {', '.join(FLOATS)}. Convert it with astype.")
    refuse_other_length(where, len(values), len(table) + len(table.left_out_rows))
    if like is not None and like.values.shape[1] != values.shape[1]:
        raise InputError(
            f"{where}: has {values.shape[1]:,} numbers a row, the audited data's embeddings {like.values.shape[1]:,}."
        )
    _refuse_infinite(values, where)
    own = np.ascontiguousarray(values[table.row - 1], dtype=values.dtype.newbyteorder("="))
    column = Column(like.name if like is not None else _unused(table), "embedding", own)
    if not alone:
        return replace(table, columns=(*table.columns, column)), source
    others = (LeftOutColumn(c.name, "only embeddings are used") for c in table.columns)
    return replace(table, columns=(column,), left_out_columns=(*table.left_out_columns, *others)), source


def _read(embeddings: Embeddings) -> tuple[NDArray[Any], ArraySource]:
    if isinstance(embeddings, np.ndarray):
        return embeddings, ArraySource(IN_MEMORY, None, embeddings.shape, embeddings.dtype.name)
    if not isinstance(embeddings, str | os.PathLike):
        raise InputError(f"embeddings: expected a NumPy array or the path of one, got {type(embeddings).__name__}.")
    loaded, sha256 = load_array(embeddings)
    if not isinstance(loaded, np.ndarray):
        raise InputError(f"{name_of(embeddings)}: is an archive of arrays. Save the one array with numpy.save.")
    return loaded, ArraySource(os.fspath(embeddings), sha256, loaded.shape, loaded.dtype.name)


def _refuse_infinite(values: NDArray[Any], where: str) -> None:
    for start in range(0, len(values), CHECKED_ROWS):
        bad = np.argwhere(~np.isfinite(values[start : start + CHECKED_ROWS]))
        if len(bad):
            row, dimension = int(bad[0, 0]) + start, int(bad[0, 1])
            raise InputError(
                f"{where}: row {row + 1}, number {dimension + 1} is {values[row, dimension]}; expected finite numbers."
            )


def _unused(table: Table) -> str:
    """A name that no column has."""
    names = {table.label, *table.ids, *(c.name for c in table.columns), *(c.name for c in table.left_out_columns)}
    name = NAME
    while name in names:
        name += "_"
    return name
