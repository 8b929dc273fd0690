"""From a model's out-of-sample probabilities to those of the true classes: the link.

A penalised model is less sure than it should be, and one that label errors have bent is shifted towards the classes
they lead to. Both would pass for label errors, or hide them: so every noise matrix is judged at its own best link,
q ~ p^sharpness exp(shift), which is vector scaling with one temperature (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.noise.matrices import SMALLEST_LIKELIHOOD, Noise, dense, one_rate_matrix
from labelaudit.noise.newton import by_eigenvalues, newton_within
from labelaudit.noise.search import minimised

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

Spread = Callable[[Callable[[Any], Any], list[Any]], Iterable[Any]]

PIECE = 2_500  # rows at a time, whatever the number of threads: sums are the same to the last bit
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
    many rows each stands for, one by default. spread: maps a function over some rows at a time, as `map` does.
    """

    log_p: Array
    given: Codes
    trusted: int = 0
    weight: Array | None = None
    spread: Spread = map

    @property
    def classes(self) -> int:
        """Their number."""
        return int(self.log_p.shape[1])

    @property
    def audited(self) -> slice:
        """The rows whose labels may be wrong."""
        return slice(0, len(self.given) - self.trusted)

    @cached_property
    def pieces(self) -> list[tuple[Array, Codes, Array]]:
        """Some rows at a time: log_p row by row in memory, each row's row of `table`, and its weight."""
        rows, index = self.rows, self.given.copy()
        index[len(index) - self.trusted :] += self.classes
        parts = [slice(start, start + PIECE) for start in range(0, len(index), PIECE)]
        return [(rows[part], index[part], self.weights[part]) for part in parts]

    @cached_property
    def rows(self) -> Array:
        """log_p row by row in memory, (rows, classes)."""
        return np.ascontiguousarray(self.log_p)

    @cached_property
    def weights(self) -> Array:
        """How many rows each stands for, (rows,)."""
        return np.ones(len(self.given)) if self.weight is None else self.weight

    def table(self, noise: Array, trusted: Array) -> Array:
        """P(label | true class) by the label, (classes or twice as many, classes): first of audited rows."""
        return np.concatenate([noise, trusted]) if self.trusted else np.ascontiguousarray(noise)


def log_odds(p: Array) -> Array:
    """Of the second of two classes, (rows,), from probabilities (rows, 2)."""
    out = np.empty(len(p))
    _core.log_odds(np.ascontiguousarray(p), SMALLEST_PROBABILITY, out)
    return out


def log_probabilities(p: Array) -> Array:
    """Logarithms of p, centred in every row; in memory, and so whatever is made of them, class by class.

    There are few classes: sums over them are then as fast as sums over rows.
    """
    if p.shape[1] == 2:
        half = log_odds(p) / 2
        return np.stack([-half, half]).T
    log_p = np.log(np.maximum(np.ascontiguousarray(p.T), SMALLEST_PROBABILITY))
    log_p -= log_p.mean(0)
    out: Array = log_p.T
    return out


@dataclass(frozen=True)
class Link:
    """log q = sharpness * log p + shift (classes,), normalised."""

    sharpness: float
    shift: Array

    def __call__(self, log_p: Array) -> Array:
        """q (rows, classes) of centred log-probabilities."""
        z = self.sharpness * log_p + (self.shift - self.shift.max())
        z -= (self.sharpness * log_p.max(1))[:, None]  # at most 0; a row's largest is within the shifts' range
        np.exp(z, out=z)
        z /= z.sum(1)[:, None]
        out: Array = z
        return out


@dataclass(frozen=True)
class Linked:
    """A noise matrix at its best link; likelihood is the log-likelihood of the given labels, value with the priors."""

    noise: Noise
    link: Link
    likelihood: float
    value: float


def no_link(classes: int) -> Link:
    """p as it is."""
    return Link(1.0, np.zeros(classes))


