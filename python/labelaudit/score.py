"""From rows to scores: credibility by noise models over out-of-sample probabilities, then influence on credible rows.

Everything here is in storage order; `docs/method.md` has the derivation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.curvature import Curvature, curvature_at
from labelaudit.evidence import Alike, out_of_sample
from labelaudit.influence import Residuals, average_influence, leverage, mean_gradient, residuals, self_influence
from labelaudit.model.fit import Fit, Solver, newton
from labelaudit.model.objective import Objective
from labelaudit.model.targets import SoftTargets
from labelaudit.noise import (
    NoiseModel,
    estimate,
    log_likelihood,
    noise_models,
    posterior,
    shares,
    sharpened,
    soft_counts,
)

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
    counts (classes, classes): expected rows with each (given, true). weights: how much each noise model counted.
    """

    belief: Array
    noise: Array
    counts: Array
    weights: dict[str, float]


@dataclass(frozen=True)
class Evidence:
    """Rows as the noise models see them, in storage order.

    objective is that of the given labels; same groups exact duplicates; drawn are the positions that noise matrices are
    estimated on, the same rows in whatever order they stand.
    """

    objective: Objective
    given: Codes
    same: Alike
    solver: Solver
    drawn: NDArray[np.int64]


@dataclass(frozen=True)
class Explained:
    """One noise model after its EM rounds; likelihood is the log-likelihood of the given labels."""

    belief: Array
    noise: Array
    likelihood: float


def credibility(
    evidence: Evidence, fit: Fit, p: Array, classes: int, tick: Callable[[str], None] = lambda model: None
) -> Credibility:
    """P(true | x, given) of every row, by noise models averaged by their likelihood.

    fit is of the given labels, p (rows, classes) its out-of-sample probabilities.
    """
    models = noise_models(classes)
    explained = []
    for model in models:
        tick(model.name)
        explained.append(_explain(model, evidence, fit.theta, p))
    likelihoods = np.array([e.likelihood for e in explained])
    share = shares(likelihoods, np.array([m.parameters(classes) for m in models]), len(evidence.given))
    belief = np.zeros_like(p)
    noise = np.zeros((classes, classes))
    for weight, e in zip(share, explained, strict=True):
        belief += weight * e.belief
        noise += weight * e.noise
    weights = dict(zip((m.name for m in models), share.tolist(), strict=True))
    return Credibility(belief, noise, soft_counts(belief, evidence.given), weights)


def _explain(model: NoiseModel, evidence: Evidence, theta: Array, p: Array) -> Explained:
    given = evidence.given
    sharpness: float | None = None

    def estimated() -> tuple[Array, Array]:
        nonlocal sharpness
        noise, sharpness = estimate(model, p[evidence.drawn], given[evidence.drawn], sharpness)
        return noise, sharpened(p, sharpness)

    for _ in range(EM_ROUNDS):
        noise, sharp = estimated()
        soft = replace(evidence.objective, targets=SoftTargets(posterior(noise, sharp, given)))
        fit = newton(soft, start=theta, solver=evidence.solver, tolerance=EM_FIT_TOLERANCE, max_steps=EM_FIT_STEPS)
        theta = fit.theta
        p = out_of_sample(soft, theta, evidence.solver, evidence.same)
    noise, sharp = estimated()
    return Explained(posterior(noise, sharp, given), noise, log_likelihood(noise, sharp, given))


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
    forms = curvature.quadratic(rows.blocks)
    return {"self_influence": self_influence(rows, forms), "leverage": leverage(rows, forms)}


def flagged(label_score: Array, may_be_flagged: NDArray[np.bool_], max_fdr: float) -> NDArray[np.bool_]:
    """The longest run of lowest scores whose mean, the expected share of false alarms, is at most max_fdr."""
    out = np.zeros(len(label_score), dtype=bool)
    candidates = np.flatnonzero(may_be_flagged)
    order = candidates[np.argsort(label_score[candidates], kind="stable")]
    mean = np.cumsum(label_score[order]) / np.arange(1, len(order) + 1)
    out[order[: int(np.searchsorted(mean, max_fdr, side="right"))]] = True
    return out
