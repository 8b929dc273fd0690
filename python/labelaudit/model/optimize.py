"""One door to the optimisers; torch is imported only by those that are torch's own."""

from __future__ import annotations

from dataclasses import replace

from labelaudit.model.chord import newton_of_many
from labelaudit.model.fit import TOLERANCE, Fit, Optimizer, Solver, newton
from labelaudit.model.objective import Objective
from labelaudit.model.targets import MANY_CLASSES

POLISHED = 1e-3  # of the tolerance: another Newton step would be rounding
FURTHER = 1e-4  # of the tolerance: where chord steps end, which cost little


def minimise(objective: Objective, optimizer: Optimizer = "newton", *, solver: Solver = "direct", seed: int = 0) -> Fit:
    """Fits the objective from zero; AdamW by the benchmark's schedule, its decay left to the objective's L2."""
    if optimizer == "newton":
        fit = newton_of_many(objective, solver=solver, tolerance=TOLERANCE, chord_tolerance=FURTHER * TOLERANCE)
        return fit if fit.gradient_norm <= POLISHED * TOLERANCE else _polished(objective, fit, solver)
    from labelaudit.model.logistic import Schedule, adamw, lbfgs

    if optimizer == "lbfgs":
        return lbfgs(objective)
    return adamw(objective, Schedule(weight_decay=0.0, seed=seed))


def _polished(objective: Objective, fit: Fit, solver: Solver) -> Fit:
    """One more Newton step, which doubles the digits of what already met the tolerance; kept if the gradient shrank.

    Of many classes without a factored Hessian it would cost as much as the fit itself.
    """
    if not fit.converged or fit.gradient_norm == 0.0 or (solver == "cg" and objective.outputs > MANY_CLASSES):
        return fit
    step = newton(objective, start=fit.theta, solver=solver, tolerance=0.0, max_steps=1)
    if step.gradient_norm >= fit.gradient_norm:
        return fit
    return replace(step, iterations=fit.iterations + step.iterations, tolerance=fit.tolerance, converged=True)
