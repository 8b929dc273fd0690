"""Parquet files of every kind, as different writers write them, and audits of them that applying needs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd

from labelaudit.audits.result import Audit
from labelaudit.cleaning.original import fingerprints_of, read_original
from labelaudit.fingerprints import occurrences
from labelaudit.table.reader import read_cells, read_table
from parquets import as_parquet, drawn, pa, pq

NESTED = {
    "list": pa.list_(pa.float64()),
    "struct": pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))]),
    "map": pa.map_(pa.string(), pa.float64()),
    "bytes": pa.binary(),
    "fixed": pa.binary(3),
}
LABELS: dict[str, tuple[Any, list[Any]]] = {
    "text": (pa.string(), ["a", "b", "c d"]),
    "large": (pa.large_string(), ["a", "b", "é"]),
    "words": (pa.dictionary(pa.int8(), pa.string(), ordered=True), ["b", "a", "c"]),
    "numbers": (pa.int16(), [1, 2, 3]),
    "floats": (pa.float32(), [0.5, 1.0, 1.5]),
    "flags": (pa.bool_(), [True, False, True]),
}  # fmt: skip


def table_of(seed: int) -> Any:
    """Every kind of column and of nesting, with key-value metadata, a field that takes no null, a drawn label type."""
    draw = random.Random(seed)
    table = drawn(seed, 50).drop_columns(["y", "id"])
    for name, kind in NESTED.items():
        values = {
            "list": [None, [], [1.5, float("nan"), None]],
            "struct": [None, {"a": 1, "b": ["x", None]}, {"a": None, "b": None}],
            "map": [None, [], [("k", 0.5), ("l", float("nan"))]],
            "bytes": [None, b"", b"\0\xff"],
            "fixed": [None, b"abc", b"\0\0\0"],
        }[name]
        table = table.append_column(name, pa.array(draw.choices(values, k=50), kind))
    kind, words = LABELS[draw.choice(list(LABELS))]
    if pa.types.is_dictionary(kind):
        codes = pa.array(draw.choices(range(3), k=50), kind.index_type)
        labels = pa.DictionaryArray.from_arrays(codes, pa.array(words), ordered=True)
    else:
        labels = pa.array(draw.choices([*words, None], k=50), kind)
    table = table.add_column(draw.randrange(5), pa.field("the label", kind, metadata={"unit": "none"}), labels)
    table = table.append_column(pa.field("id", pa.int64(), nullable=False), pa.array(range(50)))
    return table.replace_schema_metadata({"made by": "a test", "ü": "\u6f22"})


def options_of(seed: int) -> dict[str, Any]:
    """A writer's options, as different writers have them."""
    draw = random.Random(seed)
    return {
        "row_group_size": draw.choice([7, 20, 50]),
        "compression": draw.choice(["snappy", "zstd", "none", "gzip", {"the label": "zstd", "id": "gzip"}]),
        "use_dictionary": draw.choice([True, False, ["word", "the label"]]),
        "write_statistics": draw.choice([True, False]),
        "version": draw.choice(["2.6", "2.4", "1.0"]),
        "data_page_version": draw.choice(["1.0", "2.0"]),
        "store_schema": draw.choice([True, False]),
        "use_compliant_nested_type": draw.choice([True, False]),
        "store_decimal_as_integer": draw.choice([True, False]),
    }


def written(seed: int) -> tuple[Audit, Any]:
    """data.parquet, as much of an audit of it as applying needs, and the table as it is read."""
    table, options = table_of(seed), options_of(seed)
    if options["version"] == "1.0":  # which has no type for these
        table = table.drop_columns(["half"])
    Path("data.parquet").write_bytes(as_parquet(table, **options))
    return audit_of("data.parquet"), pq.read_table("data.parquet")


def audit_of(path: str) -> Audit:
    source = vars(read_table([path], label="the label").sources[0])
    cells = read_cells([path], label="the label")
    classes = sorted({*cells["the label"]} - {""})
    summary = {"label": "the label", "classes": [{"name": name} for name in classes]}
    ranking = pd.DataFrame({"row": [], "is_label_issue": pd.Series([], dtype=bool), "predicted_label": []})
    return Audit(ranking, {"sources": [source], "summary": summary}, None)  # type: ignore[arg-type]


def keys(audit: Audit) -> list[tuple[str, int]]:
    found = fingerprints_of(read_original(audit, "data.parquet"))
    return list(zip(found.tolist(), occurrences(found).tolist(), strict=True))


def pages(path: str) -> list[list[Any]]:
    """What the footer says of the file, less what a new label may change."""
    about = pq.ParquetFile(path)
    columns = [about.metadata.row_group(0).column(i) for i in range(about.metadata.num_columns)]
    return [
        [(c.path_in_schema, c.physical_type, c.compression, c.is_stats_set, c.has_dictionary_page) for c in columns],
        [about.schema.column(i) for i in range(len(about.schema))],
        [about.metadata.row_group(i).num_rows for i in range(about.num_row_groups)],
        [about.schema_arrow, about.schema_arrow.metadata, about.metadata.format_version],
        [{k: v for k, v in (about.metadata.metadata or {}).items() if k != b"ARROW:schema"}],
    ]


def rows(table: Any) -> list[str]:
    """The rows as Python writes them, NaN like NaN."""
    return [repr(row) for row in table.to_pylist()]
