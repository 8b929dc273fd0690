"""A plan of an audit: from some rows of its data to rows, columns, memory, disk and time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import fspath
from typing import TYPE_CHECKING

from labelaudit.audits.inputs import Beside, Paths
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.choice import tried, votes
from labelaudit.audits.planning.effort import effort
from labelaudit.audits.planning.holdings import Need, need
from labelaudit.audits.planning.result import Limit, Plan, PlannedColumn
from labelaudit.audits.planning.sampled import Sampled, bytes_of, sampled
from labelaudit.audits.planning.shape import Shape, classes_of, encoded_columns, one_hot_columns, texts_of
from labelaudit.audits.planning.speed import measured
from labelaudit.audits.run import check_features
from labelaudit.choose import SAMPLE_ROWS
from labelaudit.encode.encoder import ENCODINGS, TRIED, Encoding
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.source import Text
from labelaudit.table.table import Table

if TYPE_CHECKING:
    import pandas as pd

VALUE_BYTES = {"float64": 8, "float32": 4}


def plan_data(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    limit: Limit,
    *,
    reference: Paths | pd.DataFrame | None = None,
    beside: Beside | None = None,
) -> Plan:
    """What an audit of files or a DataFrame with these options will need; raises the errors of an audit's reading.

    reference: the trusted rows, if any; beside: arrays that are not in files.
    """
    some = sampled(data, options, beside)
    shape = shape_of(some, options, reference)
    alone = options.pred_probs is not None or (beside is not None and beside.pred_probs is not None)
    voting = votes(some.table, shape, options.settings, alone)
    trials, threads = tried(shape, options.settings), options.settings.threads
    probable = _need(shape, voting, options, VALUE_BYTES[options.settings.precision])
    most = need_at_most(shape, options)
    work = effort(shape, voting, trials, threads, measured())
    return Plan(
        label=options.reading.label,
        files=_names(data),
        rows=shape.rows,
        rows_without_label=round(some.rows_without_label),
        exact=some.exact,
        read_rows=len(some.table),
        columns=_columns(some.table),
        classes=shape.classes,
        encodings={str(name): weight for name, weight in voting.items()},
        encoded_columns=_model_columns(shape, voting),
        memory_bytes=round(probable.memory),
        most_bytes=round(max(most.memory, probable.memory)),
        disk_bytes=round(probable.disk),
        most_disk_bytes=round(max(most.disk, probable.disk)),
        seconds=work.seconds,
        processor_seconds=work.processor_seconds,
        stages=work.stages,
        threads=threads,
        limit=limit,
    )


def _model_columns(shape: Shape, voting: dict[Encoding, float]) -> int:
    """Of the model: the fewest of the encodings whose vote is at least half of the strongest, as `elected` has it."""
    return min(shape.encoded[name] for name, weight in voting.items() if weight >= max(voting.values()) / 2)


def shape_of(some: Sampled, options: AuditOptions, reference: Paths | pd.DataFrame | None = None) -> Shape:
    """The sizes of all of the data; raises InputError where no column is left to learn from."""
    table, rows = some.table, max(1.0, round(some.rows))
    check_features(table)
    encodings = ENCODINGS if options.settings.encoding == "terms" else TRIED
    categories = sum(column.kind == "categorical" for column in table.columns)
    return Shape(
        rows=int(rows),
        file_bytes=some.file_bytes,
        text_bytes=some.text_bytes,
        cells=len(table.columns) + len(table.left_out_columns) + len(table.ids) + 1,
        words=1 + len(table.ids) + categories + (table.group is not None),
        columns=len(table.columns),
        classes=classes_of(table, rows),
        encoded=encoded_columns(table.columns, rows, encodings),
        texts=tuple(texts_of(column, rows) for column in table.columns if column.kind == "text"),
        reference_rows=round(_reference_rows(reference, some)),
        one_hot=() if options.settings.device == "cuda" else one_hot_columns(table.columns, rows),
    )


def need_at_most(shape: Shape, options: AuditOptions, *, rows_elsewhere: bool = False) -> Need:
    """What the audit needs where the costliest of the encodings that it tries is chosen, or all of them vote.

    rows_elsewhere: encoded rows take no memory here.
    """
    wanted = options.settings.encoding
    encodings: Iterable[Encoding] = tried(shape, options.settings) or (["linear"] if wanted == "auto" else [wanted])
    value = 0 if rows_elsewhere else VALUE_BYTES[options.settings.precision]
    each = [_need(shape, {name: 1.0}, options, value) for name in encodings]
    few = [_need(shape, dict.fromkeys(encodings, 1.0), options, value)] if shape.rows <= SAMPLE_ROWS else []
    both = [*each, *few]
    return Need(max(n.memory for n in both), max(n.disk for n in both))


def _need(shape: Shape, voting: dict[Encoding, float], options: AuditOptions, value: int) -> Need:
    settings = options.settings
    trials = tried(shape, settings)
    return need(shape, voting, trials, settings.threads, value)


def _reference_rows(reference: Paths | pd.DataFrame | None, some: Sampled) -> float:
    """The trusted rows; of files as many as their bytes hold of the data's rows. They are not read for it."""
    if reference is None or hasattr(reference, "columns"):
        return 0.0 if reference is None else float(len(reference))
    sizes = [path.size_bytes if isinstance(path, Text | Parquet) else bytes_of(path) for path in reference]
    return sum(sizes) * some.rows / max(1.0, some.file_bytes)


def _names(data: Paths | pd.DataFrame) -> tuple[str, ...]:
    if hasattr(data, "columns"):
        return ()
    return tuple(path.path if isinstance(path, Text | Parquet) else fspath(path) for path in data)


def _columns(table: Table) -> tuple[PlannedColumn, ...]:
    used: Sequence[PlannedColumn] = [PlannedColumn(c.name, c.kind) for c in table.columns]
    return (*used, *(PlannedColumn(c.name, None, c.reason) for c in table.left_out_columns))
