"""The audited table, read again and refused unless it is the one that was audited."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.addresses import is_address
from labelaudit.audits.inputs import Beside, Paths, read_inputs
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.placing import Storage, placed
from labelaudit.audits.planning.result import Placement
from labelaudit.audits.result import Audit
from labelaudit.encode.columns import OneHot
from labelaudit.encode.encoder import feature_columns
from labelaudit.errors import InputError, UsageError
from labelaudit.explanations.find import refuse_some_rows
from labelaudit.explanations.fitted import FittedRows
from labelaudit.table.opening import Opened, open_input
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.source import Text
from labelaudit.table.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.table.embeddings import Embeddings

STDIN = "-"
NORM_TOLERANCE = 1e-9, 1e-3  # absolute, relative: another machine's rounding; one changed cell in a million moves more


def read_again(audit: Audit, data: Paths | pd.DataFrame | None = None, embeddings: Embeddings | None = None) -> Table:
    """The audited table from the recorded files, from others with the same content, or from a DataFrame.

    Raises InputError where a file is gone, or where what is read is not what was audited.
    """
    found = _recorded(audit) if data is None else data
    is_frame = hasattr(found, "columns")
    if not is_frame:
        for path, source in zip(_matched(audit, found), audit.record["sources"], strict=False):
            if Path(path).is_file() and _sha256(Path(path)) != source["sha256"]:
                raise _changed(path)
    inputs = read_inputs(found, AuditOptions.of(audit.record["options"]), beside=_beside(audit, embeddings))
    table = inputs.table
    for name, array in inputs.arrays.items():
        known = audit.record["arrays"][name]["sha256"]
        if array.sha256 != known and None not in (array.sha256, known):
            raise _changed(array.path)
    for source, recorded in zip(table.sources, audit.record["sources"], strict=False):
        if source.sha256 != recorded["sha256"]:  # what was read, whatever happened in between
            raise _changed(source.path)
    _refuse_other_rows(audit, table)
    return table


def placed_again(
    audit: Audit, data: Paths | pd.DataFrame | None, embeddings: Embeddings | None, storing: Storage
) -> AbstractContextManager[Placement]:
    """Where large values live while the audit's data is read and worked on again; see `placed`."""
    found = _recorded(audit) if data is None else data
    return placed(found, AuditOptions.of(audit.record["options"]), storing, beside=_beside(audit, embeddings))


def _beside(audit: Audit, embeddings: Embeddings | None) -> Beside:
    """The embeddings that were audited, or others with the same content; nothing else beside the data is needed."""
    recorded = audit.record.get("arrays", {}).get("embeddings")
    if recorded is None:
        if embeddings is not None:
            raise UsageError("the audit has no embeddings.")
        return Beside()
    if embeddings is None and recorded["sha256"] is None:
        raise InputError("the audit is of an array of embeddings, which it does not hold: give it with embeddings=.")
    return Beside(recorded["path"] if embeddings is None else embeddings)


def audited_inputs(audit: Audit, data: Paths | None = None) -> list[Opened]:
    """The audited files, each read once; raises InputError where one is gone, or is not what was audited."""
    if not audit.record["sources"]:
        raise InputError("the audit is of a DataFrame, which has no file. Save the data and audit the file.")
    paths = _matched(audit, _recorded(audit) if data is None else data)
    how = AuditOptions.of(audit.record["options"]).reading
    inputs = [open_input(path, charset=how.charset, trust_size=how.trust_size) for path in paths]
    for text, source in zip(inputs, audit.record["sources"], strict=True):
        if text.sha256 != source["sha256"]:
            raise _changed(text.path)
    return inputs


def is_proven(audit: Audit, table: Table, embeddings: Embeddings | None = None) -> bool:
    """Whether hashes have shown that this is the audited table."""
    if isinstance(embeddings, np.ndarray):
        return False
    recorded = audit.record.get("arrays", {}).get("embeddings", {"sha256": ""})
    return bool(audit.record["sources"]) and bool(table.sources) and recorded["sha256"] is not None


def refuse_other_values(model: FittedRows) -> None:
    """Raises InputError where the model's gradient on these rows is not the recorded one: some cell is another.

    For data without hashes: a DataFrame, or an audit of one.
    """
    recorded = model.audit.summary["fit"]["gradient_norm"]
    absolute, relative = NORM_TOLERANCE
    if not abs(model.gradient_norm - recorded) <= absolute + relative * recorded:
        raise InputError(f"{_name(model.table)}: has other values than the data that was audited. {_CURE}")


_CURE = "Give the audited data, or audit this one."


def _name(table: Table) -> str:
    return ", ".join(s.path for s in table.sources) or "the DataFrame"


def _recorded(audit: Audit) -> list[str]:
    paths = [str(source["path"]) for source in audit.record["sources"]]
    if not paths:
        raise InputError("the audit is of a DataFrame, which it does not hold: give the data again (--data, or data=).")
    if STDIN in paths:
        raise InputError("the audit is of standard input: name a file that holds the same bytes with --data.")
    for path in paths:
        if is_address(path):
            raise InputError(
                f"the audit is of {path}: name that address, or a file that holds the same bytes, with --data. No "
                "address is asked for data that the command does not name."
            )
        if not Path(path).exists():
            raise InputError(
                f"{path}: the audited data is not there (seen from {Path.cwd()}). Name it with --data, or run this "
                "where the audit ran."
            )
    return paths


def _matched(audit: Audit, paths: Paths) -> list[str]:
    """The paths, as many as were audited."""
    count = len(audit.record["sources"])
    if count and len(paths) != count:
        names = ", ".join(str(s["path"]) for s in audit.record["sources"])
        raise InputError(f"the audit is of {count} files ({names}), {len(paths)} are given: name all, in this order.")
    return [path.path if isinstance(path, Text | Parquet) else fspath(path) for path in paths]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error


def _changed(path: Any) -> InputError:
    return InputError(
        f"{path}: is not the data that was audited: its SHA-256 differs. Name the audited data with --data, or audit "
        "this one."
    )


def _refuse_other_rows(audit: Audit, table: Table) -> None:
    refuse_some_rows(audit)
    ranking = audit.ranking.sort_values("row")
    labels = np.array(table.classes, dtype=object)[table.given]
    if not (np.array_equal(ranking["row"], table.row) and np.array_equal(ranking["given_label"], labels)):
        raise InputError(f"{_name(table)}: has other rows or labels than the data that was audited. {_CURE}")
    recorded = [(c["name"], c["kind"]) for c in audit.summary["columns"]]
    found = {(c.name, c.kind) for c in table.columns}
    if not found.issuperset(recorded) or not _fits(audit, table):
        raise InputError(f"{_name(table)}: has other columns than the data that was audited. {_CURE}")


def _fits(audit: Audit, table: Table) -> bool:
    """Whether the encoder can be given these columns at all."""
    base, columns = audit.model.encoder.base, feature_columns(table.columns)
    return len(base) == len(columns) and all(
        e.column == c.name and (not isinstance(e, OneHot) or len(e.slot) == len(c.levels) + 1)
        for e, c in zip(base, columns, strict=True)
    )
