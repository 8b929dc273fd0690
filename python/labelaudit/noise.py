"""How labels go wrong: models of the noise matrix P(given | true), and what they make of a row.

A noise matrix is an array (classes, classes): noise[g, t] = P(given g | true t), columns sum to 1. The likelihood of a
given label g of a row with class probabilities p is sum_t noise[g, t] p[t]; p is always out of sample, for in sample
the model has already bent towards the label. A penalised model is less sure than it should be, which would pass for
overlap of the classes and leave no errors to explain: so every noise model also estimates by how much to sharpen p.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

RATES = (0.001, 0.6)  # bounds of an estimated rate
RATE_TOLERANCE = 1e-4
EM_STEPS = 60
EM_TOLERANCE = 1e-4  # of any entry of the matrix
SMALLEST_LIKELIHOOD = 1e-12
PRIOR_STRENGTH = 30.0  # pseudo-rows a class that pull the full matrix towards the one-rate matrix
SPARSITY = 0.1  # times the root of the rows, over the classes: expected rows that a directed error must exceed; a guess
OTHER_WAY = 0.05  # of the rate of a directed model is left to all other errors: none is ever impossible; a guess
SHARPNESS = tuple(np.geomspace(1.0, 4.0, 7).tolist())
LOGIT_BINS = 300
TEMPER = 10.0  # likelihoods are softened by this before models are averaged: a guess; rows are not independent


def posterior(noise: Array, p: Array, given: Codes) -> Array:
    """P(true | x, given) for every row: p (rows, classes), given (rows,), returns (rows, classes)."""
    joint = noise[given] * p
    out: Array = joint / np.maximum(joint.sum(1, keepdims=True), 1e-300)
    return out


def log_likelihood(noise: Array, p: Array, given: Codes) -> float:
    """Of the given labels."""
    likelihood = np.einsum("nt,nt->n", noise[given], p)
    return float(np.log(np.maximum(likelihood, SMALLEST_LIKELIHOOD)).sum())


def sharpened(p: Array, sharpness: float) -> Array:
    """p to the power of `sharpness`, normalised: logits times it."""
    if sharpness == 1.0:
        return p
    log_p = sharpness * np.log(np.maximum(p, SMALLEST_LIKELIHOOD))
    powers = np.exp(log_p - log_p.max(1, keepdims=True))
    out: Array = powers / powers.sum(1, keepdims=True)
    return out


def soft_counts(belief: Array, given: Codes) -> Array:
    """Expected rows with each (given, true): (classes, classes) from P(true | ..) (rows, classes)."""
    classes = belief.shape[1]
    return np.stack([np.bincount(given, weights=belief[:, t], minlength=classes) for t in range(classes)], 1)


def one_rate_matrix(rate: float, classes: int) -> Array:
    """Every label wrong with the same probability, every wrong class as likely."""
    noise = np.full((classes, classes), rate / (classes - 1))
    noise[np.diag_indices(classes)] = 1 - rate
    return noise


def one_rate(p: Array, given: Codes) -> Array:
    """The one-rate matrix of highest likelihood."""
    classes = p.shape[1]
    mine = p[np.arange(len(p)), given]

    def loss(rate: float) -> float:
        likelihood = (1 - rate) * mine + rate / (classes - 1) * (1 - mine)
        return -float(np.log(np.maximum(likelihood, SMALLEST_LIKELIHOOD)).sum())

    return one_rate_matrix(_best_rate(loss), classes)


def one_sided_matrix(rate: float, wrong: int) -> Array:
    """Two classes: labels of class `wrong` go astray with this rate, the other's with OTHER_WAY of it."""
    noise = np.empty((2, 2))
    for true, r in ((wrong, rate), (1 - wrong, OTHER_WAY * rate)):
        noise[true, true], noise[1 - true, true] = 1 - r, r
    return noise


def _best_rate(loss: Callable[[float], float]) -> float:
    found: Any = minimize_scalar(loss, bounds=RATES, method="bounded", options={"xatol": RATE_TOLERANCE})
    return float(found.x)


def em(p: Array, given: Codes, start: Array, pseudo_counts: Array) -> Array:
    """The matrix of highest posterior under Dirichlet pseudo-counts (classes, classes), negative ones for sparsity."""
    noise = start
    for _ in range(EM_STEPS):
        counts = np.maximum(soft_counts(posterior(noise, p, given), given) + pseudo_counts, SMALLEST_LIKELIHOOD)
        after: Array = counts / counts.sum(0)
        if np.abs(after - noise).max() < EM_TOLERANCE:
            return after
        noise = after
    return noise


class NoiseModel(Protocol):
    """A family of noise matrices, estimated from out-of-sample probabilities."""

    @property
    def name(self) -> str:
        """As it stands in the audit."""
        ...

    def parameters(self, classes: int) -> float:
        """How many numbers it estimates, for the penalty on its likelihood."""
        ...

    def estimate(self, p: Array, given: Codes) -> Array:
        """The matrix, (classes, classes)."""
        ...


@dataclass(frozen=True)
class OneRate:
    """Every label goes wrong alike."""

    name: str = "one rate"

    def parameters(self, classes: int) -> float:
        """The rate."""
        return 1

    def estimate(self, p: Array, given: Codes) -> Array:
        """By likelihood."""
        return one_rate(p, given)


