"""A cleaned copy of a Parquet file: written anew by row group, read back and compared before it is put in place.

Pages are encoded anew: types, key-value metadata, codecs and row groups are the original's.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path, PurePath

from labelaudit.cleaning.formulas import formula_like_in_parquet
from labelaudit.cleaning.parquet_change import Change, typed_labels
from labelaudit.cleaning.parquet_undo import parquet_undo_file
from labelaudit.cleaning.parquet_writer import dialect_of, refuse_other, write_changed
from labelaudit.cleaning.plan import Plan
from labelaudit.errors import UsageError
from labelaudit.files import write_atomically, write_files
from labelaudit.staging import refusals
from labelaudit.table.compression import SUFFIXES
from labelaudit.table.parquet.file import Parquet, refuse_changed
from labelaudit.table.parquet.reader import label_texts
from labelaudit.table.words import printable, quoted

NAMES_OF_TEXT = (*SUFFIXES, ".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class ParquetCopy:
    """What becomes of the original, and the texts of its labels as they are, row by row."""

    change: Change
    old: list[str]

    @property
    def formulas(self) -> int:
        """How many of the copy's cells and names a spreadsheet would take for formulas; reads the file."""
        return formula_like_in_parquet(self.change)

    def diff(self, new_name: str) -> bytes:
        """The changes in words, one row a line; nothing if there are none."""
        head = [f"--- {self.change.original.name}", f"+++ {new_name}"]
        lines = [*head, *self._changes()] if self.change else []
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")

    def _changes(self) -> Iterator[str]:
        change = self.change
        for row in sorted(change.drops.union(change.labels)):
            becomes = "is dropped" if row in change.drops else f"becomes {quoted(change.labels[row])}"
            yield f"row {row + 1}: {quoted(self.old[row])} {becomes}"
        if change.flag is not None:
            yield f"new column {quoted(change.flag)}: true in {len(change.flags):,} of {len(self.old):,} rows"
            yield from (f"row {row + 1}: {quoted(self.old[row])} is flagged" for row in sorted(change.flags))

    def write(self, output: str | PathLike[str], undo: str | PathLike[str] | None) -> None:
        """Writes the copy, and the undo file where one is named; the original's bytes where nothing changes."""
        target, original = Path(output), self.change.original
        with refusals(target), tempfile.TemporaryFile(dir=target.absolute().parent) as file:
            if self.change:
                write_changed(self.change, file)
                refuse_other(self.change, file)
            else:
                with Path(original.path).open("rb") as same:
                    shutil.copyfileobj(same, file)
                refuse_changed(original)
            file.seek(0)
            if undo is None:
                write_atomically(target, lambda out: shutil.copyfileobj(file, out))
            else:
                content = file.read()
                write_files({Path(undo): parquet_undo_file(original, fspath(output), content), target: content})


def parquet_copy(original: Parquet, plan: Plan, label: str, flag: str, flags: list[int] | None) -> ParquetCopy:
    """What is to be written; with `flags`, no row changes and the column `flag` says which would.

    Raises InputError for a label that the column's type does not hold, and for types that pyarrow reads but does not
    write.
    """
    dialect_of(original)
    old = label_texts(original, label)
    if flags is not None:
        return ParquetCopy(Change(original, label, {}, flag=flag, flags=frozenset(flags)), old)
    labels = {row: new for row, new in plan.labels.items() if new != old[row] and row not in plan.drops}
    values = typed_labels(original, label, set(labels.values()))
    return ParquetCopy(Change(original, label, labels, plan.drops, values), old)


def refuse_name(output: str | PathLike[str]) -> None:
    """Raises UsageError for an output whose name says that it is text or compressed: it is Parquet."""
    suffix = PurePath(fspath(output).lower()).suffix
    if suffix in NAMES_OF_TEXT:
        raise UsageError(
            f"{printable(fspath(output))}: the copy of a Parquet file is a Parquet file. Give it a name that does not "
            f"end in {suffix}."
        )
