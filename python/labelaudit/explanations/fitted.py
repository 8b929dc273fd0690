"""The audited rows with the audit's own fitted model: what every part of an explanation is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelaudit.assess import rows_of
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.result import Audit
from labelaudit.audits.run import fitted_rows, take
from labelaudit.blocks import Block, Layout, layout_of
from labelaudit.choose import Rows, hard_objective
from labelaudit.curvature import Curvature, curvature_at
from labelaudit.encode.rows import encode_blocks
from labelaudit.influence import Residuals, average_influence, mean_gradient, residuals
from labelaudit.model.fit import Solver
from labelaudit.model.objective import Objective
from labelaudit.table.table import Column, Table

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FittedRows:
    """An audit's table again, and its model on it; nothing is fitted anew.

    fitted: positions in the table of the rows that the model was fitted to; `cells` (all of the table's columns) and
    `rows` hold these rows alone, in this order. stored: the storage position of each. score: their label_score.
    """

    audit: Audit
    table: Table
    fitted: NDArray[np.int64]
    cells: tuple[Column, ...]
    rows: Rows
    layout: Layout
    stored: NDArray[np.int64]
    score: Array
    objective: Objective
    residuals: Residuals
    threads: int

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are features."""
        used = {c["name"] for c in self.audit.summary["columns"]}
        return tuple(c for c in self.cells if c.name in used)

    @property
    def theta(self) -> Array:
        """The coefficients, (cols, outputs)."""
        return self.audit.model.theta

    @property
    def solver(self) -> Solver:
        """The solver that the audit used."""
        solver: Solver = self.audit.summary["fit"]["solver"]
        return solver

    @cached_property
    def curvature(self) -> Curvature:
        """The Hessian at the fit, by the audit's solver; factored once for all rows that are explained."""
        return curvature_at(self.objective, self.theta, self.solver)

    @cached_property
    def gradient_norm(self) -> float:
        """The largest entry of the objective's gradient at theta: about zero where the fit had converged."""
        return float(np.abs(self.objective.loss_and_gradient(self.theta)[1]).max())

    @cached_property
    def credible(self) -> Array:
        """H^-1 times the mean gradient over all rows weighted by label_score, (cols, outputs)."""
        weights = self.score[self.layout.order]
        gradient = mean_gradient(self.residuals, weights if weights.sum() > 0 else np.ones(len(weights)))
        out: Array = self.curvature.solve(gradient[None])[0]
        return out

    def block(self, row: int) -> Block:
        """One fitted row as a block of its own."""
        at = int(self.stored[row])
        block = next(b for b in self.objective.blocks.blocks if b.start <= at < b.stop)
        return block.take(np.array([at - block.start]))

    def gradient(self, row: int) -> Array:
        """x (x) r of one fitted row, (cols, outputs)."""
        out: Array = self.block(row).outer(self.residuals.r[[self.stored[row]]])[0]
        return out

    def pairwise(self, row: int) -> Array:
        """g_other^T H^-1 g_row for all fitted rows, (rows,): one solve and one pass."""
        influence = average_influence(self.residuals, self.curvature, self.gradient(row))
        out: Array = self.layout.to_table_order(influence)
        return out


def fitted_rows_of(audit: Audit, table: Table, *, threads: int = 1) -> FittedRows:
    """The audit's model on its table, which must be the one that was audited (see `data.read_again`)."""
    fitted, codes = fitted_rows(table)
    cells = take(table.columns, fitted)
    group = None if table.group is None else table.group[fitted]
    rows = rows_of(cells, codes[table.given[fitted]], len(audit.model.classes), group)
    layout = layout_of(rows.fold)
    precision = AuditOptions.of(audit.record["options"]).settings.precision
    blocks = encode_blocks(audit.model.encoder, rows.columns, layout, threads=threads, precision=precision)
    objective = hard_objective(blocks, rows.given[layout.order], rows.classes, audit.summary["fit"]["l2"])
    stored = np.empty(layout.rows, dtype=np.int64)
    stored[layout.order] = np.arange(layout.rows)
    return FittedRows(
        audit,
        table,
        fitted,
        cells,
        rows,
        layout,
        stored,
        audit.ranking.sort_values("row")["label_score"].to_numpy()[fitted],
        objective,
        residuals(objective.blocks, objective.targets, audit.model.theta),
        threads,
    )
