"""Inputs of either format, known by their content and not by their names."""

from __future__ import annotations

import os
from collections.abc import Sequence

from labelaudit.errors import InputError, UsageError
from labelaudit.table.delimiter import delimiter_of
from labelaudit.table.parquet.file import Parquet, is_parquet, open_parquet
from labelaudit.table.records import Dialect
from labelaudit.table.source import Text, open_text

Opened = Text | Parquet


def open_input(
    path: str | os.PathLike[str],
    *,
    charset: str = "utf-8",
    trust_size: bool = False,
    dialect: Dialect | None = None,
    threads: int = 1,
) -> Opened:
    """The input as text, or as Parquet; parameters and errors are those of `open_text` and `open_parquet`."""
    if is_parquet(path):
        return open_parquet(path, trust_size=trust_size)
    return open_text(path, charset=charset, trust_size=trust_size, dialect=dialect, threads=threads)


def open_scanned(
    path: str | os.PathLike[str],
    *,
    charset: str = "utf-8",
    trust_size: bool = False,
    delimiter: str | None = None,
    skip: int = 0,
    threads: int = 1,
) -> Opened:
    """The same, scanned meanwhile in the dialect that its name and these options tell."""
    dialect = dialect_of(os.fspath(path), delimiter, skip)
    return open_input(path, charset=charset, trust_size=trust_size, dialect=dialect, threads=threads)


def dialect_of(path: str, delimiter: str | None, skip: int) -> Dialect | None:
    """The dialect that a file of this name will be scanned in; None where that will be refused."""
    try:
        return None if skip < 0 else Dialect(delimiter_of(path, delimiter), skip)
    except UsageError:
        return None


def all_parquet(inputs: Sequence[Opened]) -> list[Parquet]:
    """The inputs if they are Parquet, none if they are text; raises InputError where they are mixed."""
    found = [each for each in inputs if isinstance(each, Parquet)]
    other = next((each for each in inputs if not isinstance(each, Parquet)), None)
    if found and other is not None:
        raise InputError(
            f"{found[0].name} is a Parquet file and {other.name} is not: they cannot be read together. Convert one."
        )
    return found