@dataclass(frozen=True)
class FullMatrix:
    """Every pair of classes has its own rate; few rows pull it to the one-rate matrix."""

    strength: float = PRIOR_STRENGTH
    name: str = "full matrix"

    def parameters(self, classes: int) -> float:
        """All entries but one a column."""
        return classes * (classes - 1)

    def estimate(self, p: Array, given: Codes) -> Array:
        """By EM under a Dirichlet prior centred on the one-rate matrix."""
        centre = one_rate(p, given)
        return em(p, given, centre, self.strength * centre)


@dataclass(frozen=True)
class OneSided:
    """Two classes, one of which is mistaken for the other and hardly ever the reverse."""

    wrong: int

    @property
    def name(self) -> str:
        """Says which."""
        return f"class {self.wrong + 1} goes wrong"

    def parameters(self, classes: int) -> float:
        """The rate."""
        return 1

    def estimate(self, p: Array, given: Codes) -> Array:
        """By likelihood."""
        return one_sided_matrix(
            _best_rate(lambda rate: -log_likelihood(one_sided_matrix(rate, self.wrong), p, given)), self.wrong
        )


@dataclass(frozen=True)
class FewPairs:
    """More than two classes, of which few pairs are mistaken, each in one direction."""

    name: str = "few pairs"

    def parameters(self, classes: int) -> float:
        """Half of the full matrix: about as many as it keeps at most."""
        return classes * (classes - 1) / 2

    def estimate(self, p: Array, given: Codes) -> Array:
        """By EM with pseudo-counts below zero, which empty what little evidence supports; then a little of one rate."""
        classes = p.shape[1]
        centre = one_rate(p, given)
        pseudo_counts = np.full((classes, classes), -SPARSITY * len(p) ** 0.5 / classes)
        pseudo_counts[np.diag_indices(classes)] = 0.0
        return (1 - OTHER_WAY) * em(p, given, centre, pseudo_counts) + OTHER_WAY * centre


def noise_models(classes: int) -> tuple[NoiseModel, ...]:
    """The models that are tried and averaged."""
    directed: tuple[NoiseModel, ...] = (OneSided(0), OneSided(1)) if classes == 2 else (FewPairs(),)
    return (OneRate(), FullMatrix(), *directed)


def estimate(model: NoiseModel, p: Array, given: Codes, near: float | None = None) -> tuple[Array, float]:
    """The model's matrix and the sharpness of highest likelihood: over the whole grid, or beside the one `near`."""
    grid = SHARPNESS
    if near is not None:
        place = SHARPNESS.index(near)
        grid = SHARPNESS[max(0, place - 1) : place + 2]
    best: tuple[float, Array, float] | None = None
    for sharpness in grid:
        sharp = sharpened(p, sharpness)
        noise = model.estimate(sharp, given)
        likelihood = log_likelihood(noise, sharp, given)
        if best is None or likelihood > best[0]:
            best = (likelihood, noise, sharpness)
    assert best is not None  # the grid is never empty
    return best[1], best[2]


def explained_loss(p: Array, given: Codes) -> float:
    """The mean loss of the given labels when errors, sharpness and, for two classes, a shift explain what they can."""
    if p.shape[1] == 2:
        return _explained_loss_of_two(p[:, 1], given)
    noise, sharpness = estimate(OneRate(), p, given)
    return -log_likelihood(noise, sharpened(p, sharpness), given) / len(given)


def _explained_loss_of_two(p: Array, given: Codes) -> float:
    """Both error rates, a slope and a shift of the logit z: P(1 | z) = e + (1 - e - f) sigmoid(slope z + shift).

    Errors in one direction shift the logits of a model that cannot bend, which sharpening alone does not undo. Rows
    are counted in bins of like logits, so that the search costs nothing.
    """
    z = np.log(np.clip(p, SMALLEST_LIKELIHOOD, 1 - 1e-12)) - np.log1p(-np.clip(p, SMALLEST_LIKELIHOOD, 1 - 1e-12))
    bins = np.array_split(np.argsort(z, kind="stable"), min(LOGIT_BINS, len(z)))
    logit = np.array([z[b].mean() for b in bins])
    ones = np.array([float(given[b].sum()) for b in bins])
    zeros = np.array([float(len(b)) for b in bins]) - ones

    def loss(v: Array) -> float:
        e, f = RATES[0] + (RATES[1] / 2 - RATES[0]) * expit(v[:2])
        likelihood = e + (1 - e - f) * expit(np.exp(np.clip(v[2], 0.0, np.log(SHARPNESS[-1]))) * logit + v[3])
        return -float((ones * np.log(likelihood) + zeros * np.log1p(-likelihood)).sum()) / len(z)

    starts = ((-5.0, -5.0, 0.1, 0.0), (-1.0, -5.0, 0.5, 0.0), (-5.0, -1.0, 0.5, 0.0), (-1.0, -1.0, 0.5, 0.0))
    return min(float(minimize(loss, start, method="Nelder-Mead", options={"maxiter": 400}).fun) for start in starts)


def shares(likelihoods: Array, parameters: Array, rows: int) -> Array:
    """How much each model counts: its likelihood with BIC's penalty, tempered; sums to 1."""
    evidence = (likelihoods - parameters * np.log(rows) / 2) / TEMPER
    weights = np.exp(evidence - evidence.max())
    out: Array = weights / weights.sum()
    return out
