"""From a model's out-of-sample probabilities to those of the true classes: the link.

A penalised model is less sure than it should be, and one that label errors have bent is shifted towards the classes
they lead to. Both would pass for label errors, or hide them: so every noise matrix is judged at its own best link,
q ~ p^sharpness exp(shift), which is vector scaling with one temperature (Guo et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.noise.matrices import SMALLEST_LIKELIHOOD, one_rate_matrix, soft_counts
from labelaudit.noise.search import minimised

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

SMALLEST_PROBABILITY = 1e-9
SHARPNESS = (0.5, 5.0)
SHIFT = 4.0  # bounds of a class's shift, in nats
# log sharpness and shifts have standard normal priors: weak beside some dozen rows, and they keep empty classes finite
MAX_STEPS = 300
STEP_TOLERANCE = 1e-9
ROUNDING = 1e-13
SMALLEST_STEP = 2.0**-20
SMALLEST_CURVATURE = 0.1  # of the priors' 1
FIRST_RATE = 0.05  # where a search for a rate begins
LOGITS = (-14.0, 8.0)  # bounds of the full matrix's entries as logits


@dataclass(frozen=True)
class Labels:
    """All that a likelihood needs: labels (rows,), and centred log-probabilities (rows, classes).

    The last `trusted` rows are not audited: their labels are true ones, whatever the noise matrix.
    """

    log_p: Array
    given: Codes
    trusted: int = 0

    @property
    def classes(self) -> int:
        """Their number."""
        return int(self.log_p.shape[1])

    @property
    def audited(self) -> slice:
        """The rows whose labels may be wrong."""
        return slice(0, len(self.given) - self.trusted)

    def likelihoods_by_class(self, noise: Array) -> Array:
        """P(label | true class), (rows, classes)."""
        out: Array = noise[self.given]
        if self.trusted:
            out[-self.trusted :] = np.eye(self.classes)[self.given[-self.trusted :]]
        return out


def labels_of(p: Array, given: Codes, trusted: tuple[Array, Codes] | None = None) -> Labels:
    """From out-of-sample probabilities (rows, classes), and those of trusted rows with their labels, if any."""
    if trusted is None:
        return Labels(log_probabilities(p), given)
    both = np.concatenate([p, trusted[0]]), np.concatenate([given, trusted[1]])
    return Labels(log_probabilities(both[0]), both[1], len(trusted[1]))


def log_probabilities(p: Array) -> Array:
    """Logarithms of p, centred in every row."""
    log_p = np.log(np.maximum(p, SMALLEST_PROBABILITY))
    out: Array = log_p - log_p.mean(1, keepdims=True)
    return out


@dataclass(frozen=True)
class Link:
    """log q = sharpness * log p + shift (classes,), normalised."""

    sharpness: float
    shift: Array

    def __call__(self, log_p: Array) -> Array:
        """q (rows, classes) of centred log-probabilities."""
        z = self.sharpness * log_p + self.shift
        z -= z.max(1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(1, keepdims=True)
        return z


@dataclass(frozen=True)
class Linked:
    """A noise matrix at its best link; likelihood is the log-likelihood of the given labels, value with the priors."""

    noise: Array
    link: Link
    likelihood: float
    value: float


def no_link(classes: int) -> Link:
    """p as it is."""
    return Link(1.0, np.zeros(classes))


def fit_link(labels: Labels, noise: Array, start: Link | None = None) -> Linked:
    """The link under which the labels are most probable, for this noise matrix; Newton's method from `start`."""
    weights = labels.likelihoods_by_class(noise)
    bounds = np.array(_link_bounds(labels.classes)).T
    v = np.clip(_vector(start or no_link(labels.classes)), *bounds)
    loss, gradient, q, likelihood = _likelihood(v, labels, weights)
    for _ in range(MAX_STEPS):
        barred = ((v <= bounds[0]) & (gradient > 0)) | ((v >= bounds[1]) & (gradient < 0))
        step = _newton_step(v, labels, weights * q / likelihood[:, None], q, gradient, barred)
        slack = ROUNDING * abs(loss)  # near the optimum a better link is no likelier to be seen in the loss
        size = 1.0
        while size > SMALLEST_STEP:
            there = np.clip(v - size * step, *bounds)
            after = _likelihood(there, labels, weights)
            if after[0] <= loss + slack:
                break
            size /= 2
        if size <= SMALLEST_STEP:
            break
        moved = np.abs(there - v).max()
        v, (loss, gradient, q, likelihood) = there, after
        if moved < STEP_TOLERANCE:
            break
    return Linked(noise, _link(v), float(np.log(likelihood).sum()), -loss)


