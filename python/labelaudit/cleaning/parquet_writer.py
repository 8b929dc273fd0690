"""A Parquet file written anew in the terms of its original, and compared with what was meant."""

from __future__ import annotations

import json
from inspect import signature
from itertools import product
from typing import Any, BinaryIO

import numpy as np

from labelaudit.cleaning.parquet_change import Change, changed_schema, changed_tables
from labelaudit.errors import InputError
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.words import quoted

SCHEMA_KEY = b"ARROW:schema"  # where Arrow keeps its own form of the schema
FIXED = "FIXED_LEN_BYTE_ARRAY"
HISTORY = ("is_from_converted_type", "force_set_converted_type")  # how a type came to be known
PLAIN_INTEGERS = {f"INT{n}": [{"Type": "Int", "bitWidth": n, "isSigned": True}] for n in (32, 64)}
# what writers differ in, and a reader does not tell: found by trying which gives the original's schema
DIALECT = {
    "use_compliant_nested_type": (True, False),
    "store_decimal_as_integer": (False, True),
    "use_deprecated_int96_timestamps": (False, True),
    "write_time_adjusted_to_utc": (False, True),
}


def write_changed(change: Change, file: BinaryIO) -> None:
    """Writes what becomes of the original; raises InputError for types that pyarrow reads but does not write."""
    from pyarrow import parquet

    schema, how = changed_schema(change), _properties(change) | dialect_of(change.original)
    with parquet.ParquetWriter(file, schema, **how) as writer:
        for table in changed_tables(change):
            writer.write_table(table, row_group_size=len(table))
        if schema.metadata and not how["store_schema"]:  # with which pyarrow stores these as well
            writer.add_key_value_metadata(schema.metadata)


def _properties(change: Change) -> dict[str, Any]:
    """Codec, dictionary and statistics of every column as in the original's row groups; a flag goes like the label."""
    about = change.original.reader.metadata
    groups = [about.row_group(i) for i in range(about.num_row_groups)]
    columns = [[group.column(i) for group in groups] for i in range(about.num_columns)]
    codecs = {column[0].path_in_schema: column[0].compression for column in columns}
    coded = [c[0].path_in_schema for c in columns if any(each.has_dictionary_page for each in c)]
    counted = [c[0].path_in_schema for c in columns if any(each.is_stats_set for each in c)]
    if change.flag is not None:
        codecs[change.flag] = codecs.get(change.label, "UNCOMPRESSED")
    return {
        "compression": {name: "NONE" if codec == "UNCOMPRESSED" else codec for name, codec in codecs.items()},
        "use_dictionary": coded or False,
        "write_statistics": counted or False,
    }


def dialect_of(original: Parquet) -> dict[str, Any]:
    """The options with which pyarrow writes the original's own schema; raises InputError if there are none."""
    from pyarrow import BufferOutputStream, BufferReader, parquet

    reader = original.reader
    fixed = {"store_schema": SCHEMA_KEY in (reader.metadata.metadata or {})}
    known = signature(parquet.ParquetWriter.__init__).parameters  # older pyarrow has not all of them
    versions = {"version": (reader.metadata.format_version, "2.6")}  # some writers call everything 1.0
    choices = versions | {name: values for name, values in DIALECT.items() if name in known}
    furthest = 0
    for choice in product(*choices.values()):
        options = fixed | dict(zip(choices, choice, strict=True))
        out = BufferOutputStream()
        with parquet.ParquetWriter(out, reader.schema_arrow, **options):
            pass
        other = _first_other(parquet.ParquetFile(BufferReader(out.getvalue())), reader)
        if other < 0:
            return options
        furthest = max(furthest, other)
    column = reader.schema.column(furthest)
    raise InputError(
        f"{original.name}, column {quoted(column.path)}: pyarrow reads its type ({column.physical_type}, "
        f"{column.logical_type}) but does not write it, so that no copy can keep it. Write the file anew with another "
        "type, and audit that one."
    )


def _first_other(found: Any, expected: Any) -> int:
    """The first of the expected columns that has another type in the other file, in Parquet's own terms; -1: none."""
    for i in range(len(expected.schema)):
        if i >= len(found.schema) or _terms(found.schema.column(i)) != _terms(expected.schema.column(i)):
            return i
    return -1


def _terms(column: Any) -> tuple[Any, ...]:
    """What Parquet says of a column's values; a signed integer may be said to be one, and a decimal may be wide."""
    logical = json.loads(column.logical_type.to_json())
    kind = {name: value for name, value in logical.items() if name not in HISTORY}
    if kind in PLAIN_INTEGERS.get(column.physical_type, ()):
        kind = {"Type": "None"}
    width = column.length if column.physical_type == FIXED and kind["Type"] != "Decimal" else 0
    return column.path, column.physical_type, kind, width, column.max_definition_level, column.max_repetition_level


def refuse_other(change: Change, file: BinaryIO) -> None:
    """Raises InputError unless what was written reads back as what was meant."""
    from pyarrow import parquet

    file.flush()
    file.seek(0)
    found, expected = parquet.ParquetFile(file), change.original.reader
    same = (
        _first_other(found, expected) < 0
        and found.schema_arrow.equals(changed_schema(change), check_metadata=True)
        and _noted(found) == _noted(expected)
    )
    groups = 0
    for group, table in enumerate(changed_tables(change)):
        groups += 1
        same = same and group < found.num_row_groups and _same(found.read_row_group(group), table)
    if not same or groups != found.num_row_groups:
        raise InputError(
            f"{change.original.name}: this pyarrow does not write the file back as it reads it, so that no copy can be "
            "trusted. Nothing was written."
        )


def _noted(reader: Any) -> dict[bytes, bytes]:
    """The key-value metadata but for Arrow's own, which says what the schema does."""
    return {key: value for key, value in (reader.metadata.metadata or {}).items() if key != SCHEMA_KEY}


def _same(found: Any, expected: Any) -> bool:
    return found.column_names == expected.column_names and all(map(_same_values, found.columns, expected.columns))


def _same_values(found: Any, expected: Any) -> bool:
    """Whether two columns are equal: NaN to NaN, and codes of different dictionaries by the words they stand for."""
    import pyarrow as pa

    if found.type != expected.type or len(found) != len(expected):
        return False
    if pa.types.is_dictionary(found.type):
        found, expected = (each.cast(each.type.value_type) for each in (found, expected))
    if found.equals(expected):
        return True
    if pa.types.is_floating(found.type):
        a, b = (np.asarray(each.cast("float64")) for each in (found, expected))
        return bool(found.is_null().equals(expected.is_null()) and np.array_equal(a, b, equal_nan=True))
    return pa.types.is_nested(found.type) and repr(found.to_pylist()) == repr(expected.to_pylist())
