"""From a model's out-of-sample probabilities to those of the true classes: the link.

A penalised model is less sure than it should be, and one that label errors have bent is shifted towards the classes
they lead to. Both would pass for label errors, or hide them: so every noise matrix is judged at its own best link,
q ~ p^sharpness exp(shift), which is vector scaling with one temperature (Guo et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelaudit.noise.matrices import SMALLEST_LIKELIHOOD, one_rate_matrix, soft_counts
from labelaudit.noise.newton import newton_within
from labelaudit.noise.search import minimised

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

SMALLEST_PROBABILITY = 1e-9
SHARPNESS = (0.5, 5.0)
SHIFT = 4.0  # bounds of a class's shift, in nats
# log sharpness and shifts have standard normal priors: weak beside some dozen rows, and they keep empty classes finite
FIRST_RATE = 0.05  # where a search for a rate begins
LOGITS = (-14.0, 8.0)  # bounds of the full matrix's entries as logits


@dataclass(frozen=True)
class Labels:
    """All that a likelihood needs: labels (rows,), and centred log-probabilities (rows, classes).

    The last `trusted` rows are not audited: their labels are true ones, whatever the noise matrix. weight (rows,): how
    many rows each stands for, one by default.
    """

    log_p: Array
    given: Codes
    trusted: int = 0
    weight: Array | None = None

    @property
    def classes(self) -> int:
        """Their number."""
        return int(self.log_p.shape[1])

    @cached_property
    def highest(self) -> Array:
        """Each row's largest log-probability, (rows,)."""
        out: Array = self.log_p.max(1)
        return out

    def weighed(self, values: Array) -> Array:
        """Values (rows, ..) times the rows' weights."""
        return values if self.weight is None else (self.weight * values.T).T

    @property
    def audited(self) -> slice:
        """The rows whose labels may be wrong."""
        return slice(0, len(self.given) - self.trusted)

    def likelihoods_by_class(self, noise: Array) -> Array:
        """P(label | true class), (rows, classes)."""
        out: Array = noise.T.take(self.given, axis=1).T
        if self.trusted:
            out[-self.trusted :] = np.eye(self.classes)[self.given[-self.trusted :]]
        return out


def log_probabilities(p: Array) -> Array:
    """Logarithms of p, centred in every row; in memory, and so whatever is made of them, class by class.

    There are few classes: sums over them are then as fast as sums over rows.
    """
    log_p = np.log(np.maximum(np.ascontiguousarray(p.T), SMALLEST_PROBABILITY))
    log_p -= log_p.mean(0)
    out: Array = log_p.T
    return out


@dataclass(frozen=True)
class Link:
    """log q = sharpness * log p + shift (classes,), normalised."""

    sharpness: float
    shift: Array

    def __call__(self, log_p: Array, highest: Array | None = None) -> Array:
        """q (rows, classes) of centred log-probabilities, of which `highest` (rows,) are the largest."""
        highest = log_p.max(1) if highest is None else highest
        z = self.sharpness * log_p + (self.shift - self.shift.max())
        z -= (self.sharpness * highest)[:, None]  # at most 0, and the largest of a row no less than the shifts' range
        np.exp(z, out=z)
        z /= z.sum(1)[:, None]
        out: Array = z
        return out


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


