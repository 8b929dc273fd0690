"""The manifest of a folder of labelled tables: which file, which column is the label, which are no features."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelaudit.errors import InputError, UsageError
from labelaudit.report.words import listed

if TYPE_CHECKING:
    import pandas as pd

NAME = "manifest.csv"
NEEDED = ("name", "file", "label")
SHOWN = 8  # names in a message
OPTIONAL = ("gold", "non_feature_cols", "text_cols", "classes")


@dataclass(frozen=True)
class Entry:
    """One table of the folder. gold names the column of verified labels, where the errors are real ones."""

    name: str
    path: Path
    label: str
    gold: str | None
    no_features: tuple[str, ...]
    text: tuple[str, ...]
    classes: int | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the manifest names."""
        return (self.label, *(() if self.gold is None else (self.gold,)), *self.no_features, *self.text)


def read_manifest(folder: Path, only: Sequence[str] = ()) -> tuple[Entry, ...]:
    """The tables that folder/manifest.csv describes, in its order; with `only`, those of these names.

    Its columns: name, file (relative to the folder), label; and where they are needed gold, non_feature_cols and
    text_cols (names with spaces between them), classes. Any other column is for people to read. Raises InputError for
    a manifest or a file that is not there or says too little, UsageError for a name in `only` that is not in it.
    """
    path = folder / NAME
    cells = read_csv(path, dtype=str, keep_default_na=False)
    lacking = [name for name in NEEDED if name not in cells.columns]
    if lacking:
        raise InputError(
            f'{path}: there is no column "{lacking[0]}". Needed: {", ".join(NEEDED)}; may be: {", ".join(OPTIONAL)}.'
        )
    if cells.empty:
        raise InputError(f"{path}: it describes no table. Add a line for each.")
    rows = cells.reindex(columns=[*NEEDED, *OPTIONAL], fill_value="").to_dict("records")
    entries = [_entry(folder, f"{path}, table {i}", row) for i, row in enumerate(rows, 1)]
    names = [e.name for e in entries]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'{path}: the name "{name}" stands {names.count(name)} times. Give each table its own.')
    return _chosen(entries, only)


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """pandas.read_csv; raises InputError, with the path, where that fails."""
    import pandas as pd

    try:
        frame: pd.DataFrame = pd.read_csv(path, **options)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # pandas' parser errors and Unicode errors are such
        raise InputError(f"{path}: is not a CSV file in UTF-8: {str(error).strip()}.") from error
    return frame


def _entry(folder: Path, where: str, cells: dict[str, str]) -> Entry:
    for name in NEEDED:
        if not cells[name].strip():
            raise InputError(f'{where}: "{name}" is empty.')
    path = folder / cells["file"]
    if not path.is_file():
        raise InputError(f'{where} ("{cells["name"]}"): {path} is not there.')
    return Entry(
        name=cells["name"],
        path=path,
        label=cells["label"],
        gold=cells["gold"] or None,
        no_features=tuple(cells["non_feature_cols"].split()),
        text=tuple(cells["text_cols"].split()),
        classes=_count(where, cells["classes"]),
    )


def _count(where: str, cell: str) -> int | None:
    if not cell.strip():
        return None
    if not cell.strip().isdecimal():
        raise InputError(f'{where}, "classes": expected a whole number or nothing, got "{cell}".')
    return int(cell)


def _chosen(entries: list[Entry], only: Sequence[str]) -> tuple[Entry, ...]:
    names = [e.name for e in entries]
    for name in only:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"It has {listed(names, SHOWN)}."
            raise UsageError(f'--only: the manifest has no table "{name}". {hint}')
    return tuple(e for e in entries if not only or e.name in only)
