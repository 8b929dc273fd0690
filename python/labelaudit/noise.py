"""How labels go wrong: estimates of the noise matrix P(given | true), and what they make of a row.

A noise matrix is an array (classes, classes): noise[g, t] = P(given g | true t), columns sum to 1. The likelihood of a
given label g of a row with class probabilities p is sum_t noise[g, t] p[t]; p is always out of sample, for in sample
the model has already bent towards the label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

PRIOR_STRENGTHS = (5, 30, 150)  # pseudo-rows a class that pull the full matrix towards the one-rate matrix
RATES = (0.001, 0.6)  # bounds of the one-rate estimate
EM_STEPS = 100
EM_TOLERANCE = 1e-6
SMALLEST_LIKELIHOOD = 1e-12
TEMPER = 10.0  # likelihoods are softened by this before candidates are averaged: a guess; rows are not independent


def posterior(noise: Array, p: Array, given: Codes) -> Array:
    """P(true | x, given) for every row: p (rows, classes), given (rows,), returns (rows, classes)."""
    joint = noise[given] * p
    out: Array = joint / np.maximum(joint.sum(1, keepdims=True), 1e-300)
    return out


def log_likelihood(noise: Array, p: Array, given: Codes) -> float:
    """Of the given labels."""
    likelihood = np.einsum("nt,nt->n", noise[given], p)
    return float(np.log(np.maximum(likelihood, SMALLEST_LIKELIHOOD)).sum())


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

    return one_rate_matrix(float(minimize_scalar(loss, bounds=RATES, method="bounded").x), classes)


def full_matrix(p: Array, given: Codes, strength: float) -> Array:
    """The matrix of highest posterior under a Dirichlet prior centred on the one-rate matrix, by EM."""
    centre = noise = one_rate(p, given)
    for _ in range(EM_STEPS):
        counts = soft_counts(posterior(noise, p, given), given) + strength * centre
        after: Array = counts / counts.sum(0)
        if np.abs(after - noise).max() < EM_TOLERANCE:
            return after
        noise = after
    return noise


def soft_counts(belief: Array, given: Codes) -> Array:
    """Expected rows with each (given, true): (classes, classes) from P(true | ..) (rows, classes)."""
    classes = belief.shape[1]
    return np.stack([np.bincount(given, weights=belief[:, t], minlength=classes) for t in range(classes)], 1)


@dataclass(frozen=True)
class Candidate:
    """One way to estimate the matrix: a full matrix with a prior of this strength, or (None) one rate."""

    strength: float | None

    @property
    def name(self) -> str:
        """As it stands in the audit."""
        return "one rate" if self.strength is None else f"full, prior {self.strength:g}"

    def parameters(self, classes: int) -> int:
        """How many numbers it estimates, for the penalty on its likelihood."""
        return 1 if self.strength is None else classes * (classes - 1)

    def estimate(self, p: Array, given: Codes) -> Array:
        """The matrix, from out-of-sample probabilities."""
        return one_rate(p, given) if self.strength is None else full_matrix(p, given, self.strength)


CANDIDATES = (Candidate(None), *(Candidate(float(s)) for s in PRIOR_STRENGTHS))


def shares(likelihoods: Array, parameters: Array, rows: int) -> Array:
    """How much each candidate counts: its likelihood with BIC's penalty, tempered; sums to 1."""
    evidence = (likelihoods - parameters * np.log(rows) / 2) / TEMPER
    weights = np.exp(evidence - evidence.max())
    out: Array = weights / weights.sum()
    return out
