"""Where an audit's large values live: in memory where they fit, else in files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf, isinf
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any, TypeGuard

from labelaudit import storage
from labelaudit.addresses import Address, is_address
from labelaudit.audits.inputs import Beside, Paths
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.holdings import Need
from labelaudit.audits.planning.result import Limit, Placement
from labelaudit.audits.planning.sampled import bytes_of
from labelaudit.cluster.connection import check_address, connected, is_local
from labelaudit.errors import InputError, LabelauditError, UsageError
from labelaudit.sizes import free_memory, refuse_full_disk, size_of
from labelaudit.table.compression import PLAIN, compression_of
from labelaudit.table.opening import open_input, open_scanned
from labelaudit.table.parquet.file import MAGIC as PARQUET
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.source import STDIN, Text

if TYPE_CHECKING:
    import pandas as pd

# No audit takes more than so many bytes for each of its file's: the shortest rows have some four bytes, and become
# 160 columns. Data that is far from the limit is not looked at twice.
MOST_PER_BYTE, MOST_PER_PACKED_BYTE, MOST_PER_CELL = 1_000, 10_000, 4_000
LEAST = 100e6
MAGIC_BYTES = 16
OPENED_SHARE = 1 / 20  # of the memory: so large may files be that are opened before the need is known
SPARE = 1.25  # times the predicted disk; predictions are about so good


@dataclass(frozen=True)
class Storage:
    """How much memory an audit may take, None for what is free, and the folder for what does not fit.

    cluster: where encoded rows live instead of in this process, if anywhere.
    """

    memory_limit: int | None = None
    cache_dir: Path | None = None
    cluster: str | None = None

    @classmethod
    def of(
        cls,
        memory_limit: str | float | None,
        cache_dir: str | os.PathLike[str] | None,
        cluster: str | None = None,
    ) -> Storage:
        """From what the command line and `labelaudit.audit` take; raises UsageError for what is no size or cluster."""
        limit = None if memory_limit in (None, "auto") else size_of(str(memory_limit))
        check_address(cluster)
        return cls(limit, None if cache_dir is None else Path(cache_dir), cluster)

    def limit(self, beside: Path | None = None) -> Limit:
        """The limit in force; beside: where the results will go, whose folder takes what does not fit."""
        folder = self.cache_dir or (Path(gettempdir()) if beside is None else _existing(beside))
        given = self.memory_limit is not None
        return Limit(self.memory_limit if self.memory_limit is not None else free_memory(), given, os.fspath(folder))


UNBOUND = Storage()


@contextmanager
def placed(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    storing: Storage,
    *,
    out: Path | None = None,
    reference: Paths | pd.DataFrame | None = None,
    beside: Beside | None = None,
) -> Iterator[Placement]:
    """Inside, large arrays live where the predicted need says: read, assess, render and save there.

    What is yielded holds the data to read, since standard input can be read only once. out: where results go, if
    anywhere. Raises OutputError where the folder cannot hold what does not fit into memory.
    """
    _refuse_without_use(storing, options)
    limit = storing.limit(out)
    data = _opened_early(data, options, limit)
    elsewhere = storing.cluster is not None and not is_local(storing.cluster)
    needed = _needed(data, options, limit, reference, beside, rows_elsewhere=elsewhere)
    if needed is None or needed.memory <= limit.memory_bytes:
        with connected(storing.cluster):
            yield Placement("memory", _whole(needed), data, limit)
        return
    folder = Path(limit.folder)
    refuse_full_disk(folder, int(SPARE * needed.disk))
    with connected(storing.cluster), storage.on_disk(folder):
        yield Placement("disk", _whole(needed), data, limit)


def _refuse_without_use(storing: Storage, options: AuditOptions) -> None:
    """Raises UsageError for options that a cluster makes no use of."""
    if storing.cluster is None:
        return
    if options.settings.device == "cuda":
        raise UsageError("--cluster: its workers compute on processors. Leave out --device cuda.")
    if options.settings.optimizer == "adamw":
        raise UsageError("--cluster: adamw works on some hundred rows at a time, for which a cluster is of no use.")


def _whole(need: Need | None) -> int | None:
    return None if need is None or isinf(need.memory) else round(need.memory)


def _existing(path: Path) -> Path:
    """The folder, or the nearest of those above it that is there."""
    return next((folder for folder in (path, *path.absolute().parents) if _is_folder(folder)), Path("/"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def _opened_early(data: Paths | pd.DataFrame, options: AuditOptions, limit: Limit) -> Any:
    """The data with what can be read only once opened already, standard input and pipes that have a name.

    So are plain files, and whatever stands at an address, that are small beside the memory: they need not be opened
    twice, once for a sample.
    """
    if hasattr(data, "columns") or isinstance(data, str | os.PathLike) or list(data).count(STDIN) > 1:
        return data
    how = options.reading
    given: dict[str, Any] = {"charset": how.charset, "trust_size": how.trust_size}
    scanned: dict[str, Any] = given | {"delimiter": how.delimiter, "skip": how.skip}
    if sum(map(bytes_of, data)) <= OPENED_SHARE * limit.memory_bytes:
        return [
            open_scanned(path, **scanned, threads=options.settings.threads)
            if _is_plain(path)
            else open_input(path, **given)
            if _only_once(path) or is_address(path)
            else path
            for path in data
        ]
    return [open_input(path, **given) if _only_once(path) else path for path in data]


def _is_plain(path: Any) -> TypeGuard[str | os.PathLike[str]]:
    """Whether it names a file that is neither compressed nor Parquet."""
    if not isinstance(path, str | os.PathLike):
        return False
    head = _first_bytes(path)
    return bool(head) and compression_of(head) == PLAIN and not head.startswith(PARQUET)


def _only_once(path: Any) -> TypeGuard[str | os.PathLike[str]]:
    try:
        return path == STDIN or (isinstance(path, str | os.PathLike) and Path(path).is_fifo())
    except (OSError, ValueError):
        return False


def _needed(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    limit: Limit,
    reference: Paths | pd.DataFrame | None,
    beside: Beside | None,
    *,
    rows_elsewhere: bool,
) -> Need | None:
    """The need at the most; None where the data is far too small to matter.

    Without any bound where some rows cannot be read: reading all of them will say why, if there is a reason.
    """
    arrays = Beside.of(options) if beside is None else beside
    every = [data, *([] if reference is None else [reference])]
    others = [arrays.embeddings, arrays.reference_embeddings, arrays.pred_probs]
    if LEAST + sum(map(_bound, every)) + sum(map(_bound_beside, others)) <= limit.memory_bytes:
        return None
    from labelaudit.audits.planning.plan import need_at_most, shape_of
    from labelaudit.audits.planning.sampled import sampled

    try:
        shape = shape_of(sampled(data, options, beside), options, reference)
        return need_at_most(shape, options, rows_elsewhere=rows_elsewhere)
    except LabelauditError:
        return Need(inf, 0.0)


def _bound(data: Paths | pd.DataFrame) -> float:
    """More bytes than an audit of the data takes."""
    if hasattr(data, "columns"):
        return float(MOST_PER_CELL * len(data) * (1 + len(data.columns)))
    paths: Sequence[Any] = data
    return sum(map(_bound_of_file, paths))


def _bound_of_file(path: Any) -> float:
    if isinstance(path, Text):
        return float(MOST_PER_BYTE * len(path.body))
    if isinstance(path, Parquet):
        return float(MOST_PER_CELL * path.rows * (1 + len(path.header)))
    head = _first_bytes(path)
    packed = compression_of(head) != PLAIN or head.startswith(PARQUET)
    each = MOST_PER_PACKED_BYTE if packed else MOST_PER_BYTE
    return float(each * bytes_of(path))


def _first_bytes(path: Any) -> bytes:
    if is_address(path):
        with suppress(InputError):
            return Address(path, path).take(0, MAGIC_BYTES)
        return b""
    try:
        if not Path(path).is_file():  # opening a pipe would wait, and reading it would take
            return b""
        with Path(path).open("rb") as file:
            return file.read(MAGIC_BYTES)
    except (OSError, ValueError):
        return b""


def _bound_beside(given: Any) -> float:
    """Of an array or its file, or of a frame of probabilities."""
    if given is None:
        return 0.0
    if isinstance(given, str | os.PathLike):
        return 10.0 * bytes_of(given)
    return 10.0 * float(getattr(given, "nbytes", 0) or 8 * getattr(given, "size", 0))
