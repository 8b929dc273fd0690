"""The rows that weigh most for and against one row's label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelaudit.explanations.fitted import FittedRows
from labelaudit.explanations.result import NOBODY, Agreement, Neighbour, Side
from labelaudit.explanations.values import agrees, value_at

Array = NDArray[np.float64]

NOISE = 1e-12  # of the largest influence: below, its sign is rounding


def sides(model: FittedRows, row: int, top: int, by_push: Sequence[str]) -> tuple[Side, Side]:
    """The rows that oppose and those that support the label of one fitted row, the row itself left out.

    A row weighs its influence times its own label_score, its share in the row's average influence: else rows with the
    same error, whose large residuals make them influential, would stand first as each other's support. by_push names
    the columns, those that push the row most first: the order of the columns that agree.
    """
    influence = model.pairwise(row)
    weight = influence * model.score
    noise = NOISE * np.abs(influence).max(initial=0.0)
    weight[(np.abs(influence) <= noise) | (np.arange(len(weight)) == row)] = 0.0
    opposing, supporting = (_side(model, row, influence, sign * weight, top, by_push) for sign in (-1, 1))
    return opposing, supporting


def strongest(size: Array, count: int) -> NDArray[np.int64]:
    """Positions of the largest positive values, at most so many, the largest first; of equal ones the first."""
    found = np.flatnonzero(size > 0)
    if 0 < count < len(found):
        least = np.partition(size[found], len(found) - count)[len(found) - count]
        found = found[size[found] >= least]
    return found[np.argsort(-size[found], kind="stable")][:count]


def _side(model: FittedRows, row: int, influence: Array, size: Array, top: int, by_push: Sequence[str]) -> Side:
    """The rows whose size, what they weigh on this side, is positive."""
    chosen = size > 0
    if not chosen.any():
        return NOBODY
    total = float((influence[chosen] * model.score[chosen]).sum())
    others = strongest(size, top)
    return Side(int(chosen.sum()), total, _neighbours(model, row, others, influence, by_push) if len(others) else ())


def _neighbours(
    model: FittedRows, row: int, others: NDArray[np.int64], influence: Array, by_push: Sequence[str]
) -> tuple[Neighbour, ...]:
    by_name = {c.name: c for c in model.columns}
    columns = [by_name[name] for name in by_push]
    alike = np.array([agrees(c, row, others) for c in columns], dtype=bool).reshape(-1, len(others)).T
    table = model.table
    files = [s.path for s in table.sources]
    return tuple(
        Neighbour(
            row=int(table.row[at]),
            file=files[int(table.file[at])] if len(files) > 1 else None,
            line=int(table.line[at]) if table.line[at] >= 0 else None,
            ids={name: str(values[at]) for name, values in table.ids.items()},
            given_label=table.classes[int(table.given[at])],
            label_score=float(model.score[other]),
            influence=float(influence[other]),
            same_features=bool(model.rows.hashes[other] == model.rows.hashes[row]),
            agrees=tuple(Agreement(columns[i].name, value_at(columns[i], int(other))) for i in np.flatnonzero(same)),
            of_columns=len(columns),
        )
        for other, at, same in zip(others.tolist(), model.fitted[others].tolist(), alike, strict=True)
    )