def _newton_step(
    v: Array, labels: Labels, belief: Array, q: Array, gradient: Array, barred: NDArray[np.bool_]
) -> Array:
    """The Hessian's inverse times the gradient of the loss, with the Hessian's eigenvalues made positive.

    Entries that are `barred` by a bound do not move.

    By the logits the log-likelihood of a row has the Hessian (diag(w) - w w^T) - (diag(q) - q q^T), w its belief.
    """
    scaled_log_p = np.exp(v[0]) * labels.log_p
    bent = belief * (scaled_log_p - (belief * scaled_log_p).sum(1, keepdims=True))
    bent -= q * (scaled_log_p - (q * scaled_log_p).sum(1, keepdims=True))
    hessian = np.empty((len(v), len(v)))
    hessian[0, 0] = np.vdot(bent, scaled_log_p) + np.vdot(belief - q, scaled_log_p)
    hessian[0, 1:] = hessian[1:, 0] = bent.sum(0)
    hessian[1:, 1:] = np.diag((belief - q).sum(0)) - belief.T @ belief + q.T @ q
    hessian[barred] = hessian[:, barred] = 0.0
    values, vectors = np.linalg.eigh(np.eye(len(v)) - hessian)
    step: Array = vectors @ (
        (vectors.T @ np.where(barred, 0.0, gradient)) / np.maximum(np.abs(values), SMALLEST_CURVATURE)
    )
    return step


def fit_rate(labels: Labels, direction: Array, top: float, start: Link | None = None) -> tuple[float, Linked]:
    """The rate r in [0, top] and the link under which the labels are most probable, for the matrix 1 + r direction.

    Columns of direction (classes, classes) sum to 0; its diagonal is negative.
    """
    one = np.eye(labels.classes)
    toward = labels.likelihoods_by_class(direction)
    if labels.trusted:
        toward[-labels.trusted :] = 0.0

    def loss(v: Array) -> tuple[float, Array]:
        value, gradient, q, likelihood = _likelihood(
            v[:-1], labels, labels.likelihoods_by_class(one + v[-1] * direction)
        )
        return value, np.append(gradient, -float(((toward * q).sum(1) / likelihood).sum()))

    begin = np.append(_vector(start or no_link(labels.classes)), min(FIRST_RATE, top / 2))
    found = minimised(loss, begin, [*_link_bounds(labels.classes), (0.0, top)])
    noise = one + found[-1] * direction
    return float(found[-1]), _linked(noise, found[:-1], labels, lambda v: loss(np.append(v, found[-1])))


def fit_matrix(labels: Labels, rate: float, strength: float, start: Linked) -> Linked:
    """The full noise matrix and its link, under a Dirichlet prior of `strength` pseudo-rows a class around `rate`.

    Every pair of classes has its own rate; few rows pull it to the one-rate matrix. L-BFGS from `start`.
    """
    k = labels.classes
    pseudo = strength * one_rate_matrix(rate, k)

    def loss(v: Array) -> tuple[float, Array]:
        noise = _softmax_columns(v[1 + k :].reshape(k, k))
        weights = labels.likelihoods_by_class(noise)
        value, gradient, q, likelihood = _likelihood(v[: 1 + k], labels, weights)
        belief = (weights * q / likelihood[:, None])[labels.audited]
        counts = soft_counts(belief, labels.given[labels.audited]) + pseudo
        value -= float((pseudo * np.log(np.maximum(noise, SMALLEST_LIKELIHOOD))).sum())
        return value, np.concatenate([gradient, (noise * counts.sum(0) - counts).ravel()])

    begin = np.concatenate([_vector(start.link), np.log(np.maximum(start.noise, np.exp(LOGITS[0]))).ravel()])
    found = minimised(loss, begin, [*_link_bounds(k), *[LOGITS] * (k * k)])
    noise = _softmax_columns(found[1 + k :].reshape(k, k))
    return _linked(noise, found[: 1 + k], labels, lambda v: loss(np.concatenate([v, found[1 + k :]])))


def _likelihood(v: Array, labels: Labels, weights: Array) -> tuple[float, Array, Array, Array]:
    """Minus the log-likelihood and log-priors, the gradient by the link's vector v, q and the rows' likelihoods."""
    q = _link(v)(labels.log_p)
    joint = weights * q
    likelihood = np.maximum(joint.sum(1), SMALLEST_LIKELIHOOD)
    pull = joint / likelihood[:, None] - q  # the gradient by log q
    gradient = np.concatenate([[np.exp(v[0]) * np.vdot(pull, labels.log_p)], pull.sum(0)]) - v
    return -(float(np.log(likelihood).sum()) - float(v @ v) / 2), -gradient, q, likelihood


def _linked(noise: Array, v: Array, labels: Labels, loss: Any) -> Linked:
    link = _link(v)
    likelihood = np.maximum((labels.likelihoods_by_class(noise) * link(labels.log_p)).sum(1), SMALLEST_LIKELIHOOD)
    return Linked(noise, link, float(np.log(likelihood).sum()), -float(loss(v)[0]))


def _link_bounds(classes: int) -> list[tuple[float, float]]:
    return [(float(np.log(SHARPNESS[0])), float(np.log(SHARPNESS[1]))), *[(-SHIFT, SHIFT)] * classes]


def _vector(link: Link) -> Array:
    return np.concatenate([[np.log(link.sharpness)], link.shift])


def _link(v: Array) -> Link:
    return Link(float(np.exp(v[0])), v[1:].copy())


def _softmax_columns(z: Array) -> Array:
    powers = np.exp(z - z.max(0))
    out: Array = powers / powers.sum(0)
    return out
