"""A cleaned copy of a text: edits of its bytes, every other byte as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from labelaudit.cleaning.charset import encoded
from labelaudit.cleaning.diff import unified_diff
from labelaudit.cleaning.edits import Edit, edited
from labelaudit.cleaning.formulas import formula_like_in_text
from labelaudit.cleaning.original import Original
from labelaudit.cleaning.plan import Plan
from labelaudit.cleaning.records import dropped, flagged, relabelled
from labelaudit.cleaning.undo import named, undo_file
from labelaudit.files import write_atomically, write_files
from labelaudit.table.compression import compress, compression_for
from labelaudit.table.words import printable


@dataclass(frozen=True)
class TextCopy:
    """The original, its edits, and the content that they make, in the original's charset.

    formulas: how many of its cells and names a spreadsheet would take for formulas.
    """

    original: Original
    edits: Sequence[Edit]
    content: bytes
    formulas: int

    def diff(self, new_name: str) -> bytes:
        """A unified diff in UTF-8; nothing if nothing changes."""
        return unified_diff(self.original.text.data, self.edits, self.original.text.name, new_name)

    def write(self, output: str | PathLike[str], undo: str | PathLike[str] | None) -> None:
        """Writes the copy, compressed as its name or the original tells, and the undo file where one is named."""
        original, name = self.original, fspath(output)
        kind = compression_for(name, original.text.path, original.text.compression)
        same = not self.edits and kind == original.text.compression
        packed = original.raw if same else compress(self.content, kind, printable(name))
        if undo is None:
            write_atomically(Path(output), lambda file: file.write(packed))
            return
        of_original = named(original.text.path, original.content, original.text.compression)
        of_cleaned = named(name, self.content, kind)
        record = undo_file(original.text.data, self.edits, original.charset, of_original, of_cleaned)
        write_files({Path(undo): record, Path(output): packed})


def text_copy(original: Original, plan: Plan, label: str, flag: str, flags: list[int] | None) -> TextCopy:
    """What is to be written; with `flags`, no row changes and the column `flag` says which would."""
    data, structure = original.text.data, original.records.structure
    if flags is not None:
        edits, formulas = flagged(original.records, flag, flags), formula_like_in_text(data, structure)
        return TextCopy(original, edits, encoded(edited(data, edits), original.charset), formulas)
    edits = _edits(original, plan, label)
    text = edited(data, edits)
    return TextCopy(original, edits, encoded(text, original.charset), formula_like_in_text(text, structure))


def _edits(original: Original, plan: Plan, label: str) -> list[Edit]:
    records = original.records
    return [
        dropped(records, row) if row in plan.drops else relabelled(records, row, plan.labels[row], label)
        for row in plan.changed
    ]
