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
    many rows each stands for, one by default. spread: maps a function over some rows at a time, on several threads.
    """

    log_p: Array
    given: Codes
    trusted: int = 0
    weight: Array | None = None
    spread: Spread | None = None

    @property
    def classes(self) -> int:
        """Their number."""
        return int(self.log_p.shape[1])

    @property
    def audited(self) -> slice:
        """The rows whose labels may be wrong."""
        return slice(0, len(self.given) - self.trusted)

    @cached_property
    def whole(self) -> tuple[Array, Codes, Array]:
        """log_p row by row in memory, each row's row of `tables`, and its weight."""
        index = self.given.copy()
        index[len(index) - self.trusted :] += self.classes
        return self.rows, index, self.weights

    @cached_property
    def pieces(self) -> list[tuple[Array, Codes, Array]]:
        """The same for some rows at a time."""
        parts = [slice(start, start + PIECE) for start in range(0, len(self.given), PIECE)]
        rows, index, weight = self.whole
        return [(rows[part], index[part], weight[part]) for part in parts]

    @cached_property
    def rows(self) -> Array:
        """log_p row by row in memory, (rows, classes)."""
        return np.ascontiguousarray(self.log_p)

    @cached_property
    def weights(self) -> Array:
        """How many rows each stands for, (rows,)."""
        return np.ones(len(self.given)) if self.weight is None else self.weight

    def tables(self, noise: Array, toward: Array | None) -> tuple[Array, Array | None]:
        """P(label | true class) by the label, (classes or twice as many, classes): first of audited rows.

        Beside it how it moves by a rate, if noise does `toward`: trusted labels' likelihoods never move.
        """
        if self.trusted:
            noise = np.concatenate([noise, np.eye(self.classes)])
            toward = None if toward is None else np.concatenate([toward, np.zeros_like(toward)])
        return np.ascontiguousarray(noise), None if toward is None else np.ascontiguousarray(toward)


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
class Sums:
    """Over all labels: their log-likelihood in nats, its gradient and Hessian by the parameters, and beliefs by label.

    belief: as `Labels.tables`; its first rows are the expected audited rows with each (given, true).
    """

    likelihood: float
    gradient: Array
    hessian: Array
    belief: Array


def summed(labels: Labels, v: Array, noise: Array, toward: Array | None = None, *, curved: bool = True) -> Sums:
    """At the link's vector v for this noise matrix; not curved: without the Hessian, which is 0 then.

    toward: how noise moves by a rate, where there is one: the last parameter of v, that by which noise has moved.
    """
    tables, size = labels.tables(noise, toward), len(v)

    def none() -> tuple[Array, Array, Array]:
        return np.zeros(size), np.zeros((size, size)), np.zeros_like(tables[0])

    def part(rows: tuple[Array, Codes, Array]) -> tuple[float, tuple[Array, Array, Array]]:
        gradient, hessian, belief = sums = none()
        return _core.label_likelihood(*rows, *tables, v, gradient, belief, hessian if curved else None), sums

    likelihood, total = 0.0, none()
    for some, sums in (labels.spread or map)(part, labels.pieces):
        likelihood += some
        for whole, of_some in zip(total, sums, strict=True):
            whole += of_some
    return Sums(likelihood, *total)


def fit_link(labels: Labels, noise: Array, start: Link | None = None) -> Linked:
    """The link under which the labels are most probable, for this noise matrix; Newton's method from `start`."""
    begin = vector_of(start or no_link(labels.classes))
    v, likelihood, value = _likeliest(labels, noise, None, begin, link_bounds(labels.classes))
    return Linked(noise, link_at(v), likelihood, value)


def fit_rate(labels: Labels, direction: Array, top: float, start: Link | None = None) -> tuple[float, Linked]:
    """The rate r in [0, top] and the link under which the labels are most probable, for the matrix 1 + r direction.

    Columns of direction (classes, classes) sum to 0; its diagonal is negative. Newton's method from `start`.
    """
    one = np.eye(labels.classes)
    begin = np.append(vector_of(start or no_link(labels.classes)), min(FIRST_RATE, top / 2))
    bounds = [*link_bounds(labels.classes), (0.0, top)]
    v, likelihood, value = _likeliest(labels, one, direction, begin, bounds)
    return float(v[-1]), Linked(one + v[-1] * direction, link_at(v[:-1]), likelihood, value)


def _likeliest(
    labels: Labels, noise: Array, toward: Array | None, start: Array, bounds: list[tuple[float, float]]
) -> tuple[Array, float, float]:
    """The link's vector, and how far noise goes `toward`, of highest value within bounds; log-likelihood and value.

    The same search, to the last bit, whether its sums come from several threads or all of it is one call.
    """
    low, high = np.array(bounds).T.copy()
    if labels.spread is None:
        v = start.copy()
        return v, *_core.search_link(*labels.whole, *labels.tables(noise, toward), PIECE, low, high, v)
    search = _core.LinkSearch(labels.classes, start, low, high)
    while not search.over:
        sums = summed(labels, search.asked, noise, toward, curved=search.curved)
        search.answer(sums.likelihood, sums.gradient, sums.hessian)
    return search.best, search.likelihood, search.value


def fit_matrix(labels: Labels, rate: float, strength: float, start: Linked) -> Linked:
    """The full noise matrix and its link, under a Dirichlet prior of `strength` pseudo-rows a class around `rate`.

    Every pair of classes has its own rate; few rows pull it to the one-rate matrix. L-BFGS from `start`.
    """
    k = labels.classes
    pseudo = strength * one_rate_matrix(rate, k)

    def loss(v: Array) -> tuple[float, Array]:
        link, noise = v[: 1 + k], _softmax_columns(v[1 + k :].reshape(k, k))
        sums = summed(labels, link, noise, curved=False)
        counts = sums.belief[:k] + pseudo
        prior = float((pseudo * np.log(np.maximum(noise, SMALLEST_LIKELIHOOD))).sum()) - float(link @ link) / 2
        slopes = [link - sums.gradient, (noise * counts.sum(0) - counts).ravel()]
        return -sums.likelihood - prior, np.concatenate(slopes)

    begin = np.concatenate([vector_of(start.link), np.log(np.maximum(dense(start.noise), np.exp(LOGITS[0]))).ravel()])
    v = minimised(loss, begin, [*link_bounds(k), *[LOGITS] * (k * k)])
    noise = _softmax_columns(v[1 + k :].reshape(k, k))
    likelihood = summed(labels, v[: 1 + k], noise, curved=False).likelihood
    return Linked(noise, link_at(v[: 1 + k]), likelihood, -loss(v)[0])


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
