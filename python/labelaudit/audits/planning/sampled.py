"""Some rows of the data as a table, by the ordinary reader, and how many rows the data has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.addresses import is_address, size_of
from labelaudit.audits.inputs import Beside, Paths, read
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.excerpt import Excerpt, excerpt
from labelaudit.errors import InputError
from labelaudit.table.table import Column, LeftOutColumn, Table

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 20_000  # of a DataFrame


@dataclass(frozen=True)
class Sampled:
    """A table of some rows, and of all of them: rows (labelled), rows without a label, bytes on disk and as text."""

    table: Table
    rows: float
    rows_without_label: float
    file_bytes: float
    text_bytes: float
    exact: bool


def sampled(data: Paths | pd.DataFrame, options: AuditOptions, beside: Beside | None = None) -> Sampled:
    """Reads some rows; all of small data. Raises InputError and UsageError as reading all would, where it shows."""
    found = _of_frame(data, options) if hasattr(data, "columns") else _of_files(data, options)
    arrays = Beside.of(options) if beside is None else beside
    if arrays.embeddings is None:
        return found
    return replace(found, table=_with_embeddings(found.table, arrays.embeddings, alone=options.only_embeddings))


def _of_frame(frame: pd.DataFrame, options: AuditOptions) -> Sampled:
    all_rows = len(frame)
    exact = all_rows <= SAMPLE_ROWS
    some = frame if exact else frame.iloc[np.linspace(0, all_rows - 1, SAMPLE_ROWS).astype(np.int64)]
    table = read(some, options if exact else _unchecked(options))
    scale = all_rows / max(1, len(some))
    return Sampled(table, len(table) * scale, len(table.left_out_rows) * scale, 0.0, 0.0, exact)


def _of_files(data: Paths, options: AuditOptions) -> Sampled:
    how = options.reading
    found = [
        excerpt(path, charset=how.charset, delimiter=how.delimiter, skip=how.skip, trust_size=how.trust_size)
        for path in data
    ]
    exact = all(one.whole for one in found)
    table, texts = _read(found, options if exact else _unchecked(options), exact)
    rows = sum(one.rows(source.rows) for one, source in zip(texts, table.sources, strict=True))
    labelled = rows * len(table) / max(1, sum(source.rows for source in table.sources))
    return Sampled(
        table,
        labelled,
        rows - labelled,
        sum(one.file_bytes for one in found),
        sum(one.size_bytes for one in found),
        exact,
    )


def _read(found: Sequence[Excerpt], options: AuditOptions, exact: bool) -> tuple[Table, Sequence[Excerpt]]:
    """The table of all that was taken, or of the beginnings alone, in which lines are those of the file."""
    try:
        return read([one.text for one in found], options), found
    except InputError:
        if exact:
            raise
    heads = [one.beginning() for one in found]
    try:
        return read([one.text for one in heads], options), heads
    except InputError as error:
        raise InputError(f"{error} (Seen in the beginning of the data: a plan does not read all of it.)") from error


def _unchecked(options: AuditOptions) -> AuditOptions:
    """Without what only all rows can answer."""
    return replace(options, reading=replace(options.reading, expect_rows=None, rejects=None, trust_size=True))


def _with_embeddings(table: Table, embeddings: Any, *, alone: bool) -> Table:
    """The table with a column of zeros as wide as the embeddings, whose numbers are not read."""
    width = _width(embeddings)
    column = Column("embedding", "embedding", np.zeros((len(table), width), dtype=np.float32))
    if not alone:
        return replace(table, columns=(*table.columns, column))
    others = (LeftOutColumn(c.name, "only embeddings are used") for c in table.columns)
    return replace(table, columns=(column,), left_out_columns=(*table.left_out_columns, *others))


def bytes_of(path: Any) -> int:
    """Of a file, or at an address; 0 where it cannot be looked at, which reading it will say."""
    if is_address(path):
        return size_of(path)
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0


def _width(embeddings: Any) -> int:
    shape = embeddings.shape if hasattr(embeddings, "shape") else _shape_in(Path(os.fspath(embeddings)))
    return int(shape[1]) if len(shape) == 2 else 1


def _shape_in(path: Path) -> tuple[int, ...]:
    try:
        return tuple(np.load(path, mmap_mode="r", allow_pickle=False).shape)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as an .npy file ({error}).") from None
