"""One door to the optimisers; torch is imported only by those that are torch's own."""

from __future__ import annotations

from labelaudit.model.fit import Fit, Optimizer, Solver, newton
from labelaudit.model.objective import Objective


def minimise(objective: Objective, optimizer: Optimizer = "newton", *, solver: Solver = "direct", seed: int = 0) -> Fit:
    """Fits the objective from zero; AdamW by the benchmark's schedule, its decay left to the objective's L2."""
    if optimizer == "newton":
        return newton(objective, solver=solver)
    from labelaudit.model.logistic import Schedule, adamw, lbfgs

    if optimizer == "lbfgs":
        return lbfgs(objective)
    return adamw(objective, Schedule(weight_decay=0.0, seed=seed))