@dataclass(frozen=True)
class _Place:
    """Minus the log-likelihood of the labels and the log-priors, at the link's vector v, for this noise matrix.

    toward: how noise moves by a rate, the last parameter, where there is one.
    """

    labels: Labels
    v: Array
    noise: Array
    toward: Array | None = None

    @cached_property
    def _first(self) -> tuple[float, Array, Array]:
        """The log-likelihood, its gradient by all parameters, and the summed beliefs by label."""
        return self._summed(None)

    def _summed(self, hessian: Array | None) -> tuple[float, Array, Array]:
        k, labels = self.labels.classes, self.labels
        table = labels.table(self.noise, np.eye(k))
        slopes = None if self.toward is None else labels.table(self.toward, np.zeros((k, k)))
        link = link_at(self.v)

        def part(rows: tuple[Array, Codes, Array]) -> tuple[float, Array, Array, Array | None]:
            sums = np.zeros(self._size), np.zeros_like(table), None if hessian is None else np.zeros_like(hessian)
            return _core.label_likelihood(*rows, table, slopes, link.sharpness, link.shift, *sums), *sums

        total, gradient, belief = 0.0, np.zeros(self._size), np.zeros_like(table)
        for some, by_parameters, by_label, bent in labels.spread(part, labels.pieces):
            total, gradient, belief = total + some, gradient + by_parameters, belief + by_label
            if hessian is not None and bent is not None:
                hessian += bent
        return total, gradient, belief

    @property
    def _size(self) -> int:
        return len(self.v) + (self.toward is not None)

    @property
    def log_likelihood(self) -> float:
        """Of all labels, in nats."""
        return self._first[0]

    @property
    def value(self) -> float:
        """In nats."""
        return -(self.log_likelihood - float(self.v @ self.v) / 2)

    @property
    def gradient(self) -> Array:
        """By v, and by the rate."""
        out = -self._first[1]
        out[: len(self.v)] += self.v
        return out

    @property
    def counts(self) -> Array:
        """Expected audited rows with each (given, true), (classes, classes)."""
        return self._first[2][: self.labels.classes]

    def hessian(self) -> Array:
        """By v, and by the rate."""
        out = np.zeros((self._size, self._size))
        self._summed(out)
        out *= -1
        out[: len(self.v), : len(self.v)] += np.eye(len(self.v))
        return out


def fit_link(labels: Labels, noise: Array, start: Link | None = None) -> Linked:
    """The link under which the labels are most probable, for this noise matrix; Newton's method from `start`."""
    begin = vector_of(start or no_link(labels.classes))
    v, found = newton_within(lambda v: _Place(labels, v, noise), begin, link_bounds(labels.classes), by_eigenvalues)
    return Linked(noise, link_at(v), found.log_likelihood, -found.value)


def fit_rate(labels: Labels, direction: Array, top: float, start: Link | None = None) -> tuple[float, Linked]:
    """The rate r in [0, top] and the link under which the labels are most probable, for the matrix 1 + r direction.

    Columns of direction (classes, classes) sum to 0; its diagonal is negative. Newton's method from `start`.
    """
    one = np.eye(labels.classes)

    def at(v: Array) -> _Place:
        return _Place(labels, v[:-1], one + v[-1] * direction, direction)

    begin = np.append(vector_of(start or no_link(labels.classes)), min(FIRST_RATE, top / 2))
    v, found = newton_within(at, begin, [*link_bounds(labels.classes), (0.0, top)], by_eigenvalues)
    linked = Linked(one + v[-1] * direction, link_at(v[:-1]), found.log_likelihood, -found.value)
    return float(v[-1]), linked


def fit_matrix(labels: Labels, rate: float, strength: float, start: Linked) -> Linked:
    """The full noise matrix and its link, under a Dirichlet prior of `strength` pseudo-rows a class around `rate`.

    Every pair of classes has its own rate; few rows pull it to the one-rate matrix. L-BFGS from `start`.
    """
    k = labels.classes
    pseudo = strength * one_rate_matrix(rate, k)

    def loss(v: Array) -> tuple[float, Array]:
        noise = _softmax_columns(v[1 + k :].reshape(k, k))
        place = _Place(labels, v[: 1 + k], noise)
        counts = place.counts + pseudo
        value = place.value - float((pseudo * np.log(np.maximum(noise, SMALLEST_LIKELIHOOD))).sum())
        return value, np.concatenate([place.gradient, (noise * counts.sum(0) - counts).ravel()])

    begin = np.concatenate([vector_of(start.link), np.log(np.maximum(dense(start.noise), np.exp(LOGITS[0]))).ravel()])
    found = minimised(loss, begin, [*link_bounds(k), *[LOGITS] * (k * k)])
    noise = _softmax_columns(found[1 + k :].reshape(k, k))
    v = found[: 1 + k]
    place = _Place(labels, v, noise)
    return Linked(noise, link_at(v), place.log_likelihood, -loss(found)[0])


def link_bounds(classes: int) -> list[tuple[float, float]]:
    """Of a link's vector: the logarithm of the sharpness, and the shifts."""
    return [(float(np.log(SHARPNESS[0])), float(np.log(SHARPNESS[1]))), *[(-SHIFT, SHIFT)] * classes]


def vector_of(link: Link) -> Array:
    """The link as a vector (1 + classes,): the logarithm of its sharpness, and its shifts."""
    return np.concatenate([[np.log(link.sharpness)], link.shift])


def link_at(v: Array) -> Link:
    """The inverse of `vector_of`."""
    return Link(float(np.exp(v[0])), v[1:].copy())


def _softmax_columns(z: Array) -> Array:
    powers = np.exp(z - z.max(0))
    out: Array = powers / powers.sum(0)
    return out
