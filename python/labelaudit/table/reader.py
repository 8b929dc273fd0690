"""Files as a Table: every refusal that needs no values first, then the values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from labelaudit.errors import InputError, UsageError
from labelaudit.fingerprints import Fingerprints, fingerprints
from labelaudit.table.build import Rows, build, refuse_other_count
from labelaudit.table.contents import text_fingerprints
from labelaudit.table.delimiter import delimiter_of
from labelaudit.table.header import (
    check_header,
    check_reference_header,
    check_same_header,
    refuse_repeated_header,
)
from labelaudit.table.opening import Opened, all_parquet, open_scanned
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.parts import PART_BYTES, read_columns
from labelaudit.table.rejects import kept_rejects
from labelaudit.table.roles import Named, Roles, refuse_unknown, roles
from labelaudit.table.scan import Header, Structure, scan, structure
from labelaudit.table.single import FrameRows, SingleRows, TextRows
from labelaudit.table.source import STDIN, Text
from labelaudit.table.table import Source, Table
from labelaudit.table.values import file_places, read_values
from labelaudit.threads import Thread, import_ahead

if TYPE_CHECKING:
    import pandas as pd

Input = str | os.PathLike[str] | Opened  # a file by its name, or what was read from it already


def read_table(
    paths: Sequence[Input],
    *,
    skip: int = 0,
    delimiter: str | None = None,
    charset: str = "utf-8",
    expect_rows: int | None = None,
    rejects: str | None = None,
    trust_size: bool = False,
    expect: Table | None = None,
    threads: int = 1,
    **named: Unpack[Named],
) -> Table:
    """The labelled rows of one or more CSV or Parquet files with the same columns, exactly, or an error.

    `named`: as `roles` takes them.
    `expect_rows`: of all files together, with those without a label. `rejects`: a file for every structural error.
    `trust_size`: read whatever compressed files expand to. `expect`: the audited table, when reading its reference
    rows; kinds, levels and classes are then its own.
    Raises InputError with file, line, column and cure for whatever cannot be read exactly; UsageError for arguments
    that do not fit each other or the header.
    """
    wanted = roles(**named)
    if threads > 1 and _are_large(paths):
        Thread(import_ahead, "pandas").start()  # takes as long as the scan, which lets it
    texts, parquet = _opened(paths, charset, trust_size, delimiter=delimiter, skip=skip, threads=threads)
    if parquet:
        from labelaudit.table.parquet.reader import read_parquet, refuse_csv_options

        refuse_csv_options(parquet[0], skip=skip, delimiter=delimiter, charset=charset, rejects=rejects)
        return read_parquet(parquet, wanted, expect=expect, expect_rows=expect_rows, threads=threads)
    with kept_rejects(rejects, texts, skip=skip, delimiter=delimiter):
        structures = _structures(texts, wanted, skip=skip, delimiter=delimiter, expect=expect)
    header = structures[0].header
    refuse_other_count(
        ", ".join(text.name for text in texts), sum(len(found.lines) for found in structures), expect_rows
    )
    if expect is None:
        refuse_unknown(wanted, header)
    cells = read_columns(
        texts,
        structures,
        columns=_needed(header, wanted, expect),
        as_text=_text_columns(header, wanted, expect),
        features=[name for name in header if name not in (*wanted.as_words, *wanted.drop)],
        missing=wanted.missing,
        threads=threads,
    )
    places = file_places(texts, structures)
    refuse_repeated_header(cells, header, wanted.label, places.at)
    sources = tuple(_source(text, found, skip) for text, found in zip(texts, structures, strict=True))
    rows = Rows(places.file, places.line, places.offset, places)
    return build(cells, header, wanted, rows, sources, expect)


def read_cells(
    paths: Sequence[Input],
    *,
    label: str,
    skip: int = 0,
    delimiter: str | None = None,
    charset: str = "utf-8",
    rejects: str | None = None,
    trust_size: bool = False,
) -> pd.DataFrame:
    """Every cell of every data row, labelled or not, as its text in the file, unquoted; rows and columns in file order.

    Of Parquet the texts are those of `labelaudit.table.parquet.cells`.

    Raises as `read_table` does where a file is not well-formed or has no such label column.
    """
    found = _well_formed(paths, label, skip, delimiter, charset, rejects, trust_size)
    if not isinstance(found, tuple):
        return found
    texts, structures = found
    header = structures[0].header
    return read_values(texts, structures, columns=header, as_text=header, features=(), missing=())


def read_fingerprints(
    paths: Sequence[Input],
    *,
    label: str,
    skip: int = 0,
    delimiter: str | None = None,
    charset: str = "utf-8",
    rejects: str | None = None,
    trust_size: bool = False,
) -> Fingerprints:
    """The fingerprints of what `read_cells` gives, in file order; raises as it does."""
    found = _well_formed(paths, label, skip, delimiter, charset, rejects, trust_size)
    return text_fingerprints(*found) if isinstance(found, tuple) else fingerprints(found)


def read_single_rows(
    paths: Sequence[Input], *, label: str, skip: int = 0, delimiter: str | None = None, charset: str = "utf-8"
) -> tuple[SingleRows, Fingerprints]:
    """The same rows one by one, and their fingerprints; raises as `read_cells` does."""
    found = _well_formed(paths, label, skip, delimiter, charset, None, False)
    if isinstance(found, tuple):
        return TextRows(file_places(*found)), text_fingerprints(*found)
    return FrameRows(found), fingerprints(found)


def _well_formed(
    paths: Sequence[Input],
    label: str,
    skip: int,
    delimiter: str | None,
    charset: str,
    rejects: str | None,
    trust_size: bool,
) -> tuple[list[Text], list[Structure]] | pd.DataFrame:
    """Texts with the structure of each; of Parquet, all cells."""
    texts, parquet = _opened(paths, charset, trust_size, delimiter=delimiter, skip=skip)
    if parquet:
        from labelaudit.table.parquet.reader import parquet_cells, refuse_csv_options

        refuse_csv_options(parquet[0], skip=skip, delimiter=delimiter, charset=charset, rejects=rejects)
        return parquet_cells(parquet, label)
    with kept_rejects(rejects, texts, skip=skip, delimiter=delimiter):
        return texts, _structures(texts, roles(label=label), skip=skip, delimiter=delimiter, expect=None)


def _opened(
    paths: Sequence[Input], charset: str, trust_size: bool, *, delimiter: str | None, skip: int, threads: int = 1
) -> tuple[list[Text], list[Parquet]]:
    """All inputs as texts, or all as Parquet."""
    if isinstance(paths, str | os.PathLike) or len(paths) == 0:
        raise UsageError("expected a list of one or more files.")
    if sum(not isinstance(path, Text | Parquet) and os.fspath(path) == STDIN for path in paths) > 1:
        raise UsageError("standard input (-) can be read only once.")
    inputs = [
        path
        if isinstance(path, Text | Parquet)
        else open_scanned(path, charset=charset, trust_size=trust_size, delimiter=delimiter, skip=skip, threads=threads)
        for path in paths
    ]
    parquet = all_parquet(inputs)
    return [each for each in inputs if isinstance(each, Text)], parquet


def _are_large(paths: Sequence[Input]) -> bool:
    """Whether the files take so long to scan that pandas can be imported meanwhile."""
    texts = (path for path in paths if not isinstance(path, Parquet))
    return sum(len(path.body) if isinstance(path, Text) else _size(path) for path in texts) > 2 * PART_BYTES


def _size(path: str | os.PathLike[str]) -> int:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0  # is refused when it is opened


def _structures(
    texts: Sequence[Text], roles: Roles, *, skip: int, delimiter: str | None, expect: Table | None
) -> list[Structure]:
    """The structure of every file. A header's errors come first: a wrong delimiter looks like ragged rows."""
    structures = []
    first: Header | None = None
    for text in texts:
        mark = delimiter_of(text.path, delimiter)
        found, header = scan(text, delimiter=mark, skip=skip)
        if header is not None:
            check_header(header, name=text.name, label=roles.label, delimiter=mark)
            first = first or header
            check_same_header(first, header, first_name=texts[0].name, name=text.name)
            if expect is not None:
                check_reference_header(header, tuple(column.name for column in expect.columns), name=text.name)
        structures.append(structure(text, found, header, delimiter=mark))
        _refuse_mixed(structures, texts)
    return structures