@dataclass(frozen=True)
class _Place:
    """Minus the log-likelihood of the labels and the log-priors, at the link's vector v, for P(label | true) `weights`.

    toward: how the weights move by a rate, the last parameter, where there is one; (rows, classes) like q.
    """

    labels: Labels
    v: Array
    weights: Array
    q: Array
    likelihood: Array
    toward: Array | None = None

    @cached_property
    def value(self) -> float:
        """In nats."""
        return -(self.log_likelihood - float(self.v @ self.v) / 2)

    @cached_property
    def log_likelihood(self) -> float:
        """Of all labels, in nats."""
        return float(self.labels.weighed(np.log(self.likelihood)).sum())

    @cached_property
    def belief(self) -> Array:
        """P(true | x, label)."""
        out: Array = self.weights * self.q / self.likelihood[:, None]
        return out

    @cached_property
    def gradient(self) -> Array:
        """By v, and by the rate."""
        pull = self.labels.weighed(self.belief - self.q)  # by log q
        by_v = self.v - np.concatenate([[np.exp(self.v[0]) * (pull * self.labels.log_p).sum()], pull.sum(0)])
        return by_v if self.toward is None else np.append(by_v, -self.labels.weighed(self._slopes).sum())

    @cached_property
    def _slopes(self) -> Array:
        """Of each row's log-likelihood by the rate."""
        assert self.toward is not None
        out: Array = (self.toward * self.q).sum(1) / self.likelihood
        return out

    def hessian(self) -> Array:
        """By v, and by the rate.

        By the logits a row's log-likelihood has the Hessian (diag(w) - w w^T) - (diag(q) - q q^T), w its belief.
        """
        belief, q, weighed = self.belief, self.q, self.labels.weighed
        scaled = np.exp(self.v[0]) * self.labels.log_p
        bent = belief * (scaled - (belief * scaled).sum(1)[:, None])
        bent -= q * (scaled - (q * scaled).sum(1)[:, None])
        size = len(self.v)
        out = np.zeros((size if self.toward is None else size + 1,) * 2)
        out[0, 0] = (weighed(bent + belief - q) * scaled).sum()
        out[0, 1:size] = out[1:size, 0] = weighed(bent).sum(0)
        out[1:size, 1:size] = np.diag(weighed(belief - q).sum(0)) - weighed(belief).T @ belief + weighed(q).T @ q
        out[:size, :size] -= np.eye(size)
        if self.toward is not None:
            cross = weighed(self.toward * q / self.likelihood[:, None] - self._slopes[:, None] * belief)
            out[0, size] = out[size, 0] = (cross * scaled).sum()
            out[1:size, size] = out[size, 1:size] = cross.sum(0)
            out[size, size] = -float(weighed(self._slopes) @ self._slopes)
        return -out


def _place(v: Array, labels: Labels, weights: Array, toward: Array | None = None) -> _Place:
    q = _link(v)(labels.log_p, labels.highest)
    likelihood = np.maximum((weights * q).sum(1), SMALLEST_LIKELIHOOD)
    return _Place(labels, v, weights, q, likelihood, toward)


def fit_link(labels: Labels, noise: Array, start: Link | None = None) -> Linked:
    """The link under which the labels are most probable, for this noise matrix; Newton's method from `start`."""
    weights = labels.likelihoods_by_class(noise)
    begin = _vector(start or no_link(labels.classes))
    v, found = newton_within(lambda v: _place(v, labels, weights), begin, _link_bounds(labels.classes))
    return Linked(noise, _link(v), found.log_likelihood, -found.value)


def fit_rate(labels: Labels, direction: Array, top: float, start: Link | None = None) -> tuple[float, Linked]:
    """The rate r in [0, top] and the link under which the labels are most probable, for the matrix 1 + r direction.

    Columns of direction (classes, classes) sum to 0; its diagonal is negative. Newton's method from `start`.
    """
    one = np.eye(labels.classes)
    toward = labels.likelihoods_by_class(direction)
    if labels.trusted:
        toward[-labels.trusted :] = 0.0

    def at(v: Array) -> _Place:
        return _place(v[:-1], labels, labels.likelihoods_by_class(one + v[-1] * direction), toward)

    begin = np.append(_vector(start or no_link(labels.classes)), min(FIRST_RATE, top / 2))
    v, found = newton_within(at, begin, [*_link_bounds(labels.classes), (0.0, top)])
    linked = Linked(one + v[-1] * direction, _link(v[:-1]), found.log_likelihood, -found.value)
    return float(v[-1]), linked


def fit_matrix(labels: Labels, rate: float, strength: float, start: Linked) -> Linked:
    """The full noise matrix and its link, under a Dirichlet prior of `strength` pseudo-rows a class around `rate`.

    Every pair of classes has its own rate; few rows pull it to the one-rate matrix. L-BFGS from `start`.
    """
    k = labels.classes
    pseudo = strength * one_rate_matrix(rate, k)

    def loss(v: Array) -> tuple[float, Array]:
        noise = _softmax_columns(v[1 + k :].reshape(k, k))
        weights = labels.likelihoods_by_class(noise)
        place = _place(v[: 1 + k], labels, weights)
        counts = soft_counts(labels.weighed(place.belief)[labels.audited], labels.given[labels.audited]) + pseudo
        value = place.value - float((pseudo * np.log(np.maximum(noise, SMALLEST_LIKELIHOOD))).sum())
        return value, np.concatenate([place.gradient, (noise * counts.sum(0) - counts).ravel()])

    begin = np.concatenate([_vector(start.link), np.log(np.maximum(start.noise, np.exp(LOGITS[0]))).ravel()])
    found = minimised(loss, begin, [*_link_bounds(k), *[LOGITS] * (k * k)])
    noise = _softmax_columns(found[1 + k :].reshape(k, k))
    v = found[: 1 + k]
    place = _place(v, labels, labels.likelihoods_by_class(noise))
    return Linked(noise, _link(v), place.log_likelihood, -loss(found)[0])


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
