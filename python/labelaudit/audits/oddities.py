"""What the record of an audit says of odd columns and classes, and of conflicts between exact duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.choose import SAMPLE_ROWS, Rows
from labelaudit.encode.content import Duplicates, duplicates, row_hashes, sample
from labelaudit.encode.encoder import feature_columns
from labelaudit.oddities.classes import alike_classes, rare_classes
from labelaudit.oddities.conflicts import conflicts
from labelaudit.oddities.identifiers import identifiers
from labelaudit.oddities.leaks import leaks
from labelaudit.oddities.result import Oddity
from labelaudit.oddities.separation import separations
from labelaudit.oddities.texts import formulas, lost_characters
from labelaudit.table.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

MOST_OF_A_KIND = 20
MOST_GROUPS, MOST_ROWS = 200, 20  # of conflicts, and rows of each, that are listed


def oddities_of(
    table: Table, used: Sequence[Column], rows: Rows, names: Sequence[str], predicted: NDArray[np.int64]
) -> tuple[list[Oddity], ...]:
    """The oddities of a table, by kind; `used` are its columns that are features, on the fitted rows, `predicted` their
    labels, names the fitted classes'. Leaks are looked for on SAMPLE_ROWS rows drawn by content, and separations, which
    are then looked at in all rows.
    """
    drawn = sample(rows.hashes, SAMPLE_ROWS)
    some = [Column(c.name, c.kind, c.values[drawn], c.levels) for c in used]
    sizes = np.bincount(table.given, minlength=len(table.classes)).tolist()
    counts = dict(zip(table.classes, sizes, strict=True))
    leaking = leaks(some, rows.given[drawn], predicted[drawn], rows.fold[drawn])
    others = [c for c in used if c.name not in {o.column for o in leaking}]  # of a leak it is no news
    return (
        leaking,
        separations(others, rows.given, names, drawn[np.argsort(rows.hashes[drawn], kind="stable")]),
        identifiers(used),
        alike_classes(counts),
        rare_classes(counts),
        lost_characters(table.sources),
    )


def oddities_record(found: Sequence[list[Oddity]], formula_like: int) -> list[dict[str, Any]]:
    """The oddities of a table and its ranking; formula_like: cells of the ranking."""
    return [oddity.as_record() for kind in (*found, formulas(formula_like)) for oddity in kind[:MOST_OF_A_KIND]]


def conflicts_record(table: Table, ranking: pd.DataFrame, same: Duplicates | None = None) -> dict[str, Any]:
    """How many exact duplicates differ in their label, and the first groups of them, the most suspicious first.

    At most MOST_GROUPS groups are listed, with at most MOST_ROWS rows each, in the same order; `of_rows` counts all of
    the group. same: the duplicates among the rows of the table, by their features, where they are known.
    """
    same = duplicates(row_hashes(feature_columns(table.columns), len(table))) if same is None else same
    by_row = np.empty(int(table.row.max(initial=0)) + 1)
    by_row[ranking["row"].to_numpy()] = ranking["label_score"].to_numpy()
    found = conflicts(same, table.given, by_row[table.row])
    return {
        "groups": len(found),
        "rows": found.rows,
        "listed_groups": min(len(found), MOST_GROUPS),
        "list": [_listed(table, rows) for rows in found.first(MOST_GROUPS)],
    }


def _listed(table: Table, rows: NDArray[np.int64]) -> dict[str, Any]:
    labels, counts = np.unique(table.given[rows], return_counts=True)
    return {
        "of_rows": len(rows),
        "labels": {table.classes[i]: n for i, n in zip(labels.tolist(), counts.tolist(), strict=True)},
        "rows": [
            {
                "row": int(table.row[i]),
                "file": table.sources[table.file[i]].path if table.sources else None,
                "line": int(table.line[i]) if table.line[i] >= 0 else None,
                "given_label": table.classes[table.given[i]],
            }
            for i in rows[:MOST_ROWS].tolist()
        ],
    }