def _refuse_mixed(structures: Sequence[Structure], texts: Sequence[Text]) -> None:
    if structures[-1].delimiter != structures[0].delimiter:
        name = texts[len(structures) - 1].name
        raise InputError(f"{name}: has another delimiter than {texts[0].name}. Read them with one --delimiter.")


def _needed(header: Sequence[str], roles: Roles, expect: Table | None) -> list[str]:
    if expect is None:
        return [name for name in header if name not in roles.drop]
    known = {roles.label, *roles.ids, *(column.name for column in expect.columns)}
    return [name for name in header if name in known]


def _text_columns(header: Sequence[str], roles: Roles, expect: Table | None) -> list[str]:
    """The columns whose cells are taken as they stand; the others' kinds are for pandas to infer."""
    if expect is None:
        words = {name for name, kind in roles.kinds.items() if kind != "numeric"}
    else:
        words = {column.name for column in expect.columns if column.kind != "numeric"}
    words |= set(roles.as_words)
    return [name for name in header if name in words]


def _source(text: Text, structure: Structure, skip: int) -> Source:
    return Source(
        path=text.path,
        sha256=text.sha256,
        size_bytes=text.size_bytes,
        compression=text.compression,
        rows=len(structure.lines),
        header=structure.header,
        delimiter=structure.delimiter,
        charset=text.charset,
        skip=skip,
        blank_lines=len(structure.blank_offsets),
        lost_characters=text.lost_characters,
    )
