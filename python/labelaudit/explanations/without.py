"""What the model would say of one row, had it not seen the row nor what belongs to it: duplicates, or its group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labelaudit.curvature import curvature_at
from labelaudit.evidence import LEVERAGE_SLACK, REST_TOLERANCE
from labelaudit.explanations.fitted import FittedRows
from labelaudit.kernels import native
from labelaudit.model.fit import newton
from labelaudit.model.targets import class_probabilities

Array = NDArray[np.float64]


def duplicates(model: FittedRows, row: int) -> NDArray[np.int64]:
    """The fitted rows with exactly the same features, the row itself among them."""
    return np.flatnonzero(model.rows.hashes == model.rows.hashes[row])


def belonging(model: FittedRows, row: int) -> NDArray[np.int64]:
    """The fitted rows that are left out with it, itself among them: its group if the audit was by groups."""
    together = model.rows.together
    return duplicates(model, row) if together is None else np.flatnonzero(together == together[row])


def theta_without(model: FittedRows, row: int) -> Array:
    """The coefficients (cols, outputs) one Newton step from theta without one fitted row and its duplicates.

    In an audit by groups, those fitted to the rows that do not belong to its group.

    In sample the model has bent towards the row's label, so that what it says of the row is no evidence. With the
    Hessian factored the step is that of `evidence.leave_one_out` in closed form. Conjugate gradient takes the same one
    (by Woodbury's identity) as a single solve with the rows' weight at zero.
    """
    if model.rows.together is not None:
        return _refitted(model, row)
    out: Array = model.theta + (_closed_form if model.solver == "direct" else _newton_step)(model, row)
    return out


def _refitted(model: FittedRows, row: int) -> Array:
    weights = np.ones(model.layout.rows)
    weights[model.stored[belonging(model, row)]] = 0.0
    rest = replace(model.objective, weights=weights)
    return newton(rest, start=model.theta, solver=model.solver, tolerance=REST_TOLERANCE).theta


def probabilities_at(model: FittedRows, row: int, theta: Array) -> Array:
    """Class probabilities (classes,) of one fitted row at these coefficients."""
    out: Array = class_probabilities(native.probabilities(model.block(row).forward(theta)))[0]
    return out


def _closed_form(model: FittedRows, row: int) -> Array:
    """H^-1 (x (x) m (I - m S Q)^-1 r) / rows, in the notation of `evidence.leave_one_out`."""
    same, block = model.stored[duplicates(model, row)], model.block(row)
    k = model.objective.outputs
    units = model.curvature.solve(np.concatenate([block.outer(unit[None]) for unit in np.eye(k)]))
    wide = np.ascontiguousarray(units.transpose(1, 0, 2)).reshape(-1, k * k)
    share = len(same) / model.objective.rows
    q = block.forward(wide).reshape(k, k) * share
    p = model.residuals.p[same[0]]
    s = np.diag(p) - np.outer(p, p)
    bent = np.linalg.solve((1 + LEVERAGE_SLACK) * np.eye(k) - s @ q, model.residuals.r[same].mean(0))
    return np.tensordot(share * bent, units, 1)


def _newton_step(model: FittedRows, row: int) -> Array:
    same = model.stored[duplicates(model, row)]
    weights = np.ones(model.layout.rows)
    weights[same] = 0.0
    rest = curvature_at(replace(model.objective, weights=weights), model.theta, model.solver)
    step: Array = rest.solve(model.block(row).outer(model.residuals.r[same].sum(0)[None] / model.objective.rows))[0]
    return step
