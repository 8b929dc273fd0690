"""From rows to scores: credibility by noise models over out-of-sample probabilities, then influence on credible rows.

Everything here is in storage order; `docs/method.md` has the derivation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.curvature import Curvature, curvature_at, quadratic
from labelaudit.evidence import Alike, out_of_sample
from labelaudit.influence import Residuals, average_influence, leverage, mean_gradient, residuals, self_influence
from labelaudit.model.fit import Fit, Solver, newton
from labelaudit.model.objective import Objective
from labelaudit.model.targets import SoftTargets
from labelaudit.noise import CANDIDATES, Candidate, log_likelihood, posterior, shares, soft_counts

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
RankBy = Literal["label_score", "average_influence", "self_influence", "self_confidence"]

EM_ROUNDS = 4  # of E step, M step and leaving out; the estimate hardly moves after that
EM_FIT_TOLERANCE = 1e-6
EM_FIT_STEPS = 20


@dataclass(frozen=True)
class Credibility:
    """What the noise models make of the labels.

    belief (rows, classes): P(true | x, given). noise (classes, classes): the averaged matrix P(given | true).
    counts (classes, classes): expected rows with each (given, true). weights: how much each candidate counted.
    """

    belief: Array
    noise: Array
    counts: Array
    weights: dict[str, float]


@dataclass(frozen=True)
class Explained:
    """One candidate after its EM rounds."""

    belief: Array
    noise: Array
    likelihood: float


def credibility(
    objective: Objective,
    fit: Fit,
    p: Array,
    given: Codes,
    solver: Solver,
    same: Alike,
    tick: Callable[[], None] = lambda: None,
) -> Credibility:
    """P(true | x, given) of every row, by noise matrices between one rate and full, averaged by likelihood.

    objective and fit are of the given labels, p (rows, classes) their out-of-sample probabilities.
    """
    explained = []
    for candidate in CANDIDATES:
        explained.append(_explain(candidate, objective, fit.theta, p, given, solver, same))
        tick()
    classes = p.shape[1]
    share = shares(
        np.array([e.likelihood for e in explained]),
        np.array([c.parameters(classes) for c in CANDIDATES], dtype=np.float64),
        len(given),
    )
    belief = sum((s * e.belief for s, e in zip(share[1:], explained[1:], strict=True)), share[0] * explained[0].belief)
    noise = sum((s * e.noise for s, e in zip(share[1:], explained[1:], strict=True)), share[0] * explained[0].noise)
    names = [c.name for c in CANDIDATES]
    return Credibility(belief, noise, soft_counts(belief, given), dict(zip(names, share.tolist(), strict=True)))


def _explain(
    candidate: Candidate, objective: Objective, theta: Array, p: Array, given: Codes, solver: Solver, same: Alike
) -> Explained:
    for _ in range(EM_ROUNDS):
        soft = replace(objective, targets=SoftTargets(posterior(candidate.estimate(p, given), p, given)))
        theta = newton(soft, start=theta, solver=solver, tolerance=EM_FIT_TOLERANCE, max_steps=EM_FIT_STEPS).theta
        p = out_of_sample(soft, theta, solver, same)
    noise = candidate.estimate(p, given)
    return Explained(posterior(noise, p, given), noise, log_likelihood(noise, p, given))


@dataclass(frozen=True)
class Scores:
    """Every quantity of every row, (rows,) each; predicted holds class codes."""

    label_score: Array
    predicted: Codes
    average_influence: Array
    self_influence: Array
    self_confidence: Array
    leverage: Array


def score(
    objective: Objective, fit: Fit, p: Array, given: Codes, belief: Credibility, solver: Solver, reference: Array | None
) -> Scores:
    """All scores of all rows; `reference` is the trusted rows' mean gradient at the fit (cols, outputs), if any.

    Influence uses the fit to the given labels with unit weights and its Hessian. Without trusted rows it is measured
    on all rows, each weighted by its credibility.
    """
    rows = residuals(objective.blocks, objective.targets, fit.theta)
    curvature = curvature_at(objective, fit.theta, solver)
    right = np.clip(belief.belief[np.arange(len(given)), given], 0.0, 1.0)
    gradient = mean_gradient(rows, right) if reference is None else reference
    return Scores(
        label_score=right,
        predicted=belief.belief.argmax(1),
        average_influence=average_influence(rows, curvature, gradient),
        self_confidence=p[np.arange(len(given)), given],
        **_quadratic_scores(rows, curvature),
    )


def _quadratic_scores(rows: Residuals, curvature: Curvature) -> dict[str, Array]:
    forms = quadratic(curvature, rows.blocks)
    return {"self_influence": self_influence(rows, forms), "leverage": leverage(rows, forms)}


def flagged(label_score: Array, may_be_flagged: NDArray[np.bool_], max_fdr: float) -> NDArray[np.bool_]:
    """The longest run of lowest scores whose mean, the expected share of false alarms, is at most max_fdr."""
    out = np.zeros(len(label_score), dtype=bool)
    candidates = np.flatnonzero(may_be_flagged)
    order = candidates[np.argsort(label_score[candidates], kind="stable")]
    mean = np.cumsum(label_score[order]) / np.arange(1, len(order) + 1)
    out[order[: int(np.searchsorted(mean, max_fdr, side="right"))]] = True
    return out
