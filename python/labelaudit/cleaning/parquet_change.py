"""What becomes of a Parquet file: its row groups with new labels, without some rows, or with a column of flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.errors import InputError
from labelaudit.table.parquet.cells import plain_type, read_chunks, texts
from labelaudit.table.parquet.file import Parquet, refusals, refuse_changed
from labelaudit.table.words import quoted


@dataclass(frozen=True)
class Change:
    """New labels by row and rows to leave out, or the rows to flag in a new column; rows count from 0.

    `values`: the new labels in the column's type, by their text.
    """

    original: Parquet
    label: str
    labels: Mapping[int, str]
    drops: frozenset[int] = frozenset()
    values: Mapping[str, Any] | None = None
    flag: str | None = None
    flags: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.labels or self.drops or self.flag is not None)


def typed_labels(original: Parquet, label: str, wanted: set[str]) -> dict[str, Any]:
    """The new labels in the column's type: as the column has them, else converted, if that reads as the same text."""
    import pyarrow as pa

    found: dict[str, Any] = {}
    kind = plain_type(original.reader.schema_arrow.field(label).type)
    for _, _, chunk in read_chunks(original, [label]) if wanted else ():
        for row, word in enumerate(texts(chunk).tolist()):
            if word in wanted and word not in found:
                found[word] = chunk[row]
    for word in sorted(wanted - found.keys()):
        try:
            converted = pa.array([word]).cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            converted = pa.nulls(1, kind)
        if texts(converted)[0] != word:
            raise InputError(
                f"the new label {quoted(word)} is no value of the column {quoted(label)}, whose type is {kind}. Choose "
                "another, or store the labels as strings and audit anew."
            )
        found[word] = converted[0]
    return found


def changed_tables(change: Change) -> Iterator[Any]:
    """The copy's row groups, from the original's; one that loses all its rows is left out."""
    import pyarrow as pa

    reader, first = change.original.reader, 0
    known, relabelled = change.values or {}, np.array(sorted(change.labels), dtype=np.int64)
    for group in range(reader.num_row_groups):
        with refusals(change.original.name):
            table = reader.read_row_group(group)
        rows = range(first, first + len(table))
        inside = relabelled[(relabelled >= first) & (relabelled < rows.stop)].tolist()
        new = {row - first: known[change.labels[row]] for row in inside}
        if new:
            place = table.schema.get_field_index(change.label)
            column = _relabelled(table.column(place).combine_chunks(), new)
            table = table.set_column(place, table.schema.field(place), column)
        if not change.drops.isdisjoint(rows):
            table = table.filter(pa.array([row not in change.drops for row in rows]))
        if change.flag is not None:
            flags = pa.array([row in change.flags for row in rows], pa.bool_())
            table = table.append_column(pa.field(change.flag, pa.bool_(), nullable=False), flags)
        if len(table):
            yield table
        first += len(rows)
    refuse_changed(change.original)


def _relabelled(column: Any, new: Mapping[int, Any]) -> Any:
    """The column with other values in some rows; a dictionary keeps its order and grows at its end."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        values = column.to_pylist()
        for row, value in new.items():
            values[row] = value.as_py()
        return pa.array(values, type=column.type)
    words = column.dictionary.to_pylist()
    codes = column.indices.to_pylist()
    for row, value in new.items():
        word = value.as_py()
        words += [] if word in words else [word]
        codes[row] = words.index(word)
    indices = pa.array(codes, column.type.index_type)
    dictionary = pa.array(words, column.type.value_type)
    return pa.DictionaryArray.from_arrays(indices, dictionary, ordered=column.type.ordered)


def changed_schema(change: Change) -> Any:
    """The original's schema, with the flags' column behind it where there is one."""
    import pyarrow as pa

    schema = change.original.reader.schema_arrow
    return schema if change.flag is None else schema.append(pa.field(change.flag, pa.bool_(), nullable=False))
