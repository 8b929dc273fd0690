"""From rows to scores: credibility by noise models over out-of-sample probabilities, then influence on credible rows.

Everything here is in storage order; `docs/method.md` has the derivation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import RowBlocks
from labelaudit.curvature import Curvature, curvature_at
from labelaudit.evidence import Alike, out_of_sample
from labelaudit.influence import average_influence, mean_gradient, residuals, self_influence_and_leverage
from labelaudit.kernels import native
from labelaudit.model.chord import newton_of_many
from labelaudit.model.fit import Fit, Solver
from labelaudit.model.objective import Objective
from labelaudit.model.targets import SoftTargets, class_probabilities
from labelaudit.noise.matrices import soft_counts
from labelaudit.noise.models import NoiseEstimate, estimate

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
RankBy = Literal["label_score", "average_influence", "self_influence", "self_confidence"]

EM_ROUNDS = 2  # of E step, M step and leaving out; the estimate hardly moves after that
EM_FIT_TOLERANCE = 1e-6
EM_CHORD_TOLERANCE = 1e-8
EM_FIT_STEPS = 20
ROWS_A_PARAMETER = 1000  # from which on leaving a row out moves its logit by less than a thousandth; a guess


@dataclass(frozen=True)
class Voter:
    """One encoding's model of the given labels: objective, fit, and out-of-sample probabilities p (rows, classes).

    weight: how much p counts. trusted: the blocks of the trusted rows in this encoding, if there are any. curvature:
    the objective's at the fit, where it is known already.
    """

    objective: Objective
    fit: Fit
    p: Array
    weight: float
    solver: Solver
    trusted: RowBlocks | None = None
    curvature: Curvature | None = None

    def trusted_probabilities(self) -> Array:
        """Class probabilities of the trusted rows, which the model has not seen, (trusted rows, classes)."""
        assert self.trusted is not None
        return self.trusted.map(lambda block: class_probabilities(native.probabilities(block.forward(self.fit.theta))))


@dataclass(frozen=True)
class Evidence:
    """Given labels as the noise models see them, in storage order.

    same groups exact duplicates; drawn are the positions that noise matrices of more than two classes are estimated on,
    the same rows in whatever order they stand; trusted holds the true classes of the trusted rows, if there are any.
    """

    given: Codes
    same: Alike
    drawn: NDArray[np.int64]
    trusted: Codes | None = None


@dataclass(frozen=True)
class Credibility:
    """What the noise models make of the labels.

    belief (rows, classes): P(true | x, given). counts (classes, classes): expected rows with each (given, true).
    without_trusted: the estimate from the audited rows alone, where there were trusted ones.
    """

    belief: Array
    counts: Array
    estimate: NoiseEstimate
    without_trusted: NoiseEstimate | None = None


def credibility(
    evidence: Evidence, voters: Sequence[Voter], tick: Callable[[str], None] = lambda stage: None
) -> Credibility:
    """P(true | x, given) of every row, from the voters' averaged out-of-sample probabilities.

    Estimating how labels go wrong and refitting the voters to what they then probably are alternate: an EM algorithm
    in which every row's probabilities come from a model that has not seen its label.
    """
    threads = voters[0].objective.blocks.threads
    for round_ in range(EM_ROUNDS):
        tick(f"weighing the labels (round {round_ + 1} of {EM_ROUNDS})")
        belief = _estimated(evidence, voters).belief(averaged(voters), evidence.given, threads)
        voters = [_refitted(voter, belief, evidence.same) for voter in voters]
    final = _estimated(evidence, voters)
    alone = None if evidence.trusted is None else _estimated(replace(evidence, trusted=None), voters)
    belief = final.belief(averaged(voters), evidence.given, threads)
    return Credibility(belief, soft_counts(belief, evidence.given), final, alone)


def credibility_by(p: Array, evidence: Evidence) -> Credibility:
    """The same from out-of-sample probabilities (rows, classes) of another model, which is not refitted.

    Trusted rows take no part: that model's probabilities of them are not known.
    """
    final = _estimate_from(p, evidence)
    belief = final.belief(p, evidence.given)
    return Credibility(belief, soft_counts(belief, evidence.given), final)


def averaged(voters: Sequence[Voter]) -> Array:
    """The voters' out-of-sample probabilities by weight, (rows, classes)."""
    if len(voters) == 1:
        return voters[0].p
    out: Array = np.sum([voter.weight * voter.p for voter in voters], axis=0)
    return out


