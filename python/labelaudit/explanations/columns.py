"""How each column of the table pushes one row: towards its label or another, and towards helping or harming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.run import take
from labelaudit.blocks import layout_of
from labelaudit.encode.content import sample
from labelaudit.encode.encoder import feature_columns
from labelaudit.encode.rows import encode_blocks
from labelaudit.explanations.fitted import FittedRows
from labelaudit.explanations.result import Push
from labelaudit.explanations.values import usual_value, value_at
from labelaudit.influence import residuals
from labelaudit.model.targets import HardTargets
from labelaudit.table.table import Column

Array = NDArray[np.float64]

DRAWN = 200  # rows that values are taken from; a guess: the mean of 200 is known to a fourteenth of their spread
BATCH_BYTES = 64 * 2**20  # of encoded rows at a time


@dataclass(frozen=True)
class Pushes:
    """Contributions and perturbation influences, (columns,), and the logit difference of the row and of the drawn rows.

    Where the encoding is additive (linear, spline) the contributions sum to logit_difference less average.
    """

    contributions: Array
    perturbations: Array
    logit_difference: float
    average: float


def pushes(model: FittedRows, row: int, theta: Array, given: int, against: int) -> Pushes:
    """How each of the model's columns pushes one fitted row; given and against are class codes.

    Logits are those at theta, the coefficients without the row: the fitted ones have bent towards its label.

    A column's contribution is what is lost on average when its value is replaced by those of DRAWN rows (of all rows
    where there are fewer), drawn by content, and all other columns stay. Replacing cells and encoding anew is exact
    and means the same for every encoding, whereas coefficients have no columns of the table where kernel features mix
    them. The average over other rows' values needs no value to be declared neutral: against the most frequent one, a
    row that has it would get nothing, however much it tells. The perturbation influence is the same for the row's
    average influence (at the fit) on all rows weighted by label_score: finite perturbations, since a category has no
    derivative; for small ones it agrees with `influence.perturbation_influence` (test_columns).
    """
    drawn = sample(model.rows.hashes, DRAWN)
    code = int(model.rows.given[row])

    def outcomes(cells: Sequence[Column]) -> tuple[Array, Array]:
        logits, influence = _outcomes(model, cells, code, theta)
        return _difference(logits, given, against), influence

    logits, influence = outcomes(take(model.cells, np.array([row])))
    average, _ = outcomes(take(model.cells, drawn))
    replaced = [np.stack(outcomes(cells)).reshape(2, -1, len(drawn)).mean(2) for cells in _replaced(model, row, drawn)]
    of_logits, of_influence = np.concatenate([np.empty((2, 0)), *replaced], 1)  # there may be no feature
    return Pushes(logits[0] - of_logits, influence[0] - of_influence, float(logits[0]), float(average.mean()))


def _replaced(model: FittedRows, row: int, drawn: NDArray[np.int64]) -> Iterator[tuple[Column, ...]]:
    """The row's cells over and over, for each feature with this one's from the drawn rows; some features at a time."""
    m = len(drawn)
    own = {c.name: c for c in model.columns}
    names = list(own)
    each = max(1, BATCH_BYTES // (8 * m * model.objective.blocks.cols))
    for first in range(0, len(names), each):
        batch = names[first : first + each]
        cells = take(model.cells, np.full(m * len(batch), row))
        by_name = {c.name: c for c in cells}
        for n, name in enumerate(batch):
            by_name[name].values[n * m : (n + 1) * m] = own[name].values[drawn]
        yield cells


def _outcomes(model: FittedRows, cells: Sequence[Column], code: int, theta: Array) -> tuple[Array, Array]:
    """Logits at theta (rows, outputs) and average influence (rows,) of rows with these cells and this label."""
    count = len(cells[0].values)
    layout = layout_of(np.zeros(count, dtype=np.int64))
    blocks = encode_blocks(model.audit.model.encoder, feature_columns(cells), layout, threads=model.threads)
    rows = residuals(blocks, HardTargets(np.full(count, code), model.rows.classes), model.theta)
    influence = blocks.map(lambda block: (rows.of(block) * block.forward(model.credible)).sum(1))
    return blocks.map(lambda block: block.forward(theta)), influence


def _difference(z: Array, given: int, against: int) -> Array:
    """The logit of one class less that of another, (rows,); one logit is the second class's, the first one's is 0."""
    if z.shape[1] == 1:
        return z[:, 0] * (given - against)
    out: Array = z[:, given] - z[:, against]
    return out


def told(model: FittedRows, row: int, found: Pushes, given: int, against: int) -> tuple[Push, ...]:
    """The columns with their values, the strongest contribution first."""
    of_given, of_against = (np.flatnonzero(model.rows.given == code) for code in (given, against))
    order = np.argsort(-np.abs(found.contributions), kind="stable")
    return tuple(
        Push(
            column.name,
            column.kind,
            value_at(column, row),
            usual_value(column, of_given),
            usual_value(column, of_against),
            float(found.contributions[i]),
            float(found.perturbations[i]),
        )
        for i, column in ((int(i), model.columns[i]) for i in order)
    )
