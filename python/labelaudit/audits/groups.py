"""The groups of an audit: refused where they leave nothing to compare, and put into figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.choose import Rows
from labelaudit.errors import UsageError
from labelaudit.table.table import NO_GROUP, Table
from labelaudit.table.words import counted, quoted

Codes = NDArray[np.int64]


def check_groups(column: str, group: Codes, rows: Rows, classes: tuple[str, ...]) -> None:
    """Raises UsageError unless every class of the fitted rows is also in rows of other groups, left out apart.

    group: the number of each fitted row's group, NO_GROUP for none. classes: the names of the fitted classes.
    """
    assert rows.together is not None
    option = f"--group {quoted(column)}"
    if len(np.unique(group)) < 2 and not (group == NO_GROUP).any():
        raise UsageError(f"{option}: every row has the same value; two groups at least are needed. {_CURE}")
    if len(np.unique(rows.together)) < 2:
        raise UsageError(
            f"{option}: rows with exactly the same features join all groups into one, so that none can be judged by "
            f"the others. {_CURE}"
        )
    for code, name in enumerate(classes):
        mine = rows.given == code
        if len(np.unique(rows.fold[mine])) < 2:
            raise UsageError(
                f"{option}: {_alone(rows.together[mine], group[mine])} of the class {quoted(name)} "
                f"({counted(int(mine.sum()), 'row')}) stand together, so that no other group can vouch for their "
                f"label. Leave these rows out of the data, or {_CURE[0].lower()}{_CURE[1:]}"
            )


_CURE = "Name another column, or audit without --group."


def _alone(together: Codes, group: Codes) -> str:
    if len(np.unique(together)) > 1:
        return "the groups"
    if len(np.unique(group)) == 1:
        return "all rows"
    return "all rows (of groups that share rows with exactly the same features)"


def groups_record(column: str, table: Table, rows: Rows) -> dict[str, Any]:
    """How many groups the labelled rows have and how large the largest is, and likewise of what is left out together.

    Exact duplicates join their groups. A row without a group counts as none.
    """
    assert table.group is not None
    assert rows.together is not None
    sizes = np.unique(table.group[table.group != NO_GROUP], return_counts=True)[1]
    together = np.bincount(rows.together)
    return {
        "column": column,
        "groups": len(sizes),
        "largest": int(sizes.max(initial=0)),
        "rows_without": int((table.group == NO_GROUP).sum()),
        "left_out_together": len(together),
        "largest_together": int(together.max()),
        "folds": len(np.unique(rows.fold)),
    }