def _estimated(evidence: Evidence, voters: Sequence[Voter]) -> NoiseEstimate:
    trusted = None
    if evidence.trusted is not None:
        trusted = np.sum([v.weight * v.trusted_probabilities() for v in voters], axis=0), evidence.trusted
    return _estimate_from(averaged(voters), evidence, voters[0].objective.blocks.threads, trusted)


def _estimate_from(
    p: Array, evidence: Evidence, threads: int = 1, trusted: tuple[Array, Codes] | None = None
) -> NoiseEstimate:
    if p.shape[1] == 2:  # of which the estimate takes all rows at the price of few
        return estimate(p, evidence.given, trusted, threads)
    return estimate(p[evidence.drawn], evidence.given[evidence.drawn], trusted, threads)


def _refitted(voter: Voter, belief: Array, same: Alike) -> Voter:
    """The voter fitted to P(true | x, given) instead of the given labels."""
    soft = replace(voter.objective, targets=SoftTargets(belief))
    start = voter.fit.theta
    how = {"tolerance": EM_FIT_TOLERANCE, "chord_tolerance": EM_CHORD_TOLERANCE}
    fit = newton_of_many(soft, start=start, solver=voter.solver, max_steps=EM_FIT_STEPS, **how)
    # of so many rows each bears on itself so little that the Hessian of the given labels' fit will do to leave it out
    known = voter.curvature if soft.rows >= ROWS_A_PARAMETER * soft.parameters else None
    return replace(voter, fit=fit, curvature=known, p=out_of_sample(soft, fit.theta, voter.solver, same, known))


@dataclass(frozen=True)
class Scores:
    """Every quantity of every row, (rows,) each; predicted holds class codes."""

    label_score: Array
    predicted: Codes
    average_influence: Array
    self_influence: Array
    self_confidence: Array
    leverage: Array


def own_influence(voter: Voter) -> tuple[Array, Array]:
    """Self-influence and leverage of every row, (rows,) each, which no belief bears on."""
    rows = residuals(voter.objective.blocks, voter.objective.targets, voter.fit.theta)
    return self_influence_and_leverage(rows, _curvature(voter))


def _curvature(voter: Voter) -> Curvature:
    return voter.curvature or curvature_at(voter.objective, voter.fit.theta, voter.solver)


def score(
    voter: Voter, given: Codes, belief: Array, reference: Array | None, own: tuple[Array, Array] | None = None
) -> Scores:
    """All scores of all rows; `reference` is the trusted rows' mean gradient at the fit (cols, outputs), if any.

    Influence uses the voter's fit to the given labels with unit weights and its Hessian. Without trusted rows it is
    measured on all rows, each weighted by its credibility. own: the voter's `own_influence`, where it is known already.
    """
    objective, fit, each = voter.objective, voter.fit, np.arange(len(given))
    rows = residuals(objective.blocks, objective.targets, fit.theta)
    curvature = _curvature(voter)
    right = np.clip(belief[each, given], 0.0, 1.0)
    gradient = mean_gradient(rows, right) if reference is None else reference
    self_influence, leverage = own or self_influence_and_leverage(rows, curvature)
    return Scores(
        label_score=right,
        predicted=belief.argmax(1),
        average_influence=average_influence(rows, curvature, gradient),
        self_confidence=voter.p[each, given],
        self_influence=self_influence,
        leverage=leverage,
    )


def flagged(label_score: Array, may_be_flagged: NDArray[np.bool_], max_fdr: float) -> NDArray[np.bool_]:
    """The longest run of lowest scores whose mean, the expected share of false alarms, is at most max_fdr."""
    out = np.zeros(len(label_score), dtype=bool)
    candidates = np.flatnonzero(may_be_flagged)
    order = candidates[np.argsort(label_score[candidates], kind="stable")]
    mean = np.cumsum(label_score[order]) / np.arange(1, len(order) + 1)
    out[order[: int(np.searchsorted(mean, max_fdr, side="right"))]] = True
    return out
